/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "fake/fake.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"
#include "winalux/image/reference.h"
#include "winalux/image/registry.h"
#include "winalux/inventory/config.h"
#include "winalux/podman/podman.h"

#define DEST "r.example:5000/winalux/web:1"
#define WEB "localhost/winalux/web:latest"
#define FORGET_LIST                                                                                \
	">>> DELETE /manifests/localhost%2Fwinalux%2Fpush-web%3A*\n<<< 404\n\n"                    \
	"{\"cause\":\"image not known\"}\n"
#define MAKE_LIST                                                                                  \
	FORGET_LIST                                                                                \
	">>> POST /manifests/localhost%2Fwinalux%2Fpush-web%3A*?images="                           \
	"containers-storage%3Alocalhost%2Fwinalux%2Fweb%3Alatest\n<<< 201\n\n{\"Id\":\"01\"}\n"
#define PUSH_LIST                                                                                  \
	">>> POST /manifests/localhost%2Fwinalux%2Fpush-web%3A*/registry/"                         \
	"r.example%3A5000%2Fwinalux%2Fweb%3A1?all=true&quiet=false\n"
#define DROP_LIST ">>> DELETE /manifests/localhost%2Fwinalux%2Fpush-web%3A*\n<<< 200\n\n{}\n"

struct fixture {
	struct fake_server *server;
	struct podman *podman;
	struct config config;
	struct registry_options options;
	struct error err;
};

static void fixture_release(struct fixture *f)
{
	podman_freep(&f->podman);
	fake_stopp(&f->server);
}

static void open_fixture(struct fixture *f, const char *script)
{
	*f = (struct fixture){ .server = fake_start(script) };
	struct podman_options options = { .socket_path = fake_socket(f->server) };

	setenv("REGISTRY_AUTH_FILE", "/nonexistent/auth.json", 1);
	f->config.registry_timeout_s = 5;
	f->podman = podman_new(&options);
	f->options = (struct registry_options){ .podman = f->podman, .config = &f->config };
}

static void assert_fault(struct fixture *f, int result, enum error_kind kind, const char *part)
{
	assert_int_equal(result, -1);
	if (f->err.kind != kind || !strstr(f->err.text, part))
		fail_msg("%s: '%s', wanted '%s'", error_kind_name(f->err.kind), f->err.text, part);
}

static int push(struct fixture *f, const char *image, const char *another, char **ret_digest)
{
	DEFER(strv_release) struct strv images = { 0 };

	strv_add(&images, image);
	if (another)
		strv_add(&images, another);
	return registry_push(&f->options, &images, DEST, ret_digest, &f->err);
}

static void assert_all_asked(struct fixture *f)
{
	DEFER(freep) char *problems = fake_problems(f->server);

	assert_string_equal(problems, "");
}

static void an_image_is_pushed_in_a_list_that_does_not_stay(void **state)
{
	DEFER(fixture_release) struct fixture f;
	DEFER(freep) char *digest = NULL;

	(void)state;
	open_fixture(&f, MAKE_LIST PUSH_LIST
		     "<<< 200 chunked\n\n{\"Id\":\"\",\"stream\":\"Copying\\n\"}\n"
		     "{\"Id\":\"sha256:0123\"}\n" DROP_LIST);
	if (push(&f, WEB, NULL, &digest) < 0)
		fail_msg("%s", f.err.text);
	assert_string_equal(digest, "sha256:0123");
	assert_all_asked(&f);
}

static void all_architectures_are_pushed_in_one_list(void **state)
{
	DEFER(fixture_release) struct fixture f;
	DEFER(freep) char *digest = NULL;

	(void)state;
	open_fixture(&f, FORGET_LIST
		     ">>> POST /manifests/localhost%2Fwinalux%2Fpush-web%3A*?images="
		     "containers-storage%3Alocalhost%2Fwinalux%2Fweb%3Alatest&images="
		     "containers-storage%3Alocalhost%2Fwinalux%2Fweb%3Alatest-arm64\n<<< 201\n\n"
		     "{\"Id\":\"01\"}\n"
		     ">>> POST /manifests/localhost%2Fwinalux%2Fpush-web%3A*/registry/"
		     "r.example%3A5000%2Fwinalux%2Fweb%3A1?all=true&quiet=false&tlsVerify=false\n"
		     "<<< 200\n\n{\"Id\":\"sha256:0123\"}\n" DROP_LIST);
	f.config.registry_tls_verify = CONFIG_OFF;
	assert_int_equal(push(&f, WEB, WEB "-arm64", &digest), 0);
	assert_all_asked(&f);
}

