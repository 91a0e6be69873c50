/* SPDX-License-Identifier: MIT */
/*
 * Executing a plan: a thread per workspace (at most THREADS_MAX; the rest wait in line), the steps
 * of one workspace in order. Threads beyond the number of mutating calls that Podman takes well
 * (its store has one lock) wait for a slot step by step, so a workspace that waits for
 * its sshd does not keep others from being made. A free slot goes to the first workspace in line,
 * so that the first ones already wait for their answers while the last ones are made.
 *
 * The caller's thread renews the account's lock meanwhile. When the lock is lost to another
 * winalux, every workspace stops before its next step, and nothing is undone: that would be the
 * other one's work.
 */
#include "apply.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "job.h"
#include "undo.h"
#include "winalux/base/clock.h"
#include "winalux/base/log.h"
#include "winalux/base/mem.h"
#include "winalux/inventory/config.h"
#include "winalux/podman/podman.h"
#include "winalux/workspace/host.h"
#include "winalux/workspace/lock.h"

enum { THREADS_MAX = 32, SLOTS_DEFAULT = 4, KEEP_LOCK_EVERY_S = 1, STACK_BYTES = 1 << 20 };

struct applier {
	struct host *host;
	const struct plan *plan;
	const struct progress_sink *sink;
	struct limit_support limits;
	struct outcomes *outcomes;
	pthread_mutex_t
		sink_mutex;    /* held during calls of the sink, which may wait for a terminal */
	pthread_mutex_t mutex; /* guards all below */
	pthread_cond_t changed;
	size_t next;      /* first workspace that no thread has taken */
	size_t running;   /* threads */
	bool *is_waiting; /* by workspace: for a slot */
	unsigned free_slots;
	bool is_lock_lost;
};

static bool is_cancelled(const struct applier *a)
{
	const volatile bool *cancelled = host_cancelled(a->host);

	return cancelled && *cancelled;
}

/* Is it time to stop? Asked before each step. */
static int check_going(struct applier *a, struct error *err)
{
	bool is_lock_lost;

	if (is_cancelled(a))
		return error_set(err, ERROR_INTERRUPTED, "interrupted");
	pthread_mutex_lock(&a->mutex);
	is_lock_lost = a->is_lock_lost;
	pthread_mutex_unlock(&a->mutex);
	if (is_lock_lost)
		return error_set(err, ERROR_LOCKED,
				 "another winalux has taken over the lock of this account");
	return 0;
}

static bool is_first_in_line(const struct applier *a, size_t index)
{
	for (size_t i = 0; i < index; i++) {
		if (a->is_waiting[i])
			return false;
	}
	return true;
}

static void slot_take(struct applier *a, size_t index)
{
	pthread_mutex_lock(&a->mutex);
	a->is_waiting[index] = true;
	while (!a->free_slots || !is_first_in_line(a, index))
		pthread_cond_wait(&a->changed, &a->mutex);
	a->is_waiting[index] = false;
	a->free_slots--;
	if (a->free_slots)
		pthread_cond_broadcast(&a->changed); /* the next in line may have one too */
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
	pthread_mutex_lock(&a->sink_mutex);
	a->sink->on_step(a->sink->context, w->name, text, index + 1, w->step_count);
	pthread_mutex_unlock(&a->sink_mutex);
}

static void say_done(struct applier *a, const struct outcome *o)
{
	if (!a->sink || !a->sink->on_done)
		return;
	pthread_mutex_lock(&a->sink_mutex);
	a->sink->on_done(a->sink->context, o->name, o->action, o->took_ms,
			 o->has_failed ? &o->error : NULL);
	pthread_mutex_unlock(&a->sink_mutex);
}

static int run_step(struct applier *a, struct job *job, size_t index, struct error *err)
{
	if (check_going(a, err) < 0)
		return -1;
	say_step(a, job->plan, index);
	return job_step(job, &job->plan->steps[index], err);
}

static int run_steps(struct applier *a, struct job *job, size_t workspace, struct error *err)
{
	const struct workspace_plan *w = job->plan;

	for (size_t i = 0; i < w->step_count; i++) {
		const bool is_mutating = step_is_mutating(w->steps[i].kind);
		int status;

		if (is_mutating)
			slot_take(a, workspace);
		status = run_step(a, job, i, err);
		if (is_mutating)
			slot_give(a);
		if (status < 0)
			return -1;
	}
	return 0;
}

/*
 * Only a workspace that was not whole before is undone, and only until it is recorded: any other is
 * repaired by the next deploy.
 */
static bool can_undo(struct applier *a, const struct job *job)
{
	const struct workspace_plan *w = job->plan;
	bool is_ours;

	pthread_mutex_lock(&a->mutex);
	is_ours = !a->is_lock_lost;
	pthread_mutex_unlock(&a->mutex);
	return is_ours && w->want && !job->has_recorded &&
	       (w->action == ACTION_CREATE || !w->facts || !w->facts->state.generation);
}

