/* SPDX-License-Identifier: MIT */
#include "keepers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "container_files.h"
#include "winalux/base/buf.h"
#include "winalux/base/clock.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/guest/wire.h"
#include "winalux/image/builder.h"
#include "winalux/plan/facts.h"
#include "winalux/plan/names.h"
#include "winalux/podman/container.h"

#define GUEST_IMAGE "localhost/winalux/guest:"
#define DIRECTORY "/account/gate"

enum {
	SERVE_LIMIT_MS = 10000,
	SERVE_STEP_MS = 20,
	LOST_MAX_BYTES = 1 << 20,
	LOG_SIZE_BYTES = 1 << 20,
	STOP_TIMEOUT_S = 2,
	LAST_WORDS_SIZE = 200,
	LEAVE_LIMIT_MS = 5000,
};

/* What each is told, and what it may: only the warden looks into the processes of others. */
static const struct {
	const char *arguments[3];
	const char *capabilities[2];
} jobs[KEEPER_COUNT] = {
	[KEEPER_A] = { { "keeper", "a", DIRECTORY }, { NULL, NULL } },
	[KEEPER_B] = { { "keeper", "b", DIRECTORY }, { NULL, NULL } },
	[KEEPER_WARDEN] = { { "warden", DIRECTORY, NULL }, { "SYS_PTRACE", "DAC_READ_SEARCH" } },
};

static bool runs(const struct container *c)
{
	return c && c->state == CONTAINER_RUNNING;
}

static const struct container *first_running(const struct facts *facts)
{
	for (size_t i = 0; i < KEEPER_COUNT; i++) {
		if (runs(facts->keepers[i]))
			return facts->keepers[i];
	}
	return NULL;
}

bool keepers_are_missed(const struct facts *facts)
{
	bool are_all_running = true;

	for (size_t i = 0; i < KEEPER_COUNT; i++)
		are_all_running &= runs(facts->keepers[i]);
	return facts_need_keepers(facts) && !are_all_running;
}

/* --- making them --- */

/* This program's guest where its image is there; else the one that a strict workspace has. */
static char *find_guest(const struct facts *facts, struct error *err)
{
	char digest[HASH_HEX_SIZE];
	DEFER(freep) char *own = image_guest_reference(digest);

	if (images_find(&facts->images, own))
		return xstrdup(digest);
	for (size_t i = 0; i < facts->count; i++) {
		const struct workspace_facts *w = &facts->workspaces[i];

		if (workspace_facts_is_strict(w))
			return xstrdup(labels_get(&workspace_facts_container(w, ROLE_DEV)->labels,
						  LABEL_GUEST));
	}
	error_set(err, ERROR_NOT_FOUND, "the image '%s' is missing; `winalux build` makes it", own);
	return NULL;
}

