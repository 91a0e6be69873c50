/* SPDX-License-Identifier: MIT */
/* A link named "podman" to this program stands for Podman in PATH: see act_as_podman. */
#include "winalux/podman/service.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"

static const char any_ping[] = ">>> GET /_ping\n<<< 200 repeat\n\nOK\n";

struct place {
	char *root;
	char *runtime; /* XDG_RUNTIME_DIR */
};

static int enter_place(void **state)
{
	struct place *p = xcalloc(1, sizeof(*p));
	char template[] = "/tmp/winalux-service-XXXXXX";

	assert_non_null(mkdtemp(template));
	p->root = xstrdup(template);
	p->runtime = xasprintf("%s/run", template);
	mkdir(p->runtime, 0700);
	DEFER(freep) char *bin = xasprintf("%s/bin", template);
	DEFER(freep) char *link = xasprintf("%s/podman", bin);
	mkdir(bin, 0700);
	char self[4096] = "";
	assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	assert_int_equal(symlink(self, link), 0);
	setenv("PATH", bin, 1);
	setenv("XDG_RUNTIME_DIR", p->runtime, 1);
	unsetenv("CONTAINER_HOST");
	unsetenv("FAKE_PODMAN");
	*state = p;
	return 0;
}

static int leave_place(void **state)
{
	struct place *p = *state;
	static const char *const names[] = {
		"run/podman/podman.sock", "run/podman", "run/winalux", "run", "bin/podman", "bin"
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		DEFER(freep) char *path = xasprintf("%s/%s", p->root, names[i]);
		if (unlink(path) < 0)
			rmdir(path);
	}
	assert_int_equal(rmdir(p->root), 0); /* nothing else was left behind */
	free(p->root);
	free(p->runtime);
	free(p);
	return 0;
}

static void an_explicit_socket_is_used(void **state)
{
	DEFER(fake_stopp) struct fake_server *server = fake_start(any_ping);
	DEFER(freep) char *address = xasprintf("unix://%s", fake_socket(server));
	const char *const forms[] = { fake_socket(server), address };
	struct error err;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		DEFER(service_freep) struct service *s = NULL;

		assert_int_equal(service_find(forms[i], &s, &err), 0);
		assert_string_equal(service_socket(s), fake_socket(server));
		assert_false(service_is_ours(s));
	}
}

static void an_explicit_socket_is_never_replaced(void **state)
{
	struct place *p = *state;
	DEFER(freep) char *missing = xasprintf("%s/nope.sock", p->root);
	DEFER(freep) char *too_long = xcalloc(1, 200);
	struct service *s = NULL;
	struct error err;

	assert_int_equal(service_find(missing, &s, &err), -1);
	assert_int_equal(err.kind, ERROR_HOST);
	assert_non_null(strstr(err.text, missing));
	assert_non_null(strstr(err.text, "No such file"));
	assert_int_equal(service_find("ssh://host/run/podman.sock", &s, &err), -1);
	assert_non_null(strstr(err.text, "only unix sockets"));
	memset(too_long, 'x', 199);
	assert_int_equal(service_find(too_long, &s, &err), -1);
	assert_non_null(strstr(err.text, "too long"));
	assert_null(s);
}

static void the_environment_comes_before_the_default(void **state)
{
	struct place *p = *state;
	DEFER(freep) char *directory = xasprintf("%s/podman", p->runtime);
	DEFER(freep) char *path = xasprintf("%s/podman.sock", directory);
	struct service *s = NULL;
	struct error err;

	mkdir(directory, 0700);
	DEFER(fake_stopp) struct fake_server *by_default = fake_start_at(any_ping, path);
	DEFER(fake_stopp) struct fake_server *by_variable = fake_start(any_ping);

	setenv("CONTAINER_HOST", fake_socket(by_variable), 1);
	assert_int_equal(service_find(NULL, &s, &err), 0);
	assert_string_equal(service_socket(s), fake_socket(by_variable));
	service_freep(&s);

	setenv("CONTAINER_HOST", "unix:///nonexistent/x.sock", 1); /* does not answer */
	assert_int_equal(service_find("", &s, &err), 0);
	assert_string_equal(service_socket(s), path);
	service_freep(&s);

	setenv("CONTAINER_HOST", "ssh://elsewhere/x", 1); /* another account's containers */
	assert_int_equal(service_find(NULL, &s, &err), -1);
	assert_non_null(strstr(err.text, "CONTAINER_HOST"));
}

static void a_service_is_started_and_ended(void **state)
{
	struct place *p = *state;
	DEFER(service_freep) struct service *s = NULL;
	struct error err = { .text = "" };
	struct stat st;

	setenv("FAKE_PODMAN", "serve", 1);
	int result = service_find(NULL, &s, &err);
	assert_string_equal(err.text, "");
	assert_int_equal(result, 0);
	assert_true(service_is_ours(s));
	assert_int_equal(strncmp(service_socket(s), p->runtime, strlen(p->runtime)), 0);

	struct podman_options options = { .socket_path = service_socket(s) };
	struct podman *podman = podman_new(&options);
	struct podman_version v;
	assert_int_equal(podman_get_version(podman, &v, &err), 0);
	podman_free(podman);

	DEFER(freep) char *socket = xstrdup(service_socket(s));
	service_freep(&s);
	assert_int_equal(stat(socket, &st), -1);
}

static void a_service_that_does_not_start_says_why(void **state)
{
	struct service *s = NULL;
	struct error err;

	(void)state;
	setenv("FAKE_PODMAN", "fail", 1);
	assert_int_equal(service_find(NULL, &s, &err), -1);
	assert_int_equal(err.kind, ERROR_HOST);
	assert_string_equal(err.text,
			    "cannot start Podman's service: Error: newuidmap is not installed");
}

static void no_podman_at_all_is_said(void **state)
{
	struct service *s = NULL;
	struct error err;

	(void)state;
	setenv("PATH", "/nonexistent", 1);
	assert_int_equal(service_find(NULL, &s, &err), -1);
	assert_int_equal(err.kind, ERROR_HOST);
	assert_non_null(strstr(err.text, "'podman' is not installed"));
}

/* "podman system service -t 0 unix://PATH" and "podman info". */
static int act_as_podman(int argc, char **argv)
{
	const char *how = getenv("FAKE_PODMAN");
	const char *address = argv[argc - 1];
	sigset_t signals;
	int got;

	if (!how || strcmp(how, "serve") != 0 || strncmp(address, "unix://", 7) != 0) {
		fprintf(stderr, "some talk\nError: newuidmap is not installed\n");
		return 125;
	}
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	struct fake_server *server = fake_start_at(any_ping, address + 7);
	sigwait(&signals, &got);
	fake_stop(server);
	return 0;
}

int main(int argc, char **argv)
{
#define PLACE_TEST(test) cmocka_unit_test_setup_teardown(test, enter_place, leave_place)
	const struct CMUnitTest tests[] = {
		PLACE_TEST(an_explicit_socket_is_used),
		PLACE_TEST(an_explicit_socket_is_never_replaced),
		PLACE_TEST(the_environment_comes_before_the_default),
		PLACE_TEST(a_service_is_started_and_ended),
		PLACE_TEST(a_service_that_does_not_start_says_why),
		PLACE_TEST(no_podman_at_all_is_said),
	};
	const char *slash = strrchr(argv[0], '/');

	if (!strcmp(slash ? slash + 1 : argv[0], "podman"))
		return act_as_podman(argc, argv);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
