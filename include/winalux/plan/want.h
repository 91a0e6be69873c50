/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_PLAN_WANT_H
#define WINALUX_PLAN_WANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "winalux/format/hash.h"
#include "winalux/inventory/inventory.h"
#include "winalux/podman/container.h"
#include "winalux/podman/pod.h"

struct error;
struct facts;
struct workspace_facts;

/*
 * What one workspace should be, down to the bodies of the REST calls. Each object's digest is of
 * everything that decides it, images by id, the guest left out (a new winalux keeps old guests).
 */
struct want_container {
	char *role;
	struct container_spec spec; /* labels include LABEL_SPEC */
	char digest[HASH_HEX_SIZE];
	char *image_id;  /* NULL while the image is missing */
	bool is_pulled;  /* from a registry, whoever made it */
	bool is_foreign; /* not ours inside: nothing of the guest in it */
};

struct want_volume {
	char *role;
	char *name;
};

/*
 * The gate of a workspace and what is recorded of its token: texts as in the labels of the state
 * volume. A token that was made once stays on record while the gate is off.
 */
struct want_gate {
	bool is_on;
	bool is_strict; /* where it is on */
	bool is_new;    /* the token is made by this run */
	bool waits;     /* wanted, but the guest that is there is older than the gate */
	char *id;       /* of the workspace; NULL: as recorded, or not needed */
	char *salt;     /* NULL: there is no token, and nothing of what follows */
	char *key;      /* fingerprint of the key file that it was made with */
	char *since;    /* RFC 3339 */
	char *hash;     /* "SALT HASH" */
	char *unlock;   /* another text than before ends a lockout; NULL: none */
};
void want_gate_release(struct want_gate *gate);
/* "off", "shell", "strict" */
const char *want_gate_mode(const struct want_gate *gate);
/* The text of /etc/winalux/gate. The caller frees it. */
char *want_gate_file(const struct want_gate *gate);

struct want {
	const struct workspace *workspace; /* borrowed from the inventory */
	char *network;
	struct pod_spec pod;
	char pod_digest[HASH_HEX_SIZE];
	struct want_volume *volumes;
	size_t volume_count;
	struct want_container *containers; /* start order: sidecars, then dev */
	size_t container_count;
	char *guest_conf;      /* /etc/winalux/guest.conf of the dev container */
	char *authorized_keys; /* /etc/winalux/keys/developer */
	struct want_gate gate;
	char live_digest[HASH_HEX_SIZE];
	char *libraries; /* WIRE_LIBRARIES_LIST of the dev container; NULL: nothing is wanted */
	char libraries_digest[HASH_HEX_SIZE]; /* "" where nothing is wanted */
	uint16_t ssh_port;                    /* 0 in a plan that could not choose yet */
	uint16_t app_port;                    /* 0: not published */
	char *refusal; /* why this workspace cannot be deployed now; NULL: it can */
};

/* Paths on the server of what containers are told about; NULL where it is still to be made. */
struct server_paths {
	char *seccomp;
	char *seccomp_strict; /* asks the gate about every new program */
	char *receiver;       /* socket of the keepers */
	char *telemetry; /* directory in which the daemon keeps "telemetry/NAME" and "proc/NAME" */
};

struct want_context {
	const struct profiles *profiles;
	const struct facts *facts;
	const struct strv
		*environment; /* proxies and CA of the host, from builder_add_environment */
	const char
		*registry; /* where images of profiles and sidecars come from; NULL: built here */
	const char *guest_image; /* reference */
	const char *guest_digest;
	const char *emulated_guest_image; /* the same of the other architecture */
	const char *emulated_guest_digest;
	const struct server_paths *paths;
	bool cpu_holds, memory_holds; /* whether such limits are enforced on this host */
	const struct strv
		*names; /* selection: ports are only tested for these; NULL or empty: all */
	/* Is this port free to bind? Called for ports that none of ours holds. */
	bool (*port_is_free)(const char *host_ip, uint16_t port, void *context);
	void *context;
	/*
	 * Decides about the gate of a workspace that is selected: the recorded token, or a new one.
	 * NULL: no gate. *ret_refusal (may stay NULL): why the workspace cannot have one now.
	 */
	int (*bind_gate)(const struct workspace *w, const struct workspace_facts *facts,
			 struct want_gate *ret, char **ret_refusal, void *gates, struct error *err);
	void *gates;
};

/*
 * Makes the wants of all workspaces of an inventory (in its order, *ret has inventory->count
 * items). Chooses "auto" ports: the recorded one if there is one, else the first free one from a
 * place that the name decides (ssh 22000-24999, app 28000-29999). A fixed port that is not free is
 * the refusal of its workspace alone.
 */
int wants_make(const struct inventory *inventory, const struct want_context *context,
	       struct want **ret, struct error *err);
void wants_free(struct want *wants, size_t count);

#endif
