/* SPDX-License-Identifier: MIT */
/* The stage of the plan's tests, for tests of what executes plans. */
#include "unit/plan/scene.c"
