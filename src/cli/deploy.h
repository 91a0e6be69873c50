/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_CLI_DEPLOY_H
#define WINALUX_CLI_DEPLOY_H

#include <stdbool.h>

#include "winalux/workspace/apply.h"

struct app;
struct error;
struct inventory;
struct strv;

/* Where images come from, as options say it; NULL: not said. */
struct image_choice {
	const char *source;
	const char *registry;
	const char *pull;
};
/* The options of deploy and plan for it. */
#define IMAGE_CHOICE_OPTIONS                                                                       \
	{ .name = "image-source",                                                                  \
	  .kind = OPTION_TEXT,                                                                     \
	  .offset = offsetof(struct deploy_flags, images.source),                                  \
	  .arg = "SOURCE",                                                                         \
	  .help = "images of profiles and sidecars: local builds them, registry pulls them" },     \
		{ .name = "registry",                                                              \
		  .kind = OPTION_TEXT,                                                             \
		  .offset = offsetof(struct deploy_flags, images.registry),                        \
		  .arg = "REGISTRY",                                                               \
		  .help = "HOST[:PORT][/PATH] of these images" },                                  \
	{                                                                                          \
		.name = "pull", .kind = OPTION_TEXT,                                               \
		.offset = offsetof(struct deploy_flags, images.pull), .arg = "POLICY",             \
		.help = "of what a registry has: missing (default), newer, never"                  \
	}

/* *ret_registry: where images come from, borrowed; NULL: they are built here. */
int image_choice_resolve(const struct app *app, const struct image_choice *choice,
			 const struct inventory *inventory, const char **ret_registry,
			 struct error *err);
int image_choice_pull(const struct image_choice *choice, enum deploy_pull *ret, struct error *err);

/* What deploy and plan share. */
struct deploy_flags {
	bool is_dry_run;
	bool prune;
	bool verify;
	bool upgrade_guest;
	bool no_build;
	struct image_choice images;
	bool *ret_has_begun; /* to change workspaces; NULL: nobody asks */
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
