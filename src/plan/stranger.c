/* SPDX-License-Identifier: MIT */
#include "winalux/plan/stranger.h"

#include <stdlib.h>
#include <string.h>

#include "winalux/base/mem.h"
#include "winalux/base/parse.h"
#include "winalux/plan/facts.h"
#include "winalux/plan/names.h"

#define NAME_START "winalux-"
#define INFRA_ROLE "infra"

/* "winalux-<slug>-<role>", see object_name(); the slug has "-" where the workspace has "_". */
static bool is_object_name(const char *name, const char *workspace, const char *role)
{
	if (!parse_literal(&name, NAME_START))
		return false;
	for (; *workspace; workspace++, name++) {
		if (*name != (*workspace == '_' ? '-' : *workspace))
			return false;
	}
	return *name == '-' && !strcmp(name + 1, role);
}

/* A role beside the workspaces. */
static bool is_attendant(const char *role)
{
	for (size_t i = 0; i < KEEPER_COUNT; i++) {
		if (!strcmp(role, keeper_role(i)))
			return true;
	}
	return !strcmp(role, ROLE_TELEMETRY) || !strcmp(role, ROLE_EMULATOR);
}

bool container_is_ours(const struct container *c)
{
	const char *workspace = labels_get(&c->labels, LABEL_WORKSPACE);
	const char *role = labels_get(&c->labels, LABEL_ROLE);
	const char *name = c->name;

	if (!role || !labels_get(&c->labels, LABEL_SCHEMA))
		return false;
	if (workspace)
		return is_object_name(name, workspace, c->is_infra ? INFRA_ROLE : role);
	return is_attendant(role) && parse_literal(&name, NAME_START) && !strcmp(name, role);
}

bool facts_container_is_ours(const struct facts *facts, const struct container *c)
{
	const char *workspace = labels_get(&c->labels, LABEL_WORKSPACE);
	const char *role = labels_get(&c->labels, LABEL_ROLE);
	const struct workspace_facts *w = workspace ? facts_find(facts, workspace) : NULL;
	char recorded[65];

	if (container_is_ours(c))
		return true;
	if (!w || !role || c->is_infra)
		return false;
	workspace_state_object(&w->state, role, recorded);
	return !strcmp(recorded, c->id);
}

bool facts_have_outsiders(const struct facts *facts)
{
	for (size_t i = 0; i < facts->containers.count; i++) {
		if (!facts_container_is_ours(facts, &facts->containers.items[i]))
			return true;
	}
	return false;
}

void workspace_facts_add_stranger(struct workspace_facts *w, const struct container *c,
				  const char *how)
{
	for (size_t i = 0; i < w->stranger_count; i++) {
		struct stranger *s = &w->strangers[i];

		if (s->container != c)
			continue;
		DEFER(freep) char *before = TAKE(s->how);
		s->how = xasprintf("%s, %s", before, how);
		return;
	}
	w->strangers = xreallocarray(w->strangers, w->stranger_count + 1, sizeof(*w->strangers));
	w->strangers[w->stranger_count++] = (struct stranger){ c, xstrdup(how) };
}

void workspace_facts_release_strangers(struct workspace_facts *w)
{
	for (size_t i = 0; i < w->stranger_count; i++)
		free(w->strangers[i].how);
	free(w->strangers);
	w->strangers = NULL;
	w->stranger_count = 0;
}

static void look_at(struct workspace_facts *w, const struct container *c)
{
	const char *workspace = labels_get(&c->labels, LABEL_WORKSPACE);

	if (w->infra && *c->pod_id && !strcmp(w->infra->pod_id, c->pod_id))
		workspace_facts_add_stranger(w, c, "is in its pod");
	if (workspace && !strcmp(workspace, w->name))
		workspace_facts_add_stranger(w, c, "carries its labels");
}

void facts_find_strangers(struct facts *facts)
{
	for (size_t i = 0; i < facts->containers.count; i++) {
		const struct container *c = &facts->containers.items[i];

		if (facts_container_is_ours(facts, c))
			continue;
		for (size_t k = 0; k < facts->count; k++)
			look_at(&facts->workspaces[k], c);
	}
}
