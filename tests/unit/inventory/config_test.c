/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/inventory/config.h"
#include "winalux/inventory/diagnostics.h"

/* A home of its own, so that nothing of the person who runs the test is read. */
struct fixture {
	char home[sizeof("/tmp/winalux-test-XXXXXX")];
	char *dir, *file, *profiles;
	struct config config;
	struct diagnostics diags;
};

static int set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	memcpy(f->home, "/tmp/winalux-test-XXXXXX", sizeof(f->home));
	*state = f;
	if (!mkdtemp(f->home))
		return -1;
	f->dir = xasprintf("%s/.config/winalux", f->home);
	f->file = xasprintf("%s/config.yml", f->dir);
	f->profiles = xasprintf("%s/profiles", f->dir);
	setenv("HOME", f->home, 1);
	unsetenv("XDG_CONFIG_HOME");
	for (const struct config_entry *e = config_entries; e->key; e++)
		unsetenv(e->environment);
	return dir_make_all(f->dir, 0700, NULL);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	DEFER(freep) char *middle = xasprintf("%s/.config", f->home);

	unlink(f->file);
	rmdir(f->profiles);
	rmdir(f->dir);
	rmdir(middle);
	rmdir(f->home);
	config_release(&f->config);
	diagnostics_release(&f->diags);
	free(f->dir);
	free(f->file);
	free(f->profiles);
	free(f);
	return 0;
}

static void write_config(const struct fixture *f, const char *text)
{
	assert_int_equal(file_write_atomic(f->file, text, strlen(text), 0600, NULL), 0);
}

static enum config_origin origin_of(const struct config *config, const char *key)
{
	for (size_t i = 0; config_entries[i].key; i++) {
		if (strcmp(config_entries[i].key, key) == 0)
			return config->origins[i];
	}
	fail_msg("no entry '%s'", key);
	return CONFIG_DEFAULT;
}

static void defaults_hold_without_a_file(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(config_load(NULL, &f->config, &f->diags, NULL), 0);
	assert_string_equal(f->config.file, f->file);
	assert_string_equal(f->config.debian_suite, "trixie");
	assert_int_equal(f->config.ready_timeout_s, 60);
	assert_int_equal(f->config.trust_host_ca, CONFIG_AUTO);
	assert_null(f->config.socket);
	assert_null(f->config.profile_dir);
	assert_int_equal(origin_of(&f->config, "jobs"), CONFIG_DEFAULT);
}

static void a_flag_wins_over_environment_over_file(void **state)
{
	struct fixture *f = *state;

	write_config(f, "jobs: 2\nready_timeout_s: 30\nlock_timeout_s: 5\nsocket: ~/p.sock\n");
	setenv("WINALUX_JOBS", "3", 1);
	setenv("WINALUX_READY_TIMEOUT_S", "31", 1);
	assert_int_equal(config_load(NULL, &f->config, &f->diags, NULL), 0);
	assert_int_equal(config_set(&f->config, "jobs", "4", NULL), 0);
	assert_int_equal(f->config.jobs, 4);
	assert_int_equal(f->config.ready_timeout_s, 31);
	assert_int_equal(f->config.lock_timeout_s, 5);
	assert_int_equal(origin_of(&f->config, "jobs"), CONFIG_FLAG);
	assert_int_equal(origin_of(&f->config, "ready_timeout_s"), CONFIG_ENVIRONMENT);
	assert_int_equal(origin_of(&f->config, "lock_timeout_s"), CONFIG_FILE);
	assert_memory_equal(f->config.socket, f->home, strlen(f->home));
}

static void an_empty_variable_is_none(void **state)
{
	struct fixture *f = *state;

	setenv("WINALUX_JOBS", "", 1);
	assert_int_equal(config_load(NULL, &f->config, &f->diags, NULL), 0);
	assert_int_equal(origin_of(&f->config, "jobs"), CONFIG_DEFAULT);
}

static void all_faults_show_with_their_place(void **state)
{
	struct fixture *f = *state;
	struct error err = { 0 };

	write_config(f, "jobs: many\nscoket: x\nready_timeout_s: 0\ntrust_host_ca: maybe\n"
			"inventory: [a]\nzzzzzzzzz: 1\n");
	setenv("WINALUX_STOP_TIMEOUT_S", "-1", 1);
	assert_int_equal(config_load(NULL, &f->config, &f->diags, &err), -1);
	assert_int_equal(err.kind, ERROR_INVENTORY);
	assert_int_equal(f->diags.error_count, 7);
	static const char *const parts[] = {
		"WINALUX_STOP_TIMEOUT_S: ",
		":1:7: 'jobs' must be a whole number from 0 to 64",
		":2:1: unknown key 'scoket'; did you mean 'socket'?",
		":3:18: 'ready_timeout_s' must",
		":4:16: 'trust_host_ca' must be auto, on or off",
		":5:12: 'inventory' must be one value, not a list",
		":6:1: unknown key 'zzzzzzzzz'",
	};
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		if (!strstr(f->diags.items[i].text, parts[i]))
			fail_msg("'%s' lacks '%s'", f->diags.items[i].text, parts[i]);
	}
}

