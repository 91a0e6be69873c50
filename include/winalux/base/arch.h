/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_BASE_ARCH_H
#define WINALUX_BASE_ARCH_H

#include <stdbool.h>

/* Architectures by the names that images have: "amd64" and "arm64". The list ends with NULL. */
extern const char *const arch_names[];

/* "linux/arm64" for "arm64": what builds and pulls call a platform. */
const char *arch_platform(const char *arch);

/* The one that this program was compiled for. */
const char *arch_own(void);
/* There are two: the other one. */
const char *arch_other(void);

/*
 * Ours for what others call it too ("x86_64", "aarch64", "linux/arm64"), a constant; NULL: none
 * that winalux knows.
 */
const char *arch_find(const char *name);

#endif
