/* SPDX-License-Identifier: MIT */
#include "winalux/podman/image.h"

#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "decode.h"
#include "image_stream.h"
#include "items.h"
#include "winalux/base/mem.h"
#include "winalux/base/parse.h"
#include "winalux/format/json.h"

enum { IMPORT_IDLE_MS = 600000, ID_PREFIX_MIN = 12 };

static void image_release(void *item)
{
	struct image *i = item;

	free(i->id);
	strv_release(&i->names);
	strv_release(&i->digests);
	labels_release(&i->labels);
	free(i->arch);
}

void images_release(struct images *i)
{
	if (!i)
		return;
	for (size_t n = 0; n < i->count; n++)
		image_release(&i->items[n]);
	free(i->items);
	*i = (struct images){ 0 };
}

static const struct decode_field image_fields[] = {
	DECODE_FIELD("Id", struct image, id, decode_id),
	DECODE_FIELD("RepoTags", struct image, names, decode_texts),
	DECODE_FIELD("RepoDigests", struct image, digests, decode_texts),
	DECODE_FIELD("Size", struct image, size_bytes, decode_size),
	DECODE_FIELD("Created", struct image, created_s, decode_time),
	DECODE_FIELD("Labels", struct image, labels, decode_labels),
	DECODE_FIELD("Arch", struct image, arch, decode_text),
	DECODE_FIELD("IsManifestList", struct image, is_list, decode_bool),
	{ .name = NULL },
};

/* 4.3.1 lists nothing then, and does not say which it is. */
static int explain_list(struct error *err)
{
	if (!err || !strstr(err->text, "no image found in manifest list"))
		return -1;
	return error_set(
		err, ERROR_PODMAN,
		"cannot list images: a manifest list has no image for this host any more, "
		"and Podman then lists none; `podman manifest rm NAME` of that list helps, "
		"where NAME is 'localhost/winalux/…' with a version as its tag");
}

int image_list(struct podman *podman, struct images *ret, struct error *err)
{
	DEFER(request_release) struct request rq;
	struct images list = { 0 };
	const struct item_list items = { image_fields, sizeof(*list.items), image_release,
					 &list.items,  &list.count,         &list.cap };

	request_init(&rq, "GET", "list images", NULL);
	request_path(&rq, "images", "json", NULL);
	if (podman_call_items(podman, &rq, &items, err) < 0) {
		images_release(&list);
		return explain_list(err);
	}
	*ret = list;
	return 0;
}

int image_labels(struct podman *podman, const char *reference, struct labels *ret,
		 struct error *err)
{
	DEFER(request_release) struct request rq;
	DEFER(json_freep) struct json *image = NULL;

	request_init(&rq, "GET", "inspect image", reference);
	request_path(&rq, "images", reference, "json", NULL);
	if (podman_call_json(podman, &rq, &image, err) < 0)
		return -1;
	const struct json *labels = json_get(image, "Labels");
	for (const struct json *l = json_first(labels); l; l = json_next(l))
		if (json_text(l))
			labels_add(ret, json_key(l), json_text(l));
	return 0;
}

/* With ":latest" where neither a tag nor a digest is given. The caller frees it. */
static char *full_name(const char *reference)
{
	const char *slash = strrchr(reference, '/');

	if (strpbrk(slash ? slash : reference, ":@"))
		return xstrdup(reference);
	return xasprintf("%s:latest", reference);
}

/* As Podman finds local images by short names: "redis:7" is also "docker.io/library/redis:7". */
static bool is_short_for(const char *short_name, const char *name)
{
	size_t len = strlen(name), short_len = strlen(short_name);

	return len > short_len && name[len - short_len - 1] == '/' &&
	       !strcmp(name + len - short_len, short_name);
}

static const struct image *find_name(const struct images *images, const char *name, bool is_short)
{
	for (size_t i = 0; i < images->count; i++) {
		const struct strv *names = &images->items[i].names;

		for (size_t n = 0; n < names->count; n++)
			if (is_short ? is_short_for(name, names->items[n])
				     : !strcmp(name, names->items[n]))
				return &images->items[i];
	}
	return NULL;
}

static const struct image *find_id(const struct images *images, const char *reference)
{
	size_t len;

	parse_literal(&reference, "sha256:");
	len = strlen(reference);
	if (len < ID_PREFIX_MIN || strspn(reference, "0123456789abcdef") != len)
		return NULL;
	for (size_t i = 0; i < images->count; i++)
		if (!strncmp(images->items[i].id, reference, len))
			return &images->items[i];
	return NULL;
}

