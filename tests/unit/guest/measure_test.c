/* SPDX-License-Identifier: MIT */
/* What PID 1 measures of the machine that this test runs on. */
#include "guest/measure.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "files.h"
#include "guest/checks.h"
#include "guest/figures.h"
#include "guest/report.h"
#include "guest/sessions.h"
#include "winalux/base/mem.h"
#include "winalux/guest/wire.h"

struct fixture {
	struct loop loop;
	struct report report;
	struct checks checks;
	struct measure measure;
	struct wire_config config;
	char path[256];
};

static struct fixture *begin(const char *directory)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	files_path(f->path, directory, "metrics");
	assert_int_equal(loop_init(&f->loop, NULL), 0);
	report_init(&f->report, &f->loop, open("/dev/null", O_WRONLY | O_CLOEXEC));
	measure_init(&f->measure, &f->loop, &f->report, &f->checks);
	f->config.profile = "web";
	return f;
}

static void end(struct fixture *f)
{
	close(f->report.out.fd);
	close(f->loop.fd);
	free(f);
}

static int listen_somewhere(uint16_t *ret_port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	*ret_port = ntohs(address.sin_port);
	return fd;
}

static void a_sample_is_there_at_once_and_knows_the_cpu_soon(void **state)
{
	struct fixture *f = begin(*state);
	struct metrics got;

	measure_set(&f->measure, &f->config);
	measure_start(&f->measure, f->path);
	assert_int_equal(metrics_read(f->path, &got), METRICS_FINE);
	assert_int_equal(got.known, METRICS_MEMORY | METRICS_UPTIME);
	assert_string_equal(got.profile, "web");
	assert_true(got.processes > 0);
	assert_int_equal(got.interval_ms, METRICS_INTERVAL_S * 1000);
	loop_turn(&f->loop);
	assert_int_equal(metrics_read(f->path, &got), METRICS_FINE);
	assert_int_equal(got.known, METRICS_CPU | METRICS_MEMORY | METRICS_UPTIME);
	end(f);
}

static void ports_and_sidecars_show_whether_they_answer(void **state)
{
	struct fixture *f = begin(*state);
	struct metrics got;
	uint16_t port;
	const int fd = listen_somewhere(&port);

	f->config.ports[0] = (struct wire_port){ .number = port, .label = "Web Server" };
	f->config.port_count = 1;
	strcpy(f->checks.items[3].name, "redis");
	f->checks.items[3].port = 6379;
	f->checks.items[3].state = CHECK_DOWN;
	measure_set(&f->measure, &f->config);
	measure_start(&f->measure, f->path);
	assert_int_equal(metrics_read(f->path, &got), METRICS_FINE);
	assert_int_equal(got.port_count, 1);
	assert_int_equal(got.ports[0].port, port);
	assert_string_equal(got.ports[0].name, "Web Server");
	assert_int_equal(got.ports[0].state, METRICS_DOWN);
	assert_int_equal(got.sidecar_count, 1);
	assert_string_equal(got.sidecars[0].name, "redis");
	assert_int_equal(got.sidecars[0].state, METRICS_DOWN);
	listen(fd, 1);
	f->checks.items[3].state = CHECK_UP;
	loop_turn(&f->loop);
	assert_int_equal(metrics_read(f->path, &got), METRICS_FINE);
	assert_int_equal(got.ports[0].state, METRICS_UP);
	assert_int_equal(got.sidecars[0].state, METRICS_UP);
	close(fd);
	end(f);
}

static void more_than_there_is_room_for_is_left_out(void **state)
{
	struct fixture *f = begin(*state);

	for (size_t i = 0; i < WIRE_MAX_PORTS; i++)
		f->config.ports[i] = (struct wire_port){
			.number = (uint16_t)(i + 1),
			.label = "a label that is longer than the place for it is, by far"
		};
	f->config.port_count = WIRE_MAX_PORTS;
	measure_set(&f->measure, &f->config);
	assert_int_equal(f->measure.next.port_count, METRICS_PORTS_MAX);
	assert_int_equal(strlen(f->measure.next.ports[0].name), METRICS_NAME_SIZE - 1);
	end(f);
}

