/* SPDX-License-Identifier: MIT */
#include "workspace/library_sync.h"

#include <string.h>
#include <unistd.h>

#include "stage.h"
#include "winalux/base/buf.h"
#include "winalux/base/mem.h"
#include "winalux/plan/names.h"

#define KEY                                                                                        \
	"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl me@here"
#define ALICE                                                                                      \
	"version: 1\nworkspaces:\n  - name: alice\n    ssh_port: 2201\n    public_key: \"" KEY     \
	"\"\n    libraries: "

/* A command of the guest in the dev container, and what comes back: frames of a stream. */
#define EXEC(action, frames, code)                                                                 \
	">>> POST /containers/winalux-alice-dev/exec\n~ \"libraries\",\"" action "\"]\n"           \
	"~ \"User\":\"developer\"\n<<< 201\n\n{\"Id\":\"" action "\"}\n"                           \
	">>> POST /exec/" action "/start\n<<< 101 raw escaped\n\n" frames "\n"                     \
	">>> GET /exec/" action "/json\n<<< 200\n\n{\"Running\":false,\"ExitCode\":" code "}\n"
#define NOTHING ""
#define OLD_LOCK "\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x07six==1\\n"
#define TYPO                                                                                       \
	"\\x02\\x00\\x00\\x00\\x00\\x00\\x00\\x2ferror: No solution\\n  cause: typo was not "      \
	"found\\n"

#define CREATE_FETCHER                                                                             \
	">>> DELETE /containers/winalux-alice-libraries*\n<<< 404\n\n{}\n"                         \
	">>> POST /containers/create\n~ \"name\":\"winalux-alice-libraries\"\n"                    \
	"~ \"pod\":\"winalux-alice-pod\"\n~ \"Name\":\"winalux-libraries\"\n"
#define FETCHER(code)                                                                              \
	CREATE_FETCHER "<<< 201\n\n{\"Id\":\"f1\"}\n"                                              \
		       ">>> PUT /containers/f1/archive*\n<<< 200\n\n\n"                            \
		       ">>> POST /containers/f1/start\n<<< 204\n\n\n"                              \
		       ">>> POST /containers/f1/wait*\n<<< 200\n\n" code "\n"
#define FETCHER_LOG(frames) ">>> GET /containers/f1/logs*\n<<< 200 raw escaped\n\n" frames "\n"
#define FETCHER_GOES ">>> DELETE /containers/f1*\n<<< 200\n\n[]\n"
#define PUT_LIST ">>> PUT /containers/winalux-alice-dev/archive*\n<<< 200\n\n\n"
#define RECORD                                                                                     \
	">>> POST /volumes/create\n~ \"winalux-alice-state-2\"\n~ \"io.winalux.libraries\":\"\n"   \
	"<<< 201\n\n{}\n>>> DELETE /volumes/winalux-alice-state-1*\n<<< 204\n\n\n"

/* Another list than the one that was installed is to be deployed. */
static void begin(struct stage *t, const char *libraries, const char *had, const char *script)
{
	DEFER(freep) char *inventory = xasprintf(ALICE "%s\n", libraries);

	scene_init(&t->scene, inventory);
	scene_deploy(&t->scene);
	t->scene.facts.workspaces[0].state.libraries = had;
	stage_open(t, script);
	stage_plan(t);
	assert_int_equal(t->scene.plan.items[0].action, ACTION_LIVE);
}

static void a_list_is_fetched_beside_the_home_and_installed_within(void **state)
{
	DEFER(stage_close) struct stage t = { 0 };

	(void)state;
	begin(&t, "[six]", "other",
	      STAGE_PING EXEC("show", OLD_LOCK, "0") FETCHER("0") FETCHER_LOG(OLD_LOCK)
		      FETCHER_GOES PUT_LIST EXEC("sync", NOTHING, "0") RECORD);
	assert_int_equal(stage_apply(&t, NULL), 0);
	assert_all_asked(&t.service);
}

static void what_cannot_be_fetched_is_left_to_the_workspace(void **state)
{
	static const char *const scripts[] = {
		STAGE_PING EXEC("show", NOTHING, "0") FETCHER("1") FETCHER_LOG(TYPO)
			FETCHER_GOES PUT_LIST EXEC("sync", NOTHING, "0") RECORD,
		STAGE_PING EXEC("show", NOTHING, "0") CREATE_FETCHER
		"<<< 500\n\n{\"cause\":\"no space left\",\"message\":\"no space\",\"response\":500}"
		"\n" PUT_LIST EXEC("sync", NOTHING, "0") RECORD,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
		DEFER(stage_close) struct stage t = { 0 };

		begin(&t, "[six]", "other", scripts[i]);
		assert_int_equal(stage_apply(&t, NULL), 0);
		assert_all_asked(&t.service);
	}
}

