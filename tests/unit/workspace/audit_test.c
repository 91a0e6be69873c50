/* SPDX-License-Identifier: MIT */
#include "winalux/workspace/audit.h"

#include "unit/guest/files.h"
#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/plan/facts.h"

/* A ledger as PID 1 writes it: count lines, of which the first rotated are in log.1.jsonl. */
static struct audit_ledger written(const char *directory, unsigned count, unsigned rotated)
{
	struct audit_ledger l = { .is_there = true };
	struct ledger ledger;
	char from[256], to[256];

	files_path(from, directory, "log.jsonl");
	files_path(to, directory, "log.1.jsonl");
	for (unsigned i = 0; i < count; i++) {
		assert_int_equal(ledger_open(&ledger, directory, NULL), 0);
		ledger_add(&ledger, "{\"event\":\"entry\"}", 17, 1795435200123 + i);
		ledger_close(&ledger);
		if (i + 1 == rotated)
			assert_int_equal(rename(from, to), 0);
	}
	for (unsigned age = 0; age < 2; age++) {
		DEFER(buf_release) struct buf text = { 0 };

		buf_init(&text, 1 << 20);
		if (file_read(age ? to : from, 1 << 20, &text, NULL) == 0)
			l.files[age] =
				(struct audit_file){ xstrndup(text.data, text.len), text.len };
	}
	return l;
}

static void all_files_are_checked_from_the_oldest(void **state)
{
	DEFER(audit_ledger_release) struct audit_ledger l = written(*state, 7, 3);
	struct audit_finding found;

	audit_verify(&l, &found);
	assert_int_equal(found.flaw, LEDGER_SOUND);
	assert_int_equal(found.lines, 7 + 1); /* and the one that says "rotated" */
	assert_int_equal(found.first_seq, 1);
	assert_int_equal(found.end.seq, 8);
	assert_string_equal(found.since, "2026-11-23T12:00:00Z");
}

static void the_first_flaw_is_named(void **state)
{
	DEFER(audit_ledger_release) struct audit_ledger l = written(*state, 7, 3);
	struct audit_finding found;
	char *second = strchr(l.files[0].text, '\n') + 1;

	*strstr(second, "entry") = 'E';
	audit_verify(&l, &found);
	assert_int_equal(found.flaw, LEDGER_CHANGED);
	assert_int_equal(found.age, 0);
	assert_int_equal(found.number, 2);
	*strstr(l.files[1].text, "entry") = 'E';
	audit_verify(&l, &found);
	assert_int_equal(found.age, 1);
	assert_int_equal(found.number, 1);
}

/* As large as it gets: the writer has removed the beginning. */
static void write_full(const char *directory)
{
	struct ledger ledger;
	char object[LEDGER_OBJECT_MAX];

	memset(object, 'x', sizeof(object));
	memcpy(object, "{\"event\":\"", 10);
	memcpy(object + sizeof(object) - 2, "\"}", 2);
	assert_int_equal(ledger_open(&ledger, directory, NULL), 0);
	for (unsigned i = 0; i < LEDGER_FILES * LEDGER_FILE_BYTES / sizeof(object) + 100; i++)
		ledger_add(&ledger, object, sizeof(object), 1795435200123 + i);
	ledger_close(&ledger);
}

static struct audit_ledger read_full(const char *directory)
{
	struct audit_ledger l = { .is_there = true };

	for (unsigned age = 0; age < LEDGER_FILES; age++) {
		DEFER(buf_release) struct buf text = { 0 };
		char name[LEDGER_NAME_SIZE], path[256];

		ledger_file_name(age, name);
		buf_init(&text, 2 << 20);
		if (file_read(files_path(path, directory, name), 2 << 20, &text, NULL) == 0)
			l.files[age] =
				(struct audit_file){ xstrndup(text.data, text.len), text.len };
	}
	return l;
}

static void what_was_rotated_away_is_not_missed(void **state)
{
	struct audit_finding found;

	write_full(*state);
	DEFER(audit_ledger_release) struct audit_ledger l = read_full(*state);
	audit_verify(&l, &found);
	assert_int_equal(found.flaw, LEDGER_SOUND);
	assert_true(found.first_seq > 1);
}

