/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <errno.h>
#include <glob.h>
#include <stdint.h>
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
#include "winalux/format/json.h"
#include "winalux/format/yaml.h"
#include "winalux/inventory/inventory.h"
#include "winalux/inventory/ssh_key.h"

#include "app.h"
#include "command.h"

enum { KEY_FILE_MAX_BYTES = 64 << 10 };

struct init_options {
	struct strv names;
	bool is_forced;
};

static const struct option init_option_table[] = {
	{ .name = "name",
	  .letter = 'n',
	  .kind = OPTION_LIST,
	  .offset = offsetof(struct init_options, names),
	  .arg = "NAME",
	  .help = "name of a workspace; may be repeated (your account's name)" },
	{ .name = "force",
	  .letter = 'f',
	  .offset = offsetof(struct init_options, is_forced),
	  .help = "replace the file if it exists" },
	{ .name = NULL },
};

/* "Jo.Smith" becomes "jo-smith"; what is left empty becomes "dev". */
static char *name_from_user(const char *user)
{
	DEFER(buf_release) struct buf b = { 0 };

	buf_init(&b, INVENTORY_NAME_MAX);
	for (; user && *user && !b.is_full; user++) {
		char c = (char)tolower((unsigned char)*user);
		bool is_plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');

		if (is_plain)
			buf_add_char(&b, c);
		else if (b.len > 0 && b.data[b.len - 1] != '-')
			buf_add_char(&b, '-');
	}
	while (b.len > 0 && b.data[b.len - 1] == '-')
		b.data[--b.len] = '\0';
	return inventory_name_is_valid(b.data) ? xstrdup(b.data) : xstrdup("dev");
}

static int check_names(const struct strv *names, struct error *err)
{
	for (size_t i = 0; i < names->count; i++) {
		if (!inventory_name_is_valid(names->items[i]))
			return error_set(
				err, ERROR_USAGE,
				"'%s' cannot be a name; it has up to %d of a-z, 0-9, '_' and "
				"'-', and begins with a letter or digit",
				names->items[i], INVENTORY_NAME_MAX);
		for (size_t j = 0; j < i; j++) {
			if (strcmp(names->items[i], names->items[j]) == 0)
				return error_set(err, ERROR_USAGE, "the name '%s' is given twice",
						 names->items[i]);
		}
	}
	return 0;
}

/* The first line of a key file, if it is a key that sshd will take. */
static void add_key(struct strv *keys, const char *path)
{
	DEFER(buf_release) struct buf text = { 0 };
	struct ssh_key key = { 0 };
	struct error err;

	if (file_read(path, KEY_FILE_MAX_BYTES, &text, &err) < 0) {
		log_warn("%s is left out: %s", path, err.text);
		return;
	}
	text.data[strcspn(text.data, "\r\n")] = '\0';
	if (ssh_key_parse(text.data, &key, &err) < 0) {
		log_warn("%s is left out: %s", path, err.text);
		return;
	}
	strv_addf(keys, "%s %s%s%s", key.type, key.blob, *key.comment ? " " : "", key.comment);
	ssh_key_release(&key);
}

static int find_keys(struct strv *keys, struct error *err)
{
	const char *home = getenv("HOME");
	DEFER(freep) char *pattern = xasprintf("%s/.ssh/*.pub", home ? home : "");
	glob_t found;

	if (glob(pattern, 0, NULL, &found) == 0) {
		for (size_t i = 0; i < found.gl_pathc; i++)
			add_key(keys, found.gl_pathv[i]);
		globfree(&found);
	}
	if (keys->count == 0)
		return error_set(err, ERROR_SSH,
				 "no usable public key in %s; `ssh-keygen -t ed25519` makes one",
				 pattern);
	return 0;
}

static void add_workspace(struct buf *b, const char *name, const struct strv *keys)
{
	buf_add_str(b, "  - name: ");
	yaml_add_scalar(b, name);
	buf_add_str(b, "\n    ssh_port: auto     # a free port, kept over redeploys\n"
		       "    app_port: auto     # the profile's main service, on 127.0.0.1\n"
		       "    public_keys:\n");
	for (size_t i = 0; i < keys->count; i++) {
		buf_add_str(b, "      - ");
		yaml_add_scalar(b, keys->items[i]);
		buf_add_char(b, '\n');
	}
}

static void add_inventory(struct buf *b, const struct strv *names, const struct strv *keys)
{
	buf_add_str(b, "# Workspaces of winalux. 'winalux deploy' makes them what this file says;\n"
		       "# 'man winalux-inventory' explains every key.\n"
		       "version: 1\n"
		       "defaults:\n"
		       "  profile: web\n"
		       "  sidecars: []         # for example [redis, memcached]\n"
		       "workspaces:\n");
	for (size_t i = 0; i < names->count; i++)
		add_workspace(b, names->items[i], keys);
}

static void print_result(struct app *app, const char *path, const struct strv *names, size_t keys)
{
	if (app->global.is_json) {
		struct json *root = json_new_object();
		json_add_text(root, "file", path);
		struct json *array = json_add_array(root, "workspaces");
		for (size_t i = 0; i < names->count; i++)
			json_append_text(array, names->items[i]);
		json_add_int(root, "public_keys", (int64_t)keys);
		app_print_json(app, root);
		return;
	}
	DEFER(freep) char *list = strv_join(names, ", ");
	printf("wrote %s: %s, %zu public key%s\n", path, list, keys, keys == 1 ? "" : "s");
	log_info("next: winalux deploy%s%s", strcmp(path, "inventory.yml") == 0 ? "" : " ",
		 strcmp(path, "inventory.yml") == 0 ? "" : path);
}

/* What is there is a refusal, no mistake of the command line. */
static int check_path(struct app *app, const char *path, bool is_forced, struct error *err)
{
	struct stat status;

	if (stat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
		app->hides_usage = true;
		return error_set(err, ERROR_USAGE, "'%s' is a directory; name a file", path);
	}
	if (!is_forced && lstat(path, &status) == 0) {
		app->hides_usage = true;
		return error_set(err, ERROR_USAGE, "'%s' exists; --force replaces it", path);
	}
	return 0;
}

static int run_init(struct app *app, const void *options, const struct strv *args,
		    struct error *err)
{
	const struct init_options *o = options;
	const char *path = args->count > 0 ? args->items[0] : "inventory.yml";
	DEFER(strv_release) struct strv keys = { 0 };
	DEFER(strv_release) struct strv names = { 0 };
	DEFER(buf_release) struct buf b = { 0 };

	if (check_names(&o->names, err) < 0)
		return -1;
	if (check_path(app, path, o->is_forced, err) < 0)
		return -1;
	if (find_keys(&keys, err) < 0)
		return -1;
	strv_add_all(&names, &o->names);
	if (names.count == 0)
		strv_add_owned(&names, name_from_user(getenv("USER")));
	buf_init(&b, INVENTORY_MAX_BYTES);
	add_inventory(&b, &names, &keys);
	if (file_write_atomic(path, b.data, b.len, 0644, err) < 0)
		return -1;
	print_result(app, path, &names, keys.count);
	return 0;
}

const struct command cmd_init = {
	.name = "init",
	.summary = "Write a first inventory from your ssh keys",
	.args = "[FILE]",
	.details =
		"Takes every public key in ~/.ssh and leaves the ports to winalux, which picks "
		"free "
		"ones and keeps them. FILE is inventory.yml unless given; an existing file is not "
		"touched.",
	.max_args = 1,
	.completes = COMPLETE_FILE,
	.options = init_option_table,
	.options_size = sizeof(struct init_options),
	.run = run_init,
};
