/* SPDX-License-Identifier: MIT */
/* Holders are killed, at any moment, while a process below a real filter starts programs. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include "filter.h"
#include "holders.h"
#include "unit/guest/files.h"
#include "warden/packet.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void registered(struct holders *h, struct worker *w, const char *status)
{
	assert_true(worker_start(w, "/bin/true"));
	worker_register(w, h->notify, ID, status);
}

static void expect_start(const struct worker *w, int error)
{
	worker_ask(w);
	assert_int_equal(worker_result(w), error);
}

static void a_container_starts_what_it_likes(void **state)
{
	struct holders *h = *state;
	struct worker w = { 0 };

	h->judge = judge_refuses;
	holders_start_all(h);
	registered(h, &w, "creating");
	for (int i = 0; i < 20; i++)
		expect_start(&w, 0);
	worker_end(&w);
}

static void the_warden_judges_the_first_program_of_an_exec(void **state)
{
	static const struct {
		void (*judge)(void *holder, unsigned index, const struct seccomp_notif *first);
		int error;
	} cases[] = { { judge_accepts, 0 }, { judge_refuses, EPERM } };
	struct holders *h = *state;
	struct worker w = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		h->judge = cases[i].judge;
		holders_start_all(h);
		registered(h, &w, "running");
		expect_start(&w, cases[i].error);
		holders_kill(h, HOLDER_WARDEN);
		expect_start(&w, cases[i].error); /* the verdict outlives who gave it */
		worker_end(&w);
		holders_kill_all(h);
	}
}

static void without_a_warden_an_exec_waits_for_the_next_one(void **state)
{
	struct holders *h = *state;
	struct worker w = { 0 };

	holders_start(h, HOLDER_A);
	holders_start(h, HOLDER_B);
	registered(h, &w, "running");
	worker_ask(&w);
	assert_false(worker_has_result(&w, 50));
	holders_start(h, HOLDER_WARDEN);
	assert_int_equal(worker_result(&w), 0);
	worker_end(&w);
}

static void what_a_warden_took_with_it_is_judged_by_the_next_one(void **state)
{
	struct holders *h = *state;
	struct worker w = { 0 };

	h->judge = judge_dies;
	holders_start_all(h);
	registered(h, &w, "running");
	worker_ask(&w);
	assert_int_equal(waitpid(h->pids[HOLDER_WARDEN], NULL, 0), h->pids[HOLDER_WARDEN]);
	h->judge = judge_accepts;
	holders_start(h, HOLDER_WARDEN);
	assert_int_equal(worker_result(&w), 0);
	worker_end(&w);
}

static void a_verdict_that_was_not_given_is_given_by_whoever_is_left(void **state)
{
	struct holders *h = *state;
	struct worker w = { 0 };

	h->judge = judge_dies_with_its_verdict;
	for (unsigned keeper = HOLDER_A; keeper <= HOLDER_B; keeper++) {
		holders_start_all(h);
		holders_kill(h, keeper == HOLDER_A ? HOLDER_B : HOLDER_A);
		registered(h, &w, "running");
		expect_start(&w, 0);
		expect_start(&w, 0);
		worker_end(&w);
		holders_kill_all(h);
	}
}

/* Kills the holders of a bit mask at once and starts them again, over and over. */
static void kill_while_working(struct holders *h, const unsigned *masks, size_t count, int rounds)
{
	struct worker w = { 0 };
	int started = 0;

	registered(h, &w, "creating");
	expect_start(&w, 0); /* from here on all three have it */
	worker_ask(&w);
	for (int i = 0; i < rounds; i++) {
		const unsigned mask = masks[(size_t)i % count];

		for (unsigned role = 0; role < HOLDER_COUNT; role++)
			if (mask & 1U << role)
				kill(h->pids[role], SIGKILL);
		for (unsigned role = 0; role < HOLDER_COUNT; role++) {
			if (mask & 1U << role) {
				holders_kill(h, (enum holder_role)role);
				holders_spawn(h, (enum holder_role)role);
			}
		}
		for (unsigned role = 0; role < HOLDER_COUNT; role++)
			if (mask & 1U << role)
				holders_await(h, (enum holder_role)role);
		while (worker_has_result(&w, 0) || started < i) {
			assert_int_equal(worker_result(&w), 0);
			worker_ask(&w);
			started++;
		}
	}
	assert_int_equal(worker_result(&w), 0);
	worker_end(&w);
}

