/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_GUEST_WIRE_H
#define WINALUX_GUEST_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct error;

/*
 * What the host tells a guest: the text of WIRE_CONFIG_PATH, written into the root file system of
 * the dev container before it starts, and again before a reload. Wire version 1 is UTF-8 lines that
 * all end in a newline; fields are parted by one tab, and "\t", "\n", "\\" stand for tab, newline
 * and backslash inside a field:
 *
 *	winalux	1			first line, always: the wire version
 *	name	NAME			of the workspace
 *	user	NAME			the developer's account; "developer" unless said
 *	profile	NAME			what it is made from, for the dashboard
 *	port	PORT	LABEL		published, the main one first; LABEL may be empty
 *	nonce	TEXT			comes back in "ready": which writing it answers
 *	check	NAME	KIND	PORT	a sidecar that must answer at 127.0.0.1:PORT
 *	gate	STRENGTH		"shell": entries need the token; "off" unless said
 *	forwarding	WORD		what ssh may forward: "open" unless said,
 *					"ports" but no sockets, "closed"
 *	limit	KIND	NUMBER	WORD	see enum wire_limit_kind
 *	affinity	WORD		"off": a limit of processors changes no mask
 *	share	NAME			~/NAME is /srv/NAME, where a sidecar sees it too
 *	service	NAME	USER	DIRECTORY	ARG0	ARG1…
 *					a program that PID 1 keeps running
 *
 * So that a newer host can talk to an older guest of the same wire version, unknown kinds of lines,
 * of limits too, and more fields than are known are passed over, and an unknown KIND of check is
 * taken as "tcp". A known line with a missing or bad field is an error, as are two checks or
 * services of one name. A strength of the gate that is unknown is "shell": a guest that knows less
 * must not open.
 *
 * This pair has no other part of the guest in it: the host links src/guest/wire.c as well.
 */
#define WIRE_DIRECTORY "/etc/winalux"
/* Where containers nest, a tmpfs: from the host, and PID 1 gives it to the developer. */
#define WIRE_RUNTIME_DIRECTORY "/run/user/1000"
#define WIRE_FORWARDING_PORTS "ports"
#define WIRE_CONFIG_PATH WIRE_DIRECTORY "/guest.conf"
/*
 * A line, another one each time, that is written when all else has been: PID 1 reads its files
 * again. Guests that do not look at it (no "reload" among what they can) do so at SIGHUP, as all
 * others do.
 */
#define WIRE_RELOAD_NAME "reload"
#define WIRE_RELOAD_PATH WIRE_DIRECTORY "/" WIRE_RELOAD_NAME
#define WIRE_VERSION_TEXT "1" /* WIRE_VERSION as labels and texts have it */
/* Where PID 1 keeps the workspace's ledger (docs/design/audit.md); root alone gets there. */
#define WIRE_AUDIT_PATH "/var/lib/winalux/audit"
/* Where the volumes of shares are mounted, by name. */
#define WIRE_SHARES_PATH "/srv"
#define WIRE_AUDIT_LAST_USE "last-use" /* in it: when somebody last came in, RFC 3339 */
/*
 * PyPI packages of a dev container (docs/design/libraries-install.md): the list as pip and uv read
 * requirements; the versions that the account's cache was filled with, empty where it was not; the
 * cache, read-only in dev containers. Of the list's installation the guest's role is the first two
 * words of a command, and ends with 0 or, the environment being as it was, with 1.
 */
#define WIRE_LIBRARIES_LIST "/etc/winalux/libraries.in"
#define WIRE_LIBRARIES_LOCK "/etc/winalux/libraries.lock"
#define WIRE_LIBRARIES_NETRC "/etc/winalux/netrc" /* where the cache is filled, nowhere else */
#define WIRE_LIBRARIES_CACHE "/var/cache/winalux/libraries"
#define WIRE_LIBRARIES_ROLE "libraries"
#define WIRE_LIBRARIES_SYNC "sync"   /* brings ~/venv to the list */
#define WIRE_LIBRARIES_FETCH "fetch" /* fills the cache; the lock to stdout */
#define WIRE_LIBRARIES_SHOW "show"   /* the home's lock to stdout */

/*
 * Containers that winalux did not make and found close to the workspace (plan/stranger.h), a line
 * each: ID	NAME	IMAGE	HOW, escaped as above. PID 1 watches the file and tells of new
 * lines.
 */
