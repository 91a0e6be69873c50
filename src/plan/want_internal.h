/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_PLAN_WANT_INTERNAL_H
#define WINALUX_PLAN_WANT_INTERNAL_H

#include "winalux/plan/want.h"

#define WANT_GUEST "/usr/lib/winalux/winalux-guest"

/* Fill one container of a want; digests included. context->facts tells image ids. */
void want_dev_container(struct want *want, const struct want_context *context,
			struct want_container *ret);
/* The folder that a built-in sidecar shares with the home; NULL: none. */
const char *want_share(const struct sidecar *sidecar, const struct want_context *context);
void want_add_share(struct container_spec *spec, const char *slug, const struct sidecar *sidecar,
		    const struct want_context *context);
int want_sidecar_container(struct want *want, const struct sidecar *sidecar,
			   const struct want_context *context, struct want_container *ret,
			   struct error *err);

/* The files that the host puts into the dev container, and their digest. */
void want_live_files(struct want *want, const struct want_context *context);

/* Parts that every container of ours has: name, pod, labels, guest, seccomp, log. */
void want_common(struct want *want, const char *role, struct want_container *ret);
void want_guest_mount(const struct want *want, struct want_container *c,
		      const struct want_context *context);
/* Of the workspace's architecture. Takes over the reference. */
char *want_image(const struct workspace *w, char *reference);
void want_add_texts(struct strv *list, const char *const *texts, size_t count);
void want_add_mount(struct container_spec *spec, const char *slug, const char *role,
		    const char *destination);
void want_seal(struct want_container *c, const struct want_context *context);

/* Chooses and checks the published ports of all wants: ssh_port, app_port and refusal are set. */
void want_ports(struct want *wants, size_t count, const struct want_context *context);

/* Is it among the names that the run is about? */
bool want_is_selected(const struct want_context *context, const char *name);

#endif
