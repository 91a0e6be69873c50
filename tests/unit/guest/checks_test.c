/* SPDX-License-Identifier: MIT */
#include "guest/checks.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>

#include "files.h"
#include "guest/report.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"

static void answers_are_judged(void **state)
{
	static const struct {
		enum wire_check_kind kind;
		const char *reply;
		enum answer wanted;
	} cases[] = {
		{ WIRE_CHECK_REDIS, "", ANSWER_UNFINISHED },
		{ WIRE_CHECK_REDIS, "+PO", ANSWER_UNFINISHED },
		{ WIRE_CHECK_REDIS, "+PONG\r\n", ANSWER_UP },
		{ WIRE_CHECK_REDIS, "-NOAUTH Authentication required.\r\n", ANSWER_UP },
		{ WIRE_CHECK_REDIS, "-MISCONF Redis is configured", ANSWER_UP },
		{ WIRE_CHECK_REDIS, "-", ANSWER_UNFINISHED },
		{ WIRE_CHECK_REDIS, "-LOADIN", ANSWER_UNFINISHED },
		{ WIRE_CHECK_REDIS, "-LOADING Redis is loading", ANSWER_DOWN },
		{ WIRE_CHECK_REDIS, "HTTP/1.1 400", ANSWER_DOWN },
		{ WIRE_CHECK_MEMCACHED, "VERSION 1.6.38\r\n", ANSWER_UP },
		{ WIRE_CHECK_MEMCACHED, "VERS", ANSWER_UNFINISHED },
		{ WIRE_CHECK_MEMCACHED, "ERROR\r\n", ANSWER_DOWN },
		{ WIRE_CHECK_MEMCACHED, "-NOAUTH", ANSWER_DOWN },
		{ WIRE_CHECK_HTTP, "HTT", ANSWER_UNFINISHED },
		{ WIRE_CHECK_HTTP, "HTTP/1.0 ", ANSWER_UNFINISHED },
		{ WIRE_CHECK_HTTP, "HTTP/1.1 200 OK\r\n", ANSWER_UP },
		{ WIRE_CHECK_HTTP, "HTTP/1.0 302", ANSWER_UP },
		{ WIRE_CHECK_HTTP, "HTTP/1.1 404", ANSWER_UP },
		{ WIRE_CHECK_HTTP, "HTTP/1.1 503", ANSWER_DOWN },
		{ WIRE_CHECK_HTTP, "+PONG\r\n", ANSWER_DOWN },
		{ WIRE_CHECK_FAKTORY, "+H", ANSWER_UNFINISHED },
		{ WIRE_CHECK_FAKTORY, "+HI {\"v\":2}\r\n", ANSWER_UP },
		{ WIRE_CHECK_FAKTORY, "-ERR", ANSWER_DOWN },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(check_judge(cases[i].kind, cases[i].reply, strlen(cases[i].reply)),
				 cases[i].wanted);
}

/* The same for answers with NULs in them. */
static void binary_answers_are_judged(void **state)
{
#define REPLY(text) text, sizeof(text) - 1
#define REFUSAL "E\0\0\0\x40SFATAL\0VFATAL\0C"
	static const struct {
		enum wire_check_kind kind;
		const char *reply;
		size_t len;
		enum answer wanted;
	} cases[] = {
		{ WIRE_CHECK_POSTGRES, REPLY("R\0\0\0\x08\0\0\0\0"), ANSWER_UP },
		{ WIRE_CHECK_POSTGRES, REPLY("E\0\0\0"), ANSWER_UNFINISHED },
		{ WIRE_CHECK_POSTGRES, REPLY("E\0\0\0\x40SFA"), ANSWER_UNFINISHED },
		{ WIRE_CHECK_POSTGRES, REPLY(REFUSAL), ANSWER_UNFINISHED },
		{ WIRE_CHECK_POSTGRES, REPLY(REFUSAL "57P0"), ANSWER_UNFINISHED },
		{ WIRE_CHECK_POSTGRES, REPLY(REFUSAL "57P03\0"), ANSWER_DOWN },
		{ WIRE_CHECK_POSTGRES, REPLY(REFUSAL "28000\0"), ANSWER_UP },
		{ WIRE_CHECK_POSTGRES, REPLY("E\0\0\0\x40Sfatal: too many\0"), ANSWER_UP },
		{ WIRE_CHECK_POSTGRES, REPLY("HTTP/1.1 400"), ANSWER_DOWN },
		{ WIRE_CHECK_AMQP, REPLY("\x01\0\0\0\0\x01"), ANSWER_UP },
		{ WIRE_CHECK_AMQP, REPLY("AMQP\0\0\x09\x01"), ANSWER_DOWN },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(check_judge(cases[i].kind, cases[i].reply, cases[i].len),
				 cases[i].wanted);
#undef REFUSAL
#undef REPLY
}

static void tries_become_rarer(void **state)
{
	(void)state;
	assert_int_equal(check_delay_ms(CHECK_UNKNOWN, 0), 20);
	assert_int_equal(check_delay_ms(CHECK_UNKNOWN, 1999), 20);
	assert_int_equal(check_delay_ms(CHECK_UNKNOWN, 2000), 250);
	assert_int_equal(check_delay_ms(CHECK_DOWN, 59999), 250);
	assert_int_equal(check_delay_ms(CHECK_DOWN, 60000), 2000);
	assert_int_equal(check_delay_ms(CHECK_UP, 0), 10000);
	assert_int_equal(check_delay_ms(CHECK_UP, 1000000), 10000);
}

/* A sidecar that gives each connection one answer. */
struct sidecar {
	int listener;
	uint16_t port;
	const char *const *answers; /* one per connection; NULL ends it */
	pthread_t thread;
};

static void *serve(void *context)
{
	const struct sidecar *s = context;

	for (const char *const *answer = s->answers; *answer; answer++) {
		char request[64];
		int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0)
			break;
		if (recv(fd, request, sizeof(request), 0) > 0)
			send(fd, *answer, strlen(*answer), MSG_NOSIGNAL);
		close(fd);
	}
	return NULL;
}

static void sidecar_listen(struct sidecar *s)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);

	s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(s->listener, (struct sockaddr *)&address, size), 0);
	assert_int_equal(listen(s->listener, 8), 0);
	assert_int_equal(getsockname(s->listener, (struct sockaddr *)&address, &size), 0);
	s->port = ntohs(address.sin_port);
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void count(void *context)
{
	++*(int *)context;
}

