/* SPDX-License-Identifier: MIT */
#include "winalux/workspace/lock.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "service.h"
#include "winalux/base/clock.h"
#include "winalux/base/mem.h"
#include "winalux/format/json.h"
#include "winalux/plan/names.h"
#include "winalux/format/process_mark.h"

#define LATER "2999-01-01T00:00:00Z"
#define EARLIER "2001-01-01T00:00:00Z"
#define VOLUME(number, holder, expires, mark)                                                      \
	"{\"Name\":\"winalux-lock-" number "\",\"Mountpoint\":\"/v\",\"Labels\":{"                 \
	"\"io.winalux.role\":\"lock\",\"io.winalux.holder\":\"" holder "\","                       \
	"\"io.winalux.expires\":\"" expires "\",\"io.winalux.process\":\"" mark "\"}}"
#define LIST(volumes) ">>> GET /volumes/json\n<<< 200\n\n[" volumes "]\n"
#define CREATED(number)                                                                            \
	">>> POST /volumes/create\n~ \"winalux-lock-" number "\"\n"                                \
	"~ \"io.winalux.process\":\"\n<<< 201\n\n"                                                 \
	"{\"Name\":\"winalux-lock-" number "\"}\n"
#define TAKEN(number)                                                                              \
	">>> POST /volumes/create\n~ \"winalux-lock-" number "\"\n<<< 500\n\n"                     \
	"{\"cause\":\"volume already exists\",\"message\":\"x\",\"response\":500}\n"
#define REMOVED(number) ">>> DELETE /volumes/winalux-lock-" number "\n<<< 204\n\n\n"
#define EVE(number) VOLUME(number, "eve@elsewhere pid 1", LATER, "")

struct waits {
	unsigned count;
	char holder[128];
	bool cancel;
	volatile bool cancelled;
};

static void note_wait(void *context, const char *holder, int64_t expires_s)
{
	struct waits *w = context;

	(void)expires_s;
	w->count++;
	strncpy(w->holder, holder, sizeof(w->holder) - 1);
	w->cancelled = w->cancel;
}

static int take(struct service_fake *s, int timeout_ms, struct waits *waits, struct lock **ret)
{
	const struct lock_options options = { .timeout_ms = timeout_ms,
					      .cancelled = waits ? &waits->cancelled : NULL,
					      .on_wait = waits ? note_wait : NULL,
					      .context = waits };

	return lock_take(s->podman, &options, ret, &s->err);
}

static void a_free_lock_is_taken_and_looked_at_again(void **state)
{
	DEFER(service_release)
	struct service_fake s = service_start(LIST("") CREATED("1") LIST("") REMOVED("1"));
	struct lock *lock;

	(void)state;
	assert_ok(&s, take(&s, 0, NULL, &lock));
	lock_release(lock, s.podman);
	assert_requests(&s, "GET /volumes/json\nPOST /volumes/create\nGET /volumes/json\n"
			    "DELETE /volumes/winalux-lock-1\n");
	assert_all_asked(&s);
}

static void another_holder_is_named_when_time_is_up(void **state)
{
	DEFER(service_release) struct service_fake s = service_start(LIST(EVE("7")));
	struct lock *lock;

	(void)state;
	assert_error(&s.err, take(&s, 0, NULL, &lock), ERROR_LOCKED,
		     "another winalux (eve@elsewhere pid 1) works on this account; waited 0 s, its "
		     "lock expires at " LATER);
	assert_all_asked(&s);
}

static void waiting_is_said_once(void **state)
{
	DEFER(service_release)
	struct service_fake s =
		service_start(LIST(EVE("7")) LIST(EVE("8")) LIST("") CREATED("1") LIST(""));
	struct waits waits = { 0 };
	struct lock *lock;

	(void)state;
	assert_ok(&s, take(&s, 10000, &waits, &lock));
	assert_int_equal(waits.count, 1);
	assert_string_equal(waits.holder, "eve@elsewhere pid 1");
	assert_all_asked(&s);
	lock_release(lock, s.podman);
}

static void waiting_ends_when_interrupted(void **state)
{
	DEFER(service_release) struct service_fake s = service_start(LIST(EVE("7")));
	struct waits waits = { .cancel = true };
	struct lock *lock;

	(void)state;
	assert_error(&s.err, take(&s, 10000, &waits, &lock), ERROR_INTERRUPTED, "interrupted");
	assert_all_asked(&s);
}

