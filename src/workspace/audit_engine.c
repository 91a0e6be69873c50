/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "winalux/base/clock.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"
#include "winalux/format/json.h"
#include "winalux/plan/facts.h"
#include "winalux/plan/names.h"
#include "winalux/plan/stranger.h"
#include "winalux/podman/container.h"
#include "winalux/podman/event.h"
#include "winalux/workspace/audit.h"

enum { TIME_SIZE = sizeof("2026-01-31T23:59:59.000Z") };

struct engine {
	const struct facts *facts;
	audit_event_fn fn;
	void *context;
};

/* Only the container of a pod has the pod's role. */
static bool is_made_by_us(const struct podman_event *e)
{
	const char *name = labels_get(&e->attributes, "name");
	const char *role = labels_get(&e->attributes, LABEL_ROLE);
	const struct container c = { .name = (char *)(uintptr_t)(name ? name : ""),
				     .is_infra = role && !strcmp(role, ROLE_POD),
				     .labels = e->attributes };

	return container_is_ours(&c);
}

/* The warden of a strict workspace has the program of each exec as well. */
static bool is_told_by_warden(const struct podman_event *e, const struct workspace_facts *w)
{
	const char *role = labels_get(&e->attributes, LABEL_ROLE);

	return role && !strcmp(role, ROLE_DEV) && workspace_facts_is_strict(w) && is_made_by_us(e);
}

static void format_time(int64_t time_ns, char ret[static TIME_SIZE])
{
	char seconds[CLOCK_RFC3339_SIZE];

	clock_format_rfc3339(time_ns / 1000000000, seconds);
	snprintf(ret, TIME_SIZE, "%.19s.%03uZ", seconds, (unsigned)(time_ns / 1000000 % 1000));
}

static bool pass_on(const struct engine *engine, const struct podman_event *e,
		    const struct workspace_facts *w)
{
	DEFER(json_freep) struct json *event = json_new_object();
	char time[TIME_SIZE];

	format_time(e->time_ns, time);
	json_add_text(event, "event", "podman");
	json_add_text(event, "what", e->action);
	json_add_text(event, "container", labels_get(&e->attributes, "name"));
	json_add_text(event, "id", e->id);
	json_add_text(event, "image", labels_get(&e->attributes, "image"));
	DEFER(freep) char *object = json_print(event, false);
	object[strlen(object) - 1] = '\0';
	return engine->fn(w, time, object + 1, engine->context);
}

static bool on_event(const struct podman_event *e, void *context)
{
	const struct engine *engine = context;
	const char *name = labels_get(&e->attributes, LABEL_WORKSPACE);
	const struct workspace_facts *w = name ? facts_find(engine->facts, name) : NULL;

	if (!w || e->time_ns < 0)
		return true;
	if (!strcmp(e->action, "create") && is_made_by_us(e))
		return true;
	if (!strcmp(e->action, "exec") && is_told_by_warden(e, w))
		return true;
	return pass_on(engine, e, w);
}

int audit_engine(struct podman *podman, const struct facts *facts, int64_t since_s,
		 audit_event_fn fn, void *context, struct error *err)
{
	static const char *const wanted[] = { "attach", "checkpoint", "commit", "create",
					      "exec",   "export",     "rename" };
	DEFER(strv_release) struct strv actions = { 0 };
	struct engine engine = { facts, fn, context };

	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		strv_add(&actions, wanted[i]);
	return event_list(podman, &actions, since_s, on_event, &engine, err);
}
