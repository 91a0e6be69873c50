/* SPDX-License-Identifier: MIT */
#include "winalux/podman/volume.h"

#include <stdlib.h>

#include "client.h"
#include "decode.h"
#include "encode.h"
#include "items.h"
#include "winalux/base/mem.h"
#include "winalux/format/json.h"

void volume_release(struct volume *v)
{
	if (!v)
		return;
	free(v->name);
	free(v->mountpoint);
	labels_release(&v->labels);
	*v = (struct volume){ 0 };
}

void volumes_release(struct volumes *v)
{
	if (!v)
		return;
	for (size_t i = 0; i < v->count; i++)
		volume_release(&v->items[i]);
	free(v->items);
	*v = (struct volumes){ 0 };
}

static const struct decode_field volume_fields[] = {
	DECODE_FIELD("Name", struct volume, name, decode_text),
	DECODE_FIELD("Mountpoint", struct volume, mountpoint, decode_text),
	DECODE_FIELD("CreatedAt", struct volume, created_s, decode_time),
	DECODE_FIELD("Labels", struct volume, labels, decode_labels),
	{ .name = NULL },
};

static void release_volume(void *item)
{
	volume_release(item);
}

int volume_list(struct podman *podman, const char *label, struct volumes *ret, struct error *err)
{
	DEFER(request_release) struct request rq;
	struct volumes list = { 0 };
	const struct item_list items = { volume_fields, sizeof(*list.items), release_volume,
					 &list.items,   &list.count,         &list.cap };

	request_init(&rq, "GET", "list volumes", NULL);
	request_path(&rq, "volumes", "json", NULL);
	request_query_label(&rq, label);
	if (podman_call_items(podman, &rq, &items, err) < 0) {
		volumes_release(&list);
		return -1;
	}
	*ret = list;
	return 0;
}

int volume_create(struct podman *podman, const char *name, const struct labels *labels,
		  struct volume *ret, struct error *err)
{
	DEFER(request_release) struct request rq;
	struct json *body = json_new_object();
	struct volume made = { 0 };
	struct response response;

	request_init(&rq, "POST", "create volume", name);
	rq.flags = REQUEST_CONFLICT_409;
	request_path(&rq, "volumes", "create", NULL);
	json_add_text(body, "Name", name);
	encode_labels(body, "Labels", labels);
	request_json(&rq, body);
	if (podman_call(podman, &rq, &response, err) < 0)
		return -1;
	const bool is_json =
		decode_object(json_span_of(response.body, response.len), volume_fields, &made);
	if (is_json && ret)
		*ret = made;
	else
		volume_release(&made);
	return is_json ? 0
		       : error_set(err, ERROR_PODMAN,
				   "cannot create volume '%s': Podman's answer is not JSON", name);
}

int volume_remove(struct podman *podman, const char *name, struct error *err)
{
	DEFER(request_release) struct request rq;

	request_init(&rq, "DELETE", "remove volume", name);
	rq.flags = REQUEST_OK_404 | REQUEST_CONFLICT_409 | REQUEST_DELETES_FILES;
	request_path(&rq, "volumes", name, NULL);
	return podman_call(podman, &rq, NULL, err);
}
