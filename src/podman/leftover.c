/* SPDX-License-Identifier: MIT */
#include "winalux/podman/leftover.h"

#include <string.h>

#include "client.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"
#include "winalux/format/json.h"
#include "winalux/podman/container.h"

enum { LEFTOVER_TIMEOUT_MS = 10000 };

static bool is_of_a_build(const struct json *container)
{
	const char *command = json_text(json_first(json_get(container, "Command")));
	const char *state = json_get_text(container, "State");

	return command && strcmp(command, "buildah") == 0 && state && strcmp(state, "storage") == 0;
}

int leftover_list(struct podman *podman, struct strv *ret_ids, struct error *err)
{
	DEFER(request_release) struct request rq;
	DEFER(json_freep) struct json *list = NULL;

	request_init(&rq, "GET", "list containers of builds", NULL);
	request_path(&rq, "containers", "json", NULL);
	request_query(&rq, "all", "true");
	request_query(&rq, "external", "true");
	if (podman_call_json(podman, &rq, &list, err) < 0)
		return -1;
	for (const struct json *c = json_first(list); c; c = json_next(c)) {
		const char *id = json_get_text(c, "Id");

		if (id && is_of_a_build(c))
			strv_add(ret_ids, id);
	}
	return 0;
}

void leftover_remove(const struct podman *podman, const struct strv *before)
{
	struct podman_options options = *podman_get_options(podman);
	DEFER(strv_release) struct strv now = { 0 };
	DEFER(podman_freep) struct podman *own = NULL;

	options.cancelled = NULL;
	options.timeout_ms = LEFTOVER_TIMEOUT_MS;
	own = podman_new(&options);
	if (leftover_list(own, &now, NULL) < 0)
		return;
	for (size_t i = 0; i < now.count; i++)
		if (!strv_contains(before, now.items[i]))
			container_remove(own, now.items[i], true, 0, NULL);
}
