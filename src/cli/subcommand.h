/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_CLI_SUBCOMMAND_H
#define WINALUX_CLI_SUBCOMMAND_H

struct app;
struct error;
struct strv;

/* What may be done with something, `winalux token show`: a row of a command's table. */
struct subcommand {
	const char *name; /* ends a table when NULL */
	unsigned min_args;
	unsigned max_args;
	const char *args; /* for the usage */
	/* options: the struct of the command's options; args: what stands behind the action. */
	int (*run)(struct app *app, const void *options, const struct strv *args,
		   struct error *err);
};

/* Runs what args begins with; what ("token", "token key") names the table in errors. */
int subcommand_run(struct app *app, const struct subcommand *actions, const char *what,
		   const void *options, const struct strv *args, struct error *err);

#endif
