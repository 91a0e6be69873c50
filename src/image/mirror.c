/* SPDX-License-Identifier: MIT */
/*
 * A host that installs from a mirror of its own may reach no other. Both forms of apt's sources are
 * read, only for the URI: the first one below a Debian host's apt directory that ends in "/debian".
 * Debian's own name is as good as none, since mmdebstrap then adds updates and security itself.
 */
#include "image/internal.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "winalux/base/buf.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"

enum { SOURCES_MAX_BYTES = 256 << 10 };

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

static bool is_mirror(const char *word)
{
	return (strncmp(word, "http://", 7) == 0 || strncmp(word, "https://", 8) == 0) &&
	       ends_with(word, "/debian");
}

/* "deb [options] URI suite …" and "URIs: URI …" alike: the first mirror among the words of a line.
 */
static char *mirror_in_line(const char *line)
{
	DEFER(strv_release) struct strv words = { 0 };

	strv_add_split(&words, line, " \t");
	if (words.count < 2 ||
	    (strcmp(words.items[0], "deb") != 0 && strcasecmp(words.items[0], "URIs:") != 0))
		return NULL;
	for (size_t i = 1; i < words.count; i++) {
		char *word = words.items[i];

		if (word[0] != '\0' && word[strlen(word) - 1] == '/')
			word[strlen(word) - 1] = '\0';
		if (is_mirror(word))
			return xstrdup(word);
	}
	return NULL;
}

static char *mirror_in_file(const char *path)
{
	DEFER(buf_release) struct buf text = { 0 };
	DEFER(strv_release) struct strv lines = { 0 };

	if (file_read(path, SOURCES_MAX_BYTES, &text, NULL) < 0)
		return NULL;
	strv_add_split(&lines, text.data, "\r\n");
	for (size_t i = 0; i < lines.count; i++) {
		char *mirror = mirror_in_line(lines.items[i]);

		if (mirror != NULL)
			return mirror;
	}
	return NULL;
}

/* sources.list, then what lies in sources.list.d, by name. */
static void list_sources(const char *apt_directory, struct strv *ret)
{
	DEFER(freep) char *directory = xasprintf("%s/sources.list.d", apt_directory);
	DEFER(strv_release) struct strv found = { 0 };
	DIR *dir = opendir(directory);
	const struct dirent *entry;

	strv_addf(ret, "%s/sources.list", apt_directory);
	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL)
		if (ends_with(entry->d_name, ".list") || ends_with(entry->d_name, ".sources"))
			strv_addf(&found, "%s/%s", directory, entry->d_name);
	closedir(dir);
	strv_sort(&found);
	strv_add_all(ret, &found);
}

static bool is_debian(const char *os_release)
{
	DEFER(buf_release) struct buf text = { 0 };
	DEFER(strv_release) struct strv lines = { 0 };

	if (file_read(os_release, SOURCES_MAX_BYTES, &text, NULL) < 0)
		return false;
	strv_add_split(&lines, text.data, "\n");
	return strv_contains(&lines, "ID=debian");
}

bool mirror_has_password(const char *mirror)
{
	const char *host = strstr(mirror, "://");

	host = host ? host + 3 : mirror;
	const char *at = strchr(host, '@');
	return at && at < host + strcspn(host, "/?#");
}

char *mirror_find(const char *os_release, const char *apt_directory)
{
	DEFER(strv_release) struct strv files = { 0 };
	DEFER(freep) char *mirror = NULL;

	if (!is_debian(os_release))
		return NULL;
	list_sources(apt_directory, &files);
	for (size_t i = 0; i < files.count && mirror == NULL; i++)
		mirror = mirror_in_file(files.items[i]);
	if (mirror != NULL &&
	    (strstr(mirror, "://deb.debian.org/") != NULL || mirror_has_password(mirror)))
		return NULL;
	return TAKE(mirror);
}