static void no_program_fails_when_holders_are_killed_in_turn(void **state)
{
	static const unsigned masks[] = { 1U << HOLDER_WARDEN, 1U << HOLDER_A, 1U << HOLDER_B };
	struct holders *h = *state;

	holders_start_all(h);
	kill_while_working(h, masks, ARRAY_SIZE(masks), 60);
}

static void no_program_fails_when_any_two_are_killed_at_once(void **state)
{
	static const unsigned masks[] = { 1U << HOLDER_WARDEN | 1U << HOLDER_A,
					  1U << HOLDER_A | 1U << HOLDER_B,
					  1U << HOLDER_B | 1U << HOLDER_WARDEN };
	struct holders *h = *state;

	holders_start_all(h);
	kill_while_working(h, masks, ARRAY_SIZE(masks), 60);
}

/* A process that starts programs without pause, and says at the end how many failed. */
static pid_t start_busy(const struct worker *w, int *ret_end)
{
	int ends[2];
	pid_t pid;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		close(ends[1]);
		for (int failed = 0;;) {
			if (fd_wait(ends[0], POLLIN, 0) != 0)
				_exit(failed > 100 ? 100 : failed);
			worker_ask(w);
			failed += worker_result(w) != 0;
		}
	}
	close(ends[0]);
	*ret_end = ends[1];
	return pid;
}

/* The moments differ with each round, from before its first step until after its last. */
static void no_program_fails_when_a_holder_is_killed_while_it_starts(void **state)
{
	struct holders *h = *state;
	struct worker w = { 0 };
	int end, status;

	holders_start_all(h);
	registered(h, &w, "creating");
	expect_start(&w, 0);
	const pid_t busy = start_busy(&w, &end);
	for (int i = 0; i < 150; i++) {
		const struct timespec moment = { .tv_nsec = (i / 3) * 100000L };
		const enum holder_role role = (enum holder_role)(i % 3);

		holders_kill(h, role);
		holders_spawn(h, role);
		nanosleep(&moment, NULL);
		holders_kill(h, role);
		holders_start(h, role);
	}
	assert_int_equal(write(end, "", 1),
			 1); /* holders have that end too, so closing says nothing */
	close(end);
	assert_int_equal(waitpid(busy, &status, 0), busy);
	assert_int_equal(status, 0);
	worker_end(&w);
}

static void when_all_are_killed_at_once_the_container_is_lost(void **state)
{
	struct holders *h = *state;
	struct worker w = { 0 }, again = { 0 };
	char lost[1024];

	holders_start_all(h);
	registered(h, &w, "creating");
	expect_start(&w, 0);
	holders_kill_all(h);
	expect_start(&w, ENOSYS);
	holders_read_lost(h, lost);
	assert_string_equal(lost, "");
	holders_start_all(h);
	holders_read_lost(h, lost);
	assert_string_equal(lost, ID "\n");
	registered(h, &again, "creating");
	expect_start(&again, 0);
	holders_read_lost(h, lost);
	assert_string_equal(lost, "");
	worker_end(&w);
	worker_end(&again);
}

static void a_session_that_has_ended_is_not_lost_and_frees_its_place(void **state)
{
	struct holders *h = *state;
	struct table *t;
	struct worker w = { 0 };
	char path[256], lost[1024];

	holders_start_all(h);
	for (int i = 0; i < 50; i++) {
		registered(h, &w, "creating");
		expect_start(&w, 0);
		worker_end(&w);
	}
	assert_int_equal(table_open(files_path(path, h->directory, "table"), false, &t, NULL), 0);
	assert_in_range(t->end, 1, 10);
	for (unsigned i = 0; i < t->end; i++)
		while (table_word(t, i).state != SESSION_FREE)
			clock_nanosleep(CLOCK_MONOTONIC, 0,
					&(const struct timespec){ .tv_nsec = 1000000 }, NULL);
	munmap(t, sizeof(*t));
	holders_kill_all(h);
	holders_start(h, HOLDER_A);
	holders_read_lost(h, lost);
	assert_string_equal(lost, "");
}

