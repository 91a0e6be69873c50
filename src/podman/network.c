/* SPDX-License-Identifier: MIT */
/*
 * One bridge for each workspace, with netavark's option isolate and without aardvark-dns: a
 * workspace's containers share a network namespace, so there is no name to look up but those of
 * the world. Without it libpod writes the resolvers of the host into the containers, with pasta
 * (5.x) its forwarder before them: names resolved on 4.3.1 and 5.4.2.
 *
 * The limit: on 4.x, where the host's only resolver is a loopback address that is not
 * systemd-resolved's, libpod falls back to 8.8.8.8. (slirp4netns forwards 10.0.2.3 there.)
 */
#include "winalux/podman/network.h"

#include <stdlib.h>

#include "client.h"
#include "decode.h"
#include "encode.h"
#include "items.h"
#include "winalux/base/mem.h"
#include "winalux/format/json.h"

static void network_release(void *item)
{
	struct network *n = item;

	free(n->id);
	free(n->name);
	labels_release(&n->labels);
}

void networks_release(struct networks *n)
{
	if (!n)
		return;
	for (size_t i = 0; i < n->count; i++)
		network_release(&n->items[i]);
	free(n->items);
	*n = (struct networks){ 0 };
}

static const struct decode_field network_fields[] = {
	DECODE_FIELD("id", struct network, id, decode_text),
	DECODE_FIELD("name", struct network, name, decode_text),
	DECODE_FIELD("labels", struct network, labels, decode_labels),
	{ .name = NULL },
};

int network_list(struct podman *podman, const char *label, struct networks *ret, struct error *err)
{
	DEFER(request_release) struct request rq;
	struct networks list = { 0 };
	const struct item_list items = { network_fields, sizeof(*list.items), network_release,
					 &list.items,    &list.count,         &list.cap };

	request_init(&rq, "GET", "list networks", NULL);
	request_path(&rq, "networks", "json", NULL);
	request_query_label(&rq, label);
	if (podman_call_items(podman, &rq, &items, err) < 0) {
		networks_release(&list);
		return -1;
	}
	*ret = list;
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

/* Never by force: libpod would remove whatever else is attached, also what is not ours. */
int network_remove(struct podman *podman, const char *name, struct error *err)
{
	DEFER(request_release) struct request rq;

	request_init(&rq, "DELETE", "remove network", name);
	rq.flags = REQUEST_OK_404 | REQUEST_CONFLICT_409 | REQUEST_ERRORS_IN_200;
	request_path(&rq, "networks", name, NULL);
	return podman_call(podman, &rq, NULL, err);
}
