/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_CLI_STACK_ADD_H
#define WINALUX_CLI_STACK_ADD_H

#include <stdbool.h>

struct app;
struct error;
struct strv;

struct stack_flags {
	const char *inventory; /* NULL: the one at hand */
	bool is_sure;
	bool is_dry_run;
};

/* `stack add`: args are a workspace and stacks; options is a struct stack_flags. */
int stack_add(struct app *app, const void *options, const struct strv *args, struct error *err);

#endif
