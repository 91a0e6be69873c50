/* SPDX-License-Identifier: MIT */
#include "ssh_files.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"

static const char include_line[] = "Include ~/.ssh/winalux/config\n";

enum { CONFIG_MAX_BYTES = 4 << 20 };

char *ssh_files_home(struct error *err)
{
	const char *home = getenv("HOME");

	if (!home || *home != '/') {
		error_set(err, ERROR_HOST, "HOME is not set to an absolute path");
		return NULL;
	}
	return xasprintf("%s/.ssh", home);
}

char *ssh_files_path(const char *ssh_home, const char *name)
{
	return xasprintf("%s/winalux/%s", ssh_home, name);
}

int ssh_files_write(const char *ssh_home, const char *name, const struct buf *text,
		    struct error *err)
{
	DEFER(freep) char *directory = xasprintf("%s/winalux", ssh_home);
	DEFER(freep) char *path = ssh_files_path(ssh_home, name);

	if (dir_make_all(directory, 0700, err) < 0)
		return -1;
	return file_write_atomic(path, text->data, text->len, 0600, err);
}

/* ssh_config(5): keyword, blanks or "=", then patterns; a relative one is below ~/.ssh. */
static bool includes_ours(const char *line)
{
	static const char *const forms[] = { "~/.ssh/winalux/config", "winalux/config",
					     "%d/.ssh/winalux/config" };
	DEFER(strv_release) struct strv words = { 0 };

	strv_add_split(&words, line, " \t\r=\"");
	if (words.count < 2 || strcasecmp(words.items[0], "include") != 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		if (strv_contains(&words, forms[i]))
			return true;
	}
	return false;
}

static bool has_include(const char *text, size_t len)
{
	DEFER(freep) char *copy = xstrndup(text, len);
	DEFER(strv_release) struct strv lines = { 0 };

	strv_add_split(&lines, copy, "\n");
	for (size_t i = 0; i < lines.count; i++) {
		if (includes_ours(lines.items[i]))
			return true;
	}
	return false;
}

bool ssh_files_add_include(const char *text, size_t len, struct buf *ret)
{
	bool is_new = !has_include(text, len);

	if (is_new)
		buf_add_str(ret, include_line);
	/* An Include below a Host line would count for that host only: a blank line shows the end.
	 */
	if (is_new && len > 0)
		buf_add_char(ret, '\n');
	buf_add(ret, text, len);
	return is_new;
}

/* The file behind ~/.ssh/config, so that a link into somebody's dotfiles stays one. */
static char *real_config(const char *ssh_home)
{
	DEFER(freep) char *path = xasprintf("%s/config", ssh_home);
	char *real = realpath(path, NULL);

	return real ? real : TAKE(path);
}

static int read_config(const char *path, struct buf *ret, mode_t *ret_mode, struct error *err)
{
	struct stat status;

	*ret_mode = 0600;
	if (stat(path, &status) < 0) {
		if (errno != ENOENT)
			return error_set_errno(err, ERROR_SSH, errno, "cannot read '%s'", path);
		buf_init(ret, CONFIG_MAX_BYTES);
		return 0;
	}
	*ret_mode = status.st_mode & 0777;
	return file_read(path, CONFIG_MAX_BYTES, ret, err);
}

int ssh_files_include(const char *ssh_home, bool *ret_changed, struct error *err)
{
	DEFER(freep) char *path = real_config(ssh_home);
	DEFER(buf_release) struct buf old = { 0 };
	DEFER(buf_release) struct buf new = { 0 };
	mode_t mode;

	if (read_config(path, &old, &mode, err) < 0)
		return -1;
	buf_init(&new, SIZE_MAX);
	*ret_changed = ssh_files_add_include(old.data, old.len, &new);
	if (!*ret_changed)
		return 0;
	return file_write_atomic(path, new.data, new.len, mode, err);
}
