/* SPDX-License-Identifier: MIT */
/* Operations as a whole: look, plan, lock, look again, act, give the lock back. */
#include "winalux/workspace/apply.h"

#include <string.h>

#include "stage.h"
#include "winalux/base/buf.h"
#include "winalux/base/mem.h"
#include "winalux/podman/podman.h"

#define LABELS(role)                                                                               \
	"\"io.winalux.schema\":\"1\",\"io.winalux.workspace\":\"alice\","                          \
	"\"io.winalux.role\":\"" role "\""
#define DEV                                                                                        \
	"{\"Id\":\"D\",\"Names\":[\"winalux-alice-dev\"],\"State\":\"running\",\"Labels\":"        \
	"{" LABELS("dev") "}}"
#define LISTS(containers)                                                                          \
	">>> GET /containers/json\n<<< 200\n\n[" containers "]\n"                                  \
	">>> GET /pods/json\n<<< 200\n\n[]\n"                                                      \
	">>> GET /volumes/json?*schema*\n<<< 200\n\n[{\"Name\":\"winalux-alice-home\",\"Labels\":" \
	"{" LABELS("home") "}}]\n"                                                                 \
			   ">>> GET /networks/json\n<<< 200\n\n[]\n"                               \
			   ">>> GET /images/json\n<<< 200\n\n[]\n"
#define LOCKS(volumes) ">>> GET /volumes/json?*holder*\n<<< 200\n\n[" volumes "]\n"
#define LOCKED LOCKS("") ">>> POST /volumes/create\n~ winalux-lock-1\n<<< 201\n\n{}\n" LOCKS("")
#define UNLOCKED ">>> DELETE /volumes/winalux-lock-1\n<<< 204\n\n\n"
#define EVE                                                                                        \
	"{\"Name\":\"winalux-lock-3\",\"Labels\":{\"io.winalux.role\":\"lock\","                   \
	"\"io.winalux.holder\":\"eve@elsewhere pid 1\","                                           \
	"\"io.winalux.expires\":\"2999-01-01T00:00:00Z\"}}"

struct yard {
	struct stage stage;
	struct deployment deployment;
	struct strv names;
	struct buf said;
};

static void yard_open(struct yard *y, const char *script)
{
	*y = (struct yard){ 0 };
	buf_init(&y->said, SIZE_MAX);
	scene_init(&y->stage.scene, stage_alice);
	stage_open(&y->stage, script);
}

static void yard_close(struct yard *y)
{
	deployment_release(&y->deployment);
	strv_release(&y->names);
	buf_release(&y->said);
	stage_close(&y->stage);
}

static void on_step(void *context, const char *workspace, const char *text, size_t number,
		    size_t total)
{
	struct yard *y = context;

	(void)number;
	(void)total;
	buf_addf(&y->said, "%s: %s\n", workspace ? workspace : "account", text);
}

static int operate(struct yard *y, enum operation operation)
{
	const struct progress_sink sink = { .on_step = on_step, .context = y };

	return operate_run(y->stage.host, operation, &y->names, &sink, &y->deployment,
			   &y->stage.err);
}

static void it_looks_locks_looks_again_acts_and_unlocks(void **state)
{
	DEFER(yard_close) struct yard y;

	(void)state;
	yard_open(&y, STAGE_PING LISTS(DEV) LOCKED LISTS(
			      DEV) ">>> POST /containers/winalux-alice-dev/stop?timeout=1\n<<< "
				   "204\n\n\n" UNLOCKED);
	if (operate(&y, OPERATION_STOP) < 0)
		fail_msg("%s", y.stage.err.text);
	assert_string_equal(y.said.data, "alice: stop container 'winalux-alice-dev'\n");
	assert_all_asked(&y.stage.service);
}

