/* SPDX-License-Identifier: MIT */
#include "doctor/look.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "doctor/probe.h"
#include "winalux/base/buf.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/base/parse.h"

enum { LOOK_MAX_BYTES = 1 << 20 };

/* An administrator's programs too (an account's PATH often lacks sbin), and Podman's own helpers.
 */
static const char *const program_dirs[] = {
	"/usr/local/bin",
	"/usr/bin",
	"/bin",
	"/usr/local/sbin",
	"/usr/sbin",
	"/sbin",
	"/usr/local/lib/podman",
	"/usr/lib/podman",
	"/usr/local/libexec/podman",
	"/usr/libexec/podman",
	"/usr/libexec/catatonit",
};

char *look_path(const struct probe_context *c, const char *path)
{
	return xasprintf("%s%s", c->root, path);
}

bool look_exists(const struct probe_context *c, const char *path)
{
	DEFER(freep) char *full = look_path(c, path);
	struct stat st;

	return lstat(full, &st) == 0;
}

char *look_text(const struct probe_context *c, const char *path)
{
	DEFER(freep) char *full = look_path(c, path);
	DEFER(buf_release) struct buf text = { 0 };

	buf_init(&text, LOOK_MAX_BYTES);
	if (file_read(full, LOOK_MAX_BYTES, &text, NULL) < 0)
		return NULL;
	return buf_take(&text);
}

char *look_line(const struct probe_context *c, const char *path)
{
	char *text = look_text(c, path);

	if (text != NULL)
		text[strcspn(text, "\n")] = '\0';
	return text;
}

bool look_number(const struct probe_context *c, const char *path, uint64_t *ret)
{
	DEFER(freep) char *line = look_line(c, path);

	return line != NULL && parse_whole_u64(line, 0, UINT64_MAX, ret);
}

char *look_program(const struct probe_context *c, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(program_dirs); i++) {
		char *path = xasprintf("%s/%s", program_dirs[i], name);
		DEFER(freep) char *full = look_path(c, path);
		struct stat st;

		if (stat(full, &st) == 0 && S_ISREG(st.st_mode) && access(full, X_OK) == 0)
			return path;
		free(path);
	}
	return NULL;
}

/* Takes the quotes off, which os-release(5) allows around a value. */
static char *unquoted(const char *value, size_t len)
{
	if (len >= 2 && (value[0] == '"' || value[0] == '\'') && value[len - 1] == value[0])
		return xstrndup(value + 1, len - 2);
	return xstrndup(value, len);
}

char *look_os_release(const struct probe_context *c, const char *key)
{
	DEFER(freep) char *text = look_text(c, "/etc/os-release");
	size_t key_len = strlen(key);

	for (const char *line = text; line != NULL && *line != '\0';) {
		size_t len = strcspn(line, "\n");

		if (len > key_len && strncmp(line, key, key_len) == 0 && line[key_len] == '=')
			return unquoted(line + key_len + 1, len - key_len - 1);
		line += len + (line[len] == '\n');
	}
	return NULL;
}

bool look_has_word(const char *text, const char *word)
{
	size_t word_len = strlen(word);

	while (text != NULL && *text != '\0') {
		size_t len = strcspn(text, " \t\n");

		if (len == word_len && strncmp(text, word, len) == 0)
			return true;
		text += len + (text[len] != '\0');
	}
	return false;
}
