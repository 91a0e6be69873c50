/* SPDX-License-Identifier: MIT */
/* What a mark says and how long it lives; builder_test has what is removed when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake/fake.h"
#include "image/build_mark.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/podman/podman.h"

#define ALONE                                                                                      \
	">>> GET /containers/json*external=true*\n<<< 200\n\n"                                     \
	"[{\"Id\":\"aaaa\",\"Command\":[\"buildah\"],\"State\":\"storage\"}]\n"                    \
	">>> GET /volumes/json*\n<<< 200\n\n[]\n"
#define SET                                                                                        \
	">>> POST /volumes/create\n~ \"io.winalux.builder.before\":\"aaaa\"\n"                     \
	"~ \"io.winalux.builder\":\"\n<<< 201\n\n"                                                 \
	"{\"Name\":\"winalux-build-0\",\"Mountpoint\":\"/v\"}\n"
#define UNSET ">>> DELETE /volumes/winalux-build-*\n<<< 204\n\n"

struct bench {
	struct fake_server *server;
	struct podman *podman;
	struct build_mark *mark;
};

static struct bench start(const char *script, unsigned lifetime_s)
{
	struct bench b = { .server = fake_start(script) };
	struct podman_options options = { .socket_path = fake_socket(b.server) };

	b.podman = podman_new(&options);
	b.mark = build_mark_new(b.podman, lifetime_s);
	return b;
}

static void end(struct bench *b)
{
	build_mark_freep(&b->mark);
	DEFER(freep) char *problems = fake_problems(b->server);
	assert_string_equal(problems, "");
	podman_freep(&b->podman);
	fake_stopp(&b->server);
}

static void a_mark_names_the_process_and_what_was_there_before(void **state)
{
	struct bench b = start(ALONE SET UNSET, 1000);
	struct error err;

	(void)state;
	assert_int_equal(build_mark_set(b.mark, &err), 0);
	assert_int_equal(build_mark_set(b.mark, &err), 0); /* once */
	build_mark_keep(b.mark);                           /* young enough */
	end(&b);
}

static void a_mark_that_grows_old_is_replaced_by_a_new_one(void **state)
{
	struct bench b = start(ALONE SET SET UNSET UNSET, 0);
	struct error err;

	(void)state;
	assert_int_equal(build_mark_set(b.mark, &err), 0);
	build_mark_keep(b.mark);
	end(&b);
}

static void an_unset_mark_makes_no_call(void **state)
{
	struct bench b = start("# nothing\n", 0);

	(void)state;
	build_mark_keep(b.mark);
	build_mark_keep(NULL);
	assert_false(build_mark_has_company(b.mark));
	build_mark_freep(&b.mark);
	assert_int_equal(fake_request_count(b.server), 0);
	end(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mark_names_the_process_and_what_was_there_before),
		cmocka_unit_test(a_mark_that_grows_old_is_replaced_by_a_new_one),
		cmocka_unit_test(an_unset_mark_makes_no_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
