/* SPDX-License-Identifier: MIT */
/* Whole files: their size, their number of workspaces, where they come from. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/inventory/diagnostics.h"
#include "winalux/inventory/inventory.h"

#define KEY "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAoctBQlPRuubaAulPWjQHtj8T1Jhxh9ixniyqeEmIUh"

enum { TEXT_MAX = 16 << 20 };

struct fixture {
	struct profiles profiles;
	char dir[sizeof("/tmp/winalux-test-XXXXXX")];
};

static int set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	DEFER(diagnostics_release) struct diagnostics diags = { 0 };

	memcpy(f->dir, "/tmp/winalux-test-XXXXXX", sizeof(f->dir));
	*state = f;
	if (!mkdtemp(f->dir))
		return -1;
	return profiles_load(NULL, &f->profiles, &diags, NULL);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	profiles_release(&f->profiles);
	rmdir(f->dir);
	free(f);
	return 0;
}

static void add_head(struct buf *b)
{
	buf_init(b, TEXT_MAX);
	buf_add_str(b, "version: 1\ndefaults:\n  public_key: \"" KEY "\"\nworkspaces:\n");
}

static void many_workspaces_are_read(void **state)
{
	const struct fixture *f = *state;
	DEFER(buf_release) struct buf text = { 0 };
	DEFER(diagnostics_release) struct diagnostics diags = { 0 };
	DEFER(inventory_release) struct inventory inventory = { 0 };

	add_head(&text);
	for (unsigned i = 0; i < 200; i++)
		buf_addf(&text,
			 "  - name: dev_%u\n    ssh_port: %u\n    app_port: %u\n    sidecars: "
			 "[redis]\n",
			 i, 20000 + i, 30000 + i);
	assert_int_equal(inventory_parse(text.data, text.len, "x.yml", &f->profiles, &inventory,
					 &diags, NULL),
			 0);
	assert_int_equal(inventory.count, 200);
	const struct workspace *w = inventory_find(&inventory, "dev_123");
	assert_non_null(w);
	assert_string_equal(w->slug, "dev-123");
	assert_int_equal(w->ssh_port, 20123);
	assert_int_equal(w->line, 5 + 123 * 4);
	assert_null(inventory_find(&inventory, "dev-123"));
}

static size_t parse_count(const struct fixture *f, unsigned count, struct diagnostics *diags)
{
	DEFER(buf_release) struct buf text = { 0 };
	DEFER(inventory_release) struct inventory inventory = { 0 };

	add_head(&text);
	for (unsigned i = 0; i < count; i++)
		buf_addf(&text, "  - name: w%u\n", i);
	inventory_parse(text.data, text.len, "x.yml", &f->profiles, &inventory, diags, NULL);
	return inventory.count;
}

static void a_thousand_workspaces_are_the_limit(void **state)
{
	DEFER(diagnostics_release) struct diagnostics diags = { 0 };

	assert_int_equal(parse_count(*state, 1000, &diags), 1000);
	assert_int_equal(diags.count, 0);
	assert_int_equal(parse_count(*state, 1001, &diags), 0);
	assert_int_equal(diags.count, 1);
	assert_non_null(strstr(diags.items[0].text, "has 1001 items; it takes 1 to 1000"));
}

static void a_hundred_messages_are_kept_and_the_rest_is_counted(void **state)
{
	const struct fixture *f = *state;
	DEFER(buf_release) struct buf text = { 0 };
	DEFER(diagnostics_release) struct diagnostics diags = { 0 };
	DEFER(inventory_release) struct inventory inventory = { 0 };
	struct error err = { 0 };

	add_head(&text);
	for (unsigned i = 0; i < 150; i++)
		buf_addf(&text, "  - name: w%u\n    ssh_port: never\n", i);
	assert_int_equal(inventory_parse(text.data, text.len, "x.yml", &f->profiles, &inventory,
					 &diags, &err),
			 -1);
	assert_int_equal(err.kind, ERROR_INVENTORY);
	assert_string_equal(err.text, "x.yml: 150 errors");
	assert_int_equal(diags.count, 100);
	assert_int_equal(diags.dropped_count, 50);
	assert_memory_equal(diags.items[0].text, "x.yml:6:15: ", strlen("x.yml:6:15: "));
}

/* Loads path, which must fail with a message that has text in it. */
static void expect_failure(const struct fixture *f, const char *path, const char *text)
{
	DEFER(diagnostics_release) struct diagnostics diags = { 0 };
	DEFER(inventory_release) struct inventory inventory = { 0 };
	struct error err = { 0 };

	assert_int_equal(inventory_load(path, &f->profiles, &inventory, &diags, &err), -1);
	assert_int_equal(err.kind, ERROR_INVENTORY);
	if (!strstr(err.text, text))
		fail_msg("'%s' lacks '%s'", err.text, text);
	assert_int_equal(diags.count, 1);
	assert_non_null(strstr(diags.items[0].text, text));
}