static void an_expired_lock_is_taken_over_and_removed(void **state)
{
#define OLD                                                                                        \
	VOLUME("3", "eve@elsewhere pid 1", EARLIER, "")                                            \
	"," VOLUME("2", "eve@elsewhere pid 1", EARLIER, "")
	DEFER(service_release)
	struct service_fake s = service_start(LIST(OLD) CREATED("4") LIST(OLD) REMOVED("3")
						      REMOVED("2") REMOVED("4"));
	struct lock *lock;

	(void)state;
	assert_ok(&s, take(&s, 0, NULL, &lock));
	lock_release(lock, s.podman);
	assert_all_asked(&s);
}

static void mark_of_the_dead(char ret[static PROCESS_MARK_SIZE])
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	pid_t pid = fork();

	if (pid == 0) {
		process_mark_make(ret);
		_exit(write(ends[1], ret, PROCESS_MARK_SIZE) == PROCESS_MARK_SIZE ? 0 : 1);
	}
	assert_int_equal(read(ends[0], ret, PROCESS_MARK_SIZE), PROCESS_MARK_SIZE);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	close(ends[0]);
	close(ends[1]);
}

static void the_lock_of_a_killed_process_is_not_waited_for(void **state)
{
	char mark[PROCESS_MARK_SIZE];

	(void)state;
	mark_of_the_dead(mark);
	DEFER(freep)
	char *script = xasprintf(LIST(VOLUME("1", "me pid 2", LATER, "%s")) CREATED("2")
					 LIST(VOLUME("1", "me pid 2", LATER, "%s")) REMOVED("1"),
				 mark, mark);
	DEFER(service_release) struct service_fake s = service_start(script);
	struct lock *lock;

	assert_ok(&s, take(&s, 0, NULL, &lock));
	assert_all_asked(&s);
	lock_release(lock, s.podman);
}

static void of_two_takers_the_slower_waits(void **state)
{
	DEFER(service_release)
	struct service_fake s = service_start(LIST("") TAKEN("1") LIST(EVE("1")));
	struct lock *lock;

	(void)state;
	assert_error(&s.err, take(&s, 50, NULL, &lock), ERROR_LOCKED, "eve@elsewhere");
	assert_all_asked(&s);
}

/* Held up between list and create: eve took, gave back and took again, and was at 2 by then. */
static void a_taker_who_comes_late_withdraws(void **state)
{
	DEFER(service_release)
	struct service_fake s =
		service_start(LIST("") CREATED("1") LIST(EVE("2")) REMOVED("1") LIST(EVE("2")));
	struct lock *lock;

	(void)state;
	assert_error(&s.err, take(&s, 50, NULL, &lock), ERROR_LOCKED, "eve@elsewhere");
	assert_requests(&s, "GET /volumes/json\nPOST /volumes/create\nGET /volumes/json\n"
			    "DELETE /volumes/winalux-lock-1\nGET /volumes/json\n");
	assert_all_asked(&s);
}

static void a_service_that_refuses_is_an_error(void **state)
{
	DEFER(service_release)
	struct service_fake s =
		service_start(LIST("") ">>> POST /volumes/create\n<<< 500\n\n"
				       "{\"cause\":\"no space left on device\",\"message\":\"x\","
				       "\"response\":500}\n" LIST(""));
	struct lock *lock;

	(void)state;
	assert_error(&s.err, take(&s, 0, NULL, &lock), ERROR_HOST, "cannot lock this account: ");
	assert_all_asked(&s);
}

/* --- keeping it --- */

static struct lock *take_for(struct service_fake *s, uint32_t lifetime_s)
{
	const struct lock_options options = { .lifetime_s = lifetime_s };
	struct lock *lock;

	assert_ok(s, lock_take(s->podman, &options, &lock, &s->err));
	return lock;
}

/* Keeps until something was asked of the service, which happens when the renewal is due. */
static int keep_until_due(struct service_fake *s, struct lock *lock)
{
	const unsigned before = fake_request_count(s->server);

	for (;;) {
		int status = lock_keep(lock, s->podman, &s->err);

		if (status < 0 || fake_request_count(s->server) > before)
			return status;
		clock_sleep_ms(5);
	}
}

static void a_fresh_lock_needs_no_renewal(void **state)
{
	DEFER(service_release)
	struct service_fake s = service_start(LIST("") CREATED("1") LIST(""));
	struct lock *lock = take_for(&s, 0);

	(void)state;
	assert_ok(&s, lock_keep(lock, s.podman, &s.err));
	assert_all_asked(&s);
	lock_release(lock, s.podman);
}

