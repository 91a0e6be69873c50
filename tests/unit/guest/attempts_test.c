/* SPDX-License-Identifier: MIT */
/* What the gate counts and reads: wrong tokens, tickets, its file, parents. No clock, no socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "guest/attempts.h"
#include "guest/gate_file.h"
#include "guest/proc_parent.h"
#include "guest/tickets.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"

#define SALT "000102030405060708090a0b0c0d0e0f"
#define HASH "06d77e0cce60b8543707bb17d79238b27a0e271a93205715ba73cf888e65b432"

static void wrong_tokens_wait_longer_and_longer(void **state)
{
	static const int wanted[ATTEMPTS_MAX] = { 1000,  2000,  4000,  8000,  16000,
						  30000, 30000, 30000, 30000, 30000 };
	struct attempts a = { 0 };

	(void)state;
	for (int i = 0; i < ATTEMPTS_MAX; i++) {
		assert_int_equal(attempts_locked_ms(&a, 5000 + i), 0);
		assert_int_equal(attempts_fail(&a, 5000 + i), wanted[i]);
	}
}

static void the_tenth_wrong_token_locks_for_ten_minutes(void **state)
{
	struct attempts a = { 0 };

	(void)state;
	for (int i = 0; i < ATTEMPTS_MAX; i++)
		attempts_fail(&a, 1000);
	assert_int_equal(attempts_locked_ms(&a, 1000), ATTEMPTS_LOCK_MS);
	assert_int_equal(attempts_locked_ms(&a, 1000 + ATTEMPTS_LOCK_MS - 1), 1);
	assert_int_equal(attempts_locked_ms(&a, 1000 + ATTEMPTS_LOCK_MS), 0);
	/* and then another ten are needed */
	attempts_fail(&a, 1000 + ATTEMPTS_LOCK_MS);
	assert_int_equal(attempts_locked_ms(&a, 1000 + ATTEMPTS_LOCK_MS), 0);
}

static void failures_that_are_old_do_not_count(void **state)
{
	struct attempts a = { 0 };
	int64_t now_ms = 1000;

	(void)state;
	for (int i = 0; i < 100; i++) {
		now_ms += ATTEMPTS_WINDOW_MS / (ATTEMPTS_MAX - 1) + 1;
		attempts_fail(&a, now_ms);
		assert_int_equal(attempts_locked_ms(&a, now_ms), 0);
	}
	assert_int_equal(attempts_fail(&a, now_ms + ATTEMPTS_WINDOW_MS), 1000);
}

static struct ticket ticket_of(uint64_t expiry_s, unsigned number)
{
	struct ticket t = { .expiry_s = expiry_s };

	memcpy(t.nonce, &number, sizeof(number));
	return t;
}

static void a_ticket_is_taken_once_and_in_its_time(void **state)
{
	DEFER(freep) struct tickets *t = xcalloc(1, sizeof(*t));
	const struct ticket one = ticket_of(1050, 1), late = ticket_of(999, 2),
			    early = ticket_of(1061, 3), last = ticket_of(1060, 4);

	(void)state;
	assert_true(tickets_take(t, &one, 1000, 1000, false));
	assert_false(tickets_take(t, &one, 1000, 1000, false));
	assert_false(tickets_take(t, &one, 1050, 1000, false));
	assert_false(tickets_take(t, &late, 1000, 1000, false));
	assert_false(tickets_take(t, &early, 1000, 1000, false));
	assert_true(tickets_take(t, &last, 1000, 1000, false));
	assert_int_equal(t->count, 2);
}

static void a_full_table_of_tickets_refuses_until_some_expire(void **state)
{
	DEFER(freep) struct tickets *t = xcalloc(1, sizeof(*t));

	(void)state;
	for (unsigned i = 0; i < TICKETS_MAX; i++)
		assert_true(tickets_take(t, &(struct ticket[]){ ticket_of(1030, i) }[0], 1000, 1000,
					 false));
	const struct ticket more = ticket_of(1060, TICKETS_MAX);
	assert_false(tickets_take(t, &more, 1030, 1000, false));
	assert_true(tickets_take(t, &more, 1031, 1000, false));
	assert_int_equal(t->count, 1);
}

