/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_SRC_PODMAN_IMAGE_STREAM_H
#define WINALUX_SRC_PODMAN_IMAGE_STREAM_H

#include "client.h"
#include "stream.h"
#include "winalux/base/strv.h"
#include "winalux/podman/image.h"

/*
 * The answers of build, pull and push: 200 first, then one JSON object a line, {"stream":"text\n"}
 * for progress and, when it fails after all, {"error":"…"} somewhere in between.
 */
struct image_stream {
	struct lines objects;
	struct lines text; /* of "stream" values, which are cut anywhere */
	struct strv tail;  /* the last lines of text */
	char *error;       /* the first one */
	char *id;          /* the last one: of what was pulled, or the digest of a pushed list */
	bool is_bad;       /* a line that is not JSON */
	bool is_cancelled; /* by on_line */
	image_line_fn on_line; /* or NULL */
	void *context;
};

void image_stream_init(struct image_stream *s, image_line_fn on_line, void *context);
void image_stream_release(struct image_stream *s);

/* Login, TLS and time limits of a transfer; after the path. */
void image_transfer_apply(const struct image_transfer *transfer, struct request *rq);

/*
 * Sends the request and reads its stream to the end. Errors within the stream get the given kind,
 * unless their text says something more exact.
 */
int image_stream_call(struct podman *podman, struct request *rq, struct image_stream *s,
		      enum error_kind kind, struct error *err);

#endif
