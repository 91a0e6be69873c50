/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_CLI_COMMAND_H
#define WINALUX_CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "option.h"

struct app;
struct buf;
struct error;
struct strv;

/* What main prepares before run. */
enum command_need {
	NEEDS_NOTHING = 0,
	NEEDS_CONFIG = 1,
	NEEDS_PROFILES = 2 | NEEDS_CONFIG,
	NEEDS_HOST = 4 | NEEDS_CONFIG,
};

enum { ARGS_ANY = 1 << 16 };

/* One command, one file, one constant. */
struct command {
	const char *name;
	const char *summary; /* one line, no full stop */
	const char *args;    /* "[INVENTORY] [NAME…]"; "" for none */
	const char *details; /* sentences for --help and the manual; NULL: none */
	unsigned min_args;
	unsigned max_args;
	size_t verbatim_after; /* see option_parse */
	enum command_need needs;
	enum complete_kind completes; /* its arguments */
	const struct option *options; /* ends with a NULL name; NULL: none */
	size_t options_size;          /* of the struct that the offsets mean */
	/* options: that struct, filled. Returns 0, or -1 with err; prints results on stdout. */
	int (*run)(struct app *app, const void *options, const struct strv *args,
		   struct error *err);
};

extern const struct command *const commands[]; /* in the order of the help; ends with NULL */

/* ERROR_USAGE with the nearest name. */
int command_get(const char *name, const struct command **ret, struct error *err);
/* "winalux deploy [OPTION…] [INVENTORY] [NAME…]"; NULL: of the program. */
void command_add_synopsis(struct buf *b, const struct command *command);
/* The whole text of --help; NULL: the list of commands. */
void command_add_help(struct buf *b, const struct command *command);

/* The sections of winalux(1) that the tables know, as mdoc. */
void manual_add_commands(struct buf *b);
void manual_add_options(struct buf *b);
void manual_add_config(struct buf *b);
void manual_add_statuses(struct buf *b);

extern const struct command cmd_init, cmd_deploy, cmd_plan, cmd_destroy, cmd_list, cmd_info,
	cmd_start, cmd_stop, cmd_restart, cmd_logs, cmd_exec, cmd_ssh, cmd_ssh_config, cmd_cp,
	cmd_build, cmd_validate, cmd_schema, cmd_doctor, cmd_config, cmd_version, cmd_help,
	cmd_completion, cmd_token, cmd_audit, cmd_top, cmd_status, cmd_metrics, cmd_images,
	cmd_profile, cmd_stack, cmd_push;

#endif
