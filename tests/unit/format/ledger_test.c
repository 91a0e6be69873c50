/* SPDX-License-Identifier: MIT */
#include "winalux/format/ledger.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "unit/guest/files.h"
#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"

#define NOON INT64_C(1795435200123) /* 2026-11-23T12:00:00.123Z */

static void add(struct ledger *l, const char *object)
{
	ledger_add(l, object, strlen(object), NOON);
}

static void add_many(struct ledger *l, unsigned count)
{
	char object[64];

	for (unsigned i = 0; i < count; i++) {
		snprintf(object, sizeof(object), "{\"event\":\"entry\",\"number\":%u}", i);
		add(l, object);
	}
}

static void opened(struct ledger *l, const char *directory)
{
	struct error err;

	if (ledger_open(l, directory, &err) < 0)
		fail_msg("%s", err.text);
}

static void write_some(const char *directory, unsigned count)
{
	struct ledger l;

	opened(&l, directory);
	add_many(&l, count);
	ledger_close(&l);
}

/* A file's text; "" for one that is not there. */
static char *text_of(const char *directory, unsigned age)
{
	DEFER(buf_release) struct buf text = { 0 };
	char name[LEDGER_NAME_SIZE], path[256];

	ledger_file_name(age, name);
	buf_init(&text, SIZE_MAX);
	if (file_read(files_path(path, directory, name), 4 << 20, &text, NULL) < 0)
		return xstrdup("");
	return xstrndup(text.data, text.len);
}

/* The first flaw; ret_line says where, counted over everything that was checked. */
static enum ledger_flaw check_text(struct ledger_check *check, const char *text, unsigned *ret_line)
{
	while (*text) {
		const size_t len = strcspn(text, "\n");
		const enum ledger_flaw flaw = ledger_check_line(check, text, len);

		++*ret_line;
		if (flaw != LEDGER_SOUND)
			return flaw;
		text += len + (text[len] == '\n');
	}
	return LEDGER_SOUND;
}

static enum ledger_flaw check_all(const char *directory, unsigned *ret_line)
{
	struct ledger_check check = { 0 };
	enum ledger_flaw flaw = LEDGER_SOUND;

	*ret_line = 0;
	for (unsigned age = LEDGER_FILES; age-- > 0 && flaw == LEDGER_SOUND;) {
		DEFER(freep) char *text = text_of(directory, age);

		flaw = check_text(&check, text, ret_line);
	}
	return flaw;
}

static void replace_file(const char *directory, const char *text)
{
	char path[256];

	files_write(files_path(path, directory, "log.jsonl"), text, 0600);
}