struct fixture {
	struct loop loop;
	struct report report;
	struct checks checks;
	struct wire_config config;
	int changes;
	int events; /* read end of the events */
};

static struct fixture *fixture_new(void)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	struct error err;
	int fds[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_equal(loop_init(&f->loop, &err), 0);
	report_init(&f->report, &f->loop, fds[1]);
	checks_init(&f->checks, &f->loop, &f->report);
	f->checks.on_change = count;
	f->checks.context = &f->changes;
	f->events = fds[0];
	return f;
}

static void fixture_free(struct fixture *f)
{
	checks_stop(&f->checks);
	close(f->report.out.fd);
	close(f->events);
	close(f->loop.fd);
	free(f);
}

static void expect_events(struct fixture *f, const char *wanted)
{
	char text[1024] = "";

	assert_true(read(f->events, text, sizeof(text) - 1) >= 0);
	assert_string_equal(text, wanted);
}

static void a_sidecar_that_loads_and_then_answers_comes_up_once_for_each_reading(void **state)
{
	static const char *const answers[] = { "-LOADING x\r\n", "", "+PONG\r\n", "+PONG\r\n",
					       NULL };
	struct sidecar sidecar = { .answers = answers };
	struct fixture *f = fixture_new();

	(void)state;
	sidecar_listen(&sidecar);
	f->config.checks[0] = (struct wire_check){ "redis", WIRE_CHECK_REDIS, sidecar.port };
	f->config.check_count = 1;
	checks_set(&f->checks, &f->config);
	assert_false(checks_are_up(&f->checks));
	while (!f->changes)
		loop_turn(&f->loop);
	assert_true(checks_are_up(&f->checks));
	expect_events(f, "{\"event\":\"check\",\"name\":\"redis\",\"state\":\"up\"}\n");

	/* The same configuration again: there may be another sidecar behind the port by now. */
	checks_set(&f->checks, &f->config);
	assert_false(checks_are_up(&f->checks));
	while (f->changes < 2)
		loop_turn(&f->loop);
	expect_events(f, "{\"event\":\"check\",\"name\":\"redis\",\"state\":\"up\"}\n");
	pthread_join(sidecar.thread, NULL);
	close(sidecar.listener);
	fixture_free(f);
}

static void a_check_that_leaves_the_configuration_is_forgotten(void **state)
{
	struct fixture *f = fixture_new();

	(void)state;
	f->config.checks[0] = (struct wire_check){ "none", WIRE_CHECK_TCP, 1 };
	f->config.check_count = 1;
	checks_set(&f->checks, &f->config);
	assert_false(checks_are_up(&f->checks));
	f->config.check_count = 0;
	checks_set(&f->checks, &f->config);
	assert_true(checks_are_up(&f->checks));
	assert_int_equal(f->changes, 0);
	fixture_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_are_judged),
		cmocka_unit_test(binary_answers_are_judged),
		cmocka_unit_test(tries_become_rarer),
		cmocka_unit_test(
			a_sidecar_that_loads_and_then_answers_comes_up_once_for_each_reading),
		cmocka_unit_test(a_check_that_leaves_the_configuration_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
