/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_SRC_PODMAN_CLIENT_H
#define WINALUX_SRC_PODMAN_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/podman/podman.h"

struct json;
struct strv;

/* How the files of this folder talk to client.c: build a request, call, read the answer. */

/* Where every path begins; later servers accept the old prefix. */
#define PODMAN_PREFIX "/v4.0.0/libpod"

enum request_flag {
	REQUEST_OK_304 = 1 << 0,        /* "already so" is success */
	REQUEST_OK_404 = 1 << 1,        /* "not there" is success */
	REQUEST_CONFLICT_409 = 1 << 2,  /* a 409 means: taken or in use by something else */
	REQUEST_ERRORS_IN_200 = 1 << 3, /* a 2xx body may hold "Errs" or "Err" */
	REQUEST_DELETES_FILES = 1 << 4  /* the answer comes when the last file is gone */
};

/*
 * A part of a 2xx body as it comes. False ends the transfer: podman_call then returns 0 with
 * is_stopped set, and the callback's owner knows why.
 */
typedef bool (*request_data_fn)(const char *data, size_t len, void *context);

/*
 * One request. what and subject appear in error texts ("cannot " what " '" subject "': " …) and
 * are borrowed, as are body and context. A body is one of json, body or body_fd.
 */
struct request {
	const char *method;
	const char *what;
	const char *subject; /* NULL: none */
	struct buf target;   /* path below the prefix and query, escaped */
	unsigned flags;      /* enum request_flag */
	char *json;          /* owned */
	const void *body;
	size_t body_len;
	int body_fd;               /* read to its end, not closed; -1: none */
	const char *content_type;  /* of body and body_fd; NULL: application/x-tar */
	const char *registry_auth; /* X-Registry-Auth, a secret; NULL: none */
	int timeout_ms;            /* of the whole call; 0: the connection's, -1: none */
	int idle_timeout_ms;       /* without a byte in either direction; 0: none */
	request_data_fn on_data;   /* NULL: the body is collected */
	void *context;
};

void request_init(struct request *rq, const char *method, const char *what, const char *subject);
void request_release(struct request *rq);
/* Path segments, each escaped, NULL-terminated. Before any query. */
void request_path(struct request *rq, ...) __attribute__((sentinel));
void request_query(struct request *rq, const char *key, const char *value);
void request_query_int(struct request *rq, const char *key, int64_t value);
/* filters={"label":[label]}; nothing for NULL. */
void request_query_label(struct request *rq, const char *label);
/* filters={key:[values]} */
void request_query_filter(struct request *rq, const char *key, const struct strv *values);
/* timeout_ms of a call that lets containers end: their time and some for the engine. */
int request_stop_timeout_ms(uint32_t timeout_s);
/*
 * The limit of the whole call: its own, else that of the connection, else the default, which is
 * longer for what deletes files: a home of a million takes minutes on a slow disk. -1: none.
 */
int request_limit_ms(const struct request *rq, const struct podman_options *options);
/* Takes the body. */
void request_json(struct request *rq, struct json *body);

/* body is NUL-terminated, owned by the connection and valid until its next call. */
struct response {
	int status;
	bool is_stopped; /* on_data ended it */
	const char *body;
	size_t len;
};

/* ret may be NULL. On failure err is set as podman.h says; err->http_status when there was one. */
int podman_call(struct podman *podman, const struct request *rq, struct response *ret,
		struct error *err);
/* The same, and parses the body. The caller frees *ret with json_free. */
int podman_call_json(struct podman *podman, const struct request *rq, struct json **ret,
		     struct error *err);
/* The same for create calls: the text at key ("Id"), without "sha256:". The caller frees it. */
int podman_call_id(struct podman *podman, const struct request *rq, const char *key, char **ret,
		   struct error *err);
/* A header of the last response, or NULL. Valid until the next call. */
const char *podman_header(struct podman *podman, const char *name);

const struct podman_options *podman_get_options(const struct podman *podman);
/* Counts a request that does not pass through podman_call (exec's upgraded one). */
void podman_count_request(struct podman *podman);
bool podman_is_cancelled(const struct podman *podman);

/* --- answer.c --- */

/* Error for an answer that is not a success; always -1. */
int answer_error(const struct request *rq, int status, const char *body, size_t len,
		 struct error *err);
/* "cannot start container 'x'", for texts of errors. */
void request_describe(const struct request *rq, struct buf *b);

#endif
