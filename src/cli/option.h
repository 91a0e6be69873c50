/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_CLI_OPTION_H
#define WINALUX_CLI_OPTION_H

#include <stdbool.h>
#include <stddef.h>

struct error;
struct strv;

/*
 * Options are data: a command's table says name, letter, kind and the place in that command's own
 * struct. Parsing, --help, completion and the manual come from the same table.
 */
enum option_kind {
	OPTION_FLAG,     /* bool */
	OPTION_TEXT,     /* const char *, borrowed from the argument; the last one counts */
	OPTION_NUMBER,   /* uint32_t */
	OPTION_DURATION, /* uint64_t, milliseconds: "90", "5m", "2h" */
	OPTION_LIST,     /* struct strv: may be repeated */
};

/* What a shell offers for an argument or an option's value. */
enum complete_kind {
	COMPLETE_NOTHING,
	COMPLETE_FILE,
	COMPLETE_DIRECTORY,
	COMPLETE_WORKSPACE,
	COMPLETE_INVENTORY, /* YAML files, and workspaces behind them */
	COMPLETE_PROFILE,
	COMPLETE_COMMAND,
	COMPLETE_CONFIG_KEY,
	COMPLETE_SHELL,
	COMPLETE_COPY,  /* files and WORKSPACE: */
	COMPLETE_TOKEN, /* actions of token, and workspaces behind them */
	COMPLETE_KIND_COUNT
};

struct option {
	const char *name; /* without "--" */
	char letter;      /* 0: none */
	enum option_kind kind;
	size_t offset;
	const char *arg; /* "N", "USER"; NULL for flags */
	const char *help;
	enum complete_kind completes;
	bool is_hidden;
};

/* A table (ends with a NULL name) and the struct that its offsets mean. */
struct option_set {
	const struct option *options;
	void *target;
};

/*
 * Parses argv (NULL-terminated) into the targets of sets (ends with NULL options; the first set
 * that knows an option wins); what is no option goes to args. Understands --name value,
 * --name=value, -x, -xyz, -j4, -j 4, options after arguments, and "--". Option parsing ends when
 * args holds verbatim_after arguments (0: never): the rest is taken as it is, "--" included. Errors
 * are ERROR_USAGE and name the option, with the nearest one that exists.
 */
int option_parse(const struct option_set *sets, const char *const *argv, size_t verbatim_after,
		 struct strv *args, struct error *err);

/* Whether a table, which may be NULL, has an option that is not hidden. */
bool option_any_shown(const struct option *options);

/* Frees the lists in a target. */
void option_set_release(const struct option_set *set);

#endif
