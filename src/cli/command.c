/* SPDX-License-Identifier: MIT */
#include "command.h"

#include <stdint.h>
#include <string.h>

#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/base/term.h"

#include "app.h"
#include "winalux/base/nearest.h"

const struct command *const commands[] = {
	&cmd_init,       &cmd_deploy, &cmd_plan,    &cmd_destroy,    &cmd_list,    &cmd_info,
	&cmd_top,        &cmd_status, &cmd_metrics, &cmd_start,      &cmd_stop,    &cmd_restart,
	&cmd_logs,       &cmd_exec,   &cmd_ssh,     &cmd_ssh_config, &cmd_cp,      &cmd_token,
	&cmd_audit,      &cmd_build,  &cmd_push,    &cmd_images,     &cmd_profile, &cmd_stack,
	&cmd_validate,   &cmd_schema, &cmd_doctor,  &cmd_config,     &cmd_version, &cmd_help,
	&cmd_completion, NULL,
};

int command_get(const char *name, const struct command **ret, struct error *err)
{
	struct nearest near = { .word = name };

	for (const struct command *const *c = commands; *c; c++) {
		if (strcmp((*c)->name, name) == 0) {
			*ret = *c;
			return 0;
		}
		nearest_try(&near, (*c)->name);
	}
	if (near.best)
		return error_set(err, ERROR_USAGE, "unknown command '%s'; did you mean '%s'?", name,
				 near.best);
	return error_set(err, ERROR_USAGE, "unknown command '%s'; 'winalux help' lists them", name);
}

void command_add_synopsis(struct buf *b, const struct command *command)
{
	if (!command) {
		buf_add_str(b, "winalux [OPTION…] COMMAND [ARGUMENT…]");
		return;
	}
	buf_addf(b, "winalux %s", command->name);
	if (option_any_shown(command->options))
		buf_add_str(b, " [OPTION…]");
	if (*command->args)
		buf_addf(b, " %s", command->args);
}

static void pad_to(struct buf *b, size_t used, size_t column)
{
	buf_addf(b, "%*s", (int)(used + 2 < column ? column - used : 2), "");
}

static char *option_left(const struct option *o)
{
	DEFER(buf_release) struct buf b = { 0 };

	buf_init(&b, SIZE_MAX);
	if (o->letter)
		buf_addf(&b, "-%c, ", o->letter);
	else
		buf_add_str(&b, "    ");
	buf_addf(&b, "--%s", o->name);
	if (o->arg)
		buf_addf(&b, " %s", o->arg);
	return buf_take(&b);
}

static void add_option_list(struct buf *b, const char *title, const struct option *options)
{
	if (!option_any_shown(options))
		return;
	buf_addf(b, "\n%s:\n", title);
	for (const struct option *o = options; o->name; o++) {
		if (o->is_hidden)
			continue;
		DEFER(freep) char *left = option_left(o);
		buf_addf(b, "  %s", left);
		pad_to(b, term_text_width(left), 24);
		buf_addf(b, "%s\n", o->help);
	}
}

/* Breaks text at blanks so that no line is wider than 80 columns. */
static void add_wrapped(struct buf *b, const char *text)
{
	size_t column = 0;

	while (*text) {
		size_t len = strcspn(text, " \n");
		DEFER(freep) char *word = xstrndup(text, len);
		size_t width = term_text_width(word);

		if (column > 0 && column + 1 + width > 80) {
			buf_add_char(b, '\n');
			column = 0;
		}
		if (column > 0) {
			buf_add_char(b, ' ');
			column++;
		}
		buf_add_str(b, word);
		column += width;
		text += len;
		if (*text == '\n') {
			buf_add_str(b, "\n\n");
			column = 0;
		}
		text += *text != '\0';
	}
	buf_add_char(b, '\n');
}

static void add_overview(struct buf *b)
{
	buf_add_str(b, "usage: ");
	command_add_synopsis(b, NULL);
	buf_add_str(b, "\n\nIsolated developer workspaces on rootless Podman.\n\nCommands:\n");
	for (const struct command *const *c = commands; *c; c++) {
		buf_addf(b, "  %s", (*c)->name);
		pad_to(b, strlen((*c)->name), 12);
		buf_addf(b, "%s\n", (*c)->summary);
	}
	add_option_list(b, "Options of every command", global_option_table);
	buf_add_str(b, "\n'winalux help COMMAND' says more; man winalux says everything.\n");
}

void command_add_help(struct buf *b, const struct command *command)
{
	if (!command) {
		add_overview(b);
		return;
	}
	buf_add_str(b, "usage: ");
	command_add_synopsis(b, command);
	buf_addf(b, "\n\n%s.\n", command->summary);
	if (command->details) {
		buf_add_char(b, '\n');
		add_wrapped(b, command->details);
	}
	add_option_list(b, "Options", command->options);
	add_option_list(b, "Options of every command", global_option_table);
}
