/* SPDX-License-Identifier: MIT */
#include "winalux/podman/container.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "decode.h"
#include "items.h"
#include "winalux/base/mem.h"
#include "winalux/base/parse.h"
#include "winalux/format/json.h"

/* How often the server looks at a container it waits for; its default is 250 ms. */
#define WAIT_INTERVAL "20ms"

struct state_name {
	const char *name;
	enum container_state state;
};

static const struct state_name states[] = {
	{ "created", CONTAINER_CREATED },     { "configured", CONTAINER_CREATED },
	{ "initialized", CONTAINER_CREATED }, { "running", CONTAINER_RUNNING },
	{ "paused", CONTAINER_PAUSED },       { "exited", CONTAINER_STOPPED },
	{ "stopped", CONTAINER_STOPPED },     { "unknown", CONTAINER_UNKNOWN },
};

static void container_release(void *item)
{
	struct container *c = item;

	free(c->id);
	free(c->name);
	free(c->pod_id);
	free(c->image);
	free(c->image_id);
	labels_release(&c->labels);
	port_mappings_release(&c->ports);
}

void containers_release(struct containers *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->count; i++)
		container_release(&c->items[i]);
	free(c->items);
	*c = (struct containers){ 0 };
}

static enum container_state state_named(const char *name)
{
	if (!*name)
		return CONTAINER_UNKNOWN;
	for (size_t i = 0; i < ARRAY_SIZE(states); i++)
		if (!strcmp(states[i].name, name))
			return states[i].state;
	return CONTAINER_BROKEN;
}

static void decode_state(struct json_span value, void *field)
{
	DEFER(freep) char *name = NULL;

	if (json_span_text(value, &name))
		*(enum container_state *)field = state_named(name);
}

/*
 * Tried on 4.3.1 and 5.4.2: the infra container carries the pod's labels (so a label filter finds
 * it); the members of a pod show the ports of its infra container; the image is named as it was at
 * creation; "Restarts" is there since 5.x only.
 */
static const struct decode_field container_fields[] = {
	DECODE_FIELD("Id", struct container, id, decode_text),
	DECODE_FIELD("Names", struct container, name, decode_first_text),
	DECODE_FIELD("Pod", struct container, pod_id, decode_text),
	DECODE_FIELD("Image", struct container, image, decode_text),
	DECODE_FIELD("ImageID", struct container, image_id, decode_id),
	DECODE_FIELD("State", struct container, state, decode_state),
	DECODE_FIELD("ExitCode", struct container, exit_code, decode_int),
	DECODE_FIELD("IsInfra", struct container, is_infra, decode_bool),
	DECODE_FIELD("Created", struct container, created_s, decode_time),
	DECODE_FIELD("StartedAt", struct container, started_s, decode_time),
	DECODE_FIELD("Restarts", struct container, restarts, decode_count),
	DECODE_FIELD("Labels", struct container, labels, decode_labels),
	DECODE_FIELD("Ports", struct container, ports, decode_ports),
	{ .name = NULL },
};

static void begin_list(struct request *rq)
{
	request_init(rq, "GET", "list containers", NULL);
	request_path(rq, "containers", "json", NULL);
	request_query(rq, "all", "true");
}

static int call_list(struct podman *podman, struct request *rq, struct containers *ret,
		     struct error *err)
{
	struct containers list = { 0 };
	const struct item_list items = { container_fields, sizeof(*list.items), container_release,
					 &list.items,      &list.count,         &list.cap };

	if (podman_call_items(podman, rq, &items, err) < 0) {
		containers_release(&list);
		return -1;
	}
	*ret = list;
	return 0;
}

int container_list(struct podman *podman, const char *label, struct containers *ret,
		   struct error *err)
{
	DEFER(request_release) struct request rq;

	begin_list(&rq);
	request_query_label(&rq, label);
	return call_list(podman, &rq, ret, err);
}

int container_list_mounting(struct podman *podman, const struct strv *volumes,
			    struct containers *ret, struct error *err)
{
	DEFER(request_release) struct request rq;

	begin_list(&rq);
	request_query_filter(&rq, "volume", volumes);
	return call_list(podman, &rq, ret, err);
}

int container_create(struct podman *podman, const struct container_spec *spec, char **ret_id,
		     struct error *err)
{
	DEFER(request_release) struct request rq;

	request_init(&rq, "POST", "create container", spec->name);
	rq.flags = REQUEST_CONFLICT_409;
	request_path(&rq, "containers", "create", NULL);
	request_json(&rq, container_spec_encode(spec));
	return podman_call_id(podman, &rq, "Id", ret_id, err);
}

int container_start(struct podman *podman, const char *id, struct error *err)
{
	DEFER(request_release) struct request rq;

	request_init(&rq, "POST", "start container", id);
	rq.flags = REQUEST_OK_304;
	request_path(&rq, "containers", id, "start", NULL);
	return podman_call(podman, &rq, NULL, err);
}

int container_stop(struct podman *podman, const char *id, uint32_t timeout_s, struct error *err)
{
	DEFER(request_release) struct request rq;

	request_init(&rq, "POST", "stop container", id);
	rq.flags = REQUEST_OK_304 | REQUEST_OK_404;
	rq.timeout_ms = request_stop_timeout_ms(timeout_s);
	request_path(&rq, "containers", id, "stop", NULL);
	request_query_int(&rq, "timeout", timeout_s);
	return podman_call(podman, &rq, NULL, err);
}

int container_kill(struct podman *podman, const char *id, const char *signal, struct error *err)
{
	DEFER(request_release) struct request rq;

	request_init(&rq, "POST", "signal container", id);
	request_path(&rq, "containers", id, "kill", NULL);
	request_query(&rq, "signal", signal);
	return podman_call(podman, &rq, NULL, err);
}

int container_remove(struct podman *podman, const char *id, bool is_forced, uint32_t timeout_s,
		     struct error *err)
{
	DEFER(request_release) struct request rq;

	request_init(&rq, "DELETE", "remove container", id);
	rq.flags = REQUEST_OK_404 | REQUEST_ERRORS_IN_200;
	rq.timeout_ms = request_stop_timeout_ms(timeout_s);
	request_path(&rq, "containers", id, NULL);
	request_query(&rq, "force", is_forced ? "true" : "false");
	request_query(&rq, "v", "true");
	request_query_int(&rq, "timeout", timeout_s);
	return podman_call(podman, &rq, NULL, err);
}

int container_wait(struct podman *podman, const char *id, int timeout_ms, int *ret_exit_code,
		   struct error *err)
{
	DEFER(request_release) struct request rq;
	struct response response;
	int64_t code;

	request_init(&rq, "POST", "wait for container", id);
	rq.timeout_ms = timeout_ms;
	request_path(&rq, "containers", id, "wait", NULL);
	request_query(&rq, "condition", "stopped");
	request_query(&rq, "interval", WAIT_INTERVAL);
	if (podman_call(podman, &rq, &response, err) < 0)
		return -1;
	DEFER(freep) char *text = xstrndup(response.body, strcspn(response.body, "\r\n"));
	if (!parse_whole_i64(text, -1, INT_MAX, &code))
		return error_set(err, ERROR_PODMAN,
				 "cannot wait for container '%s': Podman answered nonsense", id);
	*ret_exit_code = (int)code;
	return 0;
}

int container_inspect(struct podman *podman, const char *id, struct json **ret, struct error *err)
{
	DEFER(request_release) struct request rq;

	request_init(&rq, "GET", "inspect container", id);
	request_path(&rq, "containers", id, "json", NULL);
	return podman_call_json(podman, &rq, ret, err);
}