#define WIRE_STRANGERS_PATH "/etc/winalux/strangers"
/*
 * For the telemetry daemon, in the account's volume: names of all workspaces, one per line, and at
 * the end a line that no name can be, without which it is not whole. What it names is in the volume
 * when the second file, which is empty, changes.
 */
#define WIRE_ROSTER "roster"
#define WIRE_ROSTER_END "."
#define WIRE_ENROLLED "enrolled"
/* Ends a holder of the strict gate (docs/design/strict.md) for good: with status 0. */
#define WIRE_LEAVE_SIGNAL "USR1"

enum {
	WIRE_VERSION = 1,
	WIRE_MAX_BYTES = 64 << 10, /* of the whole text */
	WIRE_STRANGERS_MAX_BYTES = 4 << 10,
	WIRE_MAX_CHECKS = 16,
	WIRE_MAX_SERVICES = 16,
	WIRE_MAX_PORTS = 64,
	WIRE_MAX_SHARES = 16,
	WIRE_MAX_ARGS = 512, /* of all services together, one NULL for each counted */
	WIRE_NAME_SIZE = 64, /* of names of checks, services and users, with their NUL */
};

enum wire_check_kind {
	WIRE_CHECK_TCP,       /* connect(2) succeeds */
	WIRE_CHECK_REDIS,     /* PING is answered */
	WIRE_CHECK_MEMCACHED, /* "version" is answered */
	WIRE_CHECK_POSTGRES,  /* a start-up message is answered, and not by "starting up" */
	WIRE_CHECK_AMQP,      /* the protocol header is answered by the method connection.start */
	WIRE_CHECK_HTTP,      /* GET / is answered by a status below 500 */
	WIRE_CHECK_FAKTORY,   /* it says HI by itself */
	WIRE_CHECK_KIND_COUNT
};

/* "tcp", "redis", "memcached", "postgres", "amqp", "http", "faktory". */
const char *wire_check_kind_name(enum wire_check_kind kind);

struct wire_check {
	const char *name;
	enum wire_check_kind kind;
	uint16_t port; /* host order */
};

/*
 * "cpu" in thousandths of a processor and "memory" in bytes, with the word "held" where the kernel
 * enforces it, else "soft"; "disk" in bytes, with what happens beyond it: "warn" or "freeze".
 */
enum wire_limit_kind { WIRE_LIMIT_CPU, WIRE_LIMIT_MEMORY, WIRE_LIMIT_DISK, WIRE_LIMIT_COUNT };

struct wire_limit {
	uint64_t number; /* 0: none */
	bool is_held;    /* of cpu and memory */
	bool freezes;    /* of disk */
};

struct wire_port {
	uint16_t number;   /* inside, host order */
	const char *label; /* "" when not said */
};

struct wire_service {
	const char *name;
	const char *user;
	const char *directory;
	const char *const *args; /* NULL-terminated, at least one */
	size_t arg_count;
};

enum wire_gate {
	WIRE_GATE_OFF,
	WIRE_GATE_SHELL,
};

/* Plain data of a fixed size, about 70 KiB: for the heap. Texts point into it or, on the host,
 * anywhere. */
struct wire_config {
	const char *name; /* "" when not said */
	const char *user;
	const char *nonce;   /* "" when not said */
	const char *profile; /* "" when not said */
	enum wire_gate gate;
	bool is_forwarding_closed, is_socket_forwarding_closed;
	struct wire_limit limits[WIRE_LIMIT_COUNT];
	bool is_affinity_off;
	struct wire_check checks[WIRE_MAX_CHECKS];
	size_t check_count;
	struct wire_port ports[WIRE_MAX_PORTS];
	size_t port_count;
	const char *shares[WIRE_MAX_SHARES];
	size_t share_count;
	struct wire_service services[WIRE_MAX_SERVICES];
	size_t service_count;
	const char *args[WIRE_MAX_ARGS]; /* what services[].args point into after decoding */
	size_t arg_count;
	char text[WIRE_MAX_BYTES + 1]; /* storage of a decoded configuration */
};

/*
 * Reads len bytes of text (no NUL needed behind them; it may lie in ret->text already) into ret,
 * which must not move afterwards. Allocates nothing.
 * On failure (ERROR_USAGE, "line 3: …") ret is undefined.
 */
int wire_decode(const char *text, size_t len, struct wire_config *ret, struct error *err);

/*
 * One line from its fields, which are escaped, for the host that writes a configuration: the first
 * line is "winalux<TAB>WIRE_VERSION", and what does not fit into WIRE_MAX_BYTES must not be sent.
 */
void wire_add_line(struct buf *b, const char *const *fields, size_t count);

#endif
