/* SPDX-License-Identifier: MIT */
/* PID 1's side of the gate over its real socket. This process is client and, by a table of sessions
 * that names it, below an sshd. */
#include <errno.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "files.h"
#include "guest/gate.h"
#include "guest/report.h"
#include "guest/sessions.h"
#include "guest/user.h"
#include "winalux/base/clock.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/base/token.h"

static const struct token right = { .bytes = { 1, 2, 3 } }, wrong = { .bytes = { 9 } };

struct fixture {
	char *directory;
	char path[256];
	int events;
	struct loop loop;
	struct report report;
	struct user developer;
	struct sessions *sessions;
	struct gate *gate;
	char text[512]; /* of a token request */
};

static int setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	void *directory = NULL;

	if (files_setup(&directory) < 0)
		return -1;
	f->directory = directory;
	f->sessions = xcalloc(1, sizeof(*f->sessions));
	f->gate = xcalloc(1, sizeof(*f->gate));
	f->events = memfd_create("events", MFD_CLOEXEC);
	files_path(f->path, f->directory, "gate.sock");
	loop_init(&f->loop, NULL);
	report_init(&f->report, &f->loop, f->events);
	if (gate_init(f->gate, &f->loop, &f->report, f->path, NULL) < 0)
		return -1;
	f->developer.uid = getuid();
	strcpy(f->developer.name, "me");
	f->gate->sessions = f->sessions;
	f->gate->developer = &f->developer;
	f->gate->name = "alice";
	f->gate->is_on = f->gate->has_file = true;
	token_hash(&right, f->gate->file.salt, f->gate->file.hash);
	f->sessions->items[3] =
		(struct session){ .pid = getpid(), .is_authenticated = true, .log = { .fd = -1 } };
	strcpy(f->sessions->items[3].login.key, "SHA256:mine");
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	void *directory = f->directory;

	for (size_t i = 0; i < GATE_CLIENTS_MAX; i++)
		loop_close(&f->loop, &f->gate->clients[i].source);
	loop_close(&f->loop, &f->gate->listener);
	close(f->loop.fd);
	close(f->events);
	free(f->gate);
	free(f->sessions);
	free(f);
	return files_teardown(&directory);
}

static int join(struct fixture *f)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	memcpy(address.sun_path, f->path, strlen(f->path) + 1);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* What the gate answers, "" when it hangs up. */
static void expect(struct fixture *f, int fd, const char *wanted)
{
	char answer[GATE_ANSWER_SIZE];
	ssize_t n;

	while ((n = recv(fd, answer, sizeof(answer) - 1, MSG_DONTWAIT)) < 0 && errno == EAGAIN)
		loop_turn(&f->loop);
	answer[n > 0 ? n : 0] = '\0';
	assert_string_equal(answer, wanted);
}

static void ask(struct fixture *f, int fd, const char *request, const char *wanted)
{
	assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), strlen(request));
	expect(f, fd, wanted);
}

/* On a connection that ends with the answer. */
static void ask_once(struct fixture *f, const char *request, const char *wanted)
{
	int fd = join(f);

	ask(f, fd, request, wanted);
	expect(f, fd, "");
	close(fd);
}

static const char *token_request(struct fixture *f, const struct token *token)
{
	char text[TOKEN_TEXT_SIZE];

	token_format(token, text);
	snprintf(f->text, sizeof(f->text), "token\tssh\t%s", text);
	return f->text;
}

static void assert_event(struct fixture *f, const char *wanted)
{
	char text[64 << 10];
	ssize_t n = pread(f->events, text, sizeof(text) - 1, 0);

	assert_true(n >= 0);
	text[n] = '\0';
	if (!strstr(text, wanted))
		fail_msg("'%s' is not in: %s", wanted, text);
}

static void assert_no_event(struct fixture *f, const char *unwanted)
{
	char text[64 << 10];
	ssize_t n = pread(f->events, text, sizeof(text) - 1, 0);

	assert_true(n >= 0);
	text[n] = '\0';
	assert_null(strstr(text, unwanted));
}

static void the_right_token_passes(void **state)
{
	struct fixture *f = *state;
	int fd = join(f);

	ask(f, fd, "token\tssh\t", "ask\talice");
	token_request(f, &right);
	strcat(f->text, "\tls -l \"a\tb\"");
	ask(f, fd, f->text, "pass");
	assert_event(f, "\"command\":\"ls -l \\\"a\\tb\\\"\"");
	assert_event(f, "{\"event\":\"entry\",\"way\":\"ssh\",\"user\":");
	assert_event(f, "\"key\":\"SHA256:mine\"");
	close(fd);
}

