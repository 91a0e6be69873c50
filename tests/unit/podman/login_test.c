/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/format/hash.h"
#include "winalux/podman/login.h"

/* dev:secret, dev:other */
#define SECRET "ZGV2OnNlY3JldA=="
#define OTHER "ZGV2Om90aGVy"

struct fixture {
	char home[sizeof("/tmp/winalux-test-XXXXXX")];
	struct login login;
	struct error err;
};

static int set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	memcpy(f->home, "/tmp/winalux-test-XXXXXX", sizeof(f->home));
	*state = f;
	if (!mkdtemp(f->home))
		return -1;
	setenv("HOME", f->home, 1);
	unsetenv("REGISTRY_AUTH_FILE");
	unsetenv("XDG_RUNTIME_DIR");
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("DOCKER_CONFIG");
	return 0;
}

static void remove_file(const struct fixture *f, const char *name)
{
	DEFER(freep) char *path = xasprintf("%s/%s", f->home, name);

	if (unlink(path) < 0)
		rmdir(path);
}

static int tear_down(void **state)
{
	static const char *const names[] = { ".config/containers/auth.json",
					     ".config/containers",
					     ".config",
					     ".docker/config.json",
					     ".docker",
					     "run/containers/auth.json",
					     "run/containers",
					     "run",
					     "" };
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		remove_file(f, names[i]);
	login_release(&f->login);
	free(f);
	return 0;
}

static void write_file(const struct fixture *f, const char *name, const char *text)
{
	DEFER(freep) char *path = xasprintf("%s/%s", f->home, name);
	DEFER(freep) char *folder = xstrndup(path, (size_t)(strrchr(path, '/') - path));

	assert_int_equal(dir_make_all(folder, 0700, NULL), 0);
	assert_int_equal(file_write_atomic(path, text, strlen(text), 0600, NULL), 0);
}

static void look(struct fixture *f, const char *reference)
{
	login_release(&f->login);
	if (login_find(reference, &f->login, &f->err) < 0)
		fail_msg("%s", f->err.text);
}

/* The header says this password; NULL: there is none. */
static void assert_password(const struct fixture *f, const char *password)
{
	DEFER(freep) char *wanted = NULL;
	DEFER(buf_release) struct buf encoded = { 0 };

	if (!password) {
		assert_null(f->login.header);
		return;
	}
	wanted = xasprintf("{\"username\":\"dev\",\"password\":\"%s\"}", password);
	buf_init(&encoded, 1024);
	base64_encode_url(wanted, strlen(wanted), &encoded);
	assert_non_null(f->login.header);
	assert_string_equal(f->login.header, encoded.data);
}

static void without_a_file_there_is_no_login(void **state)
{
	struct fixture *f = *state;

	look(f, "registry.example.org/a/web:1");
	assert_password(f, NULL);
	assert_null(f->login.file);
}

static void the_entry_of_the_registry_is_taken(void **state)
{
	struct fixture *f = *state;

	write_file(f, ".config/containers/auth.json",
		   "{\"auths\":{\"registry.example.org\":{\"auth\":\"" SECRET "\"}}}");
	look(f, "registry.example.org/a/web:1");
	assert_password(f, "secret");
	assert_non_null(strstr(f->login.file, "/.config/containers/auth.json"));
	look(f, "registry.example.org:5000/a/web:1");
	assert_password(f, NULL);
	look(f, "registry.example.org.evil.example/a/web:1");
	assert_password(f, NULL);
}

static void the_longest_path_wins(void **state)
{
	struct fixture *f = *state;

	write_file(f, ".config/containers/auth.json",
		   "{\"auths\":{\"r.example\":{\"auth\":\"" SECRET "\"},"
		   "\"r.example/team/web\":{\"auth\":\"" OTHER "\"}}}");
	look(f, "r.example/team/web:1");
	assert_password(f, "other");
	look(f, "r.example/team/web/x:1");
	assert_password(f, "other");
	look(f, "r.example/team/webby:1");
	assert_password(f, "secret");
}

