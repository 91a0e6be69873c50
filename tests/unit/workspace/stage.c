/* SPDX-License-Identifier: MIT */
#include "stage.h"

#include <stdlib.h>

#include "winalux/base/mem.h"
#include "winalux/podman/podman.h"
#include "winalux/workspace/host.h"

#define KEY                                                                                        \
	"    public_key: \"ssh-ed25519 "                                                           \
	"AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl me@here\"\n"

const char stage_alice[] =
	"version: 1\nworkspaces:\n  - name: alice\n    ssh_port: 2201\n    sidecars: [redis]\n" KEY;
const char stage_two[] = "version: 1\nworkspaces:\n  - name: alice\n    ssh_port: 2201\n" KEY
			 "  - name: bob\n    ssh_port: 2202\n" KEY;

void stage_open(struct stage *t, const char *script)
{
	t->service = service_start(script);
	t->config = (struct config){ .jobs = 1, .ready_timeout_s = 1, .stop_timeout_s = 1 };
	t->config.socket = xstrdup(fake_socket(t->service.server));
	if (host_open(&t->config, &t->cancelled, &t->host, &t->err) < 0)
		fail_msg("%s", t->err.text);
}

static void drop_waits(struct workspace_plan *w)
{
	size_t kept = 0;

	for (size_t i = 0; i < w->step_count; i++) {
		if (w->steps[i].kind == STEP_WAIT_READY)
			free(w->steps[i].object);
		else
			w->steps[kept++] = w->steps[i];
	}
	w->step_count = kept;
}

void stage_plan(struct stage *t)
{
	if (scene_plan(&t->scene, NULL, &t->err) < 0)
		fail_msg("%s", t->err.text);
	for (size_t i = 0; i < t->scene.plan.count; i++)
		drop_waits(&t->scene.plan.items[i]);
}

static void count_step(void *context, const char *workspace, const char *text, size_t number,
		       size_t total)
{
	struct stage *t = context;

	(void)workspace;
	(void)text;
	(void)number;
	(void)total;
	t->cancelled = ++t->steps_begun == t->cancel_at;
}

int stage_apply(struct stage *t, const struct applied_lock *held)
{
	static const struct applied_lock none;
	const struct progress_sink sink = { .on_step = count_step, .context = t };

	outcomes_release(&t->outcomes);
	return apply_under_lock(t->host, &t->scene.plan, &sink, held ? held : &none, &t->outcomes,
				&t->err);
}

void stage_close(struct stage *t)
{
	outcomes_release(&t->outcomes);
	host_freep(&t->host);
	free(t->config.socket);
	service_release(&t->service);
	scene_release(&t->scene);
}