static void the_gate_file_is_read(void **state)
{
	static const char text[] =
		"winalux-gate\t1\nnew\tline\ntoken\t" SALT "\t" HASH "\tmore\nunlock\t17\n";
	struct gate_file file;
	struct error err;

	(void)state;
	assert_int_equal(gate_file_parse(text, strlen(text), &file, &err), 0);
	assert_int_equal(file.salt[15], 0x0f);
	assert_int_equal(file.hash[31], 0x32);
	assert_string_equal(file.unlock, "17");
}

static void a_broken_gate_file_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"\n",
		"winalux-gate\t1",
		"winalux-gate\t1\n",
		"winalux-gate\t2\ntoken\t" SALT "\t" HASH "\n",
		"winalux-gate\t12\ntoken\t" SALT "\t" HASH "\n",
		"token\t" SALT "\t" HASH "\n",
		"winalux-gate\t1\ntoken\t" SALT "\t" HASH,
		"winalux-gate\t1\ntoken\t" SALT "\t" HASH "0\n",
		"winalux-gate\t1\ntoken\t" SALT "\n",
		"winalux-gate\t1\ntoken\t" SALT " " HASH "\n",
		"winalux-gate\t1\ntoken\t" SALT "\t" HASH "\ntoken\t" SALT "\t" HASH "\n",
		"winalux-gate\t1\ntoken\t" SALT "\t" HASH "\nunlock\t" HASH "\n",
	};
	struct gate_file file = { .unlock = "as before" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		assert_int_equal(gate_file_parse(texts[i], strlen(texts[i]), &file, NULL), -1);
		assert_string_equal(file.unlock, "as before");
	}
}

static void a_name_cannot_forge_a_parent(void **state)
{
	static const struct {
		const char *stat;
		pid_t parent;
	} cases[] = {
		{ "12 (sh) S 7 12 12 0 -1", 7 },
		{ "12 (a) R 1 (b) S 0 12", 0 },
		{ "12 (sh", -1 },
		{ "12 (sh)", -1 },
		{ "", -1 },
		{ "12 (sh) S x", -1 },
		{ "12 (sh) S -1", -1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(proc_parent_parse(cases[i].stat), cases[i].parent);
}

static void a_ticket_from_before_the_start_is_not_taken(void **state)
{
	static const struct {
		uint64_t expiry_s;
		int64_t age_s;
		bool is_good;
	} cases[] = {
		{ 1000 + TICKET_LIFE_S, 1, true }, /* made now */
		{ 1000 + TICKET_LIFE_S - 1, 1, true }, { 1000 + TICKET_LIFE_S - 2, 1, false },
		{ 1000 + TICKET_LIFE_S - 5, 5, true }, { 1000 + TICKET_LIFE_S - 6, 5, false },
		{ 1000, TICKET_LIFE_S - 1, false },    { 1000, TICKET_LIFE_S, true },
		{ 1000 + TICKET_MAX_LIFE_S, 1, true }, /* the host's clock is ahead */
	};
	struct tickets *t = xcalloc(1, sizeof(*t));

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct ticket ticket = ticket_of(cases[i].expiry_s, (uint8_t)i);

		if (tickets_take(t, &ticket, 1000, cases[i].age_s, false) != cases[i].is_good)
			fail_msg("case %zu", i);
	}
	free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_tokens_wait_longer_and_longer),
		cmocka_unit_test(the_tenth_wrong_token_locks_for_ten_minutes),
		cmocka_unit_test(failures_that_are_old_do_not_count),
		cmocka_unit_test(a_ticket_is_taken_once_and_in_its_time),
		cmocka_unit_test(a_full_table_of_tickets_refuses_until_some_expire),
		cmocka_unit_test(a_ticket_from_before_the_start_is_not_taken),
		cmocka_unit_test(the_gate_file_is_read),
		cmocka_unit_test(a_broken_gate_file_is_refused),
		cmocka_unit_test(a_name_cannot_forge_a_parent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