static void the_session_s_file_comes_before_the_account_s_and_docker_s(void **state)
{
	struct fixture *f = *state;
	DEFER(freep) char *run = xasprintf("%s/run", f->home);

	write_file(f, ".docker/config.json",
		   "{\"auths\":{\"https://r.example/v1/\":{\"auth\":\"" OTHER "\"}}}");
	look(f, "r.example/web:1");
	assert_password(f, "other");
	setenv("XDG_RUNTIME_DIR", run, 1);
	write_file(f, "run/containers/auth.json",
		   "{\"auths\":{\"r.example\":{\"auth\":\"" SECRET "\"}}}");
	look(f, "r.example/web:1");
	assert_password(f, "secret");
}

static void a_named_file_is_the_only_one(void **state)
{
	struct fixture *f = *state;

	write_file(f, ".config/containers/auth.json",
		   "{\"auths\":{\"r.example\":{\"auth\":\"" SECRET "\"}}}");
	setenv("REGISTRY_AUTH_FILE", "/nonexistent/auth.json", 1);
	look(f, "r.example/web:1");
	assert_password(f, NULL);
}

static void a_credential_helper_is_named_and_not_run(void **state)
{
	struct fixture *f = *state;

	write_file(f, ".config/containers/auth.json",
		   "{\"credHelpers\":{\"r.example\":\"secretservice\"}}");
	look(f, "r.example/web:1");
	assert_password(f, NULL);
	assert_string_equal(f->login.helper, "secretservice");
	write_file(f, ".config/containers/auth.json",
		   "{\"auths\":{\"r.example\":{}},\"credsStore\":\"desktop\"}");
	look(f, "r.example/web:1");
	assert_string_equal(f->login.helper, "desktop");
	look(f, "other.example/web:1");
	assert_null(f->login.helper);
}

static void a_broken_file_is_an_error_that_keeps_its_secrets(void **state)
{
	static const char *const broken[] = {
		"{\"auths\":{\"r.example\":{\"auth\":\"" SECRET "\"}}",
		"[]",
		"{\"auths\":{\"r.example\":{\"auth\":\"c2VjcmV0\"}}}", /* no colon */
		"{\"auths\":{\"r.example\":{\"auth\":\"secret!\"}}}",
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(broken); i++) {
		write_file(f, ".config/containers/auth.json", broken[i]);
		assert_int_equal(login_find("r.example/web:1", &f->login, &f->err), -1);
		assert_int_equal(f->err.kind, ERROR_HOST);
		assert_non_null(strstr(f->err.text, "auth.json"));
		assert_non_null(strstr(f->err.text, "`podman login`"));
		assert_null(strstr(f->err.text, "secret"));
		assert_null(strstr(f->err.text, SECRET));
	}
}

static void odd_shapes_are_no_login(void **state)
{
	static const char *const odd[] = { "",
					   "{}",
					   "{\"auths\":[]}",
					   "{\"auths\":{\"r.example\":null}}",
					   "{\"auths\":{\"r.example\":{\"auth\":5}}}",
					   "{\"auths\":{\"\":{\"auth\":\"" SECRET "\"}}}",
					   "{\"auths\":{\"https://\":{\"auth\":\"" SECRET "\"}}}" };
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(odd); i++) {
		write_file(f, ".config/containers/auth.json", odd[i]);
		look(f, "r.example/web:1");
		assert_password(f, NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(without_a_file_there_is_no_login, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(the_entry_of_the_registry_is_taken, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(the_longest_path_wins, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			the_session_s_file_comes_before_the_account_s_and_docker_s, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(a_named_file_is_the_only_one, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_credential_helper_is_named_and_not_run, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_broken_file_is_an_error_that_keeps_its_secrets,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(odd_shapes_are_no_login, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
