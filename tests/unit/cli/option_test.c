/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/option.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"

struct own_options {
	bool dry_run;
	bool prune;
	const char *user;
	uint32_t count;
	uint64_t since_ms;
	struct strv environment;
};

struct common_options {
	bool quiet;
	const char *jobs;
};

#define OWN(member) offsetof(struct own_options, member)

static const struct option own_table[] = {
	{ .name = "dry-run", .letter = 'n', .offset = OWN(dry_run), .help = "" },
	{ .name = "prune", .letter = 'p', .offset = OWN(prune), .help = "" },
	{ .name = "user",
	  .letter = 'u',
	  .kind = OPTION_TEXT,
	  .offset = OWN(user),
	  .arg = "USER",
	  .help = "" },
	{ .name = "count", .kind = OPTION_NUMBER, .offset = OWN(count), .arg = "N", .help = "" },
	{ .name = "since",
	  .kind = OPTION_DURATION,
	  .offset = OWN(since_ms),
	  .arg = "TIME",
	  .help = "" },
	{ .name = "env",
	  .letter = 'e',
	  .kind = OPTION_LIST,
	  .offset = OWN(environment),
	  .arg = "K=V",
	  .help = "" },
	{ .name = "secret", .offset = OWN(prune), .help = "", .is_hidden = true },
	{ .name = NULL },
};

static const struct option common_table[] = {
	{ .name = "quiet",
	  .letter = 'q',
	  .offset = offsetof(struct common_options, quiet),
	  .help = "" },
	{ .name = "jobs",
	  .letter = 'j',
	  .kind = OPTION_TEXT,
	  .offset = offsetof(struct common_options, jobs),
	  .arg = "N",
	  .help = "" },
	{ .name = NULL },
};

/* What one command line gave. */
struct parsed {
	struct own_options own;
	struct common_options common;
	struct strv args;
	struct error err;
	int result;
};

static void parse(struct parsed *p, size_t verbatim_after, const char *const *argv)
{
	const struct option_set sets[] = { { own_table, &p->own },
					   { common_table, &p->common },
					   { NULL, NULL } };

	*p = (struct parsed){ 0 };
	p->result = option_parse(sets, argv, verbatim_after, &p->args, &p->err);
}

static void parsed_release(struct parsed *p)
{
	const struct option_set own = { own_table, &p->own };

	option_set_release(&own);
	strv_release(&p->args);
}

#define ARGV(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void assert_args(const struct parsed *p, const char *joined)
{
	DEFER(freep) char *text = strv_join(&p->args, "|");

	assert_string_equal(text, joined);
}

static void options_are_taken_before_and_after_arguments(void **state)
{
	DEFER(parsed_release) struct parsed p;

	(void)state;
	parse(&p, 0, ARGV("--dry-run", "one", "--user=root", "two", "-q"));
	assert_int_equal(p.result, 0);
	assert_true(p.own.dry_run);
	assert_string_equal(p.own.user, "root");
	assert_true(p.common.quiet);
	assert_args(&p, "one|two");
}

static void letters_may_be_bundled_with_a_value_at_the_end(void **state)
{
	DEFER(parsed_release) struct parsed p;

	(void)state;
	parse(&p, 0, ARGV("-npj4"));
	assert_int_equal(p.result, 0);
	assert_true(p.own.dry_run && p.own.prune);
	assert_string_equal(p.common.jobs, "4");
}

static void a_value_may_be_the_next_argument_even_one_with_a_dash(void **state)
{
	DEFER(parsed_release) struct parsed p;

	(void)state;
	parse(&p, 0, ARGV("-j", "8", "--user", "-odd"));
	assert_int_equal(p.result, 0);
	assert_string_equal(p.common.jobs, "8");
	assert_string_equal(p.own.user, "-odd");
}

static void the_last_of_a_repeated_option_counts_and_lists_grow(void **state)
{
	DEFER(parsed_release) struct parsed p;

	(void)state;
	parse(&p, 0, ARGV("-ua", "-ub", "-eA=1", "--env", "B=2", "--env=C="));
	assert_int_equal(p.result, 0);
	assert_string_equal(p.own.user, "b");
	DEFER(freep) char *list = strv_join(&p.own.environment, " ");
	assert_string_equal(list, "A=1 B=2 C=");
}

static void numbers_and_times_are_read(void **state)
{
	DEFER(parsed_release) struct parsed p;

	(void)state;
	parse(&p, 0, ARGV("--count=4294967295", "--since", "5m"));
	assert_int_equal(p.result, 0);
	assert_true(p.own.count == UINT32_MAX);
	assert_true(p.own.since_ms == 300000);
}