static void a_named_file_must_exist(void **state)
{
	struct fixture *f = *state;
	struct error err = { 0 };

	assert_int_equal(config_load("/nonexistent.yml", &f->config, &f->diags, &err), -1);
	assert_non_null(strstr(err.text, "/nonexistent.yml"));
}

static void a_file_that_is_no_mapping_is_refused(void **state)
{
	struct fixture *f = *state;

	write_config(f, "- a\n");
	assert_int_equal(config_load(NULL, &f->config, &f->diags, NULL), -1);
}

static void the_folder_of_own_profiles_counts_when_it_is_there(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(dir_make_all(f->profiles, 0700, NULL), 0);
	assert_int_equal(config_load(NULL, &f->config, &f->diags, NULL), 0);
	assert_string_equal(f->config.profile_dir, f->profiles);
}

static void xdg_config_home_is_honoured(void **state)
{
	struct fixture *f = *state;

	setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
	assert_int_equal(config_load(NULL, &f->config, &f->diags, NULL), 0);
	assert_string_equal(f->config.file, "/nonexistent/winalux/config.yml");
}

static void every_entry_can_be_set_and_read_back(void **state)
{
	static const char *const values[] = {
		[CONFIG_TEXT] = "text",       [CONFIG_NUMBER] = "7",
		[CONFIG_TRISTATE] = "off",    [CONFIG_REGISTRY] = "registry.example.org:5000/team",
		[CONFIG_SOURCE] = "registry",
	};
	struct fixture *f = *state;

	for (const struct config_entry *e = config_entries; e->key; e++) {
		assert_int_equal(config_set(&f->config, e->key, values[e->kind], NULL), 0);
		DEFER(freep) char *text = config_get_text(&f->config, e);
		assert_string_equal(text, values[e->kind]);
		assert_non_null(e->doc);
		assert_memory_equal(e->environment, "WINALUX_", strlen("WINALUX_"));
	}
}

static void a_registry_is_a_host_with_port_and_path(void **state)
{
	static const char *const good[] = { "registry.example.org", "registry.example.org:5000/a",
					    "127.0.0.1:5000", "localhost:5000/team/a_b",
					    "r.example/a.b-c" };
	static const char *const bad[] = { "https://registry.example.org",
					   "registry",
					   "localhost",
					   "registry/a",
					   "registry.example.org/",
					   "registry.example.org//a",
					   "registry.example.org/A",
					   "registry.example.org:0",
					   "registry.example.org:x",
					   "user@registry.example.org",
					   ".example",
					   ":5000",
					   "a.b/c:1",
					   "" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_null(registry_fault(good[i]));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_non_null(registry_fault(bad[i]));
}

static void a_wrong_source_or_registry_names_what_is_right(void **state)
{
	struct fixture *f = *state;
	struct error err = { 0 };

	assert_int_equal(config_set(&f->config, "image_source", "remote", &err), -1);
	assert_string_equal(err.text, "'image_source' must be local or registry, not 'remote'");
	assert_int_equal(config_set(&f->config, "registry", "https://r.example", &err), -1);
	assert_non_null(strstr(err.text, "without 'https://' in front"));
}

static void a_wrong_flag_is_a_mistake_of_usage(void **state)
{
	struct fixture *f = *state;
	struct error err = { 0 };

	assert_int_equal(config_set(&f->config, "job", "1", &err), -1);
	assert_int_equal(err.kind, ERROR_USAGE);
	assert_non_null(strstr(err.text, "did you mean 'jobs'?"));
	assert_int_equal(config_set(&f->config, "jobs", "65", &err), -1);
	assert_int_equal(err.kind, ERROR_USAGE);
	assert_int_equal(f->config.jobs, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
		TEST(defaults_hold_without_a_file),
		TEST(a_registry_is_a_host_with_port_and_path),
		TEST(a_wrong_source_or_registry_names_what_is_right),
		TEST(a_flag_wins_over_environment_over_file),
		TEST(an_empty_variable_is_none),
		TEST(all_faults_show_with_their_place),
		TEST(a_named_file_must_exist),
		TEST(a_file_that_is_no_mapping_is_refused),
		TEST(the_folder_of_own_profiles_counts_when_it_is_there),
		TEST(xdg_config_home_is_honoured),
		TEST(every_entry_can_be_set_and_read_back),
		TEST(a_wrong_flag_is_a_mistake_of_usage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
