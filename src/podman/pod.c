/* SPDX-License-Identifier: MIT */
#include "winalux/podman/pod.h"

#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "decode.h"
#include "encode.h"
#include "items.h"
#include "winalux/base/mem.h"
#include "winalux/format/json.h"

void pod_spec_release(struct pod_spec *spec)
{
	if (!spec)
		return;
	free(spec->name);
	free(spec->infra_name);
	free(spec->hostname);
	free(spec->network);
	labels_release(&spec->labels);
	port_mappings_release(&spec->ports);
	*spec = (struct pod_spec){ 0 };
}

static void pod_release(void *item)
{
	struct pod *p = item;

	free(p->id);
	free(p->name);
	free(p->status);
	free(p->infra_id);
	labels_release(&p->labels);
}

void pods_release(struct pods *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->count; i++)
		pod_release(&p->items[i]);
	free(p->items);
	*p = (struct pods){ 0 };
}

static void add_ports(struct json *body, const struct port_mappings *ports)
{
	if (ports->count == 0)
		return;
	struct json *array = json_add_array(body, "portmappings");
	for (size_t i = 0; i < ports->count; i++) {
		const struct port_mapping *port = &ports->items[i];
		struct json *entry = json_append_object(array);

		json_add_text(entry, "host_ip", port->host_ip);
		json_add_int(entry, "host_port", port->host_port);
		json_add_int(entry, "container_port", port->container_port);
		json_add_text(entry, "protocol", "tcp");
	}
}

struct json *pod_spec_encode(const struct pod_spec *spec)
{
	struct json *body = json_new_object();

	json_add_text(body, "name", spec->name);
	if (spec->infra_name)
		json_add_text(body, "infra_name", spec->infra_name);
	if (spec->hostname)
		json_add_text(body, "hostname", spec->hostname);
	encode_labels(body, "labels", &spec->labels);
	/*
	 * With "stop", the cleanup process of the last container that ends stops the pod some time
	 * later, in the midst of a restart too (seen with 4.3.1: sshd away, "cannot get namespace
	 * path"). Who stops a pod here is winalux.
	 */
	json_add_text(body, "exit_policy", "continue");
	struct json *shared = json_add_array(body, "shared_namespaces");
	json_append_text(shared, "net");
	json_append_text(shared, "uts");
	json_add_text(json_add_object(body, "netns"), "nsmode", "bridge");
	if (spec->network)
		json_add_object(json_add_object(body, "Networks"), spec->network);
	add_ports(body, &spec->ports);
	encode_limits(body, &spec->limits);
	return body;
}

static const struct decode_field pod_fields[] = {
	DECODE_FIELD("Id", struct pod, id, decode_text),
	DECODE_FIELD("Name", struct pod, name, decode_text),
	DECODE_FIELD("Status", struct pod, status, decode_text),
	DECODE_FIELD("InfraId", struct pod, infra_id, decode_text),
	DECODE_FIELD("Labels", struct pod, labels, decode_labels),
	{ .name = NULL },
};

int pod_list(struct podman *podman, const char *label, struct pods *ret, struct error *err)
{
	DEFER(request_release) struct request rq;
	struct pods list = { 0 };
	const struct item_list items = { pod_fields,  sizeof(*list.items), pod_release,
					 &list.items, &list.count,         &list.cap };

	request_init(&rq, "GET", "list pods", NULL);
	request_path(&rq, "pods", "json", NULL);
	request_query_label(&rq, label);
	if (podman_call_items(podman, &rq, &items, err) < 0) {
		pods_release(&list);
		return -1;
	}
	*ret = list;
	return 0;
}

static bool has_labels(const struct pod *pod, const struct labels *wanted)
{
	for (size_t i = 0; i < wanted->count; i++) {
		const char *value = labels_get(&pod->labels, wanted->items[i].key);

		if (!value || strcmp(value, wanted->items[i].value) != 0)
			return false;
	}
	return true;
}

/*
 * Before 5.x a refused create may leave half a pod behind, which would make the next try fail with
 * "already exists". Only one with the name and all the labels that were asked for is ours.
 */
static void remove_half_made(struct podman *podman, const struct pod_spec *spec)
{
	struct pods pods = { 0 };

	if (!spec->labels.count || pod_list(podman, spec->labels.items[0].key, &pods, NULL) < 0)
		return;
	for (size_t i = 0; i < pods.count; i++) {
		if (!strcmp(pods.items[i].name, spec->name) &&
		    has_labels(&pods.items[i], &spec->labels))
			pod_remove(podman, pods.items[i].id, 0, NULL);
	}
	pods_release(&pods);
}

int pod_create(struct podman *podman, const struct pod_spec *spec, char **ret_id, struct error *err)
{
	DEFER(request_release) struct request rq;
	struct error why;

	request_init(&rq, "POST", "create pod", spec->name);
	rq.flags = REQUEST_CONFLICT_409;
	request_path(&rq, "pods", "create", NULL);
	request_json(&rq, pod_spec_encode(spec));
	if (podman_call_id(podman, &rq, "Id", ret_id, &why) == 0)
		return 0;
	if (why.kind == ERROR_PODMAN || why.kind == ERROR_NOT_FOUND)
		remove_half_made(podman, spec);
	if (err)
		*err = why;
	return -1;
}

int pod_remove(struct podman *podman, const char *id, uint32_t timeout_s, struct error *err)
{
	DEFER(request_release) struct request rq;

	request_init(&rq, "DELETE", "remove pod", id);
	rq.flags = REQUEST_OK_404 | REQUEST_ERRORS_IN_200;
	rq.timeout_ms = request_stop_timeout_ms(timeout_s);
	request_path(&rq, "pods", id, NULL);
	request_query(&rq, "force", "true");
	request_query_int(&rq, "timeout", timeout_s);
	return podman_call(podman, &rq, NULL, err);
}
