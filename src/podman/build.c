/* SPDX-License-Identifier: MIT */
/*
 * POST /build. Success is not in the status (200 before the first step) and not in an object of its
 * own (libpod sends no "aux" id): a stream without an error counts, and then the tag must exist.
 */
#include "winalux/podman/image.h"

#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "image_stream.h"
#include "winalux/base/mem.h"
#include "winalux/format/json.h"

enum { BUILD_IDLE_MS = 600000, SHORT_ID = 11 };

static void query_json(struct request *rq, const char *key, struct json *value)
{
	char *text = json_print(value, false);

	request_query(rq, key, text);
	free(text);
	json_free(value);
}

static void query_labels(struct request *rq, const char *key, const struct labels *labels)
{
	if (labels->count == 0)
		return;
	struct json *map = json_new_object();
	for (size_t i = 0; i < labels->count; i++)
		json_add_text(map, labels->items[i].key, labels->items[i].value);
	query_json(rq, key, map);
}

static void query_list(struct request *rq, const char *key, const struct strv *list)
{
	if (list->count == 0)
		return;
	struct json *array = json_new_array();
	for (size_t i = 0; i < list->count; i++)
		json_append_text(array, list->items[i]);
	query_json(rq, key, array);
}

static void query_options(struct request *rq, const struct build_options *options)
{
	struct json *files = json_new_array();

	json_append_text(files, options->containerfile);
	query_json(rq, "dockerfile", files);
	request_query(rq, "t", options->tag);
	request_query(rq, "layers", "true"); /* libpod's default is false: no cache */
	request_query(rq, "rm", "true");
	request_query(rq, "forcerm", "true");
	request_query(rq, "pullpolicy", "missing");
	request_query(rq, "outputformat", "application/vnd.oci.image.manifest.v1+json");
	request_query(rq, "httpproxy", "true");
	if (options->no_cache)
		request_query(rq, "nocache", "true");
	if (options->platform)
		request_query(rq, "platform", options->platform);
	query_labels(rq, "buildargs", &options->build_args);
	query_labels(rq, "labels", &options->labels);
	query_list(rq, "secrets", &options->secrets);
}

static int resolve_tag(struct podman *podman, const char *tag, char **ret_id, struct error *err)
{
	DEFER(request_release) struct request rq;
	struct error why;

	request_init(&rq, "GET", "find built image", tag);
	request_path(&rq, "images", tag, "json", NULL);
	if (podman_call_id(podman, &rq, "Id", ret_id, &why) == 0)
		return 0;
	if (why.kind == ERROR_NOT_FOUND)
		return error_set(err, ERROR_BUILD,
				 "cannot build '%s': the build ended without an image", tag);
	if (err)
		*err = why;
	return -1;
}

/*
 * A tag left by an earlier build must not pass for this one's: the output of a whole build ends
 * with "--> 4f803a91828" and the id in full.
 */
static bool has_ended(const struct image_stream *s, const char *id)
{
	DEFER(freep) char *prefix = xstrndup(id, SHORT_ID);

	for (size_t i = 0; i < s->tail.count; i++)
		if (strstr(s->tail.items[i], prefix))
			return true;
	return false;
}

/* Its parameters are the contract of image.h: two spans, a callback, and what every call has. */
/* NOLINTNEXTLINE(readability-function-size) */
int image_build(struct podman *podman, const void *context_tar, size_t len,
		const struct build_options *options, image_line_fn on_line, void *context,
		char **ret_id, struct error *err)
{
	DEFER(request_release) struct request rq;
	DEFER(image_stream_release) struct image_stream stream;
	DEFER(freep) char *id = NULL;

	image_stream_init(&stream, on_line, context);
	request_init(&rq, "POST", "build image", options->tag);
	request_path(&rq, "build", NULL);
	query_options(&rq, options);
	rq.body = context_tar;
	rq.body_len = len;
	rq.content_type = "application/x-tar";
	rq.timeout_ms = -1;
	rq.idle_timeout_ms = options->idle_timeout_ms ? options->idle_timeout_ms : BUILD_IDLE_MS;
	if (image_stream_call(podman, &rq, &stream, ERROR_BUILD, err) < 0 ||
	    resolve_tag(podman, options->tag, &id, err) < 0)
		return -1;
	if (!has_ended(&stream, id))
		return error_set(err, ERROR_BUILD,
				 "cannot build '%s': the build ended before its last step",
				 options->tag);
	if (ret_id)
		*ret_id = TAKE(id);
	return 0;
}
