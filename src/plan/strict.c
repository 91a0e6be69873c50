/* SPDX-License-Identifier: MIT */
/*
 * A strict gate needs crun, which hands the descriptors of the filter to a socket that an
 * annotation names (crun 0.15, containers/crun#438), a kernel that goes on with a system call when
 * told to (SECCOMP_USER_NOTIF_FLAG_CONTINUE, 5.5) and tells when the last process of a filter is
 * gone (POLLHUP, 5.9), and a path that fits into a socket's address (unix(7): 108 bytes with its
 * end).
 */
#include "winalux/plan/strict.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "winalux/base/mem.h"
#include "winalux/base/parse.h"
#include "winalux/format/json.h"
#include "winalux/plan/names.h"

enum { SOCKET_PATH_MAX = 107 };
#define RECEIVER_BELOW_VOLUMES "/" ACCOUNT_VOLUME "/_data/gate/notify"

struct release {
	uint64_t major, minor;
};
static const struct release oldest_crun = { 0, 15 };
static const struct release oldest_kernel = { 5, 9 };

/* "6.1.0-9-amd64", "1.8.1": what stands behind the second number does not count. */
static bool parse_release(const char *text, struct release *ret)
{
	return parse_u64(&text, 0, UINT32_MAX, &ret->major) && parse_char(&text, '.') &&
	       parse_u64(&text, 0, UINT32_MAX, &ret->minor);
}

static bool is_older(const char *text, struct release oldest)
{
	struct release is;

	if (!parse_release(text, &is))
		return false;
	return is.major < oldest.major || (is.major == oldest.major && is.minor < oldest.minor);
}

static char *lack_of_runtime(const struct json *info)
{
	static const char crun_version[] = "crun version ";
	const char *name = json_text(json_path(info, "host.ociRuntime.name"));
	const char *version = json_text(json_path(info, "host.ociRuntime.version"));

	if (!name)
		return NULL;
	if (strcmp(name, "crun") != 0)
		return xasprintf("crun 0.15 or later as Podman's runtime, which is %s here", name);
	if (!version || strncmp(version, crun_version, sizeof(crun_version) - 1) != 0)
		return NULL;
	version += sizeof(crun_version) - 1;
	if (!is_older(version, oldest_crun))
		return NULL;
	return xasprintf("crun 0.15 or later, and %.*s is here", (int)strcspn(version, "\n"),
			 version);
}

static char *lack_of_kernel(const struct json *info)
{
	const char *kernel = json_text(json_path(info, "host.kernel"));

	if (!kernel || !is_older(kernel, oldest_kernel))
		return NULL;
	return xasprintf("Linux 5.9 or later, and %s runs here", kernel);
}

static char *lack_of_room(const struct json *info)
{
	const char *volumes = json_text(json_path(info, "store.volumePath"));

	if (!volumes || strlen(volumes) + strlen(RECEIVER_BELOW_VOLUMES) <= SOCKET_PATH_MAX)
		return NULL;
	return xasprintf("a directory of volumes with a name of at most %zu bytes; '%s' has %zu",
			 SOCKET_PATH_MAX - strlen(RECEIVER_BELOW_VOLUMES), volumes,
			 strlen(volumes));
}

char *strict_lack(const struct json *info)
{
	char *(*const looks[])(const struct json *) = { lack_of_runtime, lack_of_kernel,
							lack_of_room };
	char *lack = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(looks) && !lack; i++)
		lack = looks[i](info);
	return lack;
}
