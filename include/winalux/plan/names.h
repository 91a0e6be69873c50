/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_PLAN_NAMES_H
#define WINALUX_PLAN_NAMES_H

#include <stddef.h>

/*
 * Names and labels of the objects in Podman. Objects are winalux-<slug>-<role>; the role of a
 * container or of a volume has no "-" and begins with a letter (state volumes: state-<generation>),
 * so two workspaces never meet in one name. Objects are found by label, never by name.
 */
#define LABEL_SCHEMA "io.winalux.schema"       /* "1"; on every object of ours */
#define LABEL_WORKSPACE "io.winalux.workspace" /* name as in the inventory */
#define LABEL_ROLE                                                                                 \
	"io.winalux.role" /* "pod", "dev", "redis", "home", "keys", "audit", "net", "state",       \
			     "lock", "account", "gate-a", "gate-b", "warden", "telemetry" */
#define LABEL_SPEC "io.winalux.spec" /* digest of what the object was made from */
#define LABEL_ASPECTS                                                                              \
	"io.winalux.aspects" /* "command=… image=…": shorter digests that tell what changed */
#define LABEL_GUEST "io.winalux.guest" /* digest of the guest that a container mounts */
#define LABEL_WIRE "io.winalux.wire"   /* wire version of that guest; none: "1" */
#define LABEL_GUEST_CAN                                                                            \
	"io.winalux.guest-can" /* "gate reload": words, what the guest knows beyond the first one  \
				*/
#define GUEST_CAN_GATE "gate"  /* docs/design/gate.md */
#define GUEST_CAN_RELOAD "reload" /* looks at WIRE_RELOAD_PATH; one that does not wants SIGHUP */

#define LABEL_PULLED                                                                               \
	"io.winalux.pulled" /* "registry.example.org/winalux/web@sha256:…": what a registry gave \
			     */

#define LABEL_TELEMETRY                                                                            \
	"io.winalux.telemetry" /* "pod": a dev container sees the figures of its whole pod; of the \
				  daemon's container: seconds between two samples */

/* On state volumes only: what may change, in a volume that is made anew. */
#define LABEL_GENERATION "io.winalux.generation"
#define LABEL_ID "io.winalux.id"             /* random, given once in the life of a workspace */
#define LABEL_OBJECTS "io.winalux.objects"   /* "dev=<id> net=<id> pod=<id> redis=<id>" */
#define LABEL_LIVE "io.winalux.live"         /* digest of the files inside the dev container */
#define LABEL_PORTS "io.winalux.ports"       /* "app=8001 ssh=2201": keeps "auto" the same */
#define LABEL_HOST_KEY "io.winalux.host-key" /* "ssh-ed25519 AAAA…" */
#define LABEL_PROFILE "io.winalux.profile"
#define LABEL_LIBRARIES                                                                            \
	"io.winalux.libraries" /* digest of the list that was installed last, or                   \
				  LIBRARIES_PENDING; none: no list */
#define LIBRARIES_PENDING "pending"
#define LABEL_DEPLOYED "io.winalux.deployed" /* RFC 3339 */
/* On state volumes, of the gate (docs/design/gate.md); kept while the gate is off. */
#define LABEL_GATE                                                                                 \
	"io.winalux.gate" /* "shell", "strict", "off"; on a dev container too where strict */
#define LABEL_SALT "io.winalux.salt"               /* hex; with the id it makes the token */
#define LABEL_KEY "io.winalux.key"                 /* fingerprint of the key file */
#define LABEL_TOKEN_SINCE "io.winalux.token-since" /* RFC 3339 */
#define LABEL_GATE_HASH "io.winalux.gate-hash"     /* "SALT HASH", as in /etc/winalux/gate */
#define LABEL_HOLDER "io.winalux.holder"           /* of a lock: who */
#define LABEL_EXPIRES "io.winalux.expires"         /* of a lock: RFC 3339 */
#define LABEL_PROCESS "io.winalux.process"         /* of a lock: which process of which machine */
#define LABEL_SECCOMP                                                                              \
	"io.winalux.seccomp" /* of the account's state: digest of the profile in its volume */

enum { SSH_PORT_INSIDE = 2222 }; /* where the guest of a dev container listens */

#define SCHEMA_VERSION "1"
#define ACCOUNT_VOLUME "winalux-account"
#define LIBRARIES_VOLUME "winalux-libraries" /* packages that were fetched, of all workspaces */
/* Of a strict gate, one of each per account; the container is winalux-<role>
 * (docs/design/strict.md). */
#define ROLE_KEEPER_A "gate-a"
#define ROLE_KEEPER_B "gate-b"
#define ROLE_WARDEN "warden"
#define LABEL_ARCH "io.winalux.arch" /* of what QEMU runs: another architecture than the host's */
#define ROLE_EMULATOR "emulator"     /* registers QEMU while emulated workspaces are there */
#define ROLE_TELEMETRY "telemetry"   /* measures all workspaces of an account */
#define ROLE_DEV "dev"
#define ROLE_POD "pod"
#define ROLE_NETWORK "net"
#define ROLE_HOME "home"
#define ROLE_KEYS "keys"
#define ROLE_AUDIT "audit"
#define ROLE_STATE "state"
#define ROLE_LIBRARIES "libraries" /* the volume above, and the container that fills it */

/* "winalux-<slug>-<role>". The caller frees it. */
char *object_name(const char *slug, const char *role);
/* "winalux-<slug>-state-<generation>" */
char *state_volume_name(const char *slug, unsigned generation);

#endif
