/* SPDX-License-Identifier: MIT */
#include "winalux/plan/plan.h"

#include <stdlib.h>
#include <string.h>

#include "plan_internal.h"
#include "winalux/base/mem.h"
#include "winalux/format/json.h"
#include "winalux/plan/names.h"

static const char *const action_names[ACTION_COUNT] = {
	[ACTION_UNCHANGED] = "unchanged",
	[ACTION_LIVE] = "live change",
	[ACTION_START] = "start",
	[ACTION_RESTART] = "restart",
	[ACTION_RECREATE] = "recreate",
	[ACTION_REPAIR] = "repair",
	[ACTION_CREATE] = "create",
	[ACTION_STOP] = "stop",
	[ACTION_REMOVE] = "remove",
	[ACTION_DESTROY] = "destroy",
	[ACTION_ORPHAN] = "not in the inventory",
	[ACTION_REFUSE] = "refused",
};

static const char *const step_verbs[STEP_KIND_COUNT] = {
	[STEP_STOP_CONTAINER] = "stop container",
	[STEP_REMOVE_CONTAINER] = "remove container",
	[STEP_REMOVE_POD] = "remove pod",
	[STEP_REMOVE_NETWORK] = "remove network",
	[STEP_REMOVE_VOLUME] = "remove volume",
	[STEP_CREATE_NETWORK] = "create network",
	[STEP_CREATE_VOLUME] = "create volume",
	[STEP_CREATE_POD] = "create pod",
	[STEP_CREATE_CONTAINER] = "create container",
	[STEP_PUT_FILES] = "write keys and settings into",
	[STEP_PUT_GATE] = "write the token's hash into",
	[STEP_RELOAD_GUEST] = "reload",
	[STEP_START_CONTAINER] = "start container",
	[STEP_WAIT_READY] = "wait for answers of",
	[STEP_SYNC_LIBRARIES] = "install libraries in",
	[STEP_WRITE_STATE] = "record state",
	[STEP_REMOVE_STATE] = "remove old state",
};

const char *action_name(enum action action)
{
	return action_names[action];
}

char *step_text(const struct step *step)
{
	return xasprintf("%s '%s'", step_verbs[step->kind], step->object);
}

struct workspace_plan *plan_add(struct plan *plan, const char *name, const char *slug,
				enum action action)
{
	struct workspace_plan *w;

	w = xgrow(&plan->items, &plan->cap, plan->count++, sizeof(*w));
	w->name = xstrdup(name);
	w->slug = xstrdup(slug);
	w->action = action;
	return w;
}

void plan_add_step(struct workspace_plan *w, enum step_kind kind, const char *object, size_t index)
{
	struct step *step = xgrow(&w->steps, &w->step_cap, w->step_count++, sizeof(*step));

	*step = (struct step){ .kind = kind, .object = xstrdup(object), .index = index };
}

void plan_add_step_owned(struct workspace_plan *w, enum step_kind kind, char *object, size_t index)
{
	plan_add_step(w, kind, object, index);
	free(object);
}

void plan_add_reload(struct workspace_plan *w, const struct container *dev)
{
	plan_add_step(w, STEP_RELOAD_GUEST, dev->name, !container_guest_can(dev, GUEST_CAN_RELOAD));
}

void plan_add_change(struct workspace_plan *w, const char *object, enum action action,
		     const char *reason)
{
	struct object_change *change;

	change = xgrow(&w->changes, &w->change_cap, w->change_count++, sizeof(*change));
	change->object = xstrdup(object);
	change->action = action;
	change->reason = xstrdup_or_null(reason);
	if (reason && !w->reason)
		w->reason = xasprintf("%s: %s", object, reason);
}

void plan_release(struct plan *plan)
{
	if (!plan)
		return;
	for (size_t i = 0; i < plan->count; i++) {
		struct workspace_plan *w = &plan->items[i];

		for (size_t k = 0; k < w->step_count; k++)
			free(w->steps[k].object);
		for (size_t k = 0; k < w->change_count; k++) {
			free(w->changes[k].object);
			free(w->changes[k].reason);
		}
		free(w->steps);
		free(w->changes);
		free(w->name);
		free(w->slug);
		free(w->reason);
	}
	free(plan->items);
	*plan = (struct plan){ 0 };
}

size_t plan_step_count(const struct plan *plan)
{
	size_t count = 0;

	for (size_t i = 0; i < plan->count; i++)
		count += plan->items[i].step_count;
	return count;
}

size_t plan_count_action(const struct plan *plan, enum action action)
{
	size_t count = 0;

	for (size_t i = 0; i < plan->count; i++)
		count += plan->items[i].action == action;
	return count;
}

static void add_change_json(struct json *array, const struct object_change *change)
{
	struct json *item = json_append_object(array);

	json_add_text(item, "object", change->object);
	json_add_text(item, "action", action_name(change->action));
	json_add_text(item, "reason", change->reason);
}

static void add_workspace_json(struct json *array, const struct workspace_plan *w)
{
	struct json *item = json_append_object(array), *list;

	json_add_text(item, "name", w->name);
	json_add_text(item, "action", action_name(w->action));
	json_add_text(item, "reason", w->reason);
	json_add_bool(item, "ends_sessions", w->ends_sessions);
	list = json_add_array(item, "objects");
	for (size_t i = 0; i < w->change_count; i++)
		add_change_json(list, &w->changes[i]);
	list = json_add_array(item, "steps");
	for (size_t i = 0; i < w->step_count; i++) {
		DEFER(freep) char *text = step_text(&w->steps[i]);

		json_append_text(list, text);
	}
}

struct json *plan_to_json(const struct plan *plan)
{
	struct json *root = json_new_object();
	struct json *array = json_add_array(root, "workspaces");

	for (size_t i = 0; i < plan->count; i++)
		add_workspace_json(array, &plan->items[i]);
	return root;
}
