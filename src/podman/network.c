/* SPDX-License-Identifier: MIT */
#include "winalux/podman/network.h"

#include <stdlib.h>

#include "client.h"
#include "decode.h"
#include "winalux/base/mem.h"
#include "winalux/format/json.h"

void networks_release(struct networks *n)
{
	if (!n)
		return;
	for (size_t i = 0; i < n->count; i++) {
		free(n->items[i].id);
		free(n->items[i].name);
		labels_release(&n->items[i].labels);
	}
	free(n->items);
	*n = (struct networks){ 0 };
}

int network_list(struct podman *podman, const char *label, struct networks *ret, struct error *err)
{
	DEFER(request_release) struct request rq;
	DEFER(json_freep) struct json *list = NULL;

	request_init(&rq, "GET", "list networks", NULL);
	request_path(&rq, "networks", "json", NULL);
	request_query_label(&rq, label);
	if (podman_call_json(podman, &rq, &list, err) < 0)
		return -1;
	*ret = (struct networks){ 0 };
	for (const struct json *e = json_first(list); e; e = json_next(e)) {
		struct network *n = xgrow(&ret->items, &ret->cap, ret->count, sizeof(*n));

		n->id = decode_text(e, "id");
		n->name = decode_text(e, "name");
		decode_labels(json_get(e, "labels"), &n->labels);
		ret->count++;
	}
	return 0;
}

int network_create(struct podman *podman, const char *name, const struct labels *labels,
		   char **ret_id, struct error *err)
{
	DEFER(request_release) struct request rq;
	struct json *body = json_new_object();

	request_init(&rq, "POST", "create network", name);
	rq.flags = REQUEST_CONFLICT_409;
	request_path(&rq, "networks", "create", NULL);
	json_add_text(body, "name", name);
	json_add_text(body, "driver", "bridge");
	json_add_bool(body, "dns_enabled", false);
	json_add_text(json_add_object(body, "options"), "isolate", "true");
	encode_labels(body, "labels", labels);
	request_json(&rq, body);
	return podman_call_id(podman, &rq, "id", ret_id, err);
}

int network_remove(struct podman *podman, const char *name, struct error *err)
{
	DEFER(request_release) struct request rq;

	request_init(&rq, "DELETE", "remove network", name);
	rq.flags = REQUEST_OK_404 | REQUEST_ERRORS_IN_200;
	request_path(&rq, "networks", name, NULL);
	request_query(&rq, "force", "true");
	return podman_call(podman, &rq, NULL, err);
}
