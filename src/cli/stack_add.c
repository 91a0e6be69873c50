/* SPDX-License-Identifier: MIT */
/*
 * The inventory is changed in memory, read again and planned with; the file is written once the
 * plan has been shown and agreed to. What fails before workspaces are touched, as a build does,
 * makes the file what it was; behind that it stays, and the next deploy goes on from there. A
 * person may take any time to agree and a build half an hour: a file that somebody else has changed
 * meanwhile is left alone.
 */
#include "stack_add.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/log.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"
#include "winalux/base/term.h"
#include "winalux/inventory/diagnostics.h"
#include "winalux/inventory/edit.h"
#include "winalux/inventory/inventory.h"

#include "app.h"
#include "deploy.h"
#include "signals.h"

struct change {
	char *path; /* with symbolic links followed: they stay */
	mode_t mode;
	struct buf before, after;
	struct inventory inventory; /* as it will be */
};

static void change_release(struct change *c)
{
	free(c->path);
	buf_release(&c->before);
	buf_release(&c->after);
	inventory_release(&c->inventory);
}

static int read_file(struct app *app, const struct stack_flags *flags, struct change *c,
		     struct error *err)
{
	const char *path = flags->inventory ? flags->inventory : app_default_inventory(app);
	struct stat st;

	if (!path || !strcmp(path, "-")) {
		app->hides_usage = true;
		return error_set(err, ERROR_USAGE,
				 "no inventory to change: name its file with --inventory");
	}
	c->path = realpath(path, NULL);
	if (!c->path || stat(c->path, &st) < 0)
		return error_set_errno(err, ERROR_INVENTORY, errno, "cannot read '%s'", path);
	c->mode = st.st_mode & 0777;
	return file_read(c->path, INVENTORY_MAX_BYTES, &c->before, err);
}

/* What comes out is read as any inventory is: names of stacks are checked there. */
static int make_change(struct app *app, const struct strv *args, struct change *c,
		       struct error *err)
{
	DEFER(diagnostics_release) struct diagnostics diags = { 0 };
	DEFER(strv_release) struct strv stacks = { 0 };

	for (size_t i = 1; i < args->count; i++)
		strv_add(&stacks, args->items[i]);
	if (inventory_add_stacks(c->before.data, c->before.len, c->path, args->items[0], &stacks,
				 &c->after, err) < 0)
		return -1;
	int result = inventory_parse(c->after.data, c->after.len, c->path, &app->profiles,
				     &c->inventory, &diags, err);
	app_print_diagnostics(&diags, result < 0 ? err : NULL);
	if (result < 0)
		return -1;
	const struct workspace *w = inventory_find(&c->inventory, args->items[0]);
	for (size_t i = 0; w && i < stacks.count; i++) {
		if (!strv_contains(&w->stacks, stacks.items[i]))
			w = NULL;
	}
	if (!w)
		return error_set(err, ERROR_INVENTORY, "'%s' is not understood; add to it by hand",
				 c->path);
	return 0;
}

/* 1: no. */
static int agree(struct app *app, const struct stack_flags *flags, const struct change *c,
		 struct error *err)
{
	char answer[16] = "";

	if (flags->is_sure)
		return 0;
	if (!term_is_terminal(STDIN_FILENO)) {
		app->hides_usage = true;
		return error_set(err, ERROR_USAGE, "say --yes to change '%s' and deploy that",
				 c->path);
	}
	fprintf(stderr, "This changes '%s' and deploys it.\nType 'yes' to go on: ", c->path);
	fflush(stderr);
	bool is_sure = fgets(answer, sizeof(answer), stdin) && strcmp(answer, "yes\n") == 0;
	if (*signals_cancelled())
		return error_set(err, ERROR_INTERRUPTED, "interrupted; nothing was changed");
	return is_sure ? 0 : 1;
}

/* In place of what it was when it was read or written last. */
static int replace_file(const struct change *c, const struct buf *was, const struct buf *text,
			struct error *err)
{
	DEFER(buf_release) struct buf now = { 0 };

	if (file_read(c->path, INVENTORY_MAX_BYTES, &now, err) < 0)
		return -1;
	if (now.len != was->len || memcmp(now.data, was->data, now.len) != 0)
		return error_set(err, ERROR_CONFLICT,
				 "'%s' was changed meanwhile and is left as it is", c->path);
	return file_write_atomic(c->path, text->data, text->len, c->mode, err);
}

static int carry_out(struct app *app, const struct change *c, const struct strv *names,
		     struct error *err)
{
	bool has_begun = false;
	const struct deploy_flags flags = { .ret_has_begun = &has_begun };
	struct error failure = { 0 }, why;

	if (replace_file(c, &c->before, &c->after, err) < 0)
		return error_add(err, "nothing was changed");
	log_info("changed %s", c->path);
	if (deploy_inventory(app, &flags, &c->inventory, names, &failure) == 0)
		return 0;
	if (!has_begun && replace_file(c, &c->after, &c->before, &why) == 0)
		error_add(&failure, "nothing is changed, nor is '%s'", c->path);
	else if (!has_begun)
		log_warn("%s", why.text);
	*err = failure;
	return -1;
}

int stack_add(struct app *app, const void *options, const struct strv *args, struct error *err)
{
	const struct stack_flags *flags = options;
	const struct deploy_flags plan = { .is_dry_run = true };
	DEFER(change_release) struct change c = { 0 };
	DEFER(strv_release) struct strv names = { 0 };

	if (read_file(app, flags, &c, err) < 0 || make_change(app, args, &c, err) < 0)
		return -1;
	if (c.after.len == c.before.len) {
		log_info("'%s' has them already", args->items[0]);
		return 0;
	}
	strv_add(&names, args->items[0]);
	if (deploy_inventory(app, &plan, &c.inventory, &names, err) < 0)
		return -1;
	if (flags->is_dry_run)
		return 0;
	int answer = agree(app, flags, &c, err);
	if (answer < 0)
		return -1;
	if (answer > 0) {
		log_error("nothing was changed");
		app->exit_status = EXIT_FAILURE;
		return 0;
	}
	return carry_out(app, &c, &names, err);
}
