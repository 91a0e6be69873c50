/* SPDX-License-Identifier: MIT */
#include "winalux/workspace/floor.h"

#include "host_info.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/inventory/config.h"
#include "winalux/plan/names.h"
#include "winalux/podman/store.h"
#include "winalux/podman/volume.h"
#include "winalux/workspace/host.h"

static int refuse(const struct store_space *s, struct error *err)
{
	DEFER(freep) char *text = store_space_text(s);

	return error_set(err, ERROR_HOST,
			 "too little room to build or make anything: %s; `winalux destroy` and "
			 "`podman image prune` give some back, min_free_gb is the limit",
			 text);
}

/* Where the service cannot say: a volume of ours that is here. */
static int find_by_volume(struct host *host, uint64_t floor_bytes, struct store_space *ret,
			  struct error *err)
{
	DEFER(volumes_release) struct volumes volumes = { 0 };

	if (volume_list(host_podman(host), LABEL_SCHEMA, &volumes, err) < 0)
		return -1;
	for (size_t i = 0; i < volumes.count; i++) {
		if (store_look_at(volumes.items[i].mountpoint, floor_bytes, ret))
			return 0;
	}
	return 0;
}

int floor_check(struct host *host, struct error *err)
{
	const uint64_t floor_bytes = (uint64_t)host_config(host)->min_free_gb << 30;
	DEFER(store_space_release) struct store_space space = { 0 };
	const struct json *info;

	if (!floor_bytes)
		return 0;
	if (host_get_info(host, &info, err) < 0)
		return -1;
	if (!store_find_tightest(info, floor_bytes, &space) &&
	    find_by_volume(host, floor_bytes, &space, err) < 0)
		return -1;
	if (!space.path || space.free_bytes >= space.floor_bytes)
		return 0;
	return refuse(&space, err);
}
