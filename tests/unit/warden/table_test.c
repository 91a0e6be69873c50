/* SPDX-License-Identifier: MIT */
#include <sys/mman.h>
#include <sys/stat.h>

#include "unit/guest/files.h"
#include "warden/lost.h"
#include "warden/table.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"

static const struct payload alice = { .kind = PAYLOAD_START,
				      .container = "c1",
				      .workspace = "alice" };

static struct table *open_table(const char *directory, bool is_alone)
{
	char path[256];
	struct table *t = NULL;
	struct error err;

	if (table_open(files_path(path, directory, "table"), is_alone, &t, &err) < 0)
		return NULL;
	return t;
}

static void what_one_holder_writes_another_reads(void **state)
{
	struct table *t = open_table(*state, true), *other = open_table(*state, false);
	const int index = table_claim(t, HOLDER_B, &alice);
	const struct session_word word = table_word(other, (unsigned)index);

	assert_int_equal(index, 0);
	assert_int_equal(word.state, SESSION_NEW);
	assert_int_equal(word.role, HOLDER_B);
	assert_string_equal(other->entries[0].workspace, "alice");
	assert_true(table_set_state(other, 0, word, SESSION_ACCEPTED));
	assert_int_equal(table_word(t, 0).state, SESSION_ACCEPTED);
	munmap(t, sizeof(*t));
	munmap(other, sizeof(*other));
}

static void nothing_hits_a_later_session_in_the_same_place(void **state)
{
	struct table *t = open_table(*state, true);
	struct session_word first, second;

	table_claim(t, HOLDER_A, &alice);
	first = table_word(t, 0);
	assert_true(table_set_state(t, 0, first, SESSION_FREE));
	table_claim(t, HOLDER_A, &alice);
	second = table_word(t, 0);
	assert_int_equal(second.state, first.state);
	assert_int_not_equal(second.serial, first.serial);
	assert_false(table_set_state(t, 0, first, SESSION_FREE));
	assert_int_equal(table_word(t, 0).state, SESSION_NEW);
	munmap(t, sizeof(*t));
}

static void a_full_table_takes_no_more(void **state)
{
	struct table *t = open_table(*state, true);

	for (int i = 0; i < TABLE_SIZE; i++)
		assert_int_equal(table_claim(t, HOLDER_A, &alice), i);
	assert_int_equal(table_claim(t, HOLDER_A, &alice), -1);
	assert_int_equal(t->end, TABLE_SIZE);
	munmap(t, sizeof(*t));
}

static void one_receives_at_a_time(void **state)
{
	struct table *t = open_table(*state, true);

	assert_true(table_lock(t, 0, HOLDER_A));
	assert_false(table_lock(t, 0, HOLDER_WARDEN));
	table_unlock(t, 0, HOLDER_B); /* which does not have it */
	assert_false(table_lock(t, 0, HOLDER_WARDEN));
	table_unlock(t, 0, HOLDER_A);
	assert_true(table_lock(t, 0, HOLDER_WARDEN));
	munmap(t, sizeof(*t));
}

static void a_table_that_is_sound_stays(void **state)
{
	struct table *t = open_table(*state, true);

	table_claim(t, HOLDER_A, &alice);
	munmap(t, sizeof(*t));
	t = open_table(*state, true);
	assert_int_equal(table_word(t, 0).state, SESSION_NEW);
	assert_string_equal(t->entries[0].container, "c1");
	munmap(t, sizeof(*t));
}

/* Each case: what is written where in the file. */
static void another_shape_or_boot_makes_it_empty_unless_others_use_it(void **state)
{
	static const struct {
		const char *text;
		off_t offset;
		off_t size;
	} cases[] = {
		{ "winalux-table 9", 0, sizeof(struct table) },
		{ "another boot", offsetof(struct table, boot_id), sizeof(struct table) },
		{ "", 0, sizeof(struct table) - 1 },
		{ "", 0, 0 },
	};
	char path[256];

	files_path(path, *state, "table");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct table *t = open_table(*state, true);
		const int fd = open(path, O_RDWR | O_CLOEXEC);

		table_claim(t, HOLDER_A, &alice);
		munmap(t, sizeof(*t));
		assert_int_equal(pwrite(fd, cases[i].text, strlen(cases[i].text), cases[i].offset),
				 strlen(cases[i].text));
		assert_int_equal(ftruncate(fd, cases[i].size), 0);
		close(fd);
		assert_null(open_table(*state, false));
		t = open_table(*state, true);
		assert_int_equal(table_word(t, 0).state, SESSION_FREE);
		munmap(t, sizeof(*t));
	}
}

static void expect_lost(const char *directory, const char *text)
{
	char path[256];

	files_expect(files_path(path, directory, "lost"), text);
}

static void lost_containers_are_listed_once_until_they_are_back(void **state)
{
	struct lost l;

	assert_true(lost_open(&l, *state));
	lost_add(&l, "c1");
	lost_add(&l, "c11");
	lost_add(&l, "c1");
	assert_int_equal(lost_close(&l), 0);
	expect_lost(*state, "c1\nc11\n");
	assert_true(lost_open(&l, *state));
	lost_remove(&l, "c1");
	lost_remove(&l, "c");
	assert_int_equal(lost_close(&l), 0);
	expect_lost(*state, "c11\n");
}

static void the_list_of_lost_containers_has_an_end(void **state)
{
	char id[CONTAINER_ID_SIZE], path[256];
	struct stat st;
	struct lost l;

	assert_true(lost_open(&l, *state));
	for (int i = 0; i < TABLE_SIZE + 10; i++) {
		snprintf(id, sizeof(id), "%064d", i);
		lost_add(&l, id);
	}
	assert_int_equal(lost_close(&l), 0);
	assert_int_equal(stat(files_path(path, *state, "lost"), &st), 0);
	assert_int_equal(st.st_size, TABLE_SIZE * CONTAINER_ID_SIZE);
	assert_true(lost_open(&l, *state));
	assert_memory_equal(l.text + l.len - CONTAINER_ID_SIZE, id, CONTAINER_ID_SIZE - 1);
	lost_close(&l);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, files_setup, files_teardown)
	const struct CMUnitTest tests[] = {
		TEST(what_one_holder_writes_another_reads),
		TEST(nothing_hits_a_later_session_in_the_same_place),
		TEST(a_full_table_takes_no_more),
		TEST(one_receives_at_a_time),
		TEST(a_table_that_is_sound_stays),
		TEST(another_shape_or_boot_makes_it_empty_unless_others_use_it),
		TEST(lost_containers_are_listed_once_until_they_are_back),
		TEST(the_list_of_lost_containers_has_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