static void a_file_that_was_removed_is_missed(void **state)
{
	struct audit_finding found;

	write_full(*state);
	for (unsigned age = LEDGER_FILES - 1; age > 0; age--) {
		DEFER(audit_ledger_release) struct audit_ledger l = read_full(*state);

		for (unsigned gone = age; gone < LEDGER_FILES; gone++) {
			free(l.files[gone].text);
			l.files[gone] = (struct audit_file){ 0 };
		}
		audit_verify(&l, &found);
		assert_int_equal(found.flaw, LEDGER_MISSING);
		assert_int_equal(found.age, age - 1);
		assert_int_equal(found.number, 1);
	}
}

static void a_nul_hides_nothing_of_what_follows(void **state)
{
	DEFER(audit_ledger_release) struct audit_ledger l = written(*state, 7, 0);
	struct audit_finding found;

	*(strchr(l.files[0].text, '\n') + 1) = '\0';
	audit_verify(&l, &found);
	assert_int_equal(found.flaw, LEDGER_NO_RECORD);
	assert_int_equal(found.number, 2);
}

/* --- remembered ends --- */

static struct workspace_facts alice(void)
{
	return (struct workspace_facts){ .name = "alice", .state = { .id = "0123" } };
}

static bool agrees(const struct audit_ledger *l)
{
	DEFER(audit_ends_release) struct audit_ends ends = { 0 };
	const struct workspace_facts w = alice();
	uint64_t seq;

	assert_int_equal(audit_ends_load(&ends, NULL), 0);
	return audit_ends_agree(&ends, &w, AUDIT_INSIDE, l, &seq);
}

static void remember(const struct audit_ledger *l)
{
	DEFER(audit_ends_release) struct audit_ends ends = { 0 };
	const struct workspace_facts w = alice();
	struct audit_finding found;

	audit_verify(l, &found);
	assert_int_equal(audit_ends_load(&ends, NULL), 0);
	audit_ends_set(&ends, &w, AUDIT_INSIDE, &found);
	assert_int_equal(audit_ends_save(&ends, NULL), 0);
}

static void a_ledger_that_only_grew_agrees(void **state)
{
	char state_home[256];

	setenv("XDG_STATE_HOME", files_path(state_home, *state, "home"), 1);
	DEFER(audit_ledger_release) struct audit_ledger before = written(*state, 3, 0);
	assert_true(agrees(&before));
	remember(&before);
	assert_true(agrees(&before));
	DEFER(audit_ledger_release) struct audit_ledger after = written(*state, 5, 2);
	assert_true(agrees(&after));
	remember(&after);
	free(after.files[1].text); /* rotated away */
	after.files[1].text = NULL;
	assert_true(agrees(&after));
}

static void what_was_cut_off_is_seen(void **state)
{
	const struct audit_ledger none = { 0 };
	char state_home[256];

	setenv("XDG_STATE_HOME", files_path(state_home, *state, "home"), 1);
	DEFER(audit_ledger_release) struct audit_ledger l = written(*state, 4, 0);
	remember(&l);
	l.files[0].len = (size_t)(strrchr(l.files[0].text, '{') - l.files[0].text);
	assert_false(agrees(&l));
	assert_false(agrees(&none));
}

static void a_list_of_another_form_is_not_overwritten(void **state)
{
	DEFER(audit_ends_release) struct audit_ends ends = { 0 };
	static const char *const texts[] = {
		"something else\n",
		"winalux-audit-ends 1\n1 abc workspace x\n",
		"winalux-audit-ends 1\n-1\n",
	};
	char home[256], path[256];
	struct error err;

	setenv("XDG_STATE_HOME", files_path(home, *state, "home"), 1);
	assert_int_equal(dir_make_all(files_path(path, home, "winalux"), 0700, NULL), 0);
	files_path(path, home, "winalux/audit-ends");
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		files_write(path, texts[i], 0600);
		assert_int_equal(audit_ends_load(&ends, &err), -1);
		assert_non_null(strstr(err.text, path));
		assert_non_null(strstr(err.text, "move it away"));
	}
}

int main(void)
{
#define AUDIT_TEST(f) cmocka_unit_test_setup_teardown(f, files_setup, files_teardown)
	const struct CMUnitTest tests[] = {
		AUDIT_TEST(all_files_are_checked_from_the_oldest),
		AUDIT_TEST(the_first_flaw_is_named),
		AUDIT_TEST(what_was_rotated_away_is_not_missed),
		AUDIT_TEST(a_file_that_was_removed_is_missed),
		AUDIT_TEST(a_nul_hides_nothing_of_what_follows),
		AUDIT_TEST(a_ledger_that_only_grew_agrees),
		AUDIT_TEST(what_was_cut_off_is_seen),
		AUDIT_TEST(a_list_of_another_form_is_not_overwritten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
