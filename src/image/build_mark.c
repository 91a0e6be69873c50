/* SPDX-License-Identifier: MIT */
/*
 * The mark is a volume winalux-build-<random>. Its labels hold the process that builds and the
 * working containers that were there before it began; nobody can change labels, and volumes are
 * there on a remote host as well.
 *
 * Whose a working container is cannot be told. So what came after a mark whose process has ended,
 * or whose build has failed, is removed only while no other mark is alive; else the mark stays, and
 * who comes later does it. Containers are listed before marks: a build sets its mark before it has
 * a container, so the owner of each container that is seen is seen too. What does not stand on an
 * image of winalux is somebody's own build and is left alone.
 */
#include "image/build_mark.h"

#include <stdlib.h>
#include <string.h>

#include "winalux/base/clock.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/base/parse.h"
#include "winalux/base/strv.h"
#include "winalux/format/hash.h"
#include "winalux/format/process_mark.h"
#include "winalux/image/builder.h"
#include "winalux/podman/image.h"
#include "winalux/podman/leftover.h"
#include "winalux/podman/podman.h"
#include "winalux/podman/volume.h"

#define LABEL_BUILDER "io.winalux.builder"         /* process_mark.h */
#define LABEL_BEFORE "io.winalux.builder.before"   /* ids, separated by spaces */
#define LABEL_EXPIRES "io.winalux.builder.expires" /* RFC 3339; for processes of other machines */

enum { CLEAR_TIMEOUT_MS = 10000 };

struct build_mark {
	struct podman *podman;
	char *name;   /* of the volume; NULL: not set */
	char *before; /* as its label says */
	unsigned lifetime_s;
	int64_t renew_at_ms;
	bool has_failed;
	bool has_company;
	char process[PROCESS_MARK_SIZE];
};

/* What one look shows; marks without our own. */
struct scene {
	struct leftovers containers;
	struct volumes marks;
	bool has_company;
};

static void scene_release(struct scene *s)
{
	leftovers_release(&s->containers);
	volumes_release(&s->marks);
}

static bool is_own(const struct build_mark *m, const struct volume *v)
{
	return m->name && strcmp(v->name, m->name) == 0;
}

static bool is_alive(const struct volume *v)
{
	const char *process = labels_get(&v->labels, LABEL_BUILDER);
	const char *expires = labels_get(&v->labels, LABEL_EXPIRES);
	int64_t expires_s = 0;

	if (expires)
		parse_rfc3339(expires, &expires_s);
	return expires_s > clock_wall_s() && !(process && process_mark_has_ended(process));
}

static int look(const struct build_mark *m, struct podman *podman, struct scene *ret,
		struct error *err)
{
	if (leftover_list(podman, &ret->containers, err) < 0 ||
	    volume_list(podman, LABEL_BUILDER, &ret->marks, err) < 0)
		return -1;
	for (size_t i = 0; i < ret->marks.count; i++)
		if (!is_own(m, &ret->marks.items[i]) && is_alive(&ret->marks.items[i]))
			ret->has_company = true;
	return 0;
}

static bool is_of_ours(struct podman *podman, const struct leftover *l)
{
	DEFER(labels_release) struct labels labels = { 0 };

	if (!*l->image)
		return false;
	return image_labels(podman, l->image, &labels, NULL) == 0 &&
	       labels_get(&labels, IMAGE_LABEL_ROLE);
}

static void remove_later_than(struct podman *podman, const struct leftovers *containers,
			      const char *before)
{
	for (size_t i = 0; i < containers->count; i++) {
		const struct leftover *l = &containers->items[i];

		if (!(before && strstr(before, l->id)) && is_of_ours(podman, l))
			leftover_remove(podman, l->id);
	}
}

