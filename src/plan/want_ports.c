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

#include "winalux/base/error.h"
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

static bool is_selected(const struct want_context *context, const char *name)
{
	return !context->names || !context->names->count || strv_contains(context->names, name);
}

static bool publishes(const struct container *c, uint16_t port)
{
	for (size_t i = 0; c->state == CONTAINER_RUNNING && i < c->ports.count; i++) {
		if (c->ports.items[i].host_port == port)
			return true;
	}
	return false;
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

static int check_fixed(const struct workspace *w, const char *host_ip, uint16_t port,
		       const struct want_context *context, struct error *err)
{
	const struct workspace_facts *holder;

	if (!is_selected(context, w->name) || is_held_by(facts_find(context->facts, w->name), port))
		return 0;
	holder = other_holder(context->facts, w->name, port);
	if (holder)
		return error_set(err, ERROR_CONFLICT,
				 "workspace '%s': port %u is published by workspace '%s'; choose "
				 "another port or stop that one first",
				 w->name, port, holder->name);
	if (context->port_is_free && !context->port_is_free(host_ip, port, context->context))
		return error_set(
			err, ERROR_CONFLICT,
			"workspace '%s': port %u is in use by another program of this host; "
			"choose another port or \"auto\"",
			w->name, port);
	return 0;
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
	if (!is_selected(context, w->name) || is_held_by(facts_find(context->facts, w->name), port))
		return true;
	return !other_holder(context->facts, w->name, port) &&
	       (!context->port_is_free || context->port_is_free(host_ip, port, context->context));
}

static int choose(const struct workspace *w, const struct port_range *range, uint16_t recorded,
		  const char *host_ip, struct port_set *taken, const struct want_context *context,
		  uint16_t *ret, struct error *err)
{
	char hex[HASH_HEX_SIZE];
	unsigned start;

	if (recorded && is_usable(w, host_ip, recorded, context)) {
		*ret = recorded;
		return 0;
	}
	hash_text(w->name, hex);
	hex[7] = '\0';
	start = (unsigned)(strtoul(hex, NULL, 16) % range->count);
	for (unsigned i = 0; i < range->count; i++) {
		const uint16_t port = (uint16_t)(range->first + (start + i) % range->count);

		if (port_set_has(taken, port) || other_holder(context->facts, w->name, port))
			continue;
		if (context->port_is_free &&
		    !context->port_is_free(host_ip, port, context->context))
			continue;
		port_set_add(taken, port);
		*ret = port;
		return 0;
	}
	return error_set(err, ERROR_CONFLICT, "workspace '%s': no free port from %u to %u", w->name,
			 range->first, range->first + range->count - 1);
}

/* Ports that the inventory fixes for some workspace: a recorded "auto" port must not be one. */
static bool is_fixed_elsewhere(const struct want *wants, size_t count, uint16_t port)
{
	for (size_t i = 0; port && i < count; i++) {
		const struct workspace *w = wants[i].workspace;

		if (w->ssh_port == port || w->app_port == port)
			return true;
		for (size_t k = 0; k < w->extra_port_count; k++) {
			if (w->extra_ports[k].host_port == port)
				return true;
		}
	}
	return false;
}

struct port_wish {
	int wanted; /* PORT_AUTO, PORT_NONE or a port */
	uint16_t recorded;
	const char *host_ip;
	const struct port_range *range;
};

static int settle(struct want *wants, size_t count, const struct workspace *w,
		  const struct port_wish *wish, struct port_set *taken,
		  const struct want_context *context, uint16_t *ret, struct error *err)
{
	uint16_t recorded = wish->recorded;

	if (wish->wanted == PORT_NONE)
		return 0;
	if (wish->wanted != PORT_AUTO) {
		*ret = (uint16_t)wish->wanted;
		return check_fixed(w, wish->host_ip, *ret, context, err);
	}
	/* One that an explicit port of the inventory claims by now is given up. */
	if (is_fixed_elsewhere(wants, count, recorded))
		recorded = 0;
	return choose(w, wish->range, recorded, wish->host_ip, taken, context, ret, err);
}

static int ports_of(struct want *wants, size_t count, size_t index, struct port_set *taken,
		    const struct want_context *context, struct error *err)
{
	struct want *want = &wants[index];
	const struct workspace *w = want->workspace;
	const struct workspace_facts *facts = facts_find(context->facts, w->name);
	const struct port_wish ssh = { w->ssh_port, facts ? facts->state.ssh_port : 0,
				       w->ssh_bind ? w->ssh_bind : "", &ssh_range };
	const struct port_wish app = { w->app_port, facts ? facts->state.app_port : 0,
				       w->bind ? w->bind : "", &app_range };

	if (settle(wants, count, w, &ssh, taken, context, &want->ssh_port, err) < 0 ||
	    settle(wants, count, w, &app, taken, context, &want->app_port, err) < 0)
		return -1;
	for (size_t i = 0; i < w->extra_port_count; i++) {
		if (check_fixed(w, w->extra_ports[i].host_ip, w->extra_ports[i].host_port, context,
				err) < 0)
			return -1;
	}
	return 0;
}

int want_ports(struct want *wants, size_t count, const struct want_context *context,
	       struct error *err)
{
	DEFER(freep) struct port_set *taken = xcalloc(1, sizeof(*taken));

	collect(wants, count, context->facts, taken);
	for (size_t i = 0; i < count; i++) {
		if (ports_of(wants, count, i, taken, context, err) < 0)
			return -1;
	}
	return 0;
}
