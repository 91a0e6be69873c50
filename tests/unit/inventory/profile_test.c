/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/inventory/diagnostics.h"
#include "winalux/inventory/profile.h"

/* A user's profile directory, emptied after each test. */
struct fixture {
	char dir[sizeof("/tmp/winalux-test-XXXXXX")];
	struct strv files;
	struct profiles profiles;
	struct diagnostics diags;
	size_t built_in,
		built_in_kinds; /* how many profiles and sidecar kinds there are without it */
};

static int set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	memcpy(f->dir, "/tmp/winalux-test-XXXXXX", sizeof(f->dir));
	if (profiles_load(NULL, &f->profiles, &f->diags, NULL) < 0)
		return -1;
	f->built_in = f->profiles.count;
	f->built_in_kinds = f->profiles.kind_count;
	profiles_release(&f->profiles);
	*state = f;
	return mkdtemp(f->dir) ? 0 : -1;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	DEFER(freep) char *sidecars = xasprintf("%s/sidecars", f->dir);
	DEFER(freep) char *stacks = xasprintf("%s/stacks", f->dir);

	for (size_t i = 0; i < f->files.count; i++)
		unlink(f->files.items[i]);
	rmdir(sidecars);
	rmdir(stacks);
	rmdir(f->dir);
	strv_release(&f->files);
	profiles_release(&f->profiles);
	diagnostics_release(&f->diags);
	free(f);
	return 0;
}

static void write_file(struct fixture *f, const char *name, const char *text)
{
	DEFER(freep) char *sidecars = xasprintf("%s/sidecars", f->dir);
	DEFER(freep) char *stacks = xasprintf("%s/stacks", f->dir);
	char *path = xasprintf("%s/%s", f->dir, name);

	strv_add_owned(&f->files, path);
	assert_int_equal(dir_make_all(sidecars, 0700, NULL), 0);
	assert_int_equal(dir_make_all(stacks, 0700, NULL), 0);
	assert_int_equal(file_write_atomic(path, text, strlen(text), 0600, NULL), 0);
}

static void load(struct fixture *f)
{
	struct error err = { 0 };

	if (profiles_load(f->dir, &f->profiles, &f->diags, &err) < 0)
		fail_msg("%s", err.text);
}

static void the_built_in_ones_are_there_and_without_fault(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(profiles_load(NULL, &f->profiles, &f->diags, NULL), 0);
	assert_int_equal(f->diags.count, 0);
	const struct profile *web = profiles_find(&f->profiles, "web");
	assert_non_null(web);
	assert_string_equal(web->base, "debian");
	assert_string_equal(web->origin, "built-in");
	assert_int_equal(web->port, 8000);
	assert_true(strv_contains(&web->packages, "git"));
	assert_true(strv_contains(&web->python, "go-task-bin"));
	assert_non_null(strstr(web->containerfile, "FROM"));
	const struct sidecar_kind *redis = profiles_find_sidecar(&f->profiles, "redis");
	assert_non_null(redis);
	assert_int_equal(redis->port, 6379);
	assert_int_equal(redis->check, CHECK_REDIS);
	assert_string_equal(redis->data, "/var/lib/redis");
	const struct sidecar_kind *memcached = profiles_find_sidecar(&f->profiles, "memcached");
	assert_non_null(memcached);
	assert_int_equal(memcached->check, CHECK_MEMCACHED);
	assert_null(memcached->data);
	assert_null(profiles_find(&f->profiles, "redis"));
}

static void names_are_listed_in_order(void **state)
{
	struct fixture *f = *state;

	write_file(f, "go.yml", "version: 1\nname: go\n");
	load(f);
	DEFER(freep) char *names = profiles_names(&f->profiles);
	DEFER(freep) char *kinds = profiles_sidecar_names(&f->profiles);
	assert_string_equal(names, "data, go, web");
	assert_string_equal(kinds,
			    "airflow, faktory, memcached, postgres, rabbitmq, redis, valkey");
}

