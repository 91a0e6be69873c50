/* SPDX-License-Identifier: MIT */
#include "services.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "event.h"
#include "report.h"
#include "spawn.h"
#include "user.h"
#include "winalux/base/clock.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"

/* A service that prints without end must not fill the log in which "login" stands. */
enum { OUTPUT_BURST = 200, OUTPUT_PER_S = 50, OUTPUT_BREATH_MS = 50 };

static void log_state(struct service *service, const char *state, const char *key, int64_t value)
{
	char text[128];
	int len = snprintf(text, sizeof(text), "%s", state);

	if (key)
		len = snprintf(text, sizeof(text), "%s, %s %" PRId64, state, key, value);
	service_log_add(&service->owner->log, service->name, '*', text, (size_t)len);
}

static void report_state(struct service *service, const char *state, const char *key, int64_t value)
{
	struct event e;

	event_start(&e, "service");
	event_text(&e, "name", service->name);
	event_text(&e, "state", state);
	if (key)
		event_number(&e, key, value);
	report_send(service->owner->report, &e);
	log_state(service, state, key, value);
}

static void on_line(void *context, const char *line, size_t len)
{
	struct service *service = context;
	struct event e;
	uint64_t refused;

	if (!bucket_take(&service->bucket, clock_mono_ms(), &refused))
		return;
	event_start(&e, "output");
	event_text(&e, "service", service->name);
	if (refused)
		event_number(&e, "dropped", (int64_t)refused);
	event_bytes(&e, "line", line, len);
	report_send(service->owner->report, &e);
	service_log_add(&service->owner->log, service->name, '|', line, len);
}

static void on_output(void *owner, uint32_t events)
{
	struct service *service = owner;

	(void)events;
	if (!lines_read(service->lines, service->output.fd, on_line, service)) {
		loop_close(service->owner->loop, &service->output);
	} else if (service->bucket.refused) { /* at most 64 KiB in each breath, not a core for it */
		loop_rewatch(service->owner->loop, &service->output, 0);
		timer_start(&service->breath, OUTPUT_BREATH_MS);
	}
}

static void on_breath(void *owner)
{
	struct service *service = owner;

	if (service->output.fd >= 0)
		loop_rewatch(service->owner->loop, &service->output, EPOLLIN);
}

static void close_output(struct service *service)
{
	if (service->output.fd >= 0)
		on_output(service, 0);
	loop_close(service->owner->loop, &service->output);
}

/* Starts the process with its output on a pipe. */
static int launch(struct service *service, struct error *err)
{
	const struct wire_service *spec = service->spec;
	DEFER(fd_closep) int write_end = -1;
	struct user user;

	if (user_get(spec->user, &user, err) < 0)
		return -1;
	if (spawn_pipe(&service->output.fd, &write_end) < 0 ||
	    loop_watch(service->owner->loop, &service->output, EPOLLIN) < 0)
		return error_set_errno(err, ERROR_INTERNAL, errno, "no pipe");
	lines_clear(service->lines);
	const struct spawn s = {
		.argv = spec->args,
		.user = &user,
		.directory = *spec->directory ? spec->directory : user.home,
		.stdin_fd = -1,
		.stdout_fd = write_end,
		.stderr_fd = write_end,
		.environment = service->owner->environment,
	};
	service->pid = spawn(&s);
	if (service->pid < 0)
		return error_set_errno(err, ERROR_INTERNAL, errno, "cannot fork");
	return 0;
}

static void wait_and_retry(struct service *service, long long lived_ms)
{
	int delay_ms = backoff_next(&service->backoff, lived_ms);

	report_state(service, "backoff", "delay_ms", delay_ms);
	timer_start(&service->timer, delay_ms);
}

static void start(struct service *service)
{
	struct error err;

	timer_stop(&service->timer);
	service->is_ending = false;
	service->started_ms = clock_mono_ms();
	if (launch(service, &err) == 0) {
		report_state(service, "started", "pid", service->pid);
		return;
	}
	service->pid = 0;
	close_output(service);
	error_add(&err, "cannot start service '%s'", service->name);
	report_error(service->owner->report, &err);
	wait_and_retry(service, 0);
}

static void release(struct service *service)
{
	close_output(service);
	timer_stop(&service->timer);
	service->pid = 0;
	service->spec = NULL;
	service->name[0] = '\0';
}

/* Ends the process, if there is one, with all of its process group. */
static void end(struct service *service)
{
	if (service->pid == 0)
		return;
	service->is_ending = true;
	kill(-service->pid, SIGTERM);
	timer_start(&service->timer, SERVICES_KILL_MS);
}

