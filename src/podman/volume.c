/* SPDX-License-Identifier: MIT */
#include "winalux/podman/volume.h"

#include <stdlib.h>

#include "client.h"
#include "decode.h"
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

static void decode_volume(const struct json *entry, struct volume *ret)
{
	*ret = (struct volume){ .name = decode_text(entry, "Name"),
				.mountpoint = decode_text(entry, "Mountpoint"),
				.created_s = decode_time(entry, "CreatedAt") };
	decode_labels(json_get(entry, "Labels"), &ret->labels);
}

static void add_volume(const struct json *entry, void *context)
{
	struct volumes *list = context;

	decode_volume(entry, xgrow(&list->items, &list->cap, list->count, sizeof(*list->items)));
	list->count++;
}

int volume_list(struct podman *podman, const char *label, struct volumes *ret, struct error *err)
{
	DEFER(request_release) struct request rq;
	struct volumes list = { 0 };

	request_init(&rq, "GET", "list volumes", NULL);
	request_path(&rq, "volumes", "json", NULL);
	request_query_label(&rq, label);
	if (podman_call_items(podman, &rq, add_volume, &list, err) < 0) {
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
	DEFER(json_freep) struct json *answer = NULL;
	struct json *body = json_new_object();

	request_init(&rq, "POST", "create volume", name);
	rq.flags = REQUEST_CONFLICT_409;
	request_path(&rq, "volumes", "create", NULL);
	json_add_text(body, "Name", name);
	encode_labels(body, "Labels", labels);
	request_json(&rq, body);
	if (podman_call_json(podman, &rq, &answer, err) < 0)
		return -1;
	if (ret)
		decode_volume(answer, ret);
	return 0;
}

int volume_remove(struct podman *podman, const char *name, struct error *err)
{
	DEFER(request_release) struct request rq;

	request_init(&rq, "DELETE", "remove volume", name);
	rq.flags = REQUEST_OK_404 | REQUEST_CONFLICT_409;
	request_path(&rq, "volumes", name, NULL);
	return podman_call(podman, &rq, NULL, err);
}
