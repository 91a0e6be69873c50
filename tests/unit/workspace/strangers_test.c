/* SPDX-License-Identifier: MIT */
#include "winalux/workspace/strangers.h"

#include <stdlib.h>
#include <string.h>

#include "stage.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"
#include "winalux/plan/names.h"
#include "winalux/workspace/host.h"

#define LABELS(role)                                                                               \
	"\"Labels\":{\"io.winalux.schema\":\"1\",\"io.winalux.workspace\":\"alice\","              \
	"\"io.winalux.role\":\"" role "\"}"
#define DEV                                                                                        \
	"{\"Id\":\"D\",\"Names\":[\"winalux-alice-dev\"],\"State\":\"running\"," LABELS("dev") "}"
#define OTHER                                                                                      \
	"{\"Id\":\"0123456789abcdef\",\"Names\":[\"other\"],\"Image\":\"localhost/y:1\","          \
	"\"State\":\"exited\"}"
#define CONTAINERS(items) ">>> GET /containers/json?all=true\n<<< 200\n\n[" items "]\n"
#define VOLUMES                                                                                    \
	">>> GET /volumes/json\n<<< 200\n\n[{\"Name\":\"winalux-alice-home\"," LABELS("home") "}]" \
											      "\n"
#define MOUNTING(items)                                                                            \
	">>> GET /containers/json?all=true&filters=%7B%22volume%22%3A%5B%22winalux-alice-home%22"  \
	"%5D%7D\n<<< 200\n\n[" items "]\n"
#define INSPECT(mounts)                                                                            \
	">>> GET /containers/0123456789abcdef/json\n<<< 200\n\n{\"Mounts\":[" mounts "]}\n"
#define HOME "{\"Type\":\"volume\",\"Name\":\"winalux-alice-home\",\"Destination\":\"/mnt\"}"
#define BIND "{\"Type\":\"bind\",\"Source\":\"/home\"}"
#define ARCHIVE "/containers/D/archive*"

static void observe(struct stage *t, const char *script, struct facts *ret)
{
	scene_init(&t->scene, stage_alice);
	stage_open(t, script);
	if (host_observe(t->host, OBSERVE_STATE, ret, &t->err) < 0)
		fail_msg("%s", t->err.text);
}

static void expect_note(const struct facts *facts, const char *wanted)
{
	DEFER(strv_release) struct strv notes = { 0 };

	strangers_note(facts, &notes);
	assert_int_equal(notes.count, wanted != NULL);
	if (wanted)
		assert_string_equal(notes.items[0], wanted);
}

static void a_container_on_a_volume_is_found_and_named(void **state)
{
	DEFER(stage_close) struct stage t = { 0 };
	DEFER(facts_release) struct facts facts = { 0 };

	(void)state;
	observe(&t,
		STAGE_PING MOUNTING(DEV "," OTHER) CONTAINERS(DEV "," OTHER)
			VOLUMES INSPECT(BIND "," HOME),
		&facts);
	expect_note(&facts, "workspace 'alice': container 'other' of image 'localhost/y:1' mounts "
			    "'winalux-alice-home'; winalux did not make it");
	assert_all_asked(&t.service);
}

static void where_all_are_ours_nothing_more_is_asked(void **state)
{
	DEFER(stage_close) struct stage t = { 0 };
	DEFER(facts_release) struct facts facts = { 0 };

	(void)state;
	observe(&t, STAGE_PING CONTAINERS(DEV) VOLUMES, &facts);
	expect_note(&facts, NULL);
	assert_all_asked(&t.service);
}

static void one_that_mounts_nothing_of_ours_or_has_gone_is_no_stranger(void **state)
{
	static const char *const scripts[] = {
		STAGE_PING MOUNTING(DEV) CONTAINERS(DEV "," OTHER) VOLUMES,
		STAGE_PING MOUNTING(DEV "," OTHER) CONTAINERS(DEV "," OTHER) VOLUMES
		">>> GET /containers/0123456789abcdef/json\n<<< 404\n\n{\"cause\":\"no such "
		"container\"}\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
		DEFER(stage_close) struct stage t = { 0 };
		DEFER(facts_release) struct facts facts = { 0 };

		observe(&t, scripts[i], &facts);
		expect_note(&facts, NULL);
		assert_all_asked(&t.service);
	}
}

static void pid_1_is_told_what_it_does_not_have(void **state)
{
	DEFER(stage_close) struct stage t = { 0 };
	DEFER(facts_release) struct facts facts = { 0 };

	(void)state;
	observe(&t,
		STAGE_PING MOUNTING(OTHER) CONTAINERS(DEV "," OTHER) VOLUMES INSPECT(
			HOME) ">>> GET " ARCHIVE "\n<<< 404\n\n{\"cause\":\"no such file\"}\n"
			      ">>> PUT " ARCHIVE "\n~ etc/winalux/strangers\n<<< 200\n\n\n",
		&facts);
	strangers_tell(t.host, &facts);
	assert_all_asked(&t.service);
}

static void a_container_that_cannot_be_told_is_no_failure(void **state)
{
	DEFER(stage_close) struct stage t = { 0 };
	DEFER(facts_release) struct facts facts = { 0 };

	(void)state;
	observe(&t,
		STAGE_PING MOUNTING(OTHER) CONTAINERS(DEV "," OTHER)
			VOLUMES INSPECT(HOME) ">>> GET " ARCHIVE
					      "\n<<< 500\n\n{\"cause\":\"boom\"}\n",
		&facts);
	strangers_tell(t.host, &facts);
	assert_all_asked(&t.service);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_container_on_a_volume_is_found_and_named),
		cmocka_unit_test(where_all_are_ours_nothing_more_is_asked),
		cmocka_unit_test(one_that_mounts_nothing_of_ours_or_has_gone_is_no_stranger),
		cmocka_unit_test(pid_1_is_told_what_it_does_not_have),
		cmocka_unit_test(a_container_that_cannot_be_told_is_no_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
