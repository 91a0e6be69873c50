/* SPDX-License-Identifier: MIT */
#include "known_keys.h"

#include <stdio.h>
#include <string.h>

#include "state_file.h"

enum { FILE_MAX = KNOWN_KEYS_MAX * KNOWN_KEY_SIZE };

bool known_keys_have(const struct known_keys *k, const char *key)
{
	for (size_t i = 0; *key && i < KNOWN_KEYS_MAX; i++)
		if (strcmp(k->items[i], key) == 0)
			return true;
	return false;
}

static bool remember(struct known_keys *k, const char *key)
{
	if (!*key || strlen(key) >= KNOWN_KEY_SIZE || known_keys_have(k, key))
		return false;
	snprintf(k->items[k->next], KNOWN_KEY_SIZE, "%s", key);
	k->next = (k->next + 1) % KNOWN_KEYS_MAX;
	return true;
}

/* The oldest first, so that the ring goes on where it was. */
static void save(const struct known_keys *k)
{
	char text[FILE_MAX];
	size_t len = 0;

	for (size_t i = 0; i < KNOWN_KEYS_MAX; i++) {
		const char *key = k->items[(k->next + i) % KNOWN_KEYS_MAX];

		if (*key)
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s\n", key);
	}
	state_file_write(k->path, text, len);
}

void known_keys_open(struct known_keys *k, const char *path)
{
	char text[FILE_MAX + 1], *next = text;

	k->path = path;
	if (!state_file_read(path, text, sizeof(text)))
		return;
	for (char *line = strsep(&next, "\n"); line; line = strsep(&next, "\n"))
		remember(k, line);
}

void known_keys_add(struct known_keys *k, const char *key)
{
	if (remember(k, key) && k->path)
		save(k);
}
