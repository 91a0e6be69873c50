/* SPDX-License-Identifier: MIT */
#include "venv.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "winalux/base/fd.h"
#include "winalux/base/mem.h"

enum { CONFIG_MAX = 4096, ASIDE_TRIES = 100 };

/* Value of "key = value" in pyvenv.cfg, or NULL; ret_len is its length up to the end of the line.
 */
static const char *config_value(const char *text, const char *key, size_t *ret_len)
{
	const size_t key_len = strlen(key);

	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *at = line + key_len;

		if (strncmp(line, key, key_len) != 0)
			continue;
		at += strspn(at, " \t");
		if (*at != '=')
			continue;
		at++;
		at += strspn(at, " \t");
		*ret_len = strcspn(at, "\r\n");
		return at;
	}
	return NULL;
}

static void copy(char *ret, size_t size, const char *text, size_t len)
{
	snprintf(ret, size, "%.*s", (int)len, text);
}

/* "3.13.5" to "3.13" */
static void cut_to_minor(char *version)
{
	char *dot = strchr(version, '.');

	if (dot && (dot = strchr(dot + 1, '.')))
		*dot = '\0';
}

bool venv_version(const char *venv, char ret[static VENV_VERSION_SIZE], char *ret_home, size_t size)
{
	DEFER(fd_closep) int fd = -1;
	char path[PATH_MAX], text[CONFIG_MAX + 1];
	const char *value;
	ssize_t len;
	size_t value_len;

	if (snprintf(path, sizeof(path), "%s/pyvenv.cfg", venv) >= (int)sizeof(path))
		return false;
	/* Whoever has put a pipe there waits for nobody. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || (len = fd_read_upto(fd, text, CONFIG_MAX)) < 0)
		return false;
	text[len] = '\0';
	value = config_value(text, "version", &value_len);
	if (!value) /* as uv writes it */
		value = config_value(text, "version_info", &value_len);
	if (!value || !value_len || value_len >= VENV_VERSION_SIZE)
		return false;
	copy(ret, VENV_VERSION_SIZE, value, value_len);
	cut_to_minor(ret);
	if (!ret_home)
		return true;
	value = config_value(text, "home", &value_len);
	copy(ret_home, size, value ? value : "", value ? value_len : 0);
	return true;
}

static bool has_python(const char *venv)
{
	char path[PATH_MAX];

	return snprintf(path, sizeof(path), "%s/bin/python", venv) < (int)sizeof(path) &&
	       access(path, X_OK) == 0;
}

bool venv_is_stale(const char *venv, const char *skeleton)
{
	char version[VENV_VERSION_SIZE], wanted[VENV_VERSION_SIZE];
	char home[PATH_MAX], wanted_home[PATH_MAX];
	struct stat st;

	if (lstat(venv, &st) < 0 || !S_ISDIR(st.st_mode))
		return false; /* none, or the developer's link to one: his */
	if (!venv_version(skeleton, wanted, wanted_home, sizeof(wanted_home)))
		return false; /* nothing better in this image */
	if (!has_python(venv))
		return true;
	return venv_version(venv, version, home, sizeof(home)) && !strcmp(home, wanted_home) &&
	       strcmp(version, wanted) != 0;
}

bool venv_set_aside(const char *venv, const char *skeleton)
{
	char aside[PATH_MAX], version[VENV_VERSION_SIZE];

	if (!venv_is_stale(venv, skeleton))
		return false;
	if (!venv_version(venv, version, NULL, 0))
		copy(version, sizeof(version), "old", strlen("old"));
	for (unsigned i = 0; i < ASIDE_TRIES; i++) {
		const int len = i ? snprintf(aside, sizeof(aside), "%s.%s-%u", venv, version, i)
				  : snprintf(aside, sizeof(aside), "%s.%s", venv, version);

		if (len < (int)sizeof(aside) &&
		    renameat2(AT_FDCWD, venv, AT_FDCWD, aside, RENAME_NOREPLACE) == 0)
			return true;
	}
	return false;
}
