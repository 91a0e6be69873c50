/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_CLI_DEPLOY_H
#define WINALUX_CLI_DEPLOY_H

#include <stdbool.h>

struct app;
struct error;
struct inventory;
struct strv;

/* What deploy and plan share. */
struct deploy_flags {
	bool is_dry_run;
	bool prune;
	bool verify;
	bool upgrade_guest;
	bool no_build;
};

/* args: [INVENTORY] [NAME…] */
int deploy_command(struct app *app, const struct deploy_flags *flags, const struct strv *args,
		   struct error *err);

/* The same for an inventory that is read already; names empty: all of it. Opens the host. */
int deploy_inventory(struct app *app, const struct deploy_flags *flags,
		     const struct inventory *inventory, const struct strv *names,
		     struct error *err);

/* True for an argument that can only be a file: it has a "/" or a ".", is "-", or exists. */
bool deploy_is_inventory(const char *arg);

#endif