static void renewing_is_the_next_number(void **state)
{
	DEFER(service_release)
	struct service_fake s = service_start(LIST("") CREATED("1") LIST("") CREATED("2")
						      REMOVED("1") REMOVED("2"));
	struct lock *lock = take_for(&s, 2);

	(void)state;
	assert_ok(&s, keep_until_due(&s, lock));
	lock_release(lock, s.podman);
	assert_all_asked(&s);
}

static void a_lock_that_another_took_over_is_lost(void **state)
{
	DEFER(service_release)
	struct service_fake s =
		service_start(LIST("") CREATED("1") LIST("") TAKEN("2") LIST(EVE("2")));
	struct lock *lock = take_for(&s, 2);

	(void)state;
	assert_error(&s.err, keep_until_due(&s, lock), ERROR_LOCKED,
		     "another winalux has taken over the lock");
	assert_error(&s.err, lock_keep(lock, s.podman, &s.err), ERROR_LOCKED, "taken over");
	lock_release(lock, s.podman); /* removes nothing: number 1 may be another's by now */
	assert_all_asked(&s);
}

/* The label of the lock that was created last. */
static char *mark_of(const struct service_fake *s)
{
	DEFER(freep) char *requests = fake_requests(s->server);
	DEFER(freep) char *body = fake_last_body(s->server);
	DEFER(json_freep) struct json *json = NULL;

	assert_non_null(strstr(requests, "POST /volumes/create"));
	assert_int_equal(json_parse(body, strlen(body), &json, NULL), 0);
	return xstrdup(json_get_text(json_get(json, "Labels"), LABEL_PROCESS));
}

static void a_renewal_whose_answer_was_lost_counts(void **state)
{
	DEFER(service_release)
	struct service_fake first = service_start(
		LIST("") CREATED("1") LIST("") ">>> POST /volumes/create\n~ \"winalux-lock-2\"\n"
					       "<<< 201 reset\n\n\n");
	struct lock *lock = take_for(&first, 2);

	(void)state;
	assert_error(&first.err, keep_until_due(&first, lock), ERROR_PODMAN, "cannot renew");
	DEFER(freep) char *mark = mark_of(&first);
	DEFER(freep)
	char *script = xasprintf(TAKEN("2") LIST(VOLUME("2", "me", LATER, "%s") "," VOLUME(
					 "1", "me", LATER, "%s")) REMOVED("1") REMOVED("2"),
				 mark, mark);
	DEFER(service_release) struct service_fake second = service_start(script);

	assert_ok(&second, lock_keep(lock, second.podman, &second.err));
	lock_release(lock, second.podman);
	assert_all_asked(&second);
}

/* After a machine slept: the expiry has passed, and somebody has cleaned up and gone again. */
static void an_expired_lock_that_is_gone_is_lost(void **state)
{
	DEFER(service_release)
	struct service_fake s = service_start(LIST("") CREATED("1") LIST("") LIST(""));
	struct lock *lock = take_for(&s, 1);
	const int64_t expired_s = clock_wall_s() + 1;

	(void)state;
	while (clock_wall_s() < expired_s)
		clock_sleep_ms(5);
	assert_error(&s.err, lock_keep(lock, s.podman, &s.err), ERROR_LOCKED, "taken over");
	lock_release(lock, s.podman);
	assert_all_asked(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_free_lock_is_taken_and_looked_at_again),
		cmocka_unit_test(another_holder_is_named_when_time_is_up),
		cmocka_unit_test(waiting_is_said_once),
		cmocka_unit_test(waiting_ends_when_interrupted),
		cmocka_unit_test(an_expired_lock_is_taken_over_and_removed),
		cmocka_unit_test(the_lock_of_a_killed_process_is_not_waited_for),
		cmocka_unit_test(of_two_takers_the_slower_waits),
		cmocka_unit_test(a_taker_who_comes_late_withdraws),
		cmocka_unit_test(a_service_that_refuses_is_an_error),
		cmocka_unit_test(a_fresh_lock_needs_no_renewal),
		cmocka_unit_test(renewing_is_the_next_number),
		cmocka_unit_test(a_lock_that_another_took_over_is_lost),
		cmocka_unit_test(a_renewal_whose_answer_was_lost_counts),
		cmocka_unit_test(an_expired_lock_that_is_gone_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