static void two_dashes_end_the_options(void **state)
{
	DEFER(parsed_release) struct parsed p;

	(void)state;
	parse(&p, 0, ARGV("a", "--", "-n", "--", "--user"));
	assert_int_equal(p.result, 0);
	assert_false(p.own.dry_run);
	assert_args(&p, "a|-n|--|--user");
}

static void one_dash_is_an_argument(void **state)
{
	DEFER(parsed_release) struct parsed p;

	(void)state;
	parse(&p, 0, ARGV("-", "x"));
	assert_args(&p, "-|x");
}

static void behind_the_verbatim_argument_nothing_is_read(void **state)
{
	const struct {
		size_t after;
		const char *const *argv;
		const char *args;
		const char *user;
	} cases[] = {
		{ 2, ARGV("alice", "-u", "root", "ls", "-u", "x"), "alice|ls|-u|x", "root" },
		{ 2, ARGV("alice", "--", "-u"), "alice|-u", NULL },
		{ 2, ARGV("alice", "ls", "--", "x"), "alice|ls|--|x", NULL },
		{ 2, ARGV("-uroot", "--", "alice", "-u"), "alice|-u", "root" },
		{ 1, ARGV("alice", "-u", "x"), "alice|-u|x", NULL },
		{ 1, ARGV("alice", "--", "x"), "alice|--|x", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		DEFER(parsed_release) struct parsed p;

		parse(&p, cases[i].after, cases[i].argv);
		assert_int_equal(p.result, 0);
		assert_args(&p, cases[i].args);
		if (cases[i].user)
			assert_string_equal(p.own.user, cases[i].user);
		else
			assert_null(p.own.user);
	}
}

static void mistakes_are_named(void **state)
{
	const struct {
		const char *const *argv;
		const char *text;
	} cases[] = {
		{ ARGV("--dry-rum"), "unknown option '--dry-rum'; did you mean '--dry-run'?" },
		{ ARGV("--usr=x"), "unknown option '--usr'; did you mean '--user'?" },
		{ ARGV("--xyzzy"), "unknown option '--xyzzy'" },
		{ ARGV("--secre"), "unknown option '--secre'" },
		{ ARGV("--dry"), "unknown option '--dry'" },
		{ ARGV("-nx"), "unknown option '-x'" },
		{ ARGV("--quiet=1"), "option '--quiet' takes no value" },
		{ ARGV("--user"), "option '--user' needs a value: USER" },
		{ ARGV("-nj"), "option '--jobs' needs a value: N" },
		{ ARGV("--count", "1x"), "option '--count': '1x' is not a number" },
		{ ARGV("--count", "4294967296"), "option '--count': '4294967296' is not a number" },
		{ ARGV("--count", "-1"), "option '--count': '-1' is not a number" },
		{ ARGV("--since", "soon"),
		  "option '--since': 'soon' is not a time such as 90s, 5m, 2h" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		DEFER(parsed_release) struct parsed p;

		parse(&p, 0, cases[i].argv);
		assert_int_equal(p.result, -1);
		assert_int_equal(p.err.kind, ERROR_USAGE);
		assert_string_equal(p.err.text, cases[i].text);
	}
}

static void an_empty_value_is_a_value(void **state)
{
	DEFER(parsed_release) struct parsed p;

	(void)state;
	parse(&p, 0, ARGV("--user=", ""));
	assert_int_equal(p.result, 0);
	assert_string_equal(p.own.user, "");
	assert_int_equal(p.args.count, 1);
}

static void a_table_of_hidden_options_shows_none(void **state)
{
	static const struct option hidden[] = {
		{ .name = "x", .help = "", .is_hidden = true },
		{ .name = NULL },
	};

	(void)state;
	assert_false(option_any_shown(NULL));
	assert_false(option_any_shown(hidden));
	assert_true(option_any_shown(own_table));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_are_taken_before_and_after_arguments),
		cmocka_unit_test(letters_may_be_bundled_with_a_value_at_the_end),
		cmocka_unit_test(a_value_may_be_the_next_argument_even_one_with_a_dash),
		cmocka_unit_test(the_last_of_a_repeated_option_counts_and_lists_grow),
		cmocka_unit_test(numbers_and_times_are_read),
		cmocka_unit_test(two_dashes_end_the_options),
		cmocka_unit_test(one_dash_is_an_argument),
		cmocka_unit_test(behind_the_verbatim_argument_nothing_is_read),
		cmocka_unit_test(mistakes_are_named),
		cmocka_unit_test(an_empty_value_is_a_value),
		cmocka_unit_test(a_table_of_hidden_options_shows_none),
	};

	return cmocka_run_group_tests_name("option", tests, NULL, NULL);
}