/* Its container was removed by force, say, and it was not ended. */
static void a_second_one_of_a_role_succeeds_the_first(void **state)
{
	struct holders *h = *state;
	struct worker w = { 0 };
	int status;

	holders_start_all(h);
	registered(h, &w, "creating");
	for (unsigned role = 0; role < HOLDER_COUNT; role++) {
		const pid_t first = h->pids[role];

		expect_start(&w, 0);
		holders_start(h, (enum holder_role)role);
		assert_int_equal(waitpid(first, &status, 0), first);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	expect_start(&w, 0);
	worker_end(&w);
}

static void who_is_alone_does_not_leave_for_a_successor(void **state)
{
	struct holders *h = *state;
	struct worker w = { 0 };

	holders_start(h, HOLDER_A);
	registered(h, &w, "creating");
	const pid_t first = h->pids[HOLDER_A];
	holders_spawn(h, HOLDER_A);
	assert_int_equal(fd_wait(h->events[HOLDER_A], POLLIN, 100), 0);
	expect_start(&w, 0);
	holders_start(h, HOLDER_B);
	assert_int_equal(waitpid(first, NULL, 0), first);
	holders_await(h, HOLDER_A);
	holders_kill(h, HOLDER_B);
	expect_start(&w, 0);
	worker_end(&w);
}

/* Keepers of another version, perhaps: what they hold is not lost. */
static void who_is_there_and_gives_nothing_is_not_taken_for_dead(void **state)
{
	struct holders *h = *state;
	struct worker w = { 0 };
	char path[256], lost[1024];
	int status;

	holders_start(h, HOLDER_A);
	registered(h, &w, "creating");
	expect_start(&w, 0);
	holders_kill(h, HOLDER_A);
	const int other = packet_listen(files_path(path, h->directory, "b"), SOCK_SEQPACKET, 4);
	holders_spawn(h, HOLDER_A);
	assert_true(fd_wait(other, POLLIN, 10000) > 0);
	const int connection = accept4(other, NULL, NULL, SOCK_CLOEXEC);
	assert_true(fd_wait(connection, POLLIN, 10000) > 0);
	close(connection);
	assert_int_equal(waitpid(h->pids[HOLDER_A], &status, 0), h->pids[HOLDER_A]);
	assert_int_equal(WEXITSTATUS(status), 1);
	h->pids[HOLDER_A] = 0;
	holders_read_lost(h, lost);
	assert_string_equal(lost, "");
	close(other);
	worker_end(&w);
}

static void each_one_alone_takes_in_new_containers(void **state)
{
	struct holders *h = *state;
	struct worker w = { 0 };

	for (unsigned role = 0; role < HOLDER_COUNT; role++) {
		holders_start_all(h);
		for (unsigned other = 0; other < HOLDER_COUNT; other++)
			if (other != role)
				holders_kill(h, (enum holder_role)other);
		registered(h, &w, "creating");
		expect_start(&w, 0);
		for (unsigned other = 0; other < HOLDER_COUNT; other++)
			if (other != role)
				holders_start(h, (enum holder_role)other);
		holders_kill(h, (enum holder_role)role);
		expect_start(&w, 0);
		worker_end(&w);
		holders_kill_all(h);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, holders_setup, holders_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_container_starts_what_it_likes),
		TEST(the_warden_judges_the_first_program_of_an_exec),
		TEST(without_a_warden_an_exec_waits_for_the_next_one),
		TEST(what_a_warden_took_with_it_is_judged_by_the_next_one),
		TEST(a_verdict_that_was_not_given_is_given_by_whoever_is_left),
		TEST(no_program_fails_when_holders_are_killed_in_turn),
		TEST(no_program_fails_when_any_two_are_killed_at_once),
		TEST(no_program_fails_when_a_holder_is_killed_while_it_starts),
		TEST(when_all_are_killed_at_once_the_container_is_lost),
		TEST(a_session_that_has_ended_is_not_lost_and_frees_its_place),
		TEST(a_second_one_of_a_role_succeeds_the_first),
		TEST(who_is_alone_does_not_leave_for_a_successor),
		TEST(who_is_there_and_gives_nothing_is_not_taken_for_dead),
		TEST(each_one_alone_takes_in_new_containers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
