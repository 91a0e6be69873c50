/* SPDX-License-Identifier: MIT */
/* A rotation as a whole, against a fake libpod: what is recorded, and in what order. */
#include "winalux/workspace/apply.h"

#include <string.h>

#include "stage.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"
#include "winalux/podman/podman.h"
#include "winalux/workspace/key.h"

#define HASH                                                                                       \
	"00000000000000000000000000000000 "                                                        \
	"1111111111111111111111111111111111111111111111111111111111111111"
#define LABELS(role)                                                                               \
	"\"io.winalux.schema\":\"1\",\"io.winalux.workspace\":\"alice\","                          \
	"\"io.winalux.role\":\"" role "\""
#define DEV                                                                                        \
	"{\"Id\":\"D\",\"Names\":[\"winalux-alice-dev\"],\"State\":\"running\",\"Labels\":"        \
	"{\"io.winalux.guest-can\":\"gate reload\"," LABELS("dev") "}}"
#define OLD_DEV                                                                                    \
	"{\"Id\":\"D\",\"Names\":[\"winalux-alice-dev\"],\"State\":\"running\",\"Labels\":"        \
	"{\"io.winalux.guest-can\":\"gate\"," LABELS("dev") "}}"
#define STATE                                                                                      \
	"{\"Name\":\"winalux-alice-state-4\",\"Labels\":{" LABELS(                                 \
		"state") ","                                                                       \
			 "\"io.winalux.generation\":\"4\",\"io.winalux.id\":\"abcd\","             \
			 "\"io.winalux.live\":\"feed\",\"io.winalux.host-key\":\"ssh-ed25519 "     \
			 "AAAA\","                                                                 \
			 "\"io.winalux.gate\":\"shell\","                                          \
			 "\"io.winalux.salt\":\"22222222222222222222222222222222\","               \
			 "\"io.winalux.key\":\"3333333333333333\","                                \
			 "\"io.winalux.token-since\":\"2026-01-01T00:00:00Z\","                    \
			 "\"io.winalux.gate-hash\":\"" HASH "\"}}"
#define LISTS(containers, volumes)                                                                 \
	">>> GET /containers/json\n<<< 200\n\n[" containers "]\n"                                  \
	">>> GET /pods/json\n<<< 200\n\n[]\n"                                                      \
	">>> GET /volumes/json?*schema*\n<<< 200\n\n[" volumes "]\n"                               \
	">>> GET /networks/json\n<<< 200\n\n[]\n"                                                  \
	">>> GET /images/json\n<<< 200\n\n[]\n"
#define LOCKS ">>> GET /volumes/json?*holder*\n<<< 200\n\n[]\n"
#define LOCKED LOCKS ">>> POST /volumes/create\n~ winalux-lock-1\n<<< 201\n\n{}\n" LOCKS
#define UNLOCKED ">>> DELETE /volumes/winalux-lock-1\n<<< 204\n\n\n"
#define RECORD(generation, live)                                                                   \
	">>> POST /volumes/create\n~ \"winalux-alice-state-" generation "\"\n"                     \
	"~ \"io.winalux.generation\":\"" generation "\"\n"                                         \
	"~ \"io.winalux.live\":\"" live "\"\n"                                                     \
	"~ \"io.winalux.id\":\"abcd\"\n"                                                           \
	"~ \"io.winalux.gate\":\"shell\"\n"                                                        \
	"~ \"io.winalux.host-key\":\"ssh-ed25519 AAAA\"\n<<< 201\n\n{}\n"
#define DROP(generation) ">>> DELETE /volumes/winalux-alice-state-" generation "\n<<< 204\n\n\n"
#define PUT ">>> PUT /containers/winalux-alice-dev/archive*\n<<< 200\n\n\n"
#define RELOAD(status)                                                                             \
	">>> PUT /containers/winalux-alice-dev/archive*\n~ etc/winalux/reload\n"                   \
	"<<< " status "\n\n{\"message\":\"no space\"}\n"
#define SIGNAL ">>> POST /containers/winalux-alice-dev/kill?signal=HUP\n<<< 204\n\n\n"

struct yard {
	struct stage stage;
	struct deployment deployment;
	struct strv names;
};