static void a_typo_is_answered_at_once_and_costs_nothing(void **state)
{
	struct fixture *f = *state;
	int fd = join(f);

	for (int i = 0; i < 20; i++)
		ask(f, fd, "token\tssh\tABCD", "typo");
	ask(f, fd, token_request(f, &right), "pass");
	close(fd);
}

static void a_wrong_token_is_answered_late_and_counted(void **state)
{
	struct fixture *f = *state;
	const int64_t started_ms = clock_mono_ms();
	int fd = join(f);

	ask(f, fd, token_request(f, &wrong), "wrong\t2");
	assert_true(clock_mono_ms() - started_ms >= ATTEMPTS_FIRST_DELAY_MS);
	assert_event(f, "\"event\":\"refused\"");
	ask(f, fd, token_request(f, &right), "pass");
	close(fd);
}

static void a_lockout_spares_keys_that_were_let_in(void **state)
{
	struct fixture *f = *state;

	ask_once(f, token_request(f, &right), "pass");
	f->gate->attempts.locked_until_ms = clock_mono_ms() + 100000;
	ask_once(f, token_request(f, &right), "pass");
	strcpy(f->sessions->items[3].login.key, "SHA256:other");
	ask_once(f, token_request(f, &right), "locked\t100");
	f->sessions->items[3].login.key[0] = '\0';
	ask_once(f, token_request(f, &right), "locked\t100");
}

static void the_tenth_guess_at_once_locks(void **state)
{
	struct fixture *f = *state;
	int fds[ATTEMPTS_MAX];

	for (int i = 0; i < ATTEMPTS_MAX; i++) {
		fds[i] = join(f);
		token_request(f, &wrong);
		send(fds[i], f->text, strlen(f->text), 0);
	}
	expect(f, fds[0], "wrong\t2"); /* the others wait for longer */
	int fd = join(f);
	strcpy(f->sessions->items[3].login.key, "SHA256:stranger");
	assert_int_equal(send(fd, "token\tssh\t", 10, 0), 10);
	loop_turn(&f->loop);
	assert_true(attempts_locked_ms(&f->gate->attempts, clock_mono_ms()) > 0);
	assert_event(f, "\"event\":\"lockout\"");
	close(fd);
	for (int i = 0; i < ATTEMPTS_MAX; i++)
		close(fds[i]);
}

static void who_has_a_parent_in_here_is_no_entry(void **state)
{
	struct fixture *f = *state;

	ask_once(f, "token\texec\t", "pass");
	ask_once(f, "ticket\tanything", "pass");
}

static void a_refusal_says_what_was_to_be_run(void **state)
{
	struct fixture *f = *state;
	int fd = join(f);

	ask(f, fd, "token\tssh\t\tmake asked", "ask\talice");
	close(fd);
	fd = join(f);
	ask(f, fd, "token\tssh\tabc\tmake typed", "typo");
	assert_event(f, "\"reason\":\"no token\",\"command\":\"make asked\"");
	assert_event(f, "\"reason\":\"mistyped token\",\"command\":\"make typed\"");
	close(fd);
}

static void ssh_entry_outside_of_a_session_is_refused(void **state)
{
	struct fixture *f = *state;
	int fd = join(f);

	f->sessions->items[3].pid = 0;
	ask(f, fd, token_request(f, &right), "closed\tthis is no ssh session");
	close(fd);
}

static void without_its_file_nobody_enters(void **state)
{
	struct fixture *f = *state;
	int fd = join(f);
	char answer[GATE_ANSWER_SIZE];

	f->gate->has_file = false;
	token_request(f, &right);
	send(fd, f->text, strlen(f->text), 0);
	while (recv(fd, answer, sizeof(answer), MSG_DONTWAIT) < 0)
		loop_turn(&f->loop);
	assert_memory_equal(answer, "closed\t", 7);
	close(fd);
}

static void a_gate_that_is_off_passes_everybody(void **state)
{
	struct fixture *f = *state;
	int fd = join(f);

	f->gate->is_on = false;
	ask(f, fd, "token\tssh\t", "pass");
	close(fd);
}

static const char *service_request(struct fixture *f, const struct token *token)
{
	char text[TOKEN_TEXT_SIZE];

	token_format(token, text);
	snprintf(f->text, sizeof(f->text), "token\tservice\t%s\tjupyter for 10.0.0.1", text);
	return f->text;
}

