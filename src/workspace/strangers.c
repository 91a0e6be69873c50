/* SPDX-License-Identifier: MIT */
/*
 * The account can run what it likes beside a workspace, and nobody can refuse that; so it is told:
 * to who runs winalux, and to PID 1 of the workspace, which keeps the ledger. PID 1 is told by a
 * file (WIRE_STRANGERS_PATH) that it watches, and that is written only when it says something else.
 */
#include "winalux/workspace/strangers.h"

#include <string.h>

#include "container_files.h"
#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/log.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"
#include "winalux/format/json.h"
#include "winalux/format/tar.h"
#include "winalux/guest/wire.h"
#include "winalux/plan/facts.h"
#include "winalux/plan/names.h"
#include "winalux/plan/stranger.h"
#include "winalux/podman/container.h"
#include "winalux/workspace/host.h"

enum { FILE_TAR_MAX = 64 << 10, ID_SHOWN_DIGITS = 12 };

/* --- what they mount --- */

static void list_volumes(const struct facts *facts, struct strv *ret)
{
	if (facts_need_keepers(facts))
		strv_add(ret, ACCOUNT_VOLUME);
	for (size_t i = 0; i < facts->count; i++) {
		for (size_t k = 0; k < facts->workspaces[i].volume_count; k++)
			strv_add(ret, facts->workspaces[i].volumes[k]->name);
	}
}

/* The account's volume has the keepers' sockets and the warden's ledgers in it. */
static bool concerns(const struct workspace_facts *w, const char *volume)
{
	if (!strcmp(volume, ACCOUNT_VOLUME))
		return workspace_facts_is_strict(w);
	for (size_t i = 0; i < w->volume_count; i++) {
		if (!strcmp(w->volumes[i]->name, volume))
			return true;
	}
	return false;
}

static void add_mount(struct facts *facts, const struct container *c, const char *volume)
{
	DEFER(freep) char *how = xasprintf("mounts '%s'", volume);

	for (size_t i = 0; i < facts->count; i++) {
		if (concerns(&facts->workspaces[i], volume))
			workspace_facts_add_stranger(&facts->workspaces[i], c, how);
	}
}

static int look_into(struct podman *podman, struct facts *facts, const struct container *c,
		     struct error *err)
{
	DEFER(json_freep) struct json *inspect = NULL;
	struct error why;

	if (container_inspect(podman, c->id, &inspect, &why) < 0) {
		if (why.kind == ERROR_NOT_FOUND) /* it has gone meanwhile */
			return 0;
		if (err)
			*err = why;
		return -1;
	}
	const struct json *mounts = json_get(inspect, "Mounts");
	for (const struct json *m = json_first(mounts); m; m = json_next(m)) {
		const char *name = json_get_text(m, "Name");

		if (name && *name)
			add_mount(facts, c, name);
	}
	return 0;
}

static const struct container *find_container(const struct facts *facts, const char *id)
{
	for (size_t i = 0; i < facts->containers.count; i++) {
		if (!strcmp(facts->containers.items[i].id, id))
			return &facts->containers.items[i];
	}
	return NULL;
}

int strangers_find(struct podman *podman, struct facts *facts, struct error *err)
{
	DEFER(strv_release) struct strv volumes = { 0 };
	DEFER(containers_release) struct containers found = { 0 };

	list_volumes(facts, &volumes);
	if (!volumes.count || !facts_have_outsiders(facts))
		return 0;
	if (container_list_mounting(podman, &volumes, &found, err) < 0)
		return -1;
	for (size_t i = 0; i < found.count; i++) {
		const struct container *c = find_container(facts, found.items[i].id);

		if (c && !facts_container_is_ours(facts, c) && look_into(podman, facts, c, err) < 0)
			return -1;
	}
	return 0;
}

/* --- telling PID 1 --- */

static char *format_strangers(const struct workspace_facts *w)
{
	DEFER(buf_release) struct buf b = { 0 };

	buf_init(&b, WIRE_STRANGERS_MAX_BYTES);
	for (size_t i = 0; i < w->stranger_count; i++) {
		const struct container *c = w->strangers[i].container;
		DEFER(freep) char *id = xasprintf("%.*s", ID_SHOWN_DIGITS, c->id);
		const char *const fields[] = { id, c->name, c->image, w->strangers[i].how };
		const size_t before = b.len;

		wire_add_line(&b, fields, ARRAY_SIZE(fields));
		if (b.is_full)
			return xstrndup(b.data, before);
	}
	return buf_take(&b);
}

static void compare(const char *name, const char *data, size_t len, void *context)
{
	const char **wanted = context;

	(void)name;
	if (*wanted && strlen(*wanted) == len && !memcmp(*wanted, data, len))
		*wanted = NULL;
}

static int put_file(struct podman *podman, const char *id, const char *text, struct error *err)
{
	DEFER(tar_writer_freep) struct tar_writer *w = NULL;
	DEFER(buf_release) struct buf tar;

	buf_init(&tar, FILE_TAR_MAX);
	w = tar_writer_new(&tar, err);
	if (!w || tar_add_file(w, WIRE_STRANGERS_PATH, 0600, 0, 0, text, strlen(text), err) < 0 ||
	    tar_finish(w, err) < 0)
		return -1;
	return container_put_archive(podman, id, "/", tar.data, tar.len, err);
}

static int tell(struct podman *podman, const struct workspace_facts *w, struct error *err)
{
	const struct container *dev = workspace_facts_container(w, ROLE_DEV);
	DEFER(freep) char *text = format_strangers(w);
	const char *untold = text;

	if (!dev)
		return 0;
	if (container_files_read(podman, dev->id, WIRE_STRANGERS_PATH, WIRE_STRANGERS_MAX_BYTES,
				 compare, &untold, err) < 0)
		return -1;
	return untold ? put_file(podman, dev->id, text, err) : 0;
}

void strangers_tell(struct host *host, const struct facts *facts)
{
	for (size_t i = 0; i < facts->count; i++) {
		const struct workspace_facts *w = &facts->workspaces[i];
		struct error err;

		if (w->stranger_count && tell(host_podman(host), w, &err) < 0)
			log_debug("'%s' is not told of strangers: %s", w->name, err.text);
	}
}

void strangers_note(const struct facts *facts, struct strv *notes)
{
	for (size_t i = 0; i < facts->count; i++) {
		const struct workspace_facts *w = &facts->workspaces[i];

		for (size_t k = 0; k < w->stranger_count; k++) {
			const struct container *c = w->strangers[k].container;

			strv_addf(
				notes,
				"workspace '%s': container '%s' of image '%s' %s; winalux did not "
				"make it",
				w->name, c->name, c->image, w->strangers[k].how);
		}
	}
}