static void with_nothing_to_do_it_takes_no_lock(void **state)
{
	DEFER(yard_close) struct yard y;

	(void)state;
	yard_open(&y, STAGE_PING LISTS(""));
	assert_int_equal(operate(&y, OPERATION_STOP), 0);
	assert_int_equal(y.deployment.plan.items[0].action, ACTION_UNCHANGED);
	assert_int_equal(y.deployment.outcomes.count, 0);
	assert_all_asked(&y.stage.service);
}

/* Between the two looks another winalux has done it. */
static void what_another_did_meanwhile_is_not_done_again(void **state)
{
	DEFER(yard_close) struct yard y;

	(void)state;
	yard_open(&y, STAGE_PING LISTS(DEV) LOCKED LISTS("") UNLOCKED);
	assert_int_equal(operate(&y, OPERATION_STOP), 0);
	assert_string_equal(y.said.data, "");
	assert_all_asked(&y.stage.service);
}

static void a_held_lock_is_said_and_then_an_error(void **state)
{
	DEFER(yard_close) struct yard y;

	(void)state;
	yard_open(&y, STAGE_PING LISTS(
			      DEV) ">>> GET /volumes/json?*holder*\n<<< 200 repeat\n\n[" EVE "]\n");
	y.stage.config.lock_timeout_s = 1;
	assert_error(&y.stage.err, operate(&y, OPERATION_STOP), ERROR_LOCKED,
		     "another winalux (eve@elsewhere pid 1) works on this account; waited 1 s");
	assert_string_equal(y.said.data,
			    "account: waiting for another winalux (eve@elsewhere pid 1)\n");
	assert_all_asked(&y.stage.service);
}

static void the_lock_is_given_back_after_a_failure(void **state)
{
	DEFER(yard_close) struct yard y;

	(void)state;
	yard_open(&y, STAGE_PING LISTS(DEV)
			      LOCKED LISTS(DEV) ">>> POST /containers/winalux-alice-dev/stop\n<<< "
						"500\n\n{\"cause\":\"boom\"}\n" UNLOCKED);
	assert_error(&y.stage.err, operate(&y, OPERATION_STOP), ERROR_PODMAN,
		     "workspace 'alice': cannot stop container 'winalux-alice-dev': boom");
	assert_all_asked(&y.stage.service);
}

static void an_unknown_name_is_told_before_anything_is_locked(void **state)
{
	DEFER(yard_close) struct yard y;

	(void)state;
	yard_open(&y, STAGE_PING LISTS(DEV));
	strv_add(&y.names, "carol");
	assert_error(&y.stage.err, operate(&y, OPERATION_DESTROY), ERROR_NOT_FOUND,
		     "no workspace 'carol' here; there are: alice");
	assert_all_asked(&y.stage.service);
}

static void a_volume_that_strangers_use_stops_a_destroy_and_says_what_to_do(void **state)
{
	DEFER(yard_close) struct yard y;

	(void)state;
	yard_open(&y,
		  STAGE_PING LISTS("")
			  LOCKED LISTS("") ">>> DELETE /volumes/winalux-alice-home\n<<< 409\n\n"
					   "{\"cause\":\"volume is being "
					   "used\",\"message\":\"x\",\"response\":409}\n" UNLOCKED);
	assert_error(&y.stage.err, operate(&y, OPERATION_DESTROY), ERROR_CONFLICT,
		     "`podman ps -a --filter volume=winalux-alice-home` shows them, remove them "
		     "first");
	assert_all_asked(&y.stage.service);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_looks_locks_looks_again_acts_and_unlocks),
		cmocka_unit_test(with_nothing_to_do_it_takes_no_lock),
		cmocka_unit_test(what_another_did_meanwhile_is_not_done_again),
		cmocka_unit_test(a_held_lock_is_said_and_then_an_error),
		cmocka_unit_test(the_lock_is_given_back_after_a_failure),
		cmocka_unit_test(an_unknown_name_is_told_before_anything_is_locked),
		cmocka_unit_test(a_volume_that_strangers_use_stops_a_destroy_and_says_what_to_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