static void a_push_that_fails_in_its_stream_takes_its_list_away(void **state)
{
	DEFER(fixture_release) struct fixture f;
	DEFER(freep) char *digest = NULL;

	(void)state;
	open_fixture(&f, MAKE_LIST PUSH_LIST
		     "<<< 200 chunked\n\n{\"Id\":\"\",\"stream\":\"Copying\\n\"}\n"
		     "{\"Id\":\"\",\"error\":\"trying to reuse blob: checking whether a blob: "
		     "unauthorized: authentication required\"}\n" DROP_LIST);
	assert_fault(&f, push(&f, WEB, NULL, &digest), ERROR_HOST,
		     "cannot push '" DEST
		     "': registry 'r.example:5000': it wants a login, and there is "
		     "none; `podman login r.example:5000` makes one");
	assert_all_asked(&f);
}

static void a_push_without_a_digest_is_a_failure(void **state)
{
	DEFER(fixture_release) struct fixture f;
	DEFER(freep) char *digest = NULL;

	(void)state;
	open_fixture(&f, MAKE_LIST PUSH_LIST
		     "<<< 200\n\n{\"Id\":\"\",\"stream\":\"Copying\\n\"}\n" DROP_LIST);
	assert_fault(&f, push(&f, WEB, NULL, &digest), ERROR_PODMAN,
		     "Podman did not say what it pushed");
	assert_all_asked(&f);
}