static void lines_carry_time_number_and_link(void **state)
{
	DEFER(freep) char *text = NULL;
	struct ledger l;
	struct stat st;
	char path[256];

	opened(&l, *state);
	add(&l, "{\"event\":\"entry\",\"way\":\"ssh\"}");
	add(&l, "{\"event\":\"refused\"}");
	ledger_close(&l);
	text = text_of(*state, 0);
	/* b2sum -l 256 of 32 zeros and the line's beginning says the same. */
	static const char first[] = "{\"time\":\"2026-11-23T12:00:00.123Z\",\"seq\":1,"
				    "\"event\":\"entry\",\"way\":\"ssh\",\"chain\":\"";
	assert_memory_equal(text, first, sizeof(first) - 1);
	assert_non_null(strstr(text, "\"}\n{\"time\":\"2026-11-23T12:00:00.123Z\",\"seq\":2,"
				     "\"event\":\"refused\",\"chain\":\""));
	assert_int_equal(stat(files_path(path, *state, "log.jsonl"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void a_ledger_goes_on_where_it_was_left(void **state)
{
	unsigned lines;

	for (int i = 0; i < 3; i++)
		write_some(*state, 5);
	assert_int_equal(check_all(*state, &lines), LEDGER_SOUND);
	assert_int_equal(lines, 15);
}

static void any_changed_byte_is_found(void **state)
{
	unsigned line;

	write_some(*state, 6);
	DEFER(freep) char *text = text_of(*state, 0);
	for (size_t i = 0; text[i]; i++) {
		if (text[i + 1] == '\0')
			break; /* the last newline alone */
		struct ledger_check check = { 0 };
		const char was = text[i];

		text[i] = was == 'x' ? 'y' : 'x';
		line = 0;
		if (check_text(&check, text, &line) == LEDGER_SOUND)
			fail_msg("byte %zu may be changed", i);
		text[i] = was;
	}
}

static void any_removed_or_moved_line_is_found(void **state)
{
	enum { LINES = 8 };
	const char *starts[LINES + 1];
	unsigned line;

	write_some(*state, LINES);
	DEFER(freep) char *text = text_of(*state, 0);
	starts[0] = text;
	for (int i = 0; i < LINES; i++)
		starts[i + 1] = strchr(starts[i], '\n') + 1;
	for (int i = 0; i < LINES - 1; i++) {
		struct ledger_check check = { 0 }, other = { 0 };
		DEFER(freep)
		char *removed = xasprintf("%.*s%s", (int)(starts[i] - text), text, starts[i + 1]);
		DEFER(freep)
		char *moved = xasprintf("%.*s%.*s%.*s%s", (int)(starts[i] - text), text,
					(int)(starts[i + 2] - starts[i + 1]), starts[i + 1],
					(int)(starts[i + 1] - starts[i]), starts[i], starts[i + 2]);

		line = 0;
		assert_int_equal(check_text(&check, removed, &line), LEDGER_MISSING);
		assert_int_equal(line, i + 1);
		line = 0;
		assert_int_equal(check_text(&other, moved, &line), LEDGER_MISSING);
		assert_int_equal(line, i + 1);
	}
}

static void it_rotates_and_the_chain_goes_on(void **state)
{
	unsigned lines;
	char path[256];
	struct stat st;
	struct ledger l;

	opened(&l, *state);
	add_many(&l, 30000);
	ledger_close(&l);
	for (unsigned age = 0; age < LEDGER_FILES; age++) {
		char name[LEDGER_NAME_SIZE];

		ledger_file_name(age, name);
		assert_int_equal(stat(files_path(path, *state, name), &st), 0);
		assert_in_range(st.st_size, 1, LEDGER_FILE_BYTES);
	}
	assert_int_equal(stat(files_path(path, *state, "log.4.jsonl"), &st), -1);
	assert_int_equal(check_all(*state, &lines), LEDGER_SOUND);
	write_some(*state, 3);
	assert_int_equal(check_all(*state, &lines), LEDGER_SOUND);
}

/* Killed between the renames and the first line of the new file. */
static void an_interrupted_rotation_is_finished(void **state)
{
	char from[256], to[256];
	unsigned lines;

	write_some(*state, 4);
	assert_int_equal(rename(files_path(from, *state, "log.jsonl"),
				files_path(to, *state, "log.1.jsonl")),
			 0);
	write_some(*state, 2);
	assert_int_equal(check_all(*state, &lines), LEDGER_SOUND);
	assert_int_equal(lines, 4 + 1 + 2);
	DEFER(freep) char *text = text_of(*state, 0);
	assert_non_null(strstr(text, "\"seq\":5,\"event\":\"rotated\",\"prev\":\""));
}

static void a_torn_line_is_cut_off_and_told(void **state)
{
	unsigned lines;

	write_some(*state, 3);
	DEFER(freep) char *text = text_of(*state, 0);
	for (size_t cut = 1; cut < 40; cut += 7) {
		DEFER(freep) char *torn = xasprintf("%.*s", (int)(strlen(text) - cut), text);

		replace_file(*state, torn);
		write_some(*state, 1);
		DEFER(freep) char *now = text_of(*state, 0);
		assert_non_null(strstr(now, "\"seq\":3,\"event\":\"torn\""));
		assert_int_equal(check_all(*state, &lines), LEDGER_SOUND);
		assert_int_equal(lines, 2 + 1 + 1);
	}
}

static void who_writes_finds_out_what_others_did(void **state)
{
	static const struct {
		const char *what; /* becomes the file's text; NULL: it is removed */
		const char *said;
	} cases[] = {
		{ "", "lines were removed" },
		{ NULL, "lines were removed" },
		{ "{\"event\":\"mine\"}", "lines were removed" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct ledger l;
		char path[256];
		unsigned line;

		unlink(files_path(path, *state, "log.jsonl"));
		opened(&l, *state);
		add_many(&l, 5);
		if (cases[i].what)
			replace_file(*state, cases[i].what);
		else
			unlink(path);
		add(&l, "{\"event\":\"entry\"}");
		ledger_close(&l);
		DEFER(freep) char *text = text_of(*state, 0);
		assert_non_null(strstr(text, "\"event\":\"tampered\",\"what\":\""));
		assert_non_null(strstr(text, cases[i].said));
		assert_int_not_equal(check_all(*state, &line), LEDGER_SOUND);
	}
}

static void what_could_not_be_written_is_counted(void **state)
{
	const struct rlimit small = { .rlim_cur = 300, .rlim_max = RLIM_INFINITY };
	struct rlimit before;
	struct ledger l;
	unsigned lines;

	signal(SIGXFSZ, SIG_IGN);
	opened(&l, *state);
	add_many(&l, 1);
	getrlimit(RLIMIT_FSIZE, &before);
	setrlimit(RLIMIT_FSIZE, &small);
	add_many(&l, 7);
	setrlimit(RLIMIT_FSIZE, &before);
	add_many(&l, 1);
	ledger_close(&l);
	DEFER(freep) char *text = text_of(*state, 0);
	assert_non_null(strstr(text, "\"event\":\"gap\",\"lost\":6"));
	assert_int_equal(check_all(*state, &lines), LEDGER_SOUND);
	assert_int_equal(lines, 1 + 1 + 1 + 1);
}

static void a_file_of_something_else_is_not_believed(void **state)
{
	static const char *const texts[] = { "hello\n", "\n\n\n", "{\"time\":\"\",\"seq\":1}\n" };
	unsigned line;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		replace_file(*state, texts[i]);
		write_some(*state, 2);
		assert_int_equal(check_all(*state, &line), LEDGER_NO_RECORD);
		assert_int_equal(line, 1);
	}
}

int main(void)
{
#define LEDGER_TEST(f) cmocka_unit_test_setup_teardown(f, files_setup, files_teardown)
	const struct CMUnitTest tests[] = {
		LEDGER_TEST(lines_carry_time_number_and_link),
		LEDGER_TEST(a_ledger_goes_on_where_it_was_left),
		LEDGER_TEST(any_changed_byte_is_found),
		LEDGER_TEST(any_removed_or_moved_line_is_found),
		LEDGER_TEST(it_rotates_and_the_chain_goes_on),
		LEDGER_TEST(an_interrupted_rotation_is_finished),
		LEDGER_TEST(a_torn_line_is_cut_off_and_told),
		LEDGER_TEST(who_writes_finds_out_what_others_did),
		LEDGER_TEST(what_could_not_be_written_is_counted),
		LEDGER_TEST(a_file_of_something_else_is_not_believed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
