/* SPDX-License-Identifier: MIT */
#include "workspace/keepers.h"

#include <stdlib.h>
#include <string.h>

#include "service.h"
#include "winalux/base/mem.h"
#include "winalux/plan/facts.h"
#include "winalux/plan/names.h"

#define LEFT(id)                                                                                   \
	">>> POST /containers/" id "/kill?signal=USR1\n<<< 204\n\n\n"                              \
	">>> POST /containers/" id "/wait\n<<< 200\n\n0\n"                                         \
	">>> DELETE /containers/" id "\n<<< 200\n\n[]\n"
#define MADE(role, id)                                                                             \
	">>> POST /containers/create\n~ \"name\":\"winalux-" role "\"\n~ \"restart_policy\":"      \
	"\"on-failure\"\n<<< 201\n\n{\"Id\":\"" id "\"}\n"                                         \
	">>> POST /containers/" id "/start\n<<< 204\n\n\n"                                         \
	">>> GET /containers/" id "/logs\n<<< 200 escaped\n\n"                                     \
	"\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x12{\"event\":\"ready\"}\\n\n"

static struct container *add(struct facts *f, const char *id, const char *role,
			     enum container_state state)
{
	struct container *c =
		xgrow(&f->containers.items, &f->containers.cap, f->containers.count++, sizeof(*c));

	c->id = xstrdup(id);
	c->name = xasprintf("winalux-%s", role);
	c->pod_id = xstrdup("");
	c->state = state;
	labels_add(&c->labels, LABEL_SCHEMA, SCHEMA_VERSION);
	labels_add(&c->labels, LABEL_ROLE, role);
	labels_add(&c->labels, LABEL_GUEST, "abc");
	return c;
}

/* A workspace, and those of a, b and the warden that the letters name; small ones are stopped. */
static struct facts account(const char *there, const char *gate)
{
	static const char letters[] = "ABW", small[] = "abw";
	struct facts f = { 0 };
	struct container *dev = add(&f, "DEV", ROLE_DEV, CONTAINER_RUNNING);

	free(dev->name);
	dev->name = xstrdup("winalux-alice-dev");
	labels_add(&dev->labels, LABEL_WORKSPACE, "alice");
	labels_add(&dev->labels, LABEL_GATE, gate);
	for (enum keeper i = 0; i < KEEPER_COUNT; i++) {
		const char id[] = { letters[i], '\0' };

		if (strchr(there, letters[i]))
			add(&f, id, keeper_role(i), CONTAINER_RUNNING);
		if (strchr(there, small[i]))
			add(&f, id, keeper_role(i), CONTAINER_STOPPED);
	}
	facts_index(&f);
	return f;
}

static void keepers_are_missed_where_a_strict_workspace_lacks_one(void **state)
{
	static const struct {
		const char *there;
		bool are_missed;
	} cases[] = { { "", true }, { "ABW", false }, { "AB", true }, { "ABw", true } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		DEFER(facts_release) struct facts facts = account(cases[i].there, "strict");

		assert_int_equal(keepers_are_missed(&facts), cases[i].are_missed);
	}
	struct facts none = { 0 };
	assert_false(keepers_are_missed(&none));
}

static void with_all_of_them_there_nothing_is_done(void **state)
{
	DEFER(service_release) struct service_fake s = service_start(">>> GET /x\n<<< 200\n\n\n");
	DEFER(facts_release) struct facts facts = account("ABW", "strict");
	bool is_changed = true;

	(void)state;
	assert_ok(&s, keepers_ensure(s.podman, &facts, false, &is_changed, &s.err));
	assert_false(is_changed);
	assert_requests(&s, "");
}

static void one_that_stopped_is_made_anew_and_awaited(void **state)
{
	DEFER(service_release)
	struct service_fake s =
		service_start(">>> POST /containers/B/kill\n<<< 409\n\n"
			      "{\"cause\":\"\",\"message\":\"not running\",\"response\":409}\n"
			      ">>> DELETE /containers/B\n<<< 200\n\n[]\n" MADE("gate-b", "B2"));
	DEFER(facts_release) struct facts facts = account("AbW", "strict");
	bool is_changed = false;

	(void)state;
	assert_ok(&s, keepers_ensure(s.podman, &facts, false, &is_changed, &s.err));
	assert_true(is_changed);
	assert_all_asked(&s);
}

static void without_any_all_workspaces_are_lost(void **state)
{
	DEFER(service_release) struct service_fake s = service_start(">>> GET /x\n<<< 200\n\n\n");
	DEFER(facts_release) struct facts facts = account("aw", "strict");

	(void)state;
	assert_ok(&s, keepers_find_lost(s.podman, &facts, &s.err));
	assert_true(facts.workspaces[0].is_lost);
	assert_requests(&s, "");
}

static void without_a_file_of_losses_nothing_is_lost(void **state)
{
	DEFER(service_release)
	struct service_fake s = service_start(">>> GET /containers/B/archive\n<<< 404\n\n"
					      "{\"cause\":\"no such file\",\"message\":\"no such "
					      "file\",\"response\":404}\n");
	DEFER(facts_release) struct facts facts = account("Bw", "strict");

	(void)state;
	assert_ok(&s, keepers_find_lost(s.podman, &facts, &s.err));
	assert_false(facts.workspaces[0].is_lost);
	assert_all_asked(&s);
}

static void they_go_with_the_last_strict_workspace(void **state)
{
	DEFER(service_release)
	struct service_fake s = service_start(LEFT("W") LEFT("B") LEFT("A"));
	DEFER(facts_release) struct facts with = account("ABW", "strict");

	(void)state;
	assert_ok(&s, keepers_dismiss(s.podman, &with, &s.err));
	assert_requests(&s, "");
	DEFER(facts_release) struct facts without = account("ABW", "shell");
	assert_ok(&s, keepers_dismiss(s.podman, &without, &s.err));
	assert_all_asked(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keepers_are_missed_where_a_strict_workspace_lacks_one),
		cmocka_unit_test(with_all_of_them_there_nothing_is_done),
		cmocka_unit_test(one_that_stopped_is_made_anew_and_awaited),
		cmocka_unit_test(without_any_all_workspaces_are_lost),
		cmocka_unit_test(without_a_file_of_losses_nothing_is_lost),
		cmocka_unit_test(they_go_with_the_last_strict_workspace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
