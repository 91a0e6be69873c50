/* SPDX-License-Identifier: MIT */
/*
 * Published ports. A fixed port must be free to bind unless the workspace's own pod holds it. An
 * "auto" port is the recorded one, else the first that nobody wants, holds or has recorded, looked
 * for from a place that the workspace's name decides, so that it is likely to be the same on
 * another host too.
 */
#include "want_internal.h"

#include <stdlib.h>
#include <string.h>

#include "winalux/base/mem.h"
#include "winalux/plan/facts.h"
#include "winalux/plan/names.h"

struct port_range {
	uint16_t first;
	uint16_t count;
};
static const struct port_range ssh_range = { 22000, 3000 };
static const struct port_range app_range = { 28000, 2000 };

/* One bit per port that somebody wants or holds. */
struct port_set {
	uint8_t bits[65536 / 8];
};

static void port_set_add(struct port_set *set, unsigned port)
{
	set->bits[port / 8] |= (uint8_t)(1u << (port % 8));
}

static bool port_set_has(const struct port_set *set, unsigned port)
{
	return set->bits[port / 8] & (1u << (port % 8));
}

bool want_is_selected(const struct want_context *context, const char *name)
{
	return !context->names || !context->names->count || strv_contains(context->names, name);
}

static bool has_port(const struct container *c, uint16_t port)
{
	for (size_t i = 0; i < c->ports.count; i++) {
		if (c->ports.items[i].host_port == port)
			return true;
	}
	return false;
}

static bool publishes(const struct container *c, uint16_t port)
{
	return c->state == CONTAINER_RUNNING && has_port(c, port);
}

/* Does a running pod of this workspace publish the port? */
static bool is_held_by(const struct workspace_facts *w, uint16_t port)
{
	if (w && w->infra && publishes(w->infra, port))
		return true;
	for (size_t i = 0; w && i < w->container_count; i++) {
		if (publishes(w->containers[i], port))
			return true;
	}
	return false;
}

static const struct workspace_facts *other_holder(const struct facts *facts, const char *name,
						  uint16_t port)
{
	for (size_t i = 0; i < facts->count; i++) {
		if (strcmp(facts->workspaces[i].name, name) &&
		    is_held_by(&facts->workspaces[i], port))
			return &facts->workspaces[i];
	}
	return NULL;
}

/* No program of the host holds it; without a probe none does. */
static bool can_bind(const struct want_context *context, const char *host_ip, uint16_t port)
{
	return !context->port_is_free || context->port_is_free(host_ip, port, context->context);
}

/*
 * A pod that another process is starting this moment (a winalux that was killed in the midst of it
 * leaves the call to Podman behind) listens before it counts as running.
 */
static bool is_starting_on(const struct workspace_facts *w, uint16_t port)
{
	return w && w->infra && w->infra->state == CONTAINER_CREATED && has_port(w->infra, port);
}

static bool is_ours_already(const struct workspace *w, uint16_t port,
			    const struct want_context *context)
{
	const struct workspace_facts *facts = facts_find(context->facts, w->name);

	return is_held_by(facts, port) || is_starting_on(facts, port);
}

/* Why the port that the inventory fixes cannot be had; NULL: it can. The caller frees it. */
static char *check_fixed(const struct workspace *w, const char *host_ip, uint16_t port,
			 const struct want_context *context)
{
	const struct workspace_facts *holder;

	if (!want_is_selected(context, w->name) || is_ours_already(w, port, context))
		return NULL;
	holder = other_holder(context->facts, w->name, port);
	if (holder)
		return xasprintf("port %u is published by workspace '%s'; choose another port or "
				 "stop that one first",
				 port, holder->name);
	if (!can_bind(context, host_ip, port))
		return xasprintf("port %u is in use by another program of this host; choose "
				 "another port or \"auto\"",
				 port);
	return NULL;
}

static void collect(const struct want *wants, size_t count, const struct facts *facts,
		    struct port_set *set)
{
	for (size_t i = 0; i < count; i++) {
		const struct workspace *w = wants[i].workspace;

		if (w->ssh_port > 0)
			port_set_add(set, (unsigned)w->ssh_port);
		if (w->app_port > 0)
			port_set_add(set, (unsigned)w->app_port);
		for (size_t k = 0; k < w->extra_port_count; k++)
			port_set_add(set, w->extra_ports[k].host_port);
	}
	for (size_t i = 0; i < facts->count; i++) {
		port_set_add(set, facts->workspaces[i].state.ssh_port);
		port_set_add(set, facts->workspaces[i].state.app_port);
	}
}

