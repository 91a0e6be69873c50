/* SPDX-License-Identifier: MIT */
#include "attendant.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "winalux/base/arch.h"
#include "winalux/base/clock.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/guest/wire.h"
#include "winalux/image/builder.h"
#include "winalux/plan/facts.h"
#include "winalux/plan/names.h"
#include "winalux/podman/container.h"

#define GUEST_IMAGE "localhost/winalux/guest:"
#define GUEST_DIRECTORY "/usr/lib/winalux"

enum {
	SERVE_LIMIT_MS = 10000,
	SERVE_STEP_MS = 20,
	LOG_SIZE_BYTES = 1 << 20,
	STOP_TIMEOUT_S = 2,
	LAST_WORDS_SIZE = 200,
	LEAVE_LIMIT_MS = 30000,
};

bool attendant_runs(const struct container *c)
{
	return c && c->state == CONTAINER_RUNNING;
}

char *attendant_find_guest(const struct facts *facts,
			   bool (*is_for)(const struct workspace_facts *w), struct error *err)
{
	char digest[HASH_HEX_SIZE];
	DEFER(freep) char *own = image_guest_reference(arch_own(), digest);

	if (images_find(&facts->images, own))
		return xstrdup(digest);
	for (size_t i = 0; i < facts->count; i++) {
		const struct workspace_facts *w = &facts->workspaces[i];

		if (is_for(w))
			return xstrdup(labels_get(&workspace_facts_container(w, ROLE_DEV)->labels,
						  LABEL_GUEST));
	}
	error_set(err, ERROR_NOT_FOUND, "the image '%s' is missing; `winalux build` makes it", own);
	return NULL;
}

static void use_guest(const struct attendant *a, const char *guest, struct container_spec *spec)
{
	DEFER(freep) char *guest_image = xasprintf(GUEST_IMAGE "%s", guest);

	if (!a->image) {
		spec->image = TAKE(guest_image);
		strv_add(&spec->entrypoint, "/winalux-guest");
		return;
	}
	spec->image = xstrdup(a->image);
	strv_add(&spec->entrypoint, GUEST_DIRECTORY "/winalux-guest");
	spec->image_mounts = xcalloc(1, sizeof(spec->image_mounts[0]));
	spec->image_mount_count = 1;
	spec->image_mounts[0].image = TAKE(guest_image);
	spec->image_mounts[0].destination = xstrdup(GUEST_DIRECTORY);
}

static void make_spec(const struct attendant *a, const char *guest, struct container_spec *spec)
{
	spec->name = xasprintf("winalux-%s", a->role);
	use_guest(a, guest, spec);
	spec->user = xstrdup("0");
	for (size_t i = 0; i < ATTENDANT_ARGUMENTS_MAX; i++) {
		if (a->arguments[i])
			strv_add(&spec->command, a->arguments[i]);
	}
	for (size_t i = 0; i < ATTENDANT_CAPABILITIES_MAX; i++) {
		if (a->capabilities[i])
			strv_add(&spec->cap_add, a->capabilities[i]);
	}
	labels_add(&spec->labels, LABEL_SCHEMA, SCHEMA_VERSION);
	labels_add(&spec->labels, LABEL_ROLE, a->role);
	labels_add(&spec->labels, LABEL_GUEST, guest);
	labels_add(&spec->labels, LABEL_WIRE, WIRE_VERSION_TEXT);
	if (a->label)
		labels_add(&spec->labels, a->label, a->value);
	spec->volumes = xcalloc(1, sizeof(spec->volumes[0]));
	spec->volume_count = 1;
	spec->volumes[0].volume = xstrdup(ACCOUNT_VOLUME);
	spec->volumes[0].destination = xstrdup("/account");
	spec->restarts_on_failure = true;
	spec->no_new_privileges = true;
	spec->sees_host_processes = a->sees_host_processes;
	spec->sees_host_cgroups = a->sees_host_cgroups;
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
int attendant_remove(struct podman *podman, const char *id, struct error *err)
{
	int exit_code;

	if (container_kill(podman, id, WIRE_LEAVE_SIGNAL, NULL) == 0 &&
	    container_wait(podman, id, LEAVE_LIMIT_MS, &exit_code, err) < 0)
		return -1;
	return container_remove(podman, id, true, STOP_TIMEOUT_S, err);
}

int attendant_make(struct podman *podman, const struct attendant *attendant, const char *guest,
		   struct error *err)
{
	DEFER(container_spec_release) struct container_spec spec = { 0 };
	DEFER(freep) char *id = NULL;

	make_spec(attendant, guest, &spec);
	if (container_create(podman, &spec, &id, err) == 0 &&
	    container_start(podman, id, err) == 0 &&
	    wait_until_serving(podman, id, spec.name, err) == 0)
		return 0;
	if (id)
		attendant_remove(podman, id,
				 NULL); /* the next run would take it for one that serves */
	return error_add(err, "cannot start '%s', which %s", spec.name, attendant->purpose);
}
