/* SPDX-License-Identifier: MIT */
#include "telemetry_daemon.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attendant.h"
#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/guest/wire.h"
#include "winalux/format/tar.h"
#include "winalux/plan/facts.h"
#include "winalux/plan/names.h"
#include "winalux/plan/plan.h"
#include "winalux/podman/container.h"
#include "winalux/telemetry/proc_files.h"

#define DIRECTORY "/account"

enum { ENROLMENT_MAX_BYTES = 4 << 20, INTERVAL_TEXT_SIZE = 16 };

bool telemetry_sees_pod(const struct workspace_facts *w)
{
	const struct container *dev = workspace_facts_container(w, ROLE_DEV);

	return dev && labels_get(&dev->labels, LABEL_TELEMETRY);
}

bool telemetry_is_needed(const struct facts *facts)
{
	for (size_t i = 0; i < facts->count; i++) {
		if (telemetry_sees_pod(&facts->workspaces[i]))
			return true;
	}
	return false;
}

void telemetry_add_faults(const struct facts *facts, struct labels *faults)
{
	for (size_t i = 0; i < facts->count; i++) {
		const struct workspace_facts *w = &facts->workspaces[i];

		if (telemetry_sees_pod(w))
			labels_add(faults, workspace_facts_container(w, ROLE_DEV)->id,
				   "telemetry_interval_s is 0");
	}
}

static bool measures_each(const struct container *c, uint32_t interval_s)
{
	const char *has = c ? labels_get(&c->labels, LABEL_TELEMETRY) : NULL;
	char interval[INTERVAL_TEXT_SIZE];

	snprintf(interval, sizeof(interval), "%u", interval_s);
	return attendant_runs(c) && has && !strcmp(has, interval);
}

bool telemetry_is_missed(const struct facts *facts, uint32_t interval_s)
{
	return telemetry_is_needed(facts) && !measures_each(facts->telemetry, interval_s);
}

static bool makes_dev(const struct workspace_plan *w)
{
	for (size_t i = 0; i < w->step_count; i++) {
		if (w->steps[i].kind == STEP_CREATE_CONTAINER && w->want &&
		    !strcmp(w->want->containers[w->steps[i].index].role, ROLE_DEV))
			return true;
	}
	return false;
}

bool telemetry_is_mounted_by(const struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		if (makes_dev(&plan->items[i]))
			return true;
	}
	return false;
}

/* --- the container --- */

static bool is_fit(const struct container *c, const char *guest, uint32_t interval_s)
{
	const char *has_guest = c ? labels_get(&c->labels, LABEL_GUEST) : NULL;

	return measures_each(c, interval_s) && has_guest && !strcmp(has_guest, guest);
}

static int ensure_container(struct podman *podman, const struct facts *facts, uint32_t interval_s,
			    struct error *err)
{
	DEFER(freep) char *guest = attendant_find_guest(facts, telemetry_sees_pod, err);
	char interval[INTERVAL_TEXT_SIZE];
	const struct container *c = facts->telemetry;
	const struct attendant daemon = {
		.role = ROLE_TELEMETRY,
		.arguments = { "telemetry", DIRECTORY, interval },
		.capabilities = { "SYS_PTRACE", "DAC_READ_SEARCH" },
		.purpose = "measures workspaces",
		.label = LABEL_TELEMETRY,
		.value = interval,
		.sees_host_processes = true,
		.sees_host_cgroups = true,
	};

	snprintf(interval, sizeof(interval), "%u", interval_s);
	if (!guest)
		return -1;
	if (is_fit(c, guest, interval_s))
		return 0;
	if (c && attendant_remove(podman, c->id, err) < 0)
		return -1;
	return attendant_make(podman, &daemon, guest, err);
}

/* --- what it is told --- */

static void add_name(struct buf *roster, const char *name)
{
	buf_addf(roster, "%s\n", name);
}

/* Those that are there or keep data, and those that come. */
static void list_names(const struct facts *facts, const struct plan *plan, struct buf *roster)
{
	for (size_t i = 0; i < facts->count; i++)
		add_name(roster, facts->workspaces[i].name);
	for (size_t i = 0; plan && i < plan->count; i++) {
		if (plan->items[i].want && !facts_find(facts, plan->items[i].name))
			add_name(roster, plan->items[i].name);
	}
}

/* What a new dev container mounts has to be there; the daemon fills the files before it starts. */
static int add_directories(struct tar_writer *tar, const char *name, struct error *err)
{
	DEFER(freep) char *pages = xasprintf("telemetry/%s", name);
	DEFER(freep) char *files = xasprintf("proc/%s", name);

	if (tar_add_dir(tar, pages, 0755, 0, 0, err) < 0 ||
	    tar_add_dir(tar, files, 0755, 0, 0, err) < 0)
		return -1;
	for (enum proc_file i = 0; i < PROC_FILE_COUNT; i++) {
		DEFER(freep) char *path = xasprintf("%s/%s", files, proc_file_name(i));

		if (tar_add_file(tar, path, 0644, 0, 0, "", 0, err) < 0)
			return -1;
	}
	return 0;
}

/*
 * The roster behind the directories: the daemon makes what is missing as soon as it reads that, and
 * Podman, which removes a file before it makes it anew, fails where somebody else was faster.
 */
static int fill_archive(struct tar_writer *tar, const struct facts *facts, const struct plan *plan,
			struct error *err)
{
	DEFER(buf_release) struct buf roster;

	buf_init(&roster, ENROLMENT_MAX_BYTES);
	list_names(facts, plan, &roster);
	buf_add_str(&roster, WIRE_ROSTER_END "\n");
	for (size_t i = 0; plan && i < plan->count; i++) {
		if (makes_dev(&plan->items[i]) &&
		    add_directories(tar, plan->items[i].name, err) < 0)
			return -1;
	}
	if (tar_add_file(tar, WIRE_ROSTER, 0644, 0, 0, roster.data, roster.len, err) < 0 ||
	    tar_add_file(tar, WIRE_ENROLLED, 0644, 0, 0, "", 0, err) < 0)
		return -1;
	return tar_finish(tar, err);
}

/* By name: the container may have been made just now. */
static int enrol(struct podman *podman, const struct facts *facts, const struct plan *plan,
		 struct error *err)
{
	static const char container[] = "winalux-" ROLE_TELEMETRY;
	DEFER(buf_release) struct buf archive;

	buf_init(&archive, ENROLMENT_MAX_BYTES);
	DEFER(tar_writer_freep) struct tar_writer *tar = tar_writer_new(&archive, err);
	if (!tar || fill_archive(tar, facts, plan, err) < 0)
		return -1;
	return container_put_archive(podman, container, DIRECTORY, archive.data, archive.len, err);
}

int telemetry_ensure(struct podman *podman, const struct facts *facts, const struct plan *plan,
		     uint32_t interval_s, struct error *err)
{
	if (ensure_container(podman, facts, interval_s, err) < 0)
		return -1;
	return enrol(podman, facts, plan, err);
}

int telemetry_dismiss(struct podman *podman, const struct facts *now, struct error *err)
{
	if (!now->telemetry)
		return 0;
	/* One that does not run forgets them when it is told the next time. */
	if (attendant_runs(now->telemetry) && enrol(podman, now, NULL, err) < 0)
		return -1;
	return telemetry_is_needed(now) ? 0 : attendant_remove(podman, now->telemetry->id, err);
}