static void yard_open(struct yard *y, const char *script)
{
	*y = (struct yard){ 0 };
	scene_init(&y->stage.scene, stage_alice);
	stage_open(&y->stage, script);
}

static void yard_close(struct yard *y)
{
	deployment_release(&y->deployment);
	strv_release(&y->names);
	stage_close(&y->stage);
}

static int rotate(struct yard *y)
{
	const struct key key = { .bytes = { 1 } };
	const struct rotate_options options = { .names = &y->names, .key = &key };

	return rotate_run(y->stage.host, &options, &y->deployment, &y->stage.err);
}

static void expect_rotation(const char *script)
{
	DEFER(yard_close) struct yard y;

	yard_open(&y, script);
	if (rotate(&y) < 0)
		fail_msg("%s", y.stage.err.text);
	assert_all_asked(&y.stage.service);
}

static void the_new_token_is_recorded_before_it_is_inside_and_settled_after(void **state)
{
	(void)state;
	expect_rotation(STAGE_PING LISTS(DEV, STATE) LOCKED LISTS(DEV, STATE) RECORD("5", "")
				PUT RELOAD("200") RECORD("6", "feed") DROP("5") DROP("4") UNLOCKED);
}

static void a_guest_that_does_not_know_the_file_gets_a_signal(void **state)
{
	(void)state;
	expect_rotation(STAGE_PING LISTS(OLD_DEV, STATE) LOCKED LISTS(OLD_DEV, STATE) RECORD(
		"5", "") PUT SIGNAL RECORD("6", "feed") DROP("5") DROP("4") UNLOCKED);
}

static void where_the_file_cannot_be_written_a_signal_does(void **state)
{
	(void)state;
	expect_rotation(STAGE_PING LISTS(DEV, STATE) LOCKED LISTS(DEV, STATE) RECORD(
		"5", "") PUT RELOAD("500") SIGNAL RECORD("6", "feed") DROP("5") DROP("4") UNLOCKED);
}

static void data_without_containers_gets_a_new_record_alone(void **state)
{
	DEFER(yard_close) struct yard y;

	(void)state;
	yard_open(&y, STAGE_PING LISTS("", STATE) LOCKED LISTS("", STATE) RECORD("5", "feed")
			      DROP("4") UNLOCKED);
	if (rotate(&y) < 0)
		fail_msg("%s", y.stage.err.text);
	assert_all_asked(&y.stage.service);
}

/* The first record stays: it says that the files inside are not as they should be. */
static void what_cannot_be_written_inside_is_left_to_the_next_deploy(void **state)
{
	DEFER(yard_close) struct yard y;

	(void)state;
	yard_open(&y, STAGE_PING LISTS(DEV, STATE) LOCKED LISTS(DEV, STATE)
			      RECORD("5", "") ">>> PUT /containers/winalux-alice-dev/archive*\n"
					      "<<< 500\n\n{\"message\":\"no space\"}\n" UNLOCKED);
	assert_int_equal(rotate(&y), -1);
	assert_all_asked(&y.stage.service);
}

static void a_workspace_without_a_token_is_refused_by_name_alone(void **state)
{
	DEFER(yard_close) struct yard y;

	(void)state;
	yard_open(&y, STAGE_PING LISTS(DEV, "") LISTS(DEV, ""));
	assert_int_equal(rotate(&y), 0);
	assert_int_equal(y.deployment.plan.count, 0);
	deployment_release(&y.deployment);
	strv_add(&y.names, "alice");
	assert_error(&y.stage.err, rotate(&y), ERROR_CONFLICT, "has no token");
	assert_all_asked(&y.stage.service);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_new_token_is_recorded_before_it_is_inside_and_settled_after),
		cmocka_unit_test(a_guest_that_does_not_know_the_file_gets_a_signal),
		cmocka_unit_test(where_the_file_cannot_be_written_a_signal_does),
		cmocka_unit_test(data_without_containers_gets_a_new_record_alone),
		cmocka_unit_test(what_cannot_be_written_inside_is_left_to_the_next_deploy),
		cmocka_unit_test(a_workspace_without_a_token_is_refused_by_name_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
