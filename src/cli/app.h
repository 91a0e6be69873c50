/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_CLI_APP_H
#define WINALUX_CLI_APP_H

#include <stdbool.h>

#include "winalux/inventory/config.h"
#include "winalux/inventory/profile.h"

#include "option.h"

struct diagnostics;
struct error;
struct host;
struct inventory;
struct json;

struct global_options {
	const char *socket;
	const char *config_file;
	const char *jobs;
	bool is_quiet;
	bool is_verbose;
	bool is_json;
	bool no_color;
	bool wants_help;
	bool wants_version;
};
extern const struct option global_option_table[]; /* ends with a NULL name */

/* What every command gets: settings that are loaded when first asked for, and the answer's form. */
struct app {
	struct global_options global;
	bool has_config, has_profiles;
	struct config config;
	struct profiles profiles;
	struct host *host;
	bool has_result;     /* a JSON result is on stdout */
	bool is_reader_gone; /* of our output, which is no failure worth a word */
	bool hides_usage;    /* a refusal that the command's synopsis would not explain */
	int exit_status;     /* of a run that succeeded: exec passes its command's on */
};

void app_release(struct app *app);

/* Each loads once; later calls return at once. Diagnostics are printed. */
int app_load_config(struct app *app, struct error *err);
int app_load_profiles(struct app *app, struct error *err);
int app_open_host(struct app *app, struct error *err);

/*
 * Reads an inventory; path NULL: the configured one, else ./inventory.yml. *ret is to be released
 * in any case.
 */
int app_load_inventory(struct app *app, const char *path, struct inventory *ret, struct error *err);
/* The path that app_load_inventory takes for NULL, or NULL when there is none. Borrowed from app.
 */
const char *app_default_inventory(struct app *app);

/* The same for the inventory at hand, without a word: true when there is one and it is sound. */
bool app_peek_inventory(struct app *app, struct inventory *ret);

/* Each diagnostic as a line on stderr, but not what err (NULL: none), told later, says as well. */
void app_print_diagnostics(const struct diagnostics *diags, const struct error *err);

/* The same as an array of {level, line, column, text}. The caller frees it. */
struct json *app_diagnostics_json(const struct diagnostics *diags);

/* Prints a value on stdout as the result and frees it. */
void app_print_json(struct app *app, struct json *value);

bool app_wants_color(const struct app *app, int fd);

#endif
