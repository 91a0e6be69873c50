/* SPDX-License-Identifier: MIT */
#include "winalux/podman/manifest.h"

#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "image_stream.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"
#include "winalux/format/json.h"

int manifest_remove(struct podman *podman, const char *name, bool *ret_was_there, struct error *err)
{
	DEFER(request_release) struct request rq;
	struct error why;
	int status;

	request_init(&rq, "DELETE", "remove manifest list", name);
	request_path(&rq, "manifests", name, NULL);
	status = podman_call(podman, &rq, NULL, &why);
	if (status < 0 && why.kind != ERROR_NOT_FOUND) {
		if (err)
			*err = why;
		return -1;
	}
	if (ret_was_there)
		*ret_was_there = status == 0;
	return 0;
}

int manifest_create(struct podman *podman, const char *name, const struct strv *images,
		    struct error *err)
{
	DEFER(request_release) struct request rq;

	if (manifest_remove(podman, name, NULL, err) < 0)
		return -1;
	request_init(&rq, "POST", "create manifest list", name);
	request_path(&rq, "manifests", name, NULL);
	/* Without a transport 4.3.1 asks the registry "localhost". */
	for (size_t i = 0; i < images->count; i++) {
		DEFER(freep) char *source = xasprintf("containers-storage:%s", images->items[i]);

		request_query(&rq, "images", source);
	}
	if (podman_call(podman, &rq, NULL, err) == 0)
		return 0;
	manifest_remove(podman, name, NULL, NULL); /* it is there, and not complete */
	return -1;
}

int manifest_push(struct podman *podman, const char *name, const char *destination,
		  const struct image_transfer *transfer, char **ret_digest, struct error *err)
{
	DEFER(request_release) struct request rq;
	DEFER(image_stream_release) struct image_stream stream;

	image_stream_init(&stream, transfer->on_line, transfer->context);
	request_init(&rq, "POST", "push image", destination);
	request_path(&rq, "manifests", name, "registry", destination, NULL);
	request_query(&rq, "all", "true");
	request_query(&rq, "quiet", "false");
	image_transfer_apply(transfer, &rq);
	if (image_stream_call(podman, &rq, &stream, ERROR_PODMAN, err) < 0)
		return -1;
	if (!stream.id)
		return error_set(err, ERROR_PODMAN,
				 "cannot push image '%s': Podman did not say what it pushed",
				 destination);
	*ret_digest = TAKE(stream.id);
	return 0;
}

int manifest_look_up(struct podman *podman, const char *reference,
		     const struct image_transfer *transfer, struct strv *ret_digests,
		     struct error *err)
{
	DEFER(request_release) struct request rq;
	DEFER(json_freep) struct json *list = NULL;
	struct error failure = { 0 };

	request_init(&rq, "GET", "look up image", reference);
	request_path(&rq, "manifests", reference, "json", NULL);
	image_transfer_apply(transfer, &rq);
	if (podman_call_json(podman, &rq, &list, &failure) < 0) {
		if (strstr(failure.text, "Treating single images as manifest lists"))
			return 0;
		if (err)
			*err = failure;
		return -1;
	}
	for (const struct json *e = json_first(json_get(list, "manifests")); e; e = json_next(e)) {
		const char *digest = json_get_text(e, "digest");

		if (digest)
			strv_add(ret_digests, digest);
	}
	return 0;
}
