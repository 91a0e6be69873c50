/* SPDX-License-Identifier: MIT */
#include "winalux/base/version.h"

/* The Makefile defines WINALUX_VERSION for this file alone, and compiles it when that changes. */
const char winalux_version[] = WINALUX_VERSION;
const char winalux_release[] = WINALUX_RELEASE;
const char *const winalux_user_agent = "winalux/" WINALUX_VERSION;