static void undo(struct applier *a, const struct job *job, size_t workspace)
{
	if (!can_undo(a, job))
		return;
	slot_take(a, workspace);
	undo_workspace(job->firm, job->plan->name, job->plan->facts);
	slot_give(a);
}

/* Connections of one thread. */
struct connections {
	struct podman *podman;
	struct podman *firm;
};

static void run_workspace(struct applier *a, const struct connections *c, size_t index)
{
	const struct workspace_plan *w = &a->plan->items[index];
	struct outcome *o = &a->outcomes->items[index];
	const int64_t begun_ms = clock_mono_ms();
	DEFER(job_release)
	struct job job = {
		.plan = w,
		.config = host_config(a->host),
		.cancelled = host_cancelled(a->host),
		.podman = c->podman,
		.firm = c->firm,
		.limits = a->limits,
	};

	if (run_steps(a, &job, index, &o->error) < 0) {
		o->has_failed = true;
		undo(a, &job, index);
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
	const struct connections c = { host_connect(a->host, true), host_connect(a->host, false) };
	size_t index;

	while (take_workspace(a, &index))
		run_workspace(a, &c, index);
	podman_free(c.podman);
	podman_free(c.firm);
	pthread_mutex_lock(&a->mutex);
	a->running--;
	pthread_cond_broadcast(&a->changed);
	pthread_mutex_unlock(&a->mutex);
	return NULL;
}

/*
 * Not one per core: a call waits for conmon, the kernel and the disk more than it computes. On two
 * cores four in flight take 0.85 of the time of two, and eight are no faster (make bench).
 */
static unsigned slot_count(const struct config *config)
{
	return config->jobs ? config->jobs : SLOTS_DEFAULT;
}

static void keep_lock(struct applier *a, const struct applied_lock *held)
{
	struct error failure = { 0 };

	if (!held->lock || lock_keep(held->lock, held->podman, &failure) == 0)
		return;
	log_debug("%s", failure.text);
	if (failure.kind != ERROR_LOCKED)
		return; /* it is tried again, and still ours for half of its lifetime */
	pthread_mutex_lock(&a->mutex);
	a->is_lock_lost = true;
	pthread_mutex_unlock(&a->mutex);
}

/* Until all threads have ended. Once a second, and after each step, looks after the lock. */
static void wait_threads(struct applier *a, const struct applied_lock *held)
{
	pthread_mutex_lock(&a->mutex);
	while (a->running) {
		struct timespec until;

		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec += KEEP_LOCK_EVERY_S;
		pthread_cond_timedwait(&a->changed, &a->mutex, &until);
		pthread_mutex_unlock(&a->mutex);
		keep_lock(a, held);
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

static void run_threads(struct applier *a, const struct applied_lock *held)
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
	wait_threads(a, held);
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
		if (w->action == ACTION_REFUSE) {
			ret->items[i].has_failed = true;
			error_set(&ret->items[i].error, ERROR_CONFLICT, "%s", w->reason);
		}
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
	size_t failed = 0, begun = 0, wanted = 0;

	for (size_t i = 0; i < o->count; i++) {
		begun += o->items[i].is_done;
		wanted += o->items[i].action != ACTION_ORPHAN;
		failed += o->items[i].has_failed;
		if (!first && o->items[i].has_failed)
			first = &o->items[i];
	}
	if (!failed && begun == o->count)
		return 0;
	if (is_cancelled(a))
		return error_set(err, ERROR_INTERRUPTED,
				 "interrupted; a second run goes on from here");
	if (a->is_lock_lost)
		return error_set(err, ERROR_LOCKED,
				 "another winalux has taken over the lock of this account; a "
				 "second run goes on from here");
	if (wanted == 1 && first) {
		*err = first->error;
		return error_add(err, "workspace '%s'", first->name);
	}
	return error_set(err, ERROR_PARTIAL,
			 "%zu of %zu workspaces failed; a second run goes on from here", failed,
			 wanted);
}

static void applier_init(struct applier *a)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_mutex_init(&a->sink_mutex, NULL);
	pthread_mutex_init(&a->mutex, NULL);
	pthread_cond_init(&a->changed, &attributes);
	pthread_condattr_destroy(&attributes);
	a->is_waiting = xcalloc(a->plan->count + 1, sizeof(a->is_waiting[0]));
	a->free_slots = slot_count(host_config(a->host));
}

static void applier_release(struct applier *a)
{
	free(a->is_waiting);
	pthread_cond_destroy(&a->changed);
	pthread_mutex_destroy(&a->mutex);
	pthread_mutex_destroy(&a->sink_mutex);
}

int apply_under_lock(struct host *host, const struct plan *plan, const struct progress_sink *sink,
		     const struct applied_lock *held, struct outcomes *ret, struct error *err)
{
	struct applier a = { .host = host, .plan = plan, .sink = sink, .outcomes = ret };
	int status;

	prepare_outcomes(plan, ret);
	if (plan_has_limits(plan) && host_get_limits(host, &a.limits, err) < 0)
		return -1;
	applier_init(&a);
	run_threads(&a, held);
	status = summarise(&a, err);
	applier_release(&a);
	return status;
}
