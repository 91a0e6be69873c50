/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_WORKSPACE_EMULATOR_H
#define WINALUX_WORKSPACE_EMULATOR_H

#include <stdbool.h>

struct builder;
struct error;
struct facts;
struct plan;
struct podman;

/*
 * The container that registers QEMU for workspaces of another architecture ('arch:'): it runs from
 * before the first one starts until the last one is gone. Where an administrator has registered
 * QEMU there is none.
 */

/* Is one missing, or about to be needed? plan may be NULL. */
bool emulator_is_missed(const struct facts *facts, const struct plan *plan);
/*
 * Makes and starts it. builder says whether one is needed and makes its image; without (NULL, when
 * workspaces only start), one is made where there was one before. Under the lock.
 */
int emulator_ensure(struct podman *podman, const struct facts *facts, struct builder *builder,
		    struct error *err);
/* Removes it when no workspace needs it any more. */
int emulator_dismiss(struct podman *podman, const struct facts *facts, struct error *err);

#endif