const struct image *images_find(const struct images *images, const char *reference)
{
	DEFER(freep) char *name = full_name(reference);
	const struct image *found = find_name(images, name, false);

	if (!found)
		found = find_id(images, reference);
	if (!found)
		found = find_name(images, name, true);
	return found;
}

static void import_request(struct request *rq, const struct import_options *options)
{
	request_init(rq, "POST", "import image", options->reference);
	request_path(rq, "images", "import", NULL);
	request_query(rq, "reference", options->reference);
	if (options->arch) {
		request_query(rq, "os", "linux");
		request_query(rq, "architecture", options->arch);
	}
	for (size_t i = 0; i < options->changes.count; i++)
		request_query(rq, "changes", options->changes.items[i]);
	rq->timeout_ms = -1;
	rq->idle_timeout_ms = IMPORT_IDLE_MS;
}

int image_import_fd(struct podman *podman, int fd, const struct import_options *options,
		    char **ret_id, struct error *err)
{
	DEFER(request_release) struct request rq;

	import_request(&rq, options);
	rq.body_fd = fd;
	return podman_call_id(podman, &rq, "Id", ret_id, err);
}

int image_import(struct podman *podman, const void *tar, size_t len,
		 const struct import_options *options, char **ret_id, struct error *err)
{
	DEFER(request_release) struct request rq;

	import_request(&rq, options);
	rq.body = tar;
	rq.body_len = len;
	return podman_call_id(podman, &rq, "Id", ret_id, err);
}

int image_get_arch(struct podman *podman, const char *reference, char **ret, struct error *err)
{
	DEFER(request_release) struct request rq;
	DEFER(json_freep) struct json *answer = NULL;
	const char *arch;

	request_init(&rq, "GET", "inspect image", reference);
	request_path(&rq, "images", reference, "json", NULL);
	if (podman_call_json(podman, &rq, &answer, err) < 0)
		return -1;
	arch = json_get_text(answer, "Architecture");
	if (!arch)
		return error_set(err, ERROR_PODMAN,
				 "Podman does not say for which architecture "
				 "image '%s' is",
				 reference);
	*ret = xstrdup(arch);
	return 0;
}

/* Where the tag or the digest of a reference begins; a port has a "/" behind it. */
static size_t repository_len(const char *reference)
{
	const char *slash = strrchr(reference, '/');
	const char *name = slash ? slash : reference;

	return (size_t)(name - reference) + strcspn(name, ":@");
}

const char *image_digest_of(const struct image *image, const char *reference)
{
	const size_t len = repository_len(reference);

	for (size_t i = 0; i < image->digests.count; i++) {
		const char *digest = image->digests.items[i];

		if (!strncmp(digest, reference, len) && digest[len] == '@')
			return digest;
	}
	return NULL;
}

void image_transfer_apply(const struct image_transfer *transfer, struct request *rq)
{
	rq->timeout_ms = transfer->timeout_ms;
	rq->idle_timeout_ms = transfer->idle_timeout_ms;
	rq->registry_auth = transfer->login;
	if (transfer->verify != TLS_VERIFY_DEFAULT)
		request_query(rq, "tlsVerify",
			      transfer->verify == TLS_VERIFY_ON ? "true" : "false");
}

int image_pull(struct podman *podman, const char *reference, enum pull_policy policy,
	       const struct image_transfer *transfer, char **ret_id, struct error *err)
{
	DEFER(request_release) struct request rq;
	DEFER(image_stream_release) struct image_stream stream;

	image_stream_init(&stream, transfer->on_line, transfer->context);
	request_init(&rq, "POST", "pull image", reference);
	request_path(&rq, "images", "pull", NULL);
	request_query(&rq, "reference", reference);
	request_query(&rq, "policy", policy == PULL_ALWAYS ? "always" : "missing");
	image_transfer_apply(transfer, &rq);
	if (image_stream_call(podman, &rq, &stream, ERROR_PODMAN, err) < 0)
		return -1;
	if (ret_id)
		*ret_id = TAKE(stream.id);
	return 0;
}

int image_remove(struct podman *podman, const char *reference, bool is_forced, struct error *err)
{
	DEFER(request_release) struct request rq;

	request_init(&rq, "DELETE", "remove image", reference);
	rq.flags = REQUEST_OK_404 | REQUEST_CONFLICT_409 | REQUEST_DELETES_FILES;
	request_path(&rq, "images", reference, NULL);
	request_query(&rq, "force", is_forced ? "true" : "false");
	return podman_call(podman, &rq, NULL, err);
}
