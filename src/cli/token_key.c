/* SPDX-License-Identifier: MIT */
/* The file that tokens are derived from: use for a way in, and `token key …`. Its content is never
 * printed. */
#include "token.h"

#include <stdio.h>
#include <unistd.h>

#include "winalux/base/clock.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/log.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"
#include "winalux/format/json.h"
#include "winalux/plan/facts.h"
#include "winalux/workspace/gate.h"
#include "winalux/workspace/key.h"

#include "app.h"
#include "subcommand.h"

bool token_at_hand(struct app *app, const struct workspace_facts *w, struct token *ret,
		   uint8_t *ret_hash)
{
	DEFER(key_clear) struct key key = { 0 };
	struct error err = { 0 };

	if (!gate_is_on(&w->state))
		return false;
	if (key_load(app->config.key_file, &key, &err) == 0 &&
	    gate_token(&key, w, ret, ret_hash, &err) == 0)
		return true;
	if (err.kind != ERROR_NOT_FOUND)
		log_info("note: %s", err.text);
	return false;
}

static void print_key(struct app *app, const struct key *key, const char *path)
{
	char fingerprint[KEY_FINGERPRINT_SIZE];

	key_fingerprint(key, fingerprint);
	if (app->global.is_json) {
		struct json *root = json_new_object();

		json_add_text(root, "fingerprint", fingerprint);
		json_add_text(root, "file", path);
		app_print_json(app, root);
		return;
	}
	printf("%s  %s\n", fingerprint, path);
}

static int run_new(struct app *app, const void *options, const struct strv *args, struct error *err)
{
	DEFER(key_clear) struct key key = { 0 };

	(void)options, (void)args;
	key_random(&key);
	if (key_save(&key, app->config.key_file, err) < 0)
		return -1;
	print_key(app, &key, app->config.key_file);
	return 0;
}

static int run_show(struct app *app, const void *options, const struct strv *args,
		    struct error *err)
{
	DEFER(key_clear) struct key key = { 0 };

	(void)options, (void)args;
	if (token_load_key(app, &key, err) < 0)
		return -1;
	print_key(app, &key, app->config.key_file);
	return 0;
}

static int run_backup(struct app *app, const void *options, const struct strv *args,
		      struct error *err)
{
	DEFER(key_clear) struct key key = { 0 };
	DEFER(key_clear) struct key copy = { 0 };
	struct error reason = { 0 };

	(void)options;
	if (token_load_key(app, &key, err) < 0 || key_save(&key, args->items[0], err) < 0)
		return -1;
	if (key_load(args->items[0], &copy, &reason) < 0) /* a file system without modes */
		log_info("note: %s", reason.text);
	print_key(app, &key, args->items[0]);
	return 0;
}

/* The host first: a key is not replaced where its tokens cannot be. */
static int run_rotate(struct app *app, const void *options, const struct strv *args,
		      struct error *err)
{
	const struct token_flags *flags = options;
	DEFER(key_clear) struct key old = { 0 };
	DEFER(key_clear) struct key fresh = { 0 };
	DEFER(freep) char *path = key_file_behind(app->config.key_file);
	DEFER(fd_closep) int lock = -1;

	if (token_load_key(app, &old, err) < 0 || app_open_host(app, err) < 0)
		return -1;
	lock = key_lock(path, err);
	if (lock < 0 || token_load_key(app, &old, err) < 0) /* once more: it is the last one now */
		return -1;
	key_random(&fresh);
	if (key_replace(path, &old, &fresh, err) < 0)
		return -1;
	if (!app->global.is_json)
		print_key(app, &fresh, app->config.key_file);
	if (token_rotate(app, &fresh, args, flags->is_kick, err) < 0)
		return error_add(err, "the key is new, and some tokens are not yet; `winalux token "
				      "rotate NAME` makes them");
	return 0;
}

static const struct subcommand actions[] = {
	{ "new", 0, 0, "", run_new },
	{ "show", 0, 0, "", run_show },
	{ "backup", 1, 1, "FILE", run_backup },
	{ "rotate", 0, 0, "", run_rotate },
	{ .name = NULL },
};

int token_key(struct app *app, const void *options, const struct strv *args, struct error *err)
{
	return subcommand_run(app, actions, "token key", options, args, err);
}
