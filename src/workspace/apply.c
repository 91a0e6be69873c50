/* SPDX-License-Identifier: MIT */
/*
 * Executing a plan: a thread per workspace (at most THREADS_MAX; the rest wait in line), the steps
 * of one workspace in order. Threads beyond the number of mutating calls that Podman takes well
 * (PODMAN.md: its store has one lock) wait for a slot step by step, so a workspace that waits for
 * its sshd does not keep others from being made. The caller's thread renews the account's lock
 * meanwhile.
 */
#include "apply.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "job.h"
#include "winalux/base/clock.h"
#include "winalux/base/mem.h"
#include "winalux/inventory/config.h"
#include "winalux/podman/podman.h"
#include "winalux/workspace/host.h"
#include "winalux/workspace/lock.h"

enum { THREADS_MAX = 32, SLOTS_DEFAULT_MAX = 4, KEEP_LOCK_EVERY_S = 1, STACK_BYTES = 1 << 20 };

struct applier {
	struct host *host;
	const struct plan *plan;
	const struct progress_sink *sink;
	struct limit_support limits;
	struct outcomes *outcomes;
	pthread_mutex_t mutex; /* guards all below, and calls of the sink */
	pthread_cond_t changed;
	size_t next;    /* first workspace that no thread has taken */
	size_t running; /* threads */
	unsigned free_slots;
};

static bool is_cancelled(const struct applier *a)
{
	const volatile bool *cancelled = host_cancelled(a->host);

	return cancelled && *cancelled;
}

static void slot_take(struct applier *a)
{
	pthread_mutex_lock(&a->mutex);
	while (!a->free_slots)
		pthread_cond_wait(&a->changed, &a->mutex);
	a->free_slots--;
	pthread_mutex_unlock(&a->mutex);
}

static void slot_give(struct applier *a)
{
	pthread_mutex_lock(&a->mutex);
	a->free_slots++;
	pthread_cond_broadcast(&a->changed);
	pthread_mutex_unlock(&a->mutex);
}

static void say_step(struct applier *a, const struct workspace_plan *w, size_t index)
{
	DEFER(freep) char *text = step_text(&w->steps[index]);

	if (!a->sink || !a->sink->on_step)
		return;
	pthread_mutex_lock(&a->mutex);
	a->sink->on_step(a->sink->context, w->name, text, index + 1, w->step_count);
	pthread_mutex_unlock(&a->mutex);
}

static void say_done(struct applier *a, const struct outcome *o)
{
	if (!a->sink || !a->sink->on_done)
		return;
	pthread_mutex_lock(&a->mutex);
	a->sink->on_done(a->sink->context, o->name, o->action, o->took_ms,
			 o->has_failed ? &o->error : NULL);
	pthread_mutex_unlock(&a->mutex);
}

static int run_steps(struct applier *a, struct job *job, struct error *err)
{
	const struct workspace_plan *w = job->plan;

	for (size_t i = 0; i < w->step_count; i++) {
		const bool is_mutating = step_is_mutating(w->steps[i].kind);
		int status;

		if (is_mutating)
			slot_take(a);
		if (is_cancelled(a)) {
			status = error_set(err, ERROR_INTERRUPTED, "interrupted");
		} else {
			say_step(a, w, i);
			status = job_step(job, &w->steps[i], err);
		}
		if (is_mutating)
			slot_give(a);
		if (status < 0)
			return -1;
	}
	return 0;
}

/* Only a workspace that was not there before is undone: otherwise the next deploy repairs it. */
static void undo(struct applier *a, struct job *job)
{
	struct podman *podman;

	if (job->plan->action != ACTION_CREATE)
		return;
	podman = host_connect(a->host, false);
	slot_take(a);
	job_undo(job, podman);
	slot_give(a);
	podman_free(podman);
}

static void run_workspace(struct applier *a, struct podman *podman, size_t index)
{
	const struct workspace_plan *w = &a->plan->items[index];
	struct outcome *o = &a->outcomes->items[index];
	const int64_t begun_ms = clock_mono_ms();
	DEFER(job_release)
	struct job job = {
		.plan = w,
		.config = host_config(a->host),
		.cancelled = host_cancelled(a->host),
		.podman = podman,
		.limits = a->limits,
	};

	if (run_steps(a, &job, &o->error) < 0) {
		o->has_failed = true;
		undo(a, &job);
	}
	o->is_done = true;
	o->took_ms = clock_mono_ms() - begun_ms;
	say_done(a, o);
}

static bool take_workspace(struct applier *a, size_t *ret_index)
{
	bool is_taken = false;

	pthread_mutex_lock(&a->mutex);
	while (a->next < a->plan->count && !a->plan->items[a->next].step_count)
		a->next++;
	if (a->next < a->plan->count && !is_cancelled(a)) {
		*ret_index = a->next++;
		is_taken = true;
	}
	pthread_mutex_unlock(&a->mutex);
	return is_taken;
}

