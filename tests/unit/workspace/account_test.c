/* SPDX-License-Identifier: MIT */
#include "workspace/account.h"

#include <string.h>

#include "service.h"
#include "winalux/base/mem.h"
#include "winalux/image/builder.h"
#include "winalux/plan/facts.h"
#include "winalux/plan/names.h"

#define GUEST "localhost/winalux/guest:1"
#define VOLUME_MADE                                                                                \
	">>> POST /volumes/create\n~ \"Name\":\"winalux-account\"\n<<< 201\n\n"                    \
	"{\"Name\":\"winalux-account\",\"Mountpoint\":\"/v/account\"}\n"
#define INSTALLER_RUNS(exit_code)                                                                  \
	">>> POST /containers/create\n~ winalux-account-install\n~ \"" GUEST                       \
	"\"\n<<< 201\n\n{\"Id\":\"I\"}\n"                                                          \
	">>> POST /containers/I/start\n<<< 204\n\n\n"                                              \
	">>> POST /containers/I/wait\n<<< 200\n\n" exit_code "\n"                                  \
	">>> DELETE /containers/I\n<<< 200\n\n[]\n"
#define RECORDED(number)                                                                           \
	">>> POST /volumes/create\n~ \"Name\":\"winalux-account-" number "\"\n"                    \
	"~ \"io.winalux.seccomp\":\"\n<<< 201\n\n{}\n"

/* What the account has: its volume, a record of some profile, a leftover installer. */
static struct facts account(const char *recorded_digest, const char *installer)
{
	struct facts f = { 0 };
	struct volume *v;

	if (recorded_digest) {
		v = xgrow(&f.volumes.items, &f.volumes.cap, f.volumes.count++, sizeof(*v));
		v->name = xstrdup(ACCOUNT_VOLUME);
		v->mountpoint = xstrdup("/v/account");
		labels_add(&v->labels, LABEL_ROLE, "account");
		v = xgrow(&f.volumes.items, &f.volumes.cap, f.volumes.count++, sizeof(*v));
		v->name = xstrdup(ACCOUNT_VOLUME "-4");
		v->mountpoint = xstrdup("/v/4");
		labels_add(&v->labels, LABEL_ROLE, "account");
		labels_add(&v->labels, LABEL_GENERATION, "4");
		labels_add(&v->labels, LABEL_SECCOMP, recorded_digest);
	}
	if (installer) {
		struct container *c = xgrow(&f.containers.items, &f.containers.cap,
					    f.containers.count++, sizeof(*c));

		c->id = xstrdup(installer);
		c->name = xstrdup("winalux-account-install");
		c->pod_id = xstrdup("");
	}
	facts_index(&f);
	return f;
}

static void a_new_account_gets_volume_profile_and_record(void **state)
{
	DEFER(service_release)
	struct service_fake s = service_start(VOLUME_MADE INSTALLER_RUNS("0") RECORDED("1"));
	DEFER(facts_release) struct facts facts = account(NULL, NULL);
	DEFER(account_paths_release) struct server_paths paths = { 0 };

	(void)state;
	account_paths_get(&facts, &paths);
	assert_null(paths.seccomp);
	assert_ok(&s, account_ensure(s.podman, &facts, GUEST, &paths, &s.err));
	assert_ptr_equal(strstr(paths.seccomp, "/v/account/seccomp-"), paths.seccomp);
	assert_requests(&s, "POST /volumes/create\n"
			    "POST /containers/create\n"
			    "POST /containers/I/start\n"
			    "POST /containers/I/wait\n"
			    "DELETE /containers/I\n"
			    "POST /volumes/create\n");
	assert_all_asked(&s);
}

static void a_profile_that_is_there_costs_no_call(void **state)
{
	char digest[HASH_HEX_SIZE];

	image_seccomp_digest(digest);
	DEFER(service_release) struct service_fake s = service_start(">>> GET /x\n<<< 200\n\n\n");
	DEFER(facts_release) struct facts facts = account(digest, NULL);
	DEFER(account_paths_release) struct server_paths paths = { 0 };
	DEFER(account_paths_release) struct server_paths known = { 0 };

	(void)state;
	account_paths_get(&facts, &known);
	assert_ok(&s, account_ensure(s.podman, &facts, GUEST, &paths, &s.err));
	assert_string_equal(paths.seccomp, known.seccomp);
	assert_string_equal(paths.receiver, "/v/account/gate/notify");
	assert_int_equal(fake_request_count(s.server), 0);
}

static void another_profile_is_added_and_recorded_as_the_next(void **state)
{
	DEFER(service_release)
	struct service_fake s = service_start(INSTALLER_RUNS("0") RECORDED(
		"5") ">>> DELETE /volumes/winalux-account-4\n<<< 204\n\n\n");
	DEFER(facts_release) struct facts facts = account("an-older-one", NULL);
	DEFER(account_paths_release) struct server_paths paths = { 0 };

	(void)state;
	assert_ok(&s, account_ensure(s.podman, &facts, GUEST, &paths, &s.err));
	assert_all_asked(&s);
}

static void a_leftover_installer_of_ours_goes_first(void **state)
{
	DEFER(service_release)
	struct service_fake s = service_start(
		VOLUME_MADE ">>> DELETE /containers/OLD\n<<< 200\n\n[]\n" INSTALLER_RUNS("0")
			RECORDED("1"));
	DEFER(facts_release) struct facts facts = account(NULL, "OLD");
	DEFER(account_paths_release) struct server_paths paths = { 0 };

	(void)state;
	assert_ok(&s, account_ensure(s.podman, &facts, GUEST, &paths, &s.err));
	assert_all_asked(&s);
}

static void a_foreign_container_of_that_name_is_left_alone(void **state)
{
	DEFER(service_release)
	struct service_fake s = service_start(
		VOLUME_MADE
		">>> POST /containers/create\n<<< 500\n\n"
		"{\"cause\":\"that name is already in use\",\"message\":\"x\",\"response\":500}\n");
	DEFER(facts_release) struct facts facts = account(NULL, NULL);
	DEFER(account_paths_release) struct server_paths paths = { 0 };

	(void)state;
	assert_error(&s.err, account_ensure(s.podman, &facts, GUEST, &paths, &s.err),
		     ERROR_CONFLICT, "cannot prepare the account's volume: ");
	assert_null(paths.seccomp);
	assert_all_asked(&s);
}

static void an_installer_that_fails_is_removed_and_told(void **state)
{
	DEFER(service_release)
	struct service_fake s = service_start(VOLUME_MADE INSTALLER_RUNS("111"));
	DEFER(facts_release) struct facts facts = account(NULL, NULL);
	DEFER(account_paths_release) struct server_paths paths = { 0 };

	(void)state;
	assert_error(&s.err, account_ensure(s.podman, &facts, GUEST, &paths, &s.err), ERROR_PODMAN,
		     "the helper container ended with status 111");
	assert_all_asked(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_account_gets_volume_profile_and_record),
		cmocka_unit_test(a_profile_that_is_there_costs_no_call),
		cmocka_unit_test(another_profile_is_added_and_recorded_as_the_next),
		cmocka_unit_test(a_leftover_installer_of_ours_goes_first),
		cmocka_unit_test(a_foreign_container_of_that_name_is_left_alone),
		cmocka_unit_test(an_installer_that_fails_is_removed_and_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