/* Ours already, or free to become ours again. */
static bool is_usable(const struct workspace *w, const char *host_ip, uint16_t port,
		      const struct want_context *context)
{
	if (!want_is_selected(context, w->name) || is_ours_already(w, port, context))
		return true;
	return !other_holder(context->facts, w->name, port) && can_bind(context, host_ip, port);
}

/* What is looked for, for whom, and among what. */
struct search {
	const struct want *wants;
	size_t count;
	const struct want_context *context;
	struct port_set taken;
};

struct port_wish {
	const struct workspace *w;
	int wanted; /* PORT_AUTO, PORT_NONE or a port */
	uint16_t recorded;
	const char *host_ip;
	const struct port_range *range;
};

/* A place in the range that the name decides, likely the same on another host too. */
static unsigned place_of(const char *name, const struct port_range *range)
{
	unsigned place = 0;

	for (; *name; name++)
		place = place * 31 + (unsigned char)*name;
	return place % range->count;
}

static bool is_free(const struct search *s, const struct port_wish *wish, uint16_t port)
{
	const struct want_context *context = s->context;

	return !port_set_has(&s->taken, port) &&
	       !other_holder(context->facts, wish->w->name, port) &&
	       can_bind(context, wish->host_ip, port);
}

/* Returns a refusal as check_fixed does. */
static char *choose(struct search *s, const struct port_wish *wish, uint16_t *ret)
{
	const struct port_range *range = wish->range;
	const unsigned start = place_of(wish->w->name, range);

	for (unsigned i = 0; i < range->count; i++) {
		const uint16_t port = (uint16_t)(range->first + (start + i) % range->count);

		if (!is_free(s, wish, port))
			continue;
		port_set_add(&s->taken, port);
		*ret = port;
		return NULL;
	}
	return xasprintf("no port from %u to %u is free", range->first,
			 range->first + range->count - 1);
}

/* Ports that the inventory fixes for some workspace: a recorded "auto" port must not be one. */
static bool is_fixed_elsewhere(const struct search *s, uint16_t port)
{
	for (size_t i = 0; port && i < s->count; i++) {
		const struct workspace *w = s->wants[i].workspace;

		if (w->ssh_port == port || w->app_port == port)
			return true;
		for (size_t k = 0; k < w->extra_port_count; k++) {
			if (w->extra_ports[k].host_port == port)
				return true;
		}
	}
	return false;
}

static char *settle(struct search *s, const struct port_wish *wish, uint16_t *ret)
{
	if (wish->wanted == PORT_NONE)
		return NULL;
	if (wish->wanted != PORT_AUTO) {
		*ret = (uint16_t)wish->wanted;
		return check_fixed(wish->w, wish->host_ip, *ret, s->context);
	}
	/* A recorded one that an explicit port of the inventory claims by now is given up. */
	if (wish->recorded && !is_fixed_elsewhere(s, wish->recorded) &&
	    is_usable(wish->w, wish->host_ip, wish->recorded, s->context)) {
		*ret = wish->recorded;
		return NULL;
	}
	return choose(s, wish, ret);
}

static void ports_of(struct search *s, struct want *want)
{
	const struct workspace *w = want->workspace;
	const struct workspace_facts *facts = facts_find(s->context->facts, w->name);
	const struct port_wish ssh = { w, w->ssh_port, facts ? facts->state.ssh_port : 0,
				       w->ssh_bind ? w->ssh_bind : "", &ssh_range };
	const struct port_wish app = { w, w->app_port, facts ? facts->state.app_port : 0,
				       w->bind ? w->bind : "", &app_range };

	want->refusal = settle(s, &ssh, &want->ssh_port);
	if (!want->refusal)
		want->refusal = settle(s, &app, &want->app_port);
	for (size_t i = 0; !want->refusal && i < w->extra_port_count; i++)
		want->refusal = check_fixed(w, w->extra_ports[i].host_ip,
					    w->extra_ports[i].host_port, s->context);
}

void want_ports(struct want *wants, size_t count, const struct want_context *context)
{
	DEFER(freep) struct search *s = xcalloc(1, sizeof(*s));

	s->wants = wants;
	s->count = count;
	s->context = context;
	collect(wants, count, context->facts, &s->taken);
	for (size_t i = 0; i < count; i++)
		ports_of(s, &wants[i]);
}
