/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"
#include "winalux/inventory/inventory.h"

#include "app.h"
#include "command.h"

struct help_options {
	const char *mdoc;
};

static const struct option help_option_table[] = {
	{ .name = "mdoc",
	  .kind = OPTION_TEXT,
	  .offset = offsetof(struct help_options, mdoc),
	  .arg = "SECTION",
	  .help = "print a generated section of the manual",
	  .is_hidden = true },
	{ .name = NULL },
};

static void add_inventory_keys(struct buf *b)
{
	inventory_add_key_docs(b, false);
}

static const struct {
	const char *name;
	void (*add)(struct buf *b);
} manual_sections[] = {
	{ "commands", manual_add_commands }, { "options", manual_add_options },
	{ "config", manual_add_config },     { "statuses", manual_add_statuses },
	{ "inventory", add_inventory_keys },
};

static int add_manual(struct buf *b, const char *section, struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(manual_sections); i++) {
		if (strcmp(manual_sections[i].name, section) != 0)
			continue;
		manual_sections[i].add(b);
		return 0;
	}
	return error_set(err, ERROR_USAGE, "the manual has no generated section '%s'", section);
}

static int run_help(struct app *app, const void *options, const struct strv *args,
		    struct error *err)
{
	const struct help_options *o = options;
	const struct command *command = NULL;
	DEFER(buf_release) struct buf b = { 0 };

	(void)app;
	buf_init(&b, SIZE_MAX);
	if (args->count > 0 && command_get(args->items[0], &command, err) < 0)
		return -1;
	if (!o->mdoc)
		command_add_help(&b, command);
	else if (add_manual(&b, o->mdoc, err) < 0)
		return -1;
	fputs(b.data, stdout);
	return 0;
}

const struct command cmd_help = {
	.name = "help",
	.summary = "Explain winalux or one of its commands",
	.args = "[COMMAND]",
	.max_args = 1,
	.completes = COMPLETE_COMMAND,
	.options = help_option_table,
	.options_size = sizeof(struct help_options),
	.run = run_help,
};
