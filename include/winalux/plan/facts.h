/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_PLAN_FACTS_H
#define WINALUX_PLAN_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "winalux/format/hash.h"
#include "winalux/podman/container.h"
#include "winalux/podman/image.h"
#include "winalux/podman/network.h"
#include "winalux/podman/pod.h"
#include "winalux/podman/podman.h"
#include "winalux/podman/volume.h"

/* What is recorded about a workspace: the labels of its highest complete state volume. */
struct workspace_state {
	unsigned generation; /* 0: no state */
	const char *id; /* borrowed from the volume's labels, as all text here; NULL when absent */
	const char *objects;
	const char *live;
	const char *host_key;
	const char *profile;
	const char *gate;
	const char *salt;
	const char *key;
	const char *token_since;
	const char *gate_hash;
	const char *libraries;
	int64_t deployed_s; /* 0: unknown */
	uint16_t ssh_port;  /* 0: none recorded */
	uint16_t app_port;
};

/* A container that winalux did not make and that is close to a workspace (plan/stranger.h). */
struct stranger {
	const struct container *container;
	char *how; /* "is in its pod, mounts 'winalux-alice-home'" */
};

/* All objects that carry one workspace's name. Pointers are borrowed from struct facts. */
struct workspace_facts {
	const char *name;
	char *slug;
	const struct pod *pod;
	const struct network *network;
	const struct container *
		*containers; /* without infra, in order of start: sidecars, dev last */
	size_t container_count;
	const struct container *infra;
	struct stranger *strangers;
	size_t stranger_count;
	const struct volume **volumes; /* without state volumes */
	size_t volume_count;
	const struct volume **states; /* all state volumes, highest generation first */
	size_t state_count;
	struct workspace_state state;
	bool is_lost; /* strict, and no keeper has its descriptors: no program starts in it any more
		       */
};

/* The containers of strict gates (docs/design/strict.md), in the order in which they start. */
enum keeper { KEEPER_A, KEEPER_B, KEEPER_WARDEN, KEEPER_COUNT };
const char *keeper_role(enum keeper keeper);

/* What is there: the answers of the list calls, and the same by workspace. */
struct facts {
	struct podman_version version;
	struct containers containers; /* all of the account, others' among them */
	struct pods pods;
	struct volumes volumes;
	struct networks networks;
	struct images images;
	struct workspace_facts *workspaces; /* sorted by name */
	size_t count;
	size_t cap;
	const struct volume *account;   /* volume winalux-account, or NULL */
	const struct volume *libraries; /* volume winalux-libraries, or NULL */
	const char *seccomp_digest;     /* of the profile that is in it, or NULL */
	unsigned account_generation;
	const struct container *keepers[KEEPER_COUNT]; /* NULL: not there */
	const struct container *telemetry;             /* the same */
	const struct container *emulator;              /* the same */
};

struct error;
struct strv;

/* Sorts the lists into workspaces. Call once, after the lists are filled. */
void facts_index(struct facts *facts);
void facts_release(struct facts *facts);
const struct workspace_facts *facts_find(const struct facts *facts, const char *name);
/* ERROR_CONFLICT when an object of ours is of another schema: nothing must be changed then. */
int facts_check_schema(const struct facts *facts, struct error *err);

/* Container of a role ("dev", "redis"), of several the recorded one; or NULL. */
const struct container *workspace_facts_container(const struct workspace_facts *w,
						  const char *role);
/* The id recorded for a role in the state, "" when none. Writes at most 65 bytes. */
void workspace_state_object(const struct workspace_state *state, const char *role,
			    char ret_id[static 65]);

/* Does the guest that it mounts know of what ("gate")? */
bool container_guest_can(const struct container *c, const char *what);
/* Has a dev container, whether it runs or not, a strict gate? */
bool container_is_strict(const struct container *dev);
bool workspace_facts_is_strict(const struct workspace_facts *w);
/* Marks the strict workspaces whose running dev container is one of ids; NULL: all of them. */
void facts_mark_lost(struct facts *facts, const struct strv *ids);
bool facts_need_keepers(const struct facts *facts); /* some workspace is strict */
bool workspace_facts_dev_runs(const struct workspace_facts *w);
/*
 * The infra container has ended while others run: they sit in a network namespace without ports and
 * routes, and only a restart of all of them helps.
 */
bool workspace_facts_is_severed(const struct workspace_facts *w);
/* A sidecar of a foreign image that runs on though the dev container has ended: nothing inside it
 * would end it. */
bool workspace_facts_is_left_sidecar(const struct workspace_facts *w, const struct container *c);

/* One word for people: "running", "stopped", "partial", "created", "no containers". */
const char *workspace_facts_status(const struct workspace_facts *w);

#endif
