/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "winalux/base/mem.h"
#include "winalux/base/parse.h"
#include "winalux/inventory/config.h"

enum { REGISTRY_MAX = 200 };

static const char *const names[] = {
	[IMAGE_SOURCE_LOCAL] = "local",
	[IMAGE_SOURCE_REGISTRY] = "registry",
};

const char *image_source_name(enum image_source source)
{
	return source < IMAGE_SOURCE_COUNT ? names[source] : "unknown";
}

bool image_source_parse(const char *text, enum image_source *ret)
{
	for (unsigned i = 0; i < IMAGE_SOURCE_COUNT; i++) {
		if (strcmp(text, names[i]) == 0) {
			*ret = (enum image_source)i;
			return true;
		}
	}
	return false;
}

/* As in references: a first part without "." and ":" would be part of a short name. */
static bool is_host(const char *text, size_t len)
{
	DEFER(freep) char *host = xstrndup(text, len);
	char *colon = strrchr(host, ':');
	uint16_t port;

	if (colon) {
		*colon = '\0';
		if (!parse_port(colon + 1, &port))
			return false;
	}
	return *host && *host != '.' && *host != '-' &&
	       host[strspn(host,
			   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-")] ==
		       '\0' &&
	       (colon || strchr(host, '.'));
}

static bool is_path(const char *path)
{
	static const char first[] = "abcdefghijklmnopqrstuvwxyz0123456789";

	for (const char *part = path; *part == '/'; part += strcspn(part, "/")) {
		part++;
		if (!*part || !strchr(first, *part))
			return false;
	}
	return path[strspn(path, "abcdefghijklmnopqrstuvwxyz0123456789._-/")] == '\0';
}

const char *registry_fault(const char *text)
{
	const size_t len = strcspn(text, "/");

	if (strstr(text, "://"))
		return "a registry without 'https://' in front";
	if (strlen(text) > REGISTRY_MAX || !is_host(text, len) || !is_path(text + len))
		return "HOST[:PORT][/PATH] of a registry, with a '.' or a port in it";
	return NULL;
}