static void files_of_the_home_and_known_lists_are_not_fetched(void **state)
{
	static const char script[] = STAGE_PING PUT_LIST EXEC("sync", NOTHING, "0") RECORD;
	DEFER(stage_close) struct stage t = { 0 };

	(void)state;
	begin(&t, "[-r ~/app/requirements.txt]", "other", script);
	assert_int_equal(stage_apply(&t, NULL), 0);
	assert_all_asked(&t.service);
}

static void a_list_that_is_taken_away_is_installed_as_nothing(void **state)
{
	DEFER(stage_close) struct stage t = { 0 };

	(void)state;
	begin(&t, "[]", "other",
	      STAGE_PING PUT_LIST EXEC(
		      "sync", NOTHING,
		      "0") ">>> POST /volumes/create\n~ \"winalux-alice-state-2\"\n<<< 201\n\n{}\n"
			   ">>> DELETE /volumes/winalux-alice-state-1*\n<<< 204\n\n\n");
	assert_int_equal(stage_apply(&t, NULL), 0);
	assert_all_asked(&t.service);
}

static void a_failure_is_told_in_uvs_words_and_nothing_is_recorded(void **state)
{
	DEFER(stage_close) struct stage t = { 0 };

	(void)state;
	begin(&t, "[typo]", "other",
	      STAGE_PING EXEC("show", NOTHING, "0") FETCHER("1") FETCHER_LOG(TYPO)
		      FETCHER_GOES PUT_LIST EXEC("sync", TYPO, "1"));
	assert_error(&t.err, stage_apply(&t, NULL), ERROR_PODMAN,
		     "cannot install libraries in 'winalux-alice-dev': libraries: No solution: "
		     "typo was not found");
	assert_all_asked(&t.service);
}

static void a_guest_without_the_role_is_told_of(void **state)
{
	DEFER(stage_close) struct stage t = { 0 };

	(void)state;
	begin(&t, "[six]", "other",
	      STAGE_PING EXEC("show", NOTHING, "2") PUT_LIST EXEC("sync", NOTHING, "2"));
	assert_error(&t.err, stage_apply(&t, NULL), ERROR_CONFLICT,
		     "its guest is older than libraries; `winalux deploy --upgrade-guest`");
	assert_all_asked(&t.service);
}

static void a_file_of_logins_that_cannot_be_read_is_an_error(void **state)
{
	DEFER(stage_close) struct stage t = { 0 };
	char path[] = "/nonexistent/netrc";

	(void)state;
	begin(&t, "[six]", "other", STAGE_PING EXEC("show", NOTHING, "0"));
	t.config.library_netrc = path;
	assert_error(&t.err, stage_apply(&t, NULL), ERROR_HOST, "setting 'library_netrc'");
	assert_all_asked(&t.service);
}

static void what_uv_said_becomes_one_line(void **state)
{
	static const struct {
		const char *said, *line;
	} cases[] = {
		{ "", "" },
		{ "error: Failed to fetch\n  cause: refused\n", "Failed to fetch: refused" },
		{ "Using Python 3.13.5 environment at: venv\nResolved 2 packages in 1ms\n"
		  "error: No space left\n",
		  "No space left" },
		{ "  \xc3\x97 No solution found:\n  \xe2\x95\xb0\xe2\x94\x80\xe2\x96\xb6 Because a "
		  "needs b.\n      And b is gone.\n",
		  "No solution found: Because a needs b. And b is gone" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		DEFER(buf_release) struct buf line = { 0 };

		buf_init(&line, 1000);
		library_fold(cases[i].said, &line);
		assert_string_equal(line.data ? line.data : "", cases[i].line);
	}
}

static void of_a_lock_from_a_home_only_versions_count(void **state)
{
	static const char lock[] = "--index-url https://me:secret@index/\n"
				   "-r /etc/winalux/netrc\n"
				   "-e==1\n"
				   "six==1.16.0 \\\n    --hash=sha256:00\n    # via x\n"
				   "a-b_c.d==1!2.0+local\n"
				   "evil==1;-r /etc/passwd\n"
				   "other @ file:///etc/passwd\n"
				   "nothing==\n"
				   "last==3";
	DEFER(buf_release) struct buf versions;

	(void)state;
	buf_init(&versions, 1000);
	library_versions(lock, &versions);
	assert_string_equal(versions.data, "six==1.16.0\na-b_c.d==1!2.0+local\nlast==3\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_is_fetched_beside_the_home_and_installed_within),
		cmocka_unit_test(what_cannot_be_fetched_is_left_to_the_workspace),
		cmocka_unit_test(files_of_the_home_and_known_lists_are_not_fetched),
		cmocka_unit_test(a_list_that_is_taken_away_is_installed_as_nothing),
		cmocka_unit_test(a_failure_is_told_in_uvs_words_and_nothing_is_recorded),
		cmocka_unit_test(a_guest_without_the_role_is_told_of),
		cmocka_unit_test(a_file_of_logins_that_cannot_be_read_is_an_error),
		cmocka_unit_test(what_uv_said_becomes_one_line),
		cmocka_unit_test(of_a_lock_from_a_home_only_versions_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