static void a_profile_of_the_user_has_every_key(void **state)
{
	struct fixture *f = *state;

	write_file(f, "go.yml",
		   "version: 1\nname: go\nsummary: Go\nbase: docker.io/library/golang:1\n"
		   "packages: [gcc, g++, libc6-dev]\npython: [uv]\nport: 9000\nport_label: App\n"
		   "environment: {GOFLAGS: -mod=mod}\ncontainerfile: Containerfile.go\n"
		   "services:\n  - name: docs\n    command: [godoc, -http, \":6060\"]\n"
		   "  - {name: root, command: [x], user: root, directory: /}\n");
	write_file(f, "Containerfile.go", "FROM x\n");
	load(f);
	assert_int_equal(f->diags.count, 0);
	const struct profile *go = profiles_find(&f->profiles, "go");
	assert_non_null(go);
	assert_string_equal(go->containerfile, "FROM x\n");
	assert_string_equal(go->port_label, "App");
	assert_int_equal(go->packages.count, 3);
	assert_string_equal(go->environment.items[0], "GOFLAGS=-mod=mod");
	assert_int_equal(go->services.count, 2);
	assert_string_equal(go->services.items[0].user, "developer");
	assert_string_equal(go->services.items[0].directory, "/home/developer");
	assert_string_equal(go->services.items[0].command.items[2], ":6060");
	assert_string_equal(go->services.items[1].user, "root");
	assert_non_null(strstr(go->origin, "/go.yml"));
}

static void a_name_of_the_user_replaces_the_built_in_one(void **state)
{
	struct fixture *f = *state;

	write_file(f, "web.yml", "version: 1\nname: web\nport: 9999\n");
	write_file(f, "sidecars/redis.yml",
		   "version: 1\nname: redis\nuser: nobody\ncommand: [valkey]\n");
	load(f);
	assert_int_equal(f->profiles.count, f->built_in);
	assert_int_equal(profiles_find(&f->profiles, "web")->port, 9999);
	assert_int_equal(f->profiles.kind_count, f->built_in_kinds);
	assert_string_equal(profiles_find_sidecar(&f->profiles, "redis")->command.items[0],
			    "valkey");
}

static void a_kind_is_built_from_the_files_beside_its_containerfile(void **state)
{
	struct fixture *f = *state;

	load(f);
	assert_string_equal(profiles_find_sidecar(&f->profiles, "postgres")->folder, "postgres");
	assert_string_equal(profiles_find_sidecar(&f->profiles, "redis")->folder, "sidecar");
}

static const struct {
	const char *file, *text, *problem;
} faults[] = {
	{ "go.yml", "version: 1\nname: golang\n", ":2:7: 'name' is 'golang' in a file called" },
	{ "base.yml", "version: 1\nname: base\n", "an image of winalux itself" },
	{ "sidecar-x.yml", "version: 1\nname: sidecar-x\n", "an image of winalux itself" },
	{ "emulator.yml", "version: 1\nname: emulator\n", "an image of winalux itself" },
	{ "push-web.yml", "version: 1\nname: push-web\n", "an image of winalux itself" },
	{ "a-.yml", "version: 1\nname: a-\n", "does not end in '-'" },
	{ "go.yml", "version: 1\nname: go\nport: 0\n", ":3:7: 'port' must be" },
	{ "go.yml", "version: 1\nname: go\npackages: [\"a; b\"]\n", "a Debian package name" },
	{ "go.yml", "version: 1\nname: go\npackages: [-x]\n", "a Debian package name" },
	{ "go.yml", "version: 1\nname: go\nserivces: []\n", "did you mean 'services'?" },
	{ "go.yml", "version: 1\nname: go\nservices: [{name: x}]\n", "'command' is missing" },
	{ "go.yml", "version: 1\nname: go\ncontainerfile: none\n", "'containerfile': cannot read" },
	{ "go.yml", "version: 1\nname: go\ncontainerfile: ../x\n", "beside this one" },
	{ "go.yml", "name: go\n", "'version' is missing" },
	{ "go.yml", "a: [", ":1:" },
	{ "go.yml", "version: 1\nname: go\nstacks: [golnag]\n",
	  "go.yml:3:9: no stack 'golnag'; did you mean 'golang'?" },
	{ "stacks/x.yml", "version: 1\nname: x\nneeds: [xyzzyx]\n",
	  "x.yml:3:8: no stack 'xyzzyx'" },
	{ "stacks/x.yml", "version: 1\nname: x\norder: 10\nneeds: [nodejs]\n",
	  "x.yml:4:8: 'nodejs' has order 10 and does not come below 'x' with order 10" },
	{ "stacks/x.yml", "version: 1\nname: x\nnpm: [semver]\n", "add 'needs: [nodejs]'" },
	{ "stacks/x.yml", "version: 1\nname: x\nenvironment: { PATH: /x }\n",
	  ":3:14: 'environment': PATH" },
	{ "stacks/x.yml", "version: 1\nname: x\npath: [x]\n", "an absolute path" },
	{ "stacks/x.yml", "version: 1\nname: x\norder: 100\n", "'order' must be" },
	{ "stacks/x.yml", "version: 1\nname: x\nfiles: [none]\n", ":3:8: 'files': cannot" },
	{ "stacks/x.yml", "version: 1\nname: x\nfiles: [../x]\n", "beside this one" },
	{ "stacks/x.yml", "version: 1\nname: x\nnested_containers: some\n",
	  "'nested_containers' must be" },
	{ "stacks/a-b.yml", "version: 1\nname: a-b\n", "'name' must be" },
	{ "sidecars/db.yml", "version: 1\nname: db\nuser: db\n", "'command' is missing" },
	{ "sidecars/db.yml", "version: 1\nname: db\ncommand: [x]\n", "'user' is missing" },
	{ "sidecars/db.yml", "version: 1\nname: db\nuser: db\ncommand: [x]\ncheck: tcp\n",
	  "a check needs 'port'" },
	{ "sidecars/db.yml",
	  "version: 1\nname: db\nuser: db\ncommand: [x]\nconfig_file: /x\nconfig_arguments: [-c]\n",
	  "exclude each other" },
	{ "sidecars/db.yml", "version: 1\nname: db\nuser: db\ncommand: [x]\ndata: var\n",
	  "an absolute path" },
};