static void keeper_spec(enum keeper keeper, const char *guest, struct container_spec *spec)
{
	spec->name = xasprintf("winalux-%s", keeper_role(keeper));
	spec->image = xasprintf(GUEST_IMAGE "%s", guest);
	spec->user = xstrdup("0");
	strv_add(&spec->entrypoint, "/winalux-guest");
	for (size_t i = 0; i < ARRAY_SIZE(jobs[keeper].arguments); i++) {
		if (jobs[keeper].arguments[i])
			strv_add(&spec->command, jobs[keeper].arguments[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(jobs[keeper].capabilities); i++) {
		if (jobs[keeper].capabilities[i])
			strv_add(&spec->cap_add, jobs[keeper].capabilities[i]);
	}
	labels_add(&spec->labels, LABEL_SCHEMA, SCHEMA_VERSION);
	labels_add(&spec->labels, LABEL_ROLE, keeper_role(keeper));
	labels_add(&spec->labels, LABEL_GUEST, guest);
	labels_add(&spec->labels, LABEL_WIRE, WIRE_VERSION_TEXT);
	spec->volumes = xcalloc(1, sizeof(spec->volumes[0]));
	spec->volume_count = 1;
	spec->volumes[0].volume = xstrdup(ACCOUNT_VOLUME);
	spec->volumes[0].destination = xstrdup("/account");
	spec->restarts_on_failure = true;
	spec->no_new_privileges = true;
	spec->sees_host_processes = keeper == KEEPER_WARDEN;
	spec->stop_timeout_s = STOP_TIMEOUT_S;
	spec->log_size_bytes = LOG_SIZE_BYTES;
}

struct said {
	bool is_ready;
	char last[LAST_WORDS_SIZE]; /* line */
};

static bool find_ready(const char *line, size_t len, bool is_stderr, void *context)
{
	static const char ready[] = "\"event\":\"ready\"";
	struct said *said = context;

	said->is_ready = !is_stderr && memmem(line, len, ready, sizeof(ready) - 1);
	snprintf(said->last, sizeof(said->last), "%.*s", (int)strcspn(line, "\n"), line);
	return !said->is_ready;
}

/* Its log is new: a container that does not run is never started again, but made anew. */
static int wait_until_serving(struct podman *podman, const char *id, const char *name,
			      struct error *err)
{
	const struct log_options options = { .with_stdout = true, .tail = -1 };
	const int64_t deadline_ms = clock_mono_ms() + SERVE_LIMIT_MS;

	for (;;) {
		struct said said = { .last = "nothing" };

		if (container_logs(podman, id, &options, find_ready, &said, err) < 0)
			return -1;
		if (said.is_ready)
			return 0;
		if (clock_mono_ms() >= deadline_ms)
			return error_set(err, ERROR_TIMEOUT,
					 "container '%s' does not serve after %d s; the last that "
					 "it said: %s",
					 name, SERVE_LIMIT_MS / 1000, said.last);
		clock_sleep_ms(SERVE_STEP_MS);
	}
}

/*
 * Not by "stop" nor a forced removal: 4.3.1 without cgroups signals nobody in a container with the
 * host's pid namespace, and fails after 5 s. A holder that is told to leave ends with status 0, and
 * so is not started again.
 */
static int remove_keeper(struct podman *podman, const char *id, struct error *err)
{
	int exit_code;

	if (container_kill(podman, id, WIRE_LEAVE_SIGNAL, NULL) == 0 &&
	    container_wait(podman, id, LEAVE_LIMIT_MS, &exit_code, err) < 0)
		return -1;
	return container_remove(podman, id, true, STOP_TIMEOUT_S, err);
}

static int make_keeper(struct podman *podman, enum keeper keeper, const char *guest,
		       struct error *err)
{
	DEFER(container_spec_release) struct container_spec spec = { 0 };
	DEFER(freep) char *id = NULL;

	keeper_spec(keeper, guest, &spec);
	if (container_create(podman, &spec, &id, err) == 0 &&
	    container_start(podman, id, err) == 0 &&
	    wait_until_serving(podman, id, spec.name, err) == 0)
		return 0;
	if (id)
		remove_keeper(podman, id,
			      NULL); /* the next run would take it for one that serves */
	return error_add(err, "cannot start '%s', which strict gates need", spec.name);
}

static bool is_fit(const struct container *c, enum keeper keeper, bool renews_warden,
		   const char *guest)
{
	const char *has = c ? labels_get(&c->labels, LABEL_GUEST) : NULL;

	if (!runs(c))
		return false;
	return keeper != KEEPER_WARDEN || !renews_warden || (has && !strcmp(has, guest));
}

int keepers_ensure(struct podman *podman, const struct facts *facts, bool renews_warden,
		   bool *ret_changed, struct error *err)
{
	DEFER(freep) char *guest = find_guest(facts, err);

	*ret_changed = false;
	if (!guest)
		return -1;
	for (enum keeper i = 0; i < KEEPER_COUNT; i++) {
		const struct container *c = facts->keepers[i];

		if (is_fit(c, i, renews_warden, guest))
			continue;
		*ret_changed = true;
		if ((c && remove_keeper(podman, c->id, err) < 0) ||
		    make_keeper(podman, i, guest, err) < 0)
			return -1;
	}
	return 0;
}

int keepers_dismiss(struct podman *podman, const struct facts *facts, struct error *err)
{
	if (facts_need_keepers(facts))
		return 0;
	for (enum keeper i = KEEPER_COUNT; i-- > 0;) {
		if (facts->keepers[i] && remove_keeper(podman, facts->keepers[i]->id, err) < 0)
			return -1;
	}
	return 0;
}

/* --- what they have lost --- */

static void on_lost_file(const char *name, const char *data, size_t len, void *lost)
{
	DEFER(freep) char *text = xstrndup(data, len);

	(void)name;
	strv_add_split(lost, text, "\n");
}

int keepers_find_lost(struct podman *podman, struct facts *facts, struct error *err)
{
	DEFER(strv_release) struct strv lost = { 0 };

	if (!facts_need_keepers(facts))
		return 0;
	if (!first_running(facts)) {
		facts_mark_lost(facts, NULL);
		return 0;
	}
	/* Any of the three will do: their volume is the same. */
	if (container_files_read(podman, first_running(facts)->id, DIRECTORY "/lost",
				 LOST_MAX_BYTES, on_lost_file, &lost, err) < 0)
		return -1;
	facts_mark_lost(facts, &lost);
	return 0;
}