static void *run_thread(void *context)
{
	struct applier *a = context;
	struct podman *podman = host_connect(a->host, true);
	size_t index;

	while (take_workspace(a, &index))
		run_workspace(a, podman, index);
	podman_free(podman);
	pthread_mutex_lock(&a->mutex);
	a->running--;
	pthread_cond_broadcast(&a->changed);
	pthread_mutex_unlock(&a->mutex);
	return NULL;
}

static unsigned slot_count(const struct config *config)
{
	const long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (config->jobs)
		return config->jobs;
	if (cores < 1)
		return 1;
	return cores < SLOTS_DEFAULT_MAX ? (unsigned)cores : SLOTS_DEFAULT_MAX;
}

/* Waits for all threads; once a second looks after the lock. A lock that is lost is not fatal. */
static void wait_threads(struct applier *a, struct lock *lock)
{
	pthread_mutex_lock(&a->mutex);
	while (a->running) {
		struct timespec until;

		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_sec += KEEP_LOCK_EVERY_S;
		pthread_cond_timedwait(&a->changed, &a->mutex, &until);
		if (!lock)
			continue;
		pthread_mutex_unlock(&a->mutex);
		lock_keep(lock, host_podman(a->host), NULL);
		pthread_mutex_lock(&a->mutex);
	}
	pthread_mutex_unlock(&a->mutex);
}

static size_t busy_count(const struct plan *plan)
{
	size_t count = 0;

	for (size_t i = 0; i < plan->count; i++)
		count += plan->items[i].step_count > 0;
	return count;
}

static void run_threads(struct applier *a, struct lock *lock)
{
	const size_t wanted = busy_count(a->plan);
	pthread_t threads[THREADS_MAX];
	size_t started = 0;
	pthread_attr_t attributes;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	a->running = 0;
	while (started < wanted && started < THREADS_MAX) {
		pthread_mutex_lock(&a->mutex);
		a->running++;
		pthread_mutex_unlock(&a->mutex);
		if (pthread_create(&threads[started], &attributes, run_thread, a) != 0) {
			pthread_mutex_lock(&a->mutex);
			a->running--;
			pthread_mutex_unlock(&a->mutex);
			break;
		}
		started++;
	}
	pthread_attr_destroy(&attributes);
	if (!started && wanted) { /* no thread to be had: one after the other, here */
		a->running = 1;
		run_thread(a);
	}
	wait_threads(a, lock);
	for (size_t i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
}

static bool plan_has_limits(const struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct want *want = plan->items[i].want;

		if (want && plan->items[i].step_count &&
		    (want->workspace->cpu_milli || want->workspace->memory_limit_mib ||
		     want->workspace->pids_limit))
			return true;
	}
	return false;
}

static void prepare_outcomes(const struct plan *plan, struct outcomes *ret)
{
	ret->items = xcalloc(plan->count + 1, sizeof(ret->items[0]));
	ret->count = plan->count;
	for (size_t i = 0; i < plan->count; i++) {
		const struct workspace_plan *w = &plan->items[i];

		ret->items[i].name = xstrdup(w->name);
		ret->items[i].action = w->action;
		ret->items[i].is_done = !w->step_count;
		if (w->want)
			ret->items[i].ssh_port = w->want->ssh_port;
		else if (w->facts)
			ret->items[i].ssh_port = w->facts->state.ssh_port;
	}
}

void outcomes_release(struct outcomes *o)
{
	for (size_t i = 0; i < o->count; i++)
		free(o->items[i].name);
	free(o->items);
	*o = (struct outcomes){ 0 };
}

static int summarise(const struct applier *a, struct error *err)
{
	const struct outcomes *o = a->outcomes;
	const struct outcome *first = NULL;
	size_t failed = 0;

	for (size_t i = 0; i < o->count; i++) {
		if (!o->items[i].has_failed)
			continue;
		failed++;
		if (!first)
			first = &o->items[i];
	}
	if (is_cancelled(a))
		return error_set(err, ERROR_INTERRUPTED,
				 "interrupted; a second run goes on from here");
	if (!failed)
		return 0;
	if (o->count == 1) {
		*err = first->error;
		return error_add(err, "workspace '%s'", first->name);
	}
	return error_set(err, ERROR_PARTIAL,
			 "%zu of %zu workspaces failed; a second run goes on from "
			 "here",
			 failed, o->count);
}

int apply_under_lock(struct host *host, const struct plan *plan, const struct progress_sink *sink,
		     struct lock *lock, struct outcomes *ret, struct error *err)
{
	struct applier a = {
		.host = host,
		.plan = plan,
		.sink = sink,
		.outcomes = ret,
		.free_slots = slot_count(host_config(host)),
	};
	int status;

	prepare_outcomes(plan, ret);
	if (plan_has_limits(plan) && limit_support_get(host_podman(host), &a.limits, err) < 0)
		return -1;
	pthread_mutex_init(&a.mutex, NULL);
	pthread_cond_init(&a.changed, NULL);
	run_threads(&a, lock);
	status = summarise(&a, err);
	pthread_cond_destroy(&a.changed);
	pthread_mutex_destroy(&a.mutex);
	return status;
}