static void faults_of_files_are_named_and_the_rest_is_read(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		write_file(f, faults[i].file, faults[i].text);
		load(f);
		if (f->diags.count != 1 || !strstr(f->diags.items[0].text, faults[i].problem))
			fail_msg("%s: %zu messages, %s", faults[i].problem, f->diags.count,
				 f->diags.count ? f->diags.items[0].text : "none");
		assert_non_null(profiles_find(&f->profiles, "web"));
		assert_non_null(profiles_find_sidecar(&f->profiles, "redis"));
		unlink(f->files.items[f->files.count - 1]);
		profiles_release(&f->profiles);
		diagnostics_release(&f->diags);
	}
}

static void other_files_are_left_alone(void **state)
{
	struct fixture *f = *state;

	write_file(f, "README", "no profile");
	write_file(f, ".hidden.yml", "no profile");
	write_file(f, "go.yml~", "no profile");
	load(f);
	assert_int_equal(f->diags.count, 0);
	assert_int_equal(f->profiles.count, f->built_in);
}

static void a_missing_directory_is_an_error(void **state)
{
	struct fixture *f = *state;
	struct error err = { 0 };

	assert_int_equal(profiles_load("/nonexistent/profiles", &f->profiles, &f->diags, &err), -1);
	assert_non_null(strstr(err.text, "/nonexistent/profiles"));
}

static void one_file_is_checked_as_its_folder_says(void **state)
{
	struct fixture *f = *state;
	DEFER(freep) char *profile = xasprintf("%s/go.yml", f->dir);
	DEFER(freep) char *sidecar = xasprintf("%s/sidecars/db.yml", f->dir);

	write_file(f, "go.yml", "version: 1\nname: go\nport: x\n");
	write_file(f, "sidecars/db.yml", "version: 1\nname: db\nuser: db\ncommand: [x]\n");
	assert_int_equal(profiles_check(profile, &f->profiles, &f->diags, NULL), 0);
	assert_int_equal(f->diags.error_count, 1);
	assert_non_null(strstr(f->diags.items[0].text, "go.yml:3:7: 'port' must be"));
	profiles_release(&f->profiles);
	assert_int_equal(profiles_check(sidecar, &f->profiles, &f->diags, NULL), 0);
	assert_int_equal(f->diags.error_count, 1);
	assert_non_null(profiles_find_sidecar(&f->profiles, "db"));
	assert_null(profiles_find(&f->profiles, "db"));
}

static void what_is_checked_may_need_built_in_stacks(void **state)
{
	struct fixture *f = *state;

	write_file(f, "go.yml", "version: 1\nname: go\nstacks: [golang, mine]\n");
	write_file(f, "stacks/mine.yml",
		   "version: 1\nname: mine\nneeds: [nodejs]\nnpm: [semver]\n");
	assert_int_equal(profiles_check(f->dir, &f->profiles, &f->diags, NULL), 0);
	assert_int_equal(f->diags.count, 0);
	assert_string_equal(profiles_find(&f->profiles, "web")->origin, "built-in");
	assert_string_not_equal(profiles_find(&f->profiles, "go")->origin, "built-in");
}

static void what_is_no_profile_file_cannot_be_checked(void **state)
{
	struct fixture *f = *state;
	struct error err = { 0 };

	assert_int_equal(profiles_check("/nonexistent", &f->profiles, &f->diags, &err), -1);
	assert_int_equal(profiles_check("/dev/null", &f->profiles, &f->diags, &err), -1);
	assert_non_null(strstr(err.text, "does not end in .yml"));
}

