/* SPDX-License-Identifier: MIT */
/*
 * Ports of the host against each other. All bindings are sorted by port, address and place in the
 * file; "" (all addresses) comes first within its port. So the first of the same address, and the
 * first of all addresses, which clashes with every address, are found in one pass.
 */
#include "check.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "winalux/base/mem.h"
#include "winalux/format/yaml.h"
#include "winalux/inventory/diagnostics.h"
#include "winalux/inventory/inventory.h"

struct binding {
	uint16_t port;
	const char *address; /* "" is all */
	const char *key;     /* "ssh_port" */
	const char *owner;   /* name of the workspace; NULL: it could not be read */
	size_t index;        /* of the workspace */
	const struct yaml_node *node;
	size_t order;
};

struct bindings {
	struct binding *items;
	size_t count, cap;
};

static void add(struct bindings *b, struct binding binding)
{
	struct binding *place = xgrow(&b->items, &b->cap, b->count, sizeof(b->items[0]));

	binding.order = b->count;
	if (!binding.address)
		binding.address = "";
	*place = binding;
	b->count++;
}

static void add_extra_ports(const struct check *c, size_t index, struct bindings *b)
{
	const struct workspace *w = &c->inventory->workspaces[index];
	const struct yaml_node *list = check_node(c, index, "extra_ports");

	for (size_t i = 0; i < w->extra_port_count; i++) {
		const struct extra_port *p = &w->extra_ports[i];

		if (p->host_port)
			add(b, (struct binding){ p->host_port, p->host_ip, "extra_ports", w->name,
						 index, list->items[i], 0 });
	}
}

static void collect(const struct check *c, struct bindings *b)
{
	for (size_t i = 0; i < c->inventory->count; i++) {
		const struct workspace *w = &c->inventory->workspaces[i];

		if (w->ssh_port > 0)
			add(b, (struct binding){ (uint16_t)w->ssh_port, w->ssh_bind, "ssh_port",
						 w->name, i, check_node(c, i, "ssh_port"), 0 });
		if (w->app_port > 0)
			add(b, (struct binding){ (uint16_t)w->app_port, w->bind, "app_port",
						 w->name, i, check_node(c, i, "app_port"), 0 });
		add_extra_ports(c, i, b);
	}
}

static int compare(const void *a, const void *b)
{
	const struct binding *x = a, *y = b;
	int by_address;

	if (x->port != y->port)
		return x->port < y->port ? -1 : 1;
	by_address = strcmp(x->address, y->address);
	if (by_address)
		return by_address;
	return x->order < y->order ? -1 : x->order > y->order;
}

static const char *shown_address(const struct binding *b)
{
	return *b->address ? b->address : "all addresses";
}

/* A workspace whose name is wrong has ports all the same. The caller frees it. */
static char *owner_text(const struct binding *b)
{
	if (b->owner)
		return xasprintf("'%s'", b->owner);
	return xasprintf("workspace %zu of the list", b->index + 1);
}

static void report(const struct check *c, const struct binding *a, const struct binding *b)
{
	const struct binding *first = a->order < b->order ? a : b;
	const struct binding *later = a->order < b->order ? b : a;
	DEFER(freep) char *first_owner = owner_text(first);
	DEFER(freep) char *later_owner = owner_text(later);

	diagnostics_error(c->diags, c->file, later->node,
			  "%s %u of %s (%s) clashes with %s of %s at line %u, column %u (%s); "
			  "choose another port",
			  later->key, later->port, later_owner, shown_address(later), first->key,
			  first_owner, first->node->line, first->node->column,
			  shown_address(first));
}

void check_ports(const struct check *c)
{
	struct bindings b = { 0 };
	const struct binding *of_port = NULL, *of_address = NULL;

	collect(c, &b);
	if (b.count > 1)
		qsort(b.items, b.count, sizeof(b.items[0]), compare);
	for (size_t i = 0; i < b.count; i++) {
		const struct binding *now = &b.items[i];

		if (!of_port || !of_address || of_port->port != now->port) {
			of_port = of_address = now;
		} else if (strcmp(of_address->address, now->address) == 0) {
			report(c, of_address, now);
		} else {
			of_address = now;
			if (!*of_port->address)
				report(c, of_port, now);
		}
	}
	free(b.items);
}
