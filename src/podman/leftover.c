/* SPDX-License-Identifier: MIT */
#include "winalux/podman/leftover.h"

#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "winalux/base/mem.h"
#include "winalux/format/json.h"
#include "winalux/podman/container.h"

void leftovers_release(struct leftovers *l)
{
	for (size_t i = 0; i < l->count; i++) {
		free(l->items[i].id);
		free(l->items[i].image);
	}
	free(l->items);
	*l = (struct leftovers){ 0 };
}

static bool is_of_a_build(const struct json *container)
{
	const char *command = json_text(json_first(json_get(container, "Command")));
	const char *state = json_get_text(container, "State");

	return command && strcmp(command, "buildah") == 0 && state && strcmp(state, "storage") == 0;
}

int leftover_list(struct podman *podman, struct leftovers *ret, struct error *err)
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
		const char *id = json_get_text(c, "Id"), *image = json_get_text(c, "ImageID");

		if (!id || !*id || !is_of_a_build(c))
			continue;
		struct leftover *l = xgrow(&ret->items, &ret->cap, ret->count, sizeof(*ret->items));
		*l = (struct leftover){ xstrdup(id), xstrdup(image ? image : "") };
		ret->count++;
	}
	return 0;
}

void leftover_remove(struct podman *podman, const char *id)
{
	container_remove(podman, id, true, 0, NULL);
}
