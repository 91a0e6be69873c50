/* SPDX-License-Identifier: MIT */
#include "telemetry/volume_mounts.h"

#include "unit/guest/files.h"
#include "winalux/base/fd.h"

#define LINE(root, place) "36 35 98:0 " root " " place " rw,noatime master:1 - ext4 /dev/root rw\n"

static void add(const char *path, void *context)
{
	char *all = context;

	strcat(all, path);
	strcat(all, "|");
}

static void only_data_of_the_workspace_counts(void **state)
{
	static const char text[] = "1 2 0:40 / / rw - overlay overlay rw\n" LINE(
		"/v/winalux-alice-home/_data",
		"/home/developer") LINE("/v/winalux-alice-keys/_data", "/etc/winalux/hostkeys")
		LINE("/v/winalux-alice-audit/_data", "/var/lib/winalux/audit")
			LINE("/v/winalux-account/_data/telemetry/alice", "/run/winalux/pod")
				LINE("/v/another/_data", "/other")
					LINE("/v/winalux-alice-redis/_data", "/a\\040b\\134c");
	char got[256] = "";

	(void)state;
	volume_mounts_parse(text, add, got);
	assert_string_equal(got, "/home/developer|/a b\\c|");
}

static void a_workspace_is_named_by_what_it_has_mounted(void **state)
{
	static const struct {
		const char *text, *name;
	} cases[] = {
		{ LINE("/h/winalux-account/_data/telemetry/al_ice-1", "/run/winalux/pod"),
		  "al_ice-1" },
		{ LINE("/h/winalux-account/_data/telemetry/alice//deleted", "/run/winalux/pod"),
		  "" },
		{ LINE("/h/winalux-account/_data/telemetry/", "/run/winalux/pod"), "" },
		{ LINE("/h/winalux-account/_data/telemetry/A", "/run/winalux/pod"), "" },
		{ LINE("/h/winalux-other/_data/telemetry/alice", "/run/winalux/pod"), "" },
		{ LINE("/h/winalux-account/_data/telemetry/alice", "/run/winalux/pod2"), "" },
		{ LINE("/h/winalux-account/_data/telemetry/alice", "/home/developer/pod"), "" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char name[VOLUME_MOUNTS_NAME_SIZE] = "";

		volume_mounts_find_workspace(cases[i].text, name);
		assert_string_equal(name, cases[i].name);
	}
}

static void odd_lines_are_passed_over(void **state)
{
	static const char *const odd[] = {
		"",
		"\n\n",
		"36",
		"36 35 98:0 /v/winalux-a-home/_data",
		"36 35 98:0 /v/winalux-a-home/_data relative rw\n",
		"36 35 98:0 /_data /x rw\n",
		"36 35 98:0 winalux-a-home/_data /x rw\n",
	};
	char got[256] = "";

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		volume_mounts_parse(odd[i], add, got);
	assert_string_equal(got, "");
}

static void no_link_leads_out_of_the_container(void **state)
{
	char path[256], text[512];
	int fds[4];

	assert_int_equal(dir_make_all(files_path(path, *state, "7/root/home/inside"), 0755, NULL),
			 0);
	assert_int_equal(symlink("/", files_path(path, *state, "7/root/link")), 0);
	snprintf(text, sizeof(text), "%s%s%s", LINE("/v/winalux-a-home/_data", "/home/inside"),
		 LINE("/v/winalux-a-b/_data", "/link/etc"), LINE("/v/winalux-a-c/_data", "/gone"));
	files_write(files_path(path, *state, "7/mountinfo"), text, 0644);
	assert_int_equal(volume_mounts_open(*state, 7, fds, 4), 1);
	close(fds[0]);
	assert_int_equal(volume_mounts_open(*state, 8, fds, 4), 0);
	assert_int_equal(volume_mounts_open(*state, 7, fds, 0), 0);
}

int main(void)
{
#define MOUNTS_TEST(f) cmocka_unit_test_setup_teardown(f, files_setup, files_teardown)
	const struct CMUnitTest tests[] = {
		MOUNTS_TEST(only_data_of_the_workspace_counts),
		MOUNTS_TEST(a_workspace_is_named_by_what_it_has_mounted),
		MOUNTS_TEST(odd_lines_are_passed_over),
		MOUNTS_TEST(no_link_leads_out_of_the_container),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