/* Nobody else builds: what the dead left goes, and their marks. */
static void sweep(const struct build_mark *m, struct podman *podman, const struct scene *s)
{
	for (size_t i = 0; i < s->marks.count; i++) {
		const struct volume *v = &s->marks.items[i];

		if (is_own(m, v))
			continue;
		remove_later_than(podman, &s->containers, labels_get(&v->labels, LABEL_BEFORE));
		volume_remove(podman, v->name, NULL);
	}
}

struct build_mark *build_mark_new(struct podman *podman, unsigned lifetime_s)
{
	struct build_mark *m = xcalloc(1, sizeof(*m));

	m->podman = podman;
	m->lifetime_s = lifetime_s;
	process_mark_make(m->process);
	return m;
}

/* The caller frees it. */
static char *ids_of(const struct leftovers *containers)
{
	DEFER(strv_release) struct strv ids = { 0 };

	for (size_t i = 0; i < containers->count; i++)
		strv_add(&ids, containers->items[i].id);
	return strv_join(&ids, " ");
}

/* A volume with m->before; *ret_name is its name. */
static int create(struct build_mark *m, struct podman *podman, char **ret_name, struct error *err)
{
	DEFER(labels_release) struct labels labels = { 0 };
	char random[HASH_HEX_SIZE], expires[CLOCK_RFC3339_SIZE];

	hash_random_hex(random);
	clock_format_rfc3339(clock_wall_s() + m->lifetime_s, expires);
	labels_add(&labels, LABEL_BUILDER, m->process);
	labels_add(&labels, LABEL_BEFORE, m->before);
	labels_add(&labels, LABEL_EXPIRES, expires);
	DEFER(freep) char *name = xasprintf("winalux-build-%.16s", random);
	if (volume_create(podman, name, &labels, NULL, err) < 0)
		return -1;
	m->renew_at_ms = clock_mono_ms() + (int64_t)m->lifetime_s * 500;
	*ret_name = TAKE(name);
	return 0;
}

int build_mark_set(struct build_mark *m, struct error *err)
{
	DEFER(scene_release) struct scene s = { 0 };

	if (m->name)
		return 0;
	if (look(m, m->podman, &s, err) < 0)
		return -1;
	m->has_company = s.has_company;
	if (!s.has_company)
		sweep(m, m->podman, &s);
	free(m->before);
	m->before = ids_of(&s.containers); /* that of what was swept harms nothing */
	return create(m, m->podman, &m->name, err);
}

/* While a build streams its connection is in use. What fails is tried again with the next line. */
void build_mark_keep(struct build_mark *m)
{
	DEFER(podman_freep) struct podman *podman = NULL;
	DEFER(freep) char *name = NULL;

	if (!m || !m->name || clock_mono_ms() < m->renew_at_ms)
		return;
	podman = podman_clone_for_cleanup(m->podman, CLEAR_TIMEOUT_MS);
	if (create(m, podman, &name, NULL) < 0)
		return;
	volume_remove(podman, m->name, NULL);
	free(m->name);
	m->name = TAKE(name);
}

void build_mark_fail(struct build_mark *m)
{
	m->has_failed = true;
}

bool build_mark_has_company(const struct build_mark *m)
{
	return m->has_company;
}

/* On a connection of its own: that of the build may be cancelled. */
static void clear(struct build_mark *m)
{
	DEFER(podman_freep)
	struct podman *podman = podman_clone_for_cleanup(m->podman, CLEAR_TIMEOUT_MS);
	DEFER(scene_release) struct scene s = { 0 };

	if (!m->has_failed) {
		volume_remove(podman, m->name, NULL);
		return;
	}
	if (look(m, podman, &s, NULL) < 0 || s.has_company)
		return;
	sweep(m, podman, &s);
	remove_later_than(podman, &s.containers, m->before);
	volume_remove(podman, m->name, NULL);
}

void build_mark_freep(struct build_mark **mark)
{
	struct build_mark *m = TAKE(*mark);

	if (!m)
		return;
	if (m->name)
		clear(m);
	free(m->name);
	free(m->before);
	free(m);
}
