/* SPDX-License-Identifier: MIT */
#include "winalux/inventory/stack.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/base/nearest.h"
#include "winalux/format/yaml.h"
#include "winalux/inventory/diagnostics.h"
#include "winalux/inventory/profile.h"

void service_list_release(struct service_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->items[i].name);
		free(list->items[i].user);
		free(list->items[i].directory);
		strv_release(&list->items[i].command);
	}
	free(list->items);
	*list = (struct service_list){ 0 };
}

void stack_release(struct stack *s)
{
	struct strv *const lists[] = { &s->needs, &s->packages,   &s->python,   &s->npm,
				       &s->files, &s->file_texts, &s->commands, &s->environment,
				       &s->path,  &s->test };

	free(s->name);
	free(s->summary);
	free(s->origin);
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		strv_release(lists[i]);
	service_list_release(&s->services);
}

void stack_list_release(struct stack_list *list)
{
	free((void *)list->items);
	*list = (struct stack_list){ 0 };
}

const struct stack *profiles_find_stack(const struct profiles *p, const char *name)
{
	for (size_t i = 0; i < p->stack_count; i++) {
		if (strcmp(p->stacks[i].name, name) == 0)
			return &p->stacks[i];
	}
	return NULL;
}

char *profiles_stack_names(const struct profiles *p)
{
	DEFER(strv_release) struct strv names = { 0 };

	for (size_t i = 0; i < p->stack_count; i++)
		strv_add(&names, p->stacks[i].name);
	return strv_join(&names, ", ");
}

/* --- resolving --- */

static bool has(const struct stack_list *list, const struct stack *s)
{
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i] == s)
			return true;
	}
	return false;
}

static void add(struct stack_list *list, const struct stack *s)
{
	const struct stack **place =
		xgrow(&list->items, &list->cap, list->count, sizeof(list->items[0]));

	*place = s;
	list->count++;
}

static int compare_places(const void *a, const void *b)
{
	const struct stack *x = *(const struct stack *const *)a;
	const struct stack *y = *(const struct stack *const *)b;

	return x->order != y->order ? (x->order < y->order ? -1 : 1) : strcmp(x->name, y->name);
}

static void add_names(const struct profiles *p, const struct strv *names, struct stack_list *list)
{
	for (size_t i = 0; i < names->count; i++) {
		const struct stack *s = profiles_find_stack(p, names->items[i]);

		if (s && !has(list, s))
			add(list, s);
	}
}

/* A list that grows while it is walked: what is needed by what is needed comes too. */
static void complete(const struct profiles *p, struct stack_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		add_names(p, &list->items[i]->needs, list);
	if (list->count > 1)
		qsort((void *)list->items, list->count, sizeof(list->items[0]), compare_places);
}

void stacks_resolve(const struct profiles *p, const struct strv *names, struct stack_list *ret)
{
	*ret = (struct stack_list){ 0 };
	add_names(p, names, ret);
	complete(p, ret);
}

void stacks_of(const struct profiles *p, const struct profile *profile, const struct strv *more,
	       struct stack_list *ret)
{
	*ret = (struct stack_list){ 0 };
	if (profile)
		add_names(p, &profile->stacks, ret);
	if (more)
		add_names(p, more, ret);
	complete(p, ret);
}

bool stacks_nest_containers(const struct stack_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i]->nested_containers)
			return true;
	}
	return false;
}

/* No name of a profile or stack has a dot, and an image's may: it parts them. */
char *stacks_image_name(const char *profile, const struct stack_list *list, size_t count)
{
	struct buf b;

	buf_init(&b, SIZE_MAX / 2);
	buf_add_str(&b, profile);
	for (size_t i = 0; i < count; i++)
		buf_addf(&b, ".%s", list->items[i]->name);
	return buf_take(&b);
}

int stacks_parse_image_name(const struct profiles *p, const char *text,
			    const struct profile **ret_profile, struct stack_list *ret_stacks,
			    struct error *err)
{
	DEFER(strv_release) struct strv words = { 0 };
	DEFER(strv_release) struct strv stacks = { 0 };
	const struct profile *profile;

	strv_add_split(&words, text, ".");
	profile = words.count > 0 ? profiles_find(p, words.items[0]) : NULL;
	if (!profile) {
		DEFER(freep) char *names = profiles_names(p);

		return error_set(err, ERROR_NOT_FOUND, "no profile '%s'; there are: %s",
				 words.count > 0 ? words.items[0] : text, names);
	}
	for (size_t i = 1; i < words.count; i++) {
		DEFER(freep) char *names = profiles_stack_names(p);

		if (!profiles_find_stack(p, words.items[i]))
			return error_set(err, ERROR_NOT_FOUND, "no stack '%s'; there are: %s",
					 words.items[i], names);
		strv_add(&stacks, words.items[i]);
	}
	*ret_profile = profile;
	stacks_of(p, profile, &stacks, ret_stacks);
	return 0;
}

/* --- checking --- */

static const struct stack *check_name(const struct profiles *p, const char *name, const char *file,
				      const struct yaml_node *place, struct diagnostics *diags)
{
	const struct stack *found = profiles_find_stack(p, name);
	struct nearest near = { .word = name };

	for (size_t i = 0; !found && i < p->stack_count; i++)
		nearest_try(&near, p->stacks[i].name);
	if (found)
		return found;
	if (near.best) {
		diagnostics_error(diags, file, place, "no stack '%s'; did you mean '%s'?", name,
				  near.best);
		return NULL;
	}
	DEFER(freep) char *names = profiles_stack_names(p);
	diagnostics_error(diags, file, place, "no stack '%s'; there are: %s", name, names);
	return NULL;
}

static void check_need(const struct profiles *p, const struct stack *s, const char *name,
		       struct diagnostics *diags)
{
	const struct yaml_node place = { .line = s->needs_line, .column = s->needs_column };
	const struct stack *needed = check_name(p, name, s->origin, &place, diags);

	if (needed && needed->order >= s->order)
		diagnostics_error(diags, s->origin, &place,
				  "'%s' has order %u and does not come below '%s' with order %u; "
				  "give this one a higher order",
				  name, needed->order, s->name, s->order);
}

static void check_npm(const struct profiles *p, const struct stack *s, struct diagnostics *diags)
{
	DEFER(stack_list_release) struct stack_list below = { 0 };

	if (s->npm.count == 0)
		return;
	stacks_resolve(p, &s->needs, &below);
	for (size_t i = 0; i < below.count; i++) {
		if (strcmp(below.items[i]->name, "nodejs") == 0)
			return;
	}
	diagnostics_error(diags, s->origin, NULL,
			  "'npm' is run by Node.js; add 'needs: [nodejs]' to stack '%s'", s->name);
}

static void check_profile(const struct profiles *p, const struct profile *profile,
			  struct diagnostics *diags)
{
	const struct yaml_node place = { .line = profile->stacks_line,
					 .column = profile->stacks_column };

	for (size_t i = 0; i < profile->stacks.count; i++)
		check_name(p, profile->stacks.items[i], profile->origin, &place, diags);
}

void stacks_check(const struct profiles *p, struct diagnostics *diags)
{
	for (size_t i = 0; i < p->count; i++)
		check_profile(p, &p->items[i], diags);
	for (size_t i = 0; i < p->stack_count; i++) {
		const struct stack *s = &p->stacks[i];

		for (size_t k = 0; k < s->needs.count; k++)
			check_need(p, s, s->needs.items[k], diags);
		check_npm(p, s, diags);
	}
}