static void a_service_asks_for_who_came_to_its_port(void **state)
{
	struct fixture *f = *state;
	int fd = join(f);

	ask_once(f, service_request(f, &right), "pass");
	assert_event(f, "{\"event\":\"entry\",\"way\":\"service\",\"user\":");
	assert_event(f, "\"by\":\"token\",\"command\":\"jupyter for 10.0.0.1\"");
	ask(f, fd, "token\tservice\tABCD", "typo");
	ask(f, fd, service_request(f, &wrong), "wrong\t2");
	close(fd);
}

static void guesses_by_a_service_shut_its_door_alone(void **state)
{
	struct fixture *f = *state;
	int fds[ATTEMPTS_MAX];

	for (int i = 0; i < ATTEMPTS_MAX; i++) {
		fds[i] = join(f);
		service_request(f, &wrong);
		send(fds[i], f->text, strlen(f->text), 0);
	}
	expect(f, fds[0], "wrong\t2");
	assert_true(attempts_locked_ms(&f->gate->service_attempts, clock_mono_ms()) > 0);
	assert_event(f, "{\"event\":\"lockout\",\"way\":\"service\"");
	f->gate->service_attempts.locked_until_ms = clock_mono_ms() + 100000;
	ask_once(f, service_request(f, &right), "locked\t100");
	strcpy(f->sessions->items[3].login.key, "SHA256:stranger");
	ask_once(f, token_request(f, &right), "pass");
	for (int i = 0; i < ATTEMPTS_MAX; i++)
		close(fds[i]);
}

static void where_the_gate_is_off_a_service_lets_nobody_in(void **state)
{
	struct fixture *f = *state;
	char answer[GATE_ANSWER_SIZE];
	int fd = join(f);

	f->gate->is_on = false;
	service_request(f, &right);
	send(fd, f->text, strlen(f->text), 0);
	loop_turn(&f->loop);
	loop_turn(&f->loop);
	assert_true(recv(fd, answer, sizeof(answer), 0) > 0);
	assert_memory_equal(answer, "closed\tthe gate of this workspace is off", 36);
	close(fd);
	fd = join(f);
	memset(f->text, 'A', sizeof(f->text));
	memcpy(f->text, "token\tservice\t", 14);
	f->text[GATE_REQUEST_SIZE - 1] = '\0';
	ask(f, fd, f->text, "closed\tthe request is not understood");
	close(fd);
}

static void what_is_no_request_is_not_served(void **state)
{
	static const char nul[] = "token\tssh\t\0x";
	struct fixture *f = *state;
	char big[GATE_REQUEST_SIZE + 1];
	int fd = join(f);

	ask_once(f, "tokens\tssh\t", "closed\tthe request is not understood");
	send(fd, nul, sizeof(nul), 0);
	expect(f, fd, "");
	close(fd);
	fd = join(f);
	memset(big, 'x', sizeof(big));
	send(fd, big, sizeof(big), 0);
	expect(f, fd, "");
	close(fd);
}

static void a_flood_of_connections_keeps_nobody_out(void **state)
{
	enum { FLOOD = 500 };
	struct fixture *f = *state;
	int fds[FLOOD];

	for (int i = 0; i < FLOOD; i++)
		fds[i] = join(f);
	int fd = join(f);
	ask(f, fd, token_request(f, &right), "pass");
	for (int i = 0; i < FLOOD; i++)
		close(fds[i]);
	close(fd);
}

static void send_wrong_ones(struct fixture *f, int *fds, size_t count)
{
	token_request(f, &wrong);
	for (size_t i = 0; i < count; i++) {
		fds[i] = join(f);
		assert_true(send(fds[i], f->text, strlen(f->text), MSG_NOSIGNAL) > 0);
		loop_turn(&f->loop);
		loop_turn(&f->loop);
	}
}

static void close_all(int *fds, size_t count)
{
	for (size_t i = 0; i < count; i++)
		close(fds[i]);
}

static void answers_that_wait_keep_nobody_out(void **state)
{
	struct fixture *f = *state;
	int fds[GATE_CLIENTS_MAX + 10];

	ask_once(f, token_request(f, &right), "pass");
	send_wrong_ones(f, fds, ARRAY_SIZE(fds));
	ask_once(f, token_request(f, &right), "pass");
	close_all(fds, ARRAY_SIZE(fds));
}

