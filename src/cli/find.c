/* SPDX-License-Identifier: MIT */
#include "find.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"
#include "winalux/inventory/inventory.h"
#include "winalux/plan/facts.h"
#include "winalux/plan/names.h"
#include "winalux/plan/plan.h"
#include "winalux/plan/stranger.h"
#include "winalux/workspace/host.h"
#include "winalux/workspace/strangers.h"

#include "app.h"

int find_facts(struct app *app, const struct strv *names, enum observe extent, struct facts *ret,
	       struct error *err)
{
	DEFER(facts_release) struct facts facts = { 0 };

	if (app_open_host(app, err) < 0 || host_observe(app->host, extent, &facts, err) < 0)
		return -1;
	strangers_tell(app->host, &facts);
	if (names->count > 0 && plan_check_names(&facts, names, err) < 0)
		return -1;
	*ret = facts;
	facts = (struct facts){ 0 };
	return 0;
}

bool find_is_chosen(const struct strv *names, const char *name)
{
	return names->count == 0 || strv_contains(names, name);
}

/* A name without containers: not there at all, or data only. */
static int no_containers(struct app *app, const char *workspace, struct error *err)
{
	DEFER(facts_release) struct facts facts = { 0 };
	DEFER(strv_release) struct strv names = { 0 };

	strv_add(&names, workspace);
	if (find_facts(app, &names, OBSERVE_STATE, &facts, err) < 0)
		return -1;
	return error_set(err, ERROR_NOT_FOUND,
			 "workspace '%s' has no containers, only data; `winalux deploy` makes them",
			 workspace);
}

/* Who has copied our labels is none of ours. */
static void drop_strangers(struct containers *containers)
{
	struct containers kept = { 0 }, dropped = { 0 };

	for (size_t i = 0; i < containers->count; i++) {
		struct containers *to = container_is_ours(&containers->items[i]) ? &kept : &dropped;
		struct container *c = xgrow(&to->items, &to->cap, to->count++, sizeof(*c));

		*c = containers->items[i];
	}
	free(containers->items);
	containers_release(&dropped);
	*containers = kept;
}

int find_containers(struct app *app, const char *workspace, struct containers *ret,
		    struct error *err)
{
	if (!inventory_name_is_valid(workspace))
		return error_set(err, ERROR_NOT_FOUND, "'%s' cannot be the name of a workspace",
				 workspace);
	if (app_open_host(app, err) < 0)
		return -1;
	DEFER(freep) char *label = xasprintf("%s=%s", LABEL_WORKSPACE, workspace);
	DEFER(containers_release) struct containers found = { 0 };
	if (container_list(host_podman(app->host), label, &found, err) < 0)
		return -1;
	drop_strangers(&found);
	if (found.count == 0)
		return no_containers(app, workspace, err);
	*ret = found;
	found = (struct containers){ 0 };
	return 0;
}

const char *find_role(const struct container *container)
{
	const char *role = labels_get(&container->labels, LABEL_ROLE);

	return role ? role : "?";
}

static int no_role(const struct containers *containers, const char *workspace, const char *role,
		   struct error *err)
{
	DEFER(strv_release) struct strv roles = { 0 };

	for (size_t i = 0; i < containers->count; i++) {
		const struct container *c = &containers->items[i];
		if (!c->is_infra && strcmp(find_role(c), ROLE_DEV) != 0)
			strv_add(&roles, find_role(c));
	}
	strv_sort(&roles);
	DEFER(freep) char *list = strv_join(&roles, ", ");
	if (strcmp(role, ROLE_DEV) == 0)
		return error_set(err, ERROR_NOT_FOUND,
				 "workspace '%s' has no dev container; `winalux deploy` makes it",
				 workspace);
	return error_set(err, ERROR_NOT_FOUND, "workspace '%s' has no sidecar '%s'; it has: %s",
			 workspace, role, roles.count ? list : "none");
}

int find_container(const struct containers *containers, const char *workspace, const char *role,
		   bool may_be_stopped, const struct container **ret, struct error *err)
{
	role = role ? role : ROLE_DEV;
	for (size_t i = 0; i < containers->count; i++) {
		const struct container *c = &containers->items[i];

		if (c->is_infra || strcmp(find_role(c), role) != 0)
			continue;
		if (c->state != CONTAINER_RUNNING && !may_be_stopped)
			return error_set(
				err, ERROR_PODMAN,
				"'%s' of workspace '%s' is not running; `winalux start %s`", role,
				workspace, workspace);
		*ret = c;
		return 0;
	}
	return no_role(containers, workspace, role, err);
}
