/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_PODMAN_PODMAN_H
#define WINALUX_PODMAN_PODMAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct error;
struct json;

/*
 * A connection to libpod's REST API: one keep-alive connection, one request at a time, one thread
 * at a time. Threads that work side by side take a podman_clone each. Paths are below the fixed
 * prefix /v4.0.0/libpod (docs/design/podman.md: later servers accept it; features are gated on the
 * version that every answer carries in its Libpod-API-Version header).
 *
 * Errors: ERROR_HOST when no service can be reached, ERROR_PODMAN for refusals (error text =
 * libpod's cause; http_status set), ERROR_TIMEOUT when timeout_ms passes, ERROR_INTERRUPTED when
 * *cancelled. A request that failed before any response header arrived is tried once more when it
 * is idempotent (GET, HEAD, DELETE), since a socket-activated service quits between two calls.
 */
struct podman;

struct podman_options {
	const char *socket_path;        /* unix socket of the service; required */
	int timeout_ms;                 /* of calls that do not stream; 0 means 60,000, and 900,000
					   where volumes or images are removed */
	const volatile bool *cancelled; /* set by a signal handler; NULL: never */
};

struct podman_version {
	unsigned major, minor, patch;
};

/* Does not connect yet. Free with podman_free. */
struct podman *podman_new(const struct podman_options *options);
struct podman *podman_clone(const struct podman *podman); /* shares nothing but the options */
/* For what must be cleared away also after Ctrl-C: never cancelled, and each call ends in time. */
struct podman *podman_clone_for_cleanup(const struct podman *podman, int timeout_ms);
void podman_free(struct podman *podman);
void podman_freep(struct podman **podman);

/*
 * GET /_ping, at most once per connection. Refuses versions below 4.3 (ERROR_HOST, with the version
 * found and the one needed).
 */
int podman_get_version(struct podman *podman, struct podman_version *ret, struct error *err);
bool podman_version_at_least(const struct podman_version *v, unsigned major, unsigned minor);

/* Number of requests sent so far by this connection (tests and --verbose). */
unsigned podman_request_count(const struct podman *podman);

/* GET /info, whole. The caller frees *ret with json_free. (4.3-5.2 may fail under socket
 * activation.) */
int podman_info(struct podman *podman, struct json **ret, struct error *err);

/*
 * One libpod error text, whatever its shape: {"cause","message","response"}, {"Errs":[…]}, or plain
 * text. For error bodies and for objects within 200 streams. NULL when body holds no error.
 * The caller frees it.
 */
char *podman_error_text(const char *body, size_t len);

#endif
