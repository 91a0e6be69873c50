/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "image/internal.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"

static void collect(const char *image, const char *line, void *context)
{
	strv_addf(context, "%s: %s", image, line);
}

static const struct {
	const char *line;
	const char *shown; /* NULL: nothing */
} cases[] = {
	{ "STEP 5/10: RUN : install packages; set -eu; export X=1; 	apt-get",
	  "web: step 5/10: RUN install packages" },
	{ "STEP 1/9: FROM localhost/winalux/base:latest",
	  "web: step 1/9: FROM localhost/winalux/base:latest" },
	{ "STEP 2/9: RUN set -eu; 	make a long command that goes on and on beyond any "
	  "reasonable line width",
	  "web: step 2/9: RUN set -eu;" },
	{ "STEP 9/9: LABEL \"io.winalux.input\"=\"71f2114ad\"", "web: step 9/9: LABEL" },
	{ "Unpacking libc6:amd64 (2.41-12) ...", "web: unpacking libc6" },
	{ "Setting up git (1:2.47.3-0+deb13u1) ...", "web: setting up git" },
	{ "--> 6c5ed79e886c", NULL },
	{ "   ", NULL },
	{ "", NULL },
	{ "9d4ddba7cacfd1cdb947bb89e158e1a80121eac29aa84199465cd54c6e3bed94", NULL },
	{ "(Reading database ... 5512 files and directories currently installed.)", NULL },
	{ "npm warn deprecated", "web: npm warn deprecated" },
};

static void a_build_is_told_in_short_lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		DEFER(strv_release) struct strv shown = { 0 };
		struct builder b = { .options = { .on_line = collect, .context = &shown } };
		DEFER(progress_release)
		struct progress progress = { .builder = &b, .name = "web" };

		assert_true(progress_build_line(cases[i].line, &progress));
		assert_int_equal(shown.count, cases[i].shown == NULL ? 0 : 1);
		if (cases[i].shown != NULL)
			assert_string_equal(shown.items[0], cases[i].shown);
	}
}

static void a_failure_names_step_reason_and_last_lines(void **state)
{
	struct builder b = { 0 };
	DEFER(progress_release) struct progress progress = { .builder = &b, .name = "web" };
	struct error err = { 0 };

	(void)state;
	progress_build_line("STEP 3/9: RUN : install packages; set -eu", &progress);
	for (int i = 0; i < 9; i++)
		progress_build_line("Reading package lists...", &progress);
	progress_build_line("E: Unable to locate package nosuch", &progress);
	error_set(&err, ERROR_BUILD,
		  "building at STEP \"RUN : install packages; echo \"a\": b\": "
		  "while running runtime: exit status 100");
	assert_int_equal(progress_explain(&progress, &err), -1);
	assert_int_equal(err.kind, ERROR_BUILD);
	assert_string_equal(err.text,
			    "cannot build image 'web' at step 3/9: RUN install packages: "
			    "while running runtime: exit status 100; the output ended with: "
			    "Reading package lists... | Reading package lists... | "
			    "Reading package lists... | E: Unable to locate package nosuch");
}

static void a_full_disk_is_said_plainly(void **state)
{
	struct builder b = { 0 };
	DEFER(progress_release) struct progress progress = { .builder = &b, .name = "web" };
	struct error err = { 0 };

	(void)state;
	progress_build_line("dpkg: error: cannot copy: failed to write (No space left on device)",
			    &progress);
	error_set(&err, ERROR_BUILD, "exit status 100");
	progress_explain(&progress, &err);
	assert_int_equal(err.kind, ERROR_HOST);
	assert_non_null(strstr(err.text, "'web': no space left"));
}

static void a_signal_ends_the_build(void **state)
{
	bool cancelled = false;
	struct builder b = { .options = { .cancelled = &cancelled } };
	DEFER(progress_release) struct progress progress = { .builder = &b, .name = "web" };

	(void)state;
	assert_true(progress_build_line("x", &progress));
	cancelled = true;
	assert_false(progress_build_line("x", &progress));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_build_is_told_in_short_lines),
		cmocka_unit_test(a_failure_names_step_reason_and_last_lines),
		cmocka_unit_test(a_full_disk_is_said_plainly),
		cmocka_unit_test(a_signal_ends_the_build),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
