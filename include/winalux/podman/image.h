/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_PODMAN_IMAGE_H
#define WINALUX_PODMAN_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "winalux/base/strv.h"
#include "winalux/podman/object.h"

struct error;
struct podman;

struct image {
	char *id;            /* 64 hex digits */
	struct strv names;   /* repo:tag */
	struct strv digests; /* repo@sha256:…, of every manifest it was pulled or made by */
	uint64_t size_bytes;
	int64_t created_s;
	struct labels labels;
	char *arch;   /* as the list has it; NULL before 5.1, which does not say */
	bool is_list; /* a manifest list; false before 5.1, too */
};
struct images {
	struct image *items;
	size_t count;
	size_t cap;
};
void images_release(struct images *i);

/* GET /images/json */
int image_list(struct podman *podman, struct images *ret, struct error *err);
/* The image that carries this name (":latest" understood), or whose id begins with it (12 digits or
 * more). NULL: none. */
const struct image *images_find(const struct images *images, const char *reference);

/* GET /images/{name}/json: the labels of an image that need not be in the list, as layers of a
 * build are not. ERROR_NOT_FOUND. */
int image_labels(struct podman *podman, const char *reference, struct labels *ret,
		 struct error *err);

/* A stream's progress in lines; return false to cancel. */
typedef bool (*image_line_fn)(const char *line, void *context);

/* What an imported image says of itself. */
struct import_options {
	const char *reference;
	const char *arch; /* "arm64"; NULL: the server's */
	struct strv changes;
};

/* POST /images/import?reference=&changes=…: a root file system tar from a descriptor. The caller
 * frees *ret_id. */
int image_import_fd(struct podman *podman, int fd, const struct import_options *options,
		    char **ret_id, struct error *err);
int image_import(struct podman *podman, const void *tar, size_t len,
		 const struct import_options *options, char **ret_id, struct error *err);
/* GET /images/{name}/json: its architecture, "arm64". The caller frees *ret. ERROR_NOT_FOUND. */
int image_get_arch(struct podman *podman, const char *reference, char **ret, struct error *err);
/* The digest by which a name got its image, "repo@sha256:…", or NULL: for records. Borrowed. */
const char *image_digest_of(const struct image *image, const char *reference);

/* From or to a registry. Zeroed but for timeout_ms: as the service is set up. */
enum tls_verify { TLS_VERIFY_DEFAULT, TLS_VERIFY_ON, TLS_VERIFY_OFF };
struct image_transfer {
	const char *login; /* X-Registry-Auth (podman/login.h); NULL: the service's own login */
	enum tls_verify verify; /* default: as registries.conf says */
	int timeout_ms;         /* of the whole; -1: none */
	int idle_timeout_ms;    /* without a line; 0: none */
	image_line_fn on_line;  /* or NULL */
	void *context;
};

enum pull_policy {
	PULL_MISSING, /* what is here is not asked for */
	PULL_ALWAYS   /* asked for; layers that are here stay */
};
/* POST /images/pull?reference=&policy=: errors come inside the 200 stream. *ret_id (may be NULL):
 * the image's id; the caller frees it. */
int image_pull(struct podman *podman, const char *reference, enum pull_policy policy,
	       const struct image_transfer *transfer, char **ret_id, struct error *err);
/* DELETE /images/{name}?force=: 404 is success. */
int image_remove(struct podman *podman, const char *reference, bool is_forced, struct error *err);

struct build_options {
	const char *tag;           /* localhost/winalux/web:latest */
	const char *containerfile; /* path inside the context */
	const char *platform;      /* "linux/amd64", or NULL for the server's */
	struct labels build_args;  /* key = ARG */
	struct labels labels;
	struct strv secrets; /* "id=x,src=relname": files inside the context */
	bool no_cache;
	int idle_timeout_ms; /* without any output; 0 means 600,000 */
};

/*
 * POST /build with the context as a tar in memory (application/x-tar, layers=1, rm, forcerm,
 * pullpolicy=missing, OCI format, httpproxy=true passes nothing of ours). Errors come inside the
 * 200 stream (ERROR_BUILD with the last lines of output); a stream that ends without the tag
 * existing is a failure. *ret_id is the image id; the caller frees it.
 */
int image_build(struct podman *podman, const void *context_tar, size_t len,
		const struct build_options *options, image_line_fn on_line, void *context,
		char **ret_id, struct error *err);

#endif
