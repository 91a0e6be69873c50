/* SPDX-License-Identifier: MIT */
/*
 * How full the file systems below a store are. The service tells size and use of the graph root
 * alone (4.0 and later), and counts what the file system reserves for root as free. So where a
 * directory of that path here is on a file system of that size, it is the same one, and statvfs
 * says what this account may still use of it and of the others. Otherwise the service is in another
 * mount namespace or on another machine, and what it says has to do.
 */
#include "winalux/podman/store.h"

#include <stdlib.h>
#include <sys/statvfs.h>

#include "winalux/base/mem.h"
#include "winalux/format/json.h"

/* Locks, and for each container its configuration and a few sockets. */
static const uint64_t run_root_floor_bytes = UINT64_C(16) << 20;

void store_space_release(struct store_space *s)
{
	free(s->path);
	*s = (struct store_space){ 0 };
}

char *store_space_text(const struct store_space *s)
{
	const bool is_small = s->floor_bytes < UINT64_C(1) << 30; /* the run root's */
	const double unit = is_small ? 1048576.0 : 1073741824.0;
	const char *name = is_small ? "MiB" : "GiB";

	return xasprintf("%.1f %s free in '%s', %.0f %s wanted", (double)s->free_bytes / unit, name,
			 s->path, (double)s->floor_bytes / unit, name);
}

static bool stat_bytes(const char *path, uint64_t *ret_size, uint64_t *ret_free)
{
	struct statvfs st;

	if (!path || statvfs(path, &st) < 0 || !st.f_blocks)
		return false;
	*ret_size = (uint64_t)st.f_blocks * st.f_frsize;
	*ret_free = (uint64_t)st.f_bavail * st.f_frsize;
	return true;
}

static bool get_bytes(const struct json *store, const char *key, uint64_t *ret)
{
	int64_t value;

	if (!json_to_int(json_get(store, key), &value) || value < 0)
		return false;
	*ret = (uint64_t)value;
	return true;
}

static bool is_tighter(const struct store_space *a, const struct store_space *b)
{
	return (int64_t)(a->free_bytes - a->floor_bytes) <
	       (int64_t)(b->free_bytes - b->floor_bytes);
}

static void offer(struct store_space *best, const char *path, uint64_t free_bytes,
		  uint64_t floor_bytes)
{
	struct store_space offered = { .free_bytes = free_bytes, .floor_bytes = floor_bytes };

	if (best->path && !is_tighter(&offered, best))
		return;
	offered.path = xstrdup(path);
	store_space_release(best);
	*best = offered;
}

static void offer_seen(struct store_space *best, const char *path, uint64_t floor_bytes)
{
	uint64_t size, free_bytes;

	if (stat_bytes(path, &size, &free_bytes))
		offer(best, path, free_bytes, floor_bytes);
}

bool store_find_tightest(const struct json *info, uint64_t floor_bytes, struct store_space *ret)
{
	const struct json *store = json_get(info, "store");
	const char *root = json_get_text(store, "graphRoot");
	struct store_space best = { 0 };
	uint64_t said_size, said_used, size = 0, free_bytes = 0;
	const bool is_seen = stat_bytes(root, &size, &free_bytes);

	if (!root || !get_bytes(store, "graphRootAllocated", &said_size) ||
	    !get_bytes(store, "graphRootUsed", &said_used))
		return false;
	if (!is_seen || size != said_size) {
		offer(&best, root, said_used < said_size ? said_size - said_used : 0, floor_bytes);
	} else {
		offer(&best, root, free_bytes, floor_bytes);
		offer_seen(&best, json_get_text(store, "volumePath"), floor_bytes);
		offer_seen(&best, json_get_text(store, "runRoot"),
			   floor_bytes < run_root_floor_bytes ? floor_bytes : run_root_floor_bytes);
	}
	*ret = best;
	return true;
}

bool store_look_at(const char *path, uint64_t floor_bytes, struct store_space *ret)
{
	struct store_space seen = { 0 };

	offer_seen(&seen, path, floor_bytes);
	if (!seen.path)
		return false;
	*ret = seen;
	return true;
}