/* The words of 4.3.1 and 5.4.2. */
static void each_fault_of_a_registry_has_its_remedy(void **state)
{
	static const struct {
		const char *said;
		enum error_kind kind;
		const char *part;
	} cases[] = {
		{ "pinging container registry: dial tcp 127.0.0.1:1: connect: connection refused",
		  ERROR_HOST, "it does not answer (connection refused); is it running" },
		{ "dial tcp: lookup r.example on 127.0.0.53:53: no such host", ERROR_HOST,
		  "it does not answer (no such host)" },
		{ "http: server gave HTTP response to HTTPS client", ERROR_HOST,
		  "'registry_tls_verify: off' allows that" },
		{ "tls: failed to verify certificate: x509: certificate signed by unknown "
		  "authority",
		  ERROR_HOST, "~/.config/containers/certs.d/r.example:5000/ca.crt" },
		{ "x509: certificate has expired or is not yet valid", ERROR_HOST,
		  "not valid for it: certificate has expired" },
		{ "reading manifest 1 in r.example:5000/winalux/web: authentication required",
		  ERROR_HOST, "`podman login r.example:5000` makes one" },
		{ "getting username and password: error getting credentials - err: x", ERROR_HOST,
		  "podman login" },
		{ "requested access to the resource is denied", ERROR_HOST, "podman login" },
		{ "reading manifest 1 in x: manifest unknown: manifest unknown", ERROR_NOT_FOUND,
		  "`winalux push`" },
		{ "no image found in manifest list for architecture amd64, variant \\\"\\\", OS "
		  "linux",
		  ERROR_NOT_FOUND, "not for this host's architecture" },
		{ "no image found in image index for architecture \\\"amd64\\\"", ERROR_NOT_FOUND,
		  "not for this host's architecture" },
		{ "writing blob: no space left on device", ERROR_HOST, "no space left on device" },
		{ "something else", ERROR_PODMAN, "cannot pull image '" DEST "': something else" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		DEFER(fixture_release) struct fixture f;
		DEFER(freep)
		char *script = xasprintf(">>> POST /images/pull*\n<<< 200\n\n"
					 "{\"stream\":\"Trying\\n\"}\n{\"error\":\"%s\"}\n",
					 cases[i].said);

		open_fixture(&f, script);
		assert_fault(&f, registry_pull(&f.options, DEST, PULL_MISSING, NULL, &f.err),
			     cases[i].kind, cases[i].part);
	}
}

static void an_image_of_another_platform_is_refused_and_loses_its_name(void **state)
{
	DEFER(fixture_release) struct fixture f;

	(void)state;
	open_fixture(&f, ">>> POST /images/pull*\n<<< 200\n\n"
			 "{\"stream\":\"WARNING: image platform (linux/arm64) does not match the "
			 "expected platform (linux/amd64)\\n\"}\n{\"id\":\"0123\"}\n"
			 ">>> DELETE /images/r.example%3A5000%2Fwinalux%2Fweb%3A1?force=false\n"
			 "<<< 200\n\n{}\n");
	assert_fault(&f, registry_pull(&f.options, DEST, PULL_ALWAYS, NULL, &f.err),
		     ERROR_NOT_FOUND, "another architecture");
	assert_all_asked(&f);
}

/* For an emulated workspace: what it is for is looked at by who uses it. */
static void an_image_of_another_platform_stays_where_any_is_wanted(void **state)
{
	DEFER(fixture_release) struct fixture f;

	(void)state;
	open_fixture(&f, ">>> POST /images/pull*\n<<< 200\n\n"
			 "{\"stream\":\"WARNING: image platform (linux/arm64) does not match the "
			 "expected platform (linux/amd64)\\n\"}\n{\"id\":\"0123\"}\n");
	f.options.is_any_arch = true;
	assert_int_equal(registry_pull(&f.options, DEST, PULL_MISSING, NULL, &f.err), 0);
	assert_all_asked(&f);
}

static bool has_newer(struct fixture *f, const char *digest)
{
	struct image image = { 0 };
	bool is_newer = false;

	strv_add(&image.digests, "r.example:5000/winalux/web@sha256:aa");
	strv_add(&image.digests, digest);
	if (registry_has_newer(&f->options, DEST, &image, &is_newer, &f->err) < 0)
		fail_msg("%s", f->err.text);
	strv_release(&image.digests);
	return is_newer;
}

static void an_image_is_current_when_the_registry_s_list_has_one_of_its_digests(void **state)
{
	DEFER(fixture_release) struct fixture f;

	(void)state;
	open_fixture(&f, ">>> GET /manifests/r.example%3A5000%2Fwinalux%2Fweb%3A1/json\n"
			 "<<< 200 repeat\n\n{\"manifests\":[{\"digest\":\"sha256:bb\"},"
			 "{\"digest\":\"sha256:cc\"}]}\n");
	assert_false(has_newer(&f, "r.example:5000/winalux/web@sha256:cc"));
	assert_true(has_newer(&f, "r.example:5000/winalux/web@sha256:dd"));
}

/* Podman shows lists alone, by a text of its own. */
static void about_a_single_image_nothing_is_said(void **state)
{
	DEFER(fixture_release) struct fixture f;

	(void)state;
	open_fixture(&f, ">>> GET /manifests/*\n<<< 404\n\n{\"cause\":\"Treating single images as "
			 "manifest lists is not implemented\",\"message\":\"parsing manifest\"}\n");
	assert_false(has_newer(&f, "r.example:5000/winalux/web@sha256:dd"));
}

static void references_in_a_registry_carry_the_release(void **state)
{
	DEFER(freep) char *profile = image_profile_reference_at("r.example/team", "web");
	DEFER(freep) char *sidecar = image_sidecar_reference_at("r.example", "redis", NULL);
	DEFER(freep) char *here = image_sidecar_reference_at(NULL, "redis", NULL);
	const char *tag = strrchr(profile, ':');

	(void)state;
	assert_int_equal(strncmp(profile, "r.example/team/winalux/web:", 27), 0);
	assert_int_equal(strncmp(sidecar, "r.example/winalux/sidecar-redis:", 32), 0);
	assert_int_equal(strspn(tag + 1, "0123456789.-abcdefghijklmnopqrstuvwxyz"),
			 strlen(tag + 1));
	assert_non_null(strchr(tag, '.'));
	assert_string_equal(here, "localhost/winalux/sidecar-redis:latest");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_image_is_pushed_in_a_list_that_does_not_stay),
		cmocka_unit_test(all_architectures_are_pushed_in_one_list),
		cmocka_unit_test(a_push_that_fails_in_its_stream_takes_its_list_away),
		cmocka_unit_test(a_push_without_a_digest_is_a_failure),
		cmocka_unit_test(each_fault_of_a_registry_has_its_remedy),
		cmocka_unit_test(an_image_of_another_platform_is_refused_and_loses_its_name),
		cmocka_unit_test(an_image_of_another_platform_stays_where_any_is_wanted),
		cmocka_unit_test(
			an_image_is_current_when_the_registry_s_list_has_one_of_its_digests),
		cmocka_unit_test(about_a_single_image_nothing_is_said),
		cmocka_unit_test(references_in_a_registry_carry_the_release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