static void files_that_cannot_be_read_say_why(void **state)
{
	const struct fixture *f = *state;
	DEFER(freep) char *missing = xasprintf("%s/missing.yml", f->dir);

	expect_failure(f, missing, "No such file or directory");
	expect_failure(f, f->dir, "it is a directory");
}

/* Sparse: its size alone is the reason, nothing of it is read. */
static void a_file_of_100_mb_is_refused(void **state)
{
	const struct fixture *f = *state;
	DEFER(freep) char *path = xasprintf("%s/huge.yml", f->dir);
	DEFER(fd_closep) int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, 100 << 20), 0);
	expect_failure(f, path, "it is larger than 4 MiB");
	unlink(path);
}

static void an_endless_stream_is_refused_at_the_limit(void **state)
{
	expect_failure(*state, "/dev/zero", "it is larger than 4 MiB");
}

static void a_pipe_is_read_like_a_file(void **state)
{
	static const char text[] =
		"version: 1\nworkspaces:\n  - name: alice\n    public_key: \"" KEY "\"\n";
	const struct fixture *f = *state;
	DEFER(diagnostics_release) struct diagnostics diags = { 0 };
	DEFER(inventory_release) struct inventory inventory = { 0 };
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(fd_write_all(ends[1], text, sizeof(text) - 1, NULL), 0);
	close(ends[1]);
	DEFER(freep) char *path = xasprintf("/proc/self/fd/%d", ends[0]);
	assert_int_equal(inventory_load(path, &f->profiles, &inventory, &diags, NULL), 0);
	assert_int_equal(inventory.count, 1);
	close(ends[0]);
}

static void bombs_of_aliases_are_refused(void **state)
{
	const struct fixture *f = *state;
	DEFER(buf_release) struct buf text = { 0 };
	DEFER(diagnostics_release) struct diagnostics diags = { 0 };
	DEFER(inventory_release) struct inventory inventory = { 0 };

	buf_init(&text, TEXT_MAX);
	buf_add_str(&text, "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
	for (int i = 1; i < 10; i++) {
		buf_addf(&text, "a%d: &a%d [", i, i);
		for (int k = 0; k < 10; k++)
			buf_addf(&text, "%s*a%d", k ? "," : "", i - 1);
		buf_add_str(&text, "]\n");
	}
	assert_int_equal(inventory_parse(text.data, text.len, "x.yml", &f->profiles, &inventory,
					 &diags, NULL),
			 -1);
	assert_int_equal(diags.error_count, 1);
}

static void unknown_profiles_pass_where_nothing_is_known_of_them(void **state)
{
	static const char text[] = "version: 1\nworkspaces:\n  - name: a\n    profile: other\n"
				   "    sidecars: [anything]\n    public_key: \"" KEY "\"\n";
	DEFER(diagnostics_release) struct diagnostics diags = { 0 };
	DEFER(inventory_release) struct inventory inventory = { 0 };

	(void)state;
	assert_int_equal(
		inventory_parse(text, sizeof(text) - 1, "x.yml", NULL, &inventory, &diags, NULL),
		0);
	assert_string_equal(inventory.workspaces[0].profile, "other");
}

static void an_error_takes_the_place_of_a_warning_in_a_full_list(void **state)
{
	DEFER(diagnostics_release) struct diagnostics diags = { 0 };

	(void)state;
	for (int i = 0; i < 100; i++)
		diagnostics_warning(&diags, "x.yml", NULL, "warning %d", i);
	diagnostics_error(&diags, "x.yml", NULL, "error");
	assert_int_equal(diags.count, 100);
	assert_int_equal(diags.dropped_count, 1);
	assert_int_equal(diags.error_count, 1);
	assert_string_equal(diags.items[99].text, "x.yml: error");
}

static void messages_have_no_control_characters(void **state)
{
	DEFER(diagnostics_release) struct diagnostics diags = { 0 };

	(void)state;
	diagnostics_error(&diags, "a\033b.yml", NULL, "x\ny\033[31m");
	assert_null(strpbrk(diags.items[0].text, "\033\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_workspaces_are_read),
		cmocka_unit_test(a_thousand_workspaces_are_the_limit),
		cmocka_unit_test(a_hundred_messages_are_kept_and_the_rest_is_counted),
		cmocka_unit_test(files_that_cannot_be_read_say_why),
		cmocka_unit_test(a_file_of_100_mb_is_refused),
		cmocka_unit_test(an_endless_stream_is_refused_at_the_limit),
		cmocka_unit_test(a_pipe_is_read_like_a_file),
		cmocka_unit_test(bombs_of_aliases_are_refused),
		cmocka_unit_test(unknown_profiles_pass_where_nothing_is_known_of_them),
		cmocka_unit_test(an_error_takes_the_place_of_a_warning_in_a_full_list),
		cmocka_unit_test(messages_have_no_control_characters),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
