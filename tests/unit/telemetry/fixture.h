/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_TESTS_UNIT_TELEMETRY_FIXTURE_H
#define WINALUX_TESTS_UNIT_TELEMETRY_FIXTURE_H

#include "telemetry/pod_page.h"
#include "telemetry/pods.h"
#include "unit/guest/files.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/telemetry/metrics.h"

/* A table of pods over a tree of files such as the host's /proc has, and what is said of a pod. */
struct fixture {
	const char *proc;
	char cgroups[256]; /* below it; made by who needs it */
	struct pods pods;
	struct pod_page page;
	struct metrics m;
};

static inline int fixture_setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	void *directory;

	assert_int_equal(files_setup(&directory), 0);
	f->proc = directory;
	files_path(f->cgroups, f->proc, "cgroups");
	pods_init(&f->pods, f->proc, f->cgroups);
	f->pods.tick_us = 10000;
	*state = f;
	return 0;
}

static inline int fixture_teardown(void **state)
{
	struct fixture *f = *state;
	void *directory = (void *)(uintptr_t)f->proc;

	free(f);
	return files_teardown(&directory);
}

/* A file below the tree, with the directories on its way. */
static inline void fixture_write(const struct fixture *f, const char *name, const char *text)
{
	char path[256], parent[256];

	files_path(path, f->proc, name);
	snprintf(parent, sizeof(parent), "%.*s", (int)(strrchr(path, '/') - path), path);
	assert_int_equal(dir_make_all(parent, 0755, NULL), 0);
	files_write(path, text, 0644);
}

#endif