static void only_limits_that_hold_are_divided_by(void **state)
{
	struct fixture *f = begin(*state);
	const struct metrics *next = &f->measure.next;

	f->config.limits[WIRE_LIMIT_CPU] = (struct wire_limit){ .number = 1500, .is_held = true };
	f->config.limits[WIRE_LIMIT_MEMORY] = (struct wire_limit){ .number = 1 << 20 };
	f->config.limits[WIRE_LIMIT_DISK] =
		(struct wire_limit){ .number = 5 << 20, .freezes = true };
	measure_set(&f->measure, &f->config);
	measure_start(&f->measure, f->path);
	assert_int_equal(next->cpu_total_milli, 1500);
	assert_true(next->cpu_is_limited);
	assert_true(next->memory_total_bytes > 1 << 20);
	assert_false(next->memory_is_limited);
	assert_int_equal(next->storage_total_bytes, 5 << 20);
	assert_int_equal(next->storage_policy, METRICS_POLICY_FREEZE);
	end(f);
}

static void keys_that_sessions_are_in_with_are_told(void **state)
{
	struct fixture *f = begin(*state);
	struct sessions *sessions = xcalloc(1, sizeof(*sessions));
	struct metrics got;

	for (size_t i = 0; i < 4; i++) {
		sessions->items[i].pid = 7;
		sessions->items[i].is_authenticated = i != 3;
		strcpy(sessions->items[i].login.key, i == 1 ? "SHA256:b" : "SHA256:a");
	}
	f->measure.sessions = sessions;
	measure_set(&f->measure, &f->config);
	measure_start(&f->measure, f->path);
	assert_int_equal(metrics_read(f->path, &got), METRICS_FINE);
	assert_true(got.known & METRICS_SESSIONS);
	assert_int_equal(got.ssh_sessions, 3);
	assert_int_equal(got.key_count, 2);
	assert_string_equal(got.keys[0].fingerprint, "SHA256:a");
	assert_int_equal(got.keys[0].sessions, 2);
	free(sessions);
	end(f);
}

static void a_file_that_cannot_be_is_tried_again(void **state)
{
	char directory[256];
	struct fixture *f = begin(files_path(directory, *state, "later"));
	struct metrics got;

	measure_start(&f->measure, f->path);
	assert_true(f->measure.has_failed);
	assert_int_equal(mkdir(directory, 0755), 0);
	loop_turn(&f->loop);
	assert_false(f->measure.has_failed);
	assert_int_equal(metrics_read(f->path, &got), METRICS_FINE);
	end(f);
}

static void publish(const char *path, int64_t sampled_boot_ms, uint32_t processes)
{
	const struct metrics sample = { .sampled_boot_ms = sampled_boot_ms,
					.interval_ms = 10000,
					.processes = processes };

	assert_true(metrics_write(path, &sample));
}

static void figures_of_the_pod_are_shown_while_they_are_fresh(void **state)
{
	char pod[256], own[256];
	struct metrics m;

	files_path(pod, *state, "pod");
	files_path(own, *state, "own");
	assert_int_equal(figures_read(pod, own, 100000, &m), METRICS_ABSENT);
	publish(own, 95000, 1);
	assert_int_equal(figures_read(pod, own, 100000, &m), METRICS_FINE);
	assert_int_equal(m.processes, 1);
	publish(pod, 70000, 2);
	assert_int_equal(figures_read(pod, own, 100000, &m), METRICS_FINE);
	assert_int_equal(m.processes, 2);
	assert_int_equal(figures_read(pod, own, 100001, &m), METRICS_FINE);
	assert_int_equal(m.processes, 1);
	files_write(pod, "garbage", 0644);
	assert_int_equal(figures_read(pod, own, 100000, &m), METRICS_FINE);
	assert_int_equal(m.processes, 1);
}

int main(void)
{
#define MEASURE_TEST(f) cmocka_unit_test_setup_teardown(f, files_setup, files_teardown)
	const struct CMUnitTest tests[] = {
		MEASURE_TEST(a_sample_is_there_at_once_and_knows_the_cpu_soon),
		MEASURE_TEST(ports_and_sidecars_show_whether_they_answer),
		MEASURE_TEST(more_than_there_is_room_for_is_left_out),
		MEASURE_TEST(only_limits_that_hold_are_divided_by),
		MEASURE_TEST(keys_that_sessions_are_in_with_are_told),
		MEASURE_TEST(a_file_that_cannot_be_is_tried_again),
		MEASURE_TEST(figures_of_the_pod_are_shown_while_they_are_fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