static void guesses_with_a_known_key_lock_nobody_out(void **state)
{
	struct fixture *f = *state;
	int fds[2 * ATTEMPTS_MAX];

	ask_once(f, token_request(f, &right), "pass");
	send_wrong_ones(f, fds, ARRAY_SIZE(fds));
	assert_true(attempts_locked_ms(&f->gate->known_attempts, clock_mono_ms()) > 0);
	strcpy(f->sessions->items[3].login.key, "SHA256:other");
	ask_once(f, token_request(f, &right), "pass");
	assert_no_event(f, "\"event\":\"lockout\"");
	close_all(fds, ARRAY_SIZE(fds));
}

static void who_has_most_connections_gives_way_and_is_logged(void **state)
{
	struct fixture *f = *state;
	int early = join(f), fds[GATE_CLIENTS_MAX + 1];

	ask(f, early, "token\tssh\t", "ask\talice");
	f->sessions->items[3].pid = 0; /* the others come from no session */
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		fds[i] = join(f);
		loop_turn(&f->loop);
	}
	f->sessions->items[3].pid = getpid();
	ask(f, early, "token\tssh\tABCD", "typo");
	assert_no_event(f, "crowded out");
	close_all(fds, ARRAY_SIZE(fds));
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		fds[i] = join(f);
		loop_turn(&f->loop);
	}
	expect(f, early, "");
	assert_event(f, "\"reason\":\"crowded out\"");
	close_all(fds, ARRAY_SIZE(fds));
	close(early);
}

#define GATE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* As the warden's connection looks like: it is in no pid namespace of the container. */
static void ask_from_outside(struct fixture *f, const char *request, const char *wanted)
{
	int fd = join(f);

	loop_turn(&f->loop);
	f->gate->clients[0].pid = 0;
	ask(f, fd, request, wanted);
	close(fd);
}

static void from_outside_nothing_but_a_ticket_is_answered(void **state)
{
	struct fixture *f = *state;
	const struct ticket ticket = { .expiry_s = (uint64_t)clock_wall_s() + 30 };
	char text[TICKET_TEXT_SIZE], request[GATE_REQUEST_SIZE];

	ticket_format(&ticket, f->gate->file.hash, text);
	snprintf(request, sizeof(request), "ticket\t%s\tperl", text);
	ask_from_outside(f, "token\texec\t", "closed\tthe request is not understood");
	ask_from_outside(f, token_request(f, &right), "closed\tthe request is not understood");
	ask_from_outside(f, request, "pass");
	ask_from_outside(f, request, "closed\tthe ticket is not good, or was used before");
	assert_event(f, "{\"event\":\"entry\",\"way\":\"exec\",\"by\":\"ticket\",");
	const struct ticket taken = { .expiry_s = ticket.expiry_s, .nonce = { 0 } };
	/* The shell of a script that came in so, once. */
	assert_true(tickets_take(&f->gate->tickets, &taken, clock_wall_s(), 1000, false));
	assert_false(tickets_take(&f->gate->tickets, &taken, clock_wall_s(), 1000, false));
	assert_false(tickets_take(&f->gate->tickets, &taken, clock_wall_s(), 1000, true));
	f->gate->is_on = f->gate->has_file = false;
	ask_from_outside(
		f, request,
		"closed\tthis workspace has no token; 'winalux deploy' on its host gives it one");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		GATE_TEST(the_right_token_passes),
		GATE_TEST(a_typo_is_answered_at_once_and_costs_nothing),
		GATE_TEST(a_wrong_token_is_answered_late_and_counted),
		GATE_TEST(a_lockout_spares_keys_that_were_let_in),
		GATE_TEST(the_tenth_guess_at_once_locks),
		GATE_TEST(who_has_a_parent_in_here_is_no_entry),
		GATE_TEST(a_refusal_says_what_was_to_be_run),
		GATE_TEST(ssh_entry_outside_of_a_session_is_refused),
		GATE_TEST(without_its_file_nobody_enters),
		GATE_TEST(a_gate_that_is_off_passes_everybody),
		GATE_TEST(a_service_asks_for_who_came_to_its_port),
		GATE_TEST(guesses_by_a_service_shut_its_door_alone),
		GATE_TEST(where_the_gate_is_off_a_service_lets_nobody_in),
		GATE_TEST(what_is_no_request_is_not_served),
		GATE_TEST(from_outside_nothing_but_a_ticket_is_answered),
		GATE_TEST(a_flood_of_connections_keeps_nobody_out),
		GATE_TEST(answers_that_wait_keep_nobody_out),
		GATE_TEST(guesses_with_a_known_key_lock_nobody_out),
		GATE_TEST(who_has_most_connections_gives_way_and_is_logged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
