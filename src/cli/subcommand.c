/* SPDX-License-Identifier: MIT */
#include "subcommand.h"

#include <string.h>

#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/base/nearest.h"
#include "winalux/base/strv.h"

static const struct subcommand *find_action(const struct subcommand *actions, const char *name,
					    struct nearest *near)
{
	for (const struct subcommand *a = actions; a->name; a++) {
		if (strcmp(a->name, name) == 0)
			return a;
		nearest_try(near, a->name);
	}
	return NULL;
}

static int unknown_action(const struct subcommand *actions, const char *what,
			  const struct nearest *near, struct error *err)
{
	DEFER(strv_release) struct strv names = { 0 };
	DEFER(freep) char *list = NULL;

	for (const struct subcommand *a = actions; a->name; a++)
		strv_add(&names, a->name);
	list = strv_join(&names, ", ");
	if (near->best)
		return error_set(err, ERROR_USAGE, "unknown action '%s %s'; did you mean '%s'?",
				 what, near->word, near->best);
	return error_set(err, ERROR_USAGE, "unknown action '%s %s'; there are: %s", what,
			 near->word, list);
}

int subcommand_run(struct app *app, const struct subcommand *actions, const char *what,
		   const void *options, const struct strv *args, struct error *err)
{
	struct nearest near = { .word = args->items[0] };
	const struct subcommand *action = find_action(actions, args->items[0], &near);
	DEFER(strv_release) struct strv rest = { 0 };

	if (!action)
		return unknown_action(actions, what, &near, err);
	for (size_t i = 1; i < args->count; i++)
		strv_add(&rest, args->items[i]);
	if (rest.count < action->min_args || rest.count > action->max_args)
		return error_set(err, ERROR_USAGE, "it is 'winalux %s %s%s%s'", what, action->name,
				 *action->args ? " " : "", action->args);
	return action->run(app, options, &rest, err);
}