static void names_become_layers_in_one_order_with_what_they_need(void **state)
{
	struct fixture *f = *state;
	DEFER(stack_list_release) struct stack_list list = { 0 };
	DEFER(strv_release) struct strv names = { 0 };
	DEFER(freep) char *image = NULL;
	DEFER(freep) char *below = NULL;

	write_file(f, "p.yml", "version: 1\nname: p\nstacks: [top]\n");
	write_file(f, "stacks/low.yml", "version: 1\nname: low\norder: 1\n");
	write_file(f, "stacks/mid.yml", "version: 1\nname: mid\nneeds: [low]\n");
	write_file(f, "stacks/mib.yml", "version: 1\nname: mib\n");
	write_file(f, "stacks/top.yml", "version: 1\nname: top\norder: 99\nneeds: [mid]\n");
	load(f);
	assert_int_equal(f->diags.count, 0);
	strv_add_split(&names, "mib low mib none", " ");
	stacks_of(&f->profiles, profiles_find(&f->profiles, "p"), &names, &list);
	image = stacks_image_name("p", &list, list.count);
	below = stacks_image_name("p", &list, 1);
	assert_string_equal(image, "p.low.mib.mid.top");
	assert_string_equal(below, "p.low");
}

static void an_image_s_name_says_profile_and_stacks_in_any_order(void **state)
{
	struct fixture *f = *state;
	DEFER(stack_list_release) struct stack_list list = { 0 };
	const struct profile *profile = NULL;
	struct error err = { 0 };

	write_file(f, "p.yml", "version: 1\nname: p\nstacks: [low]\n");
	write_file(f, "stacks/low.yml", "version: 1\nname: low\norder: 1\n");
	write_file(f, "stacks/top.yml", "version: 1\nname: top\norder: 99\n");
	load(f);
	assert_int_equal(stacks_parse_image_name(&f->profiles, "p.top.low", &profile, &list, &err),
			 0);
	DEFER(freep) char *image = stacks_image_name(profile->name, &list, list.count);
	assert_string_equal(image, "p.low.top");
	assert_int_equal(stacks_parse_image_name(&f->profiles, "p.on", &profile, &list, &err), -1);
	assert_non_null(strstr(err.text, "no stack 'on'; there are: "));
	assert_int_equal(stacks_parse_image_name(&f->profiles, "q", &profile, &list, &err), -1);
	assert_non_null(strstr(err.text, "no profile 'q'; there are: "));
}

static void a_stack_of_the_user_replaces_the_built_in_one(void **state)
{
	struct fixture *f = *state;
	size_t built_in;

	assert_int_equal(profiles_load(NULL, &f->profiles, &f->diags, NULL), 0);
	built_in = f->profiles.stack_count;
	profiles_release(&f->profiles);
	write_file(f, "stacks/golang.yml", "version: 1\nname: golang\nsummary: mine\n");
	load(f);
	assert_int_equal(f->profiles.stack_count, built_in);
	assert_string_equal(profiles_find_stack(&f->profiles, "golang")->summary, "mine");
}

static void a_stack_may_have_services_and_nest_containers(void **state)
{
	struct fixture *f = *state;

	write_file(f, "stacks/top.yml",
		   "version: 1\nname: top\nnested_containers: true\n"
		   "services: [{name: x, command: [x, y]}]\n");
	write_file(f, "stacks/low.yml", "version: 1\nname: low\n");
	load(f);
	assert_int_equal(f->diags.count, 0);
	const struct stack *top = profiles_find_stack(&f->profiles, "top");
	assert_int_equal(top->services.count, 1);
	assert_string_equal(top->services.items[0].user, "developer");
	assert_true(top->nested_containers);
	assert_false(profiles_find_stack(&f->profiles, "low")->nested_containers);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
		TEST(the_built_in_ones_are_there_and_without_fault),
		TEST(names_are_listed_in_order),
		TEST(a_profile_of_the_user_has_every_key),
		TEST(a_name_of_the_user_replaces_the_built_in_one),
		TEST(a_kind_is_built_from_the_files_beside_its_containerfile),
		TEST(faults_of_files_are_named_and_the_rest_is_read),
		TEST(other_files_are_left_alone),
		TEST(a_missing_directory_is_an_error),
		TEST(one_file_is_checked_as_its_folder_says),
		TEST(names_become_layers_in_one_order_with_what_they_need),
		TEST(an_image_s_name_says_profile_and_stacks_in_any_order),
		TEST(a_stack_of_the_user_replaces_the_built_in_one),
		TEST(a_stack_may_have_services_and_nest_containers),
		TEST(what_is_checked_may_need_built_in_stacks),
		TEST(what_is_no_profile_file_cannot_be_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