static void on_timer(void *owner)
{
	struct service *service = owner;

	if (service->pid)
		kill(-service->pid, SIGKILL);
	else if (service->spec)
		start(service);
}

void services_init(struct services *s, struct loop *loop, struct report *report,
		   const char *const *environment)
{
	s->loop = loop;
	s->report = report;
	s->environment = environment;
	s->is_started = false;
	service_log_init(&s->log, SERVICE_LOG_PATH);
	for (size_t i = 0; i < SERVICES_MAX; i++) {
		loop_add_timer(loop, &s->items[i].timer);
		loop_add_timer(loop, &s->items[i].breath);
	}
}

static bool is_equal(const struct wire_service *a, const struct wire_service *b)
{
	if (strcmp(a->user, b->user) != 0 || strcmp(a->directory, b->directory) != 0 ||
	    a->arg_count != b->arg_count)
		return false;
	for (size_t i = 0; i < a->arg_count; i++)
		if (strcmp(a->args[i], b->args[i]) != 0)
			return false;
	return true;
}

static const struct wire_service *find_spec(const struct wire_config *config, const char *name)
{
	for (size_t i = 0; i < config->service_count; i++)
		if (strcmp(config->services[i].name, name) == 0)
			return &config->services[i];
	return NULL;
}

/* A place that is in use learns what the new configuration says of it. */
static void update(struct service *service, const struct wire_config *config)
{
	const struct wire_service *before = service->spec;

	service->spec = before ? find_spec(config, service->name) : NULL;
	if (service->spec && is_equal(before, service->spec))
		return;
	service->backoff = (struct backoff){ 0 };
	if (service->pid)
		end(service);
	else if (!service->spec)
		release(service);
	else if (service->owner->is_started)
		start(service);
}

static struct service *find_place(struct services *s, const char *name)
{
	struct service *free_place = NULL;

	for (size_t i = 0; i < SERVICES_MAX; i++) {
		struct service *service = &s->items[i];

		if (service->spec && strcmp(service->name, name) == 0)
			return service;
		if (!service->name[0] && !free_place)
			free_place = service;
	}
	return free_place;
}

static void add(struct services *s, const struct wire_service *spec)
{
	struct service *service = find_place(s, spec->name);
	struct error err;

	if (!service) {
		error_set(&err, ERROR_INTERNAL, "no place for service '%s' until others ended",
			  spec->name);
		report_error(s->report, &err);
		return;
	}
	if (service->spec)
		return;
	service->owner = s;
	service->lines = &s->lines[service - s->items];
	service->output = (struct source){ .fd = -1, .run = on_output, .owner = service };
	service->timer = (struct timer){ .run = on_timer, .owner = service };
	service->breath = (struct timer){ .run = on_breath, .owner = service };
	memcpy(service->name, spec->name, strlen(spec->name) + 1);
	service->spec = spec;
	service->backoff = (struct backoff){ 0 };
	bucket_init(&service->bucket, OUTPUT_BURST, OUTPUT_PER_S, clock_mono_ms());
	if (s->is_started)
		start(service);
}

void services_set(struct services *s, const struct wire_config *config)
{
	for (size_t i = 0; i < SERVICES_MAX; i++)
		if (s->items[i].name[0])
			update(&s->items[i], config);
	for (size_t i = 0; i < config->service_count; i++)
		add(s, &config->services[i]);
}

void services_start(struct services *s)
{
	s->is_started = true;
	for (size_t i = 0; i < SERVICES_MAX; i++)
		if (s->items[i].spec && !s->items[i].pid)
			start(&s->items[i]);
}

static void on_exit_of(struct service *service, int status)
{
	long long lived_ms = clock_mono_ms() - service->started_ms;

	close_output(service);
	/* What it leaves behind may hold its port, and would make the next start fail. */
	kill(-service->pid, SIGKILL);
	service->pid = 0;
	timer_stop(&service->timer);
	report_state(service, "exited", "status",
		     WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
	if (!service->spec)
		release(service);
	else if (service->is_ending)
		start(service);
	else
		wait_and_retry(service, lived_ms);
}

bool services_reaped(struct services *s, pid_t pid, int status)
{
	for (size_t i = 0; i < SERVICES_MAX; i++) {
		if (s->items[i].pid == pid) {
			on_exit_of(&s->items[i], status);
			return true;
		}
	}
	return false;
}

void services_stop(struct services *s)
{
	s->is_started = false;
	for (size_t i = 0; i < SERVICES_MAX; i++) {
		struct service *service = &s->items[i];

		if (!service->name[0])
			continue;
		service->spec = NULL;
		if (service->pid)
			timer_stop(&service->timer);
		else
			release(service);
	}
}
