/* SPDX-License-Identifier: MIT */
#include "workspace/telemetry_daemon.h"

#include <stdlib.h>
#include <string.h>

#include "service.h"
#include "winalux/base/mem.h"
#include "winalux/plan/facts.h"
#include "winalux/plan/names.h"
#include "winalux/plan/plan.h"
#include "winalux/plan/want.h"

#define MADE                                                                                       \
	">>> POST /containers/create\n~ \"name\":\"winalux-telemetry\"\n~ \"command\":"            \
	"[\"telemetry\",\"/account\",\"10\"]\n~ \"cap_add\":[\"SYS_PTRACE\",\"DAC_READ_SEARCH\"]"  \
	"\n~ \"pidns\":{\"nsmode\":\"host\"}\n~ \"cgroupns\":{\"nsmode\":\"host\"}\n"              \
	"~ \"io.winalux.telemetry\":\"10\"\n<<< 201\n\n{\"Id\":\"T\"}\n"                           \
	">>> POST /containers/T/start\n<<< 204\n\n\n"                                              \
	">>> GET /containers/T/logs\n<<< 200 escaped\n\n"                                          \
	"\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x12{\"event\":\"ready\"}\\n\n"
#define ENROLLED ">>> PUT /containers/winalux-telemetry/archive\n<<< 200\n\n\n"
#define LEFT(id)                                                                                   \
	">>> POST /containers/" id "/kill?signal=USR1\n<<< 204\n\n\n"                              \
	">>> POST /containers/" id "/wait\n<<< 200\n\n0\n"                                         \
	">>> DELETE /containers/" id "\n<<< 200\n\n[]\n"

static struct container *add(struct facts *f, const char *id, const char *name, const char *role)
{
	struct container *c =
		xgrow(&f->containers.items, &f->containers.cap, f->containers.count++, sizeof(*c));

	c->id = xstrdup(id);
	c->name = xstrdup(name);
	c->pod_id = xstrdup("");
	c->state = CONTAINER_RUNNING;
	labels_add(&c->labels, LABEL_SCHEMA, SCHEMA_VERSION);
	labels_add(&c->labels, LABEL_ROLE, role);
	labels_add(&c->labels, LABEL_GUEST, "abc");
	return c;
}

/* Alice, who sees her pod or does not, and the daemon with that interval; NULL: none. */
static struct facts account(bool sees_pod, const char *interval)
{
	struct facts f = { 0 };
	struct container *dev = add(&f, "DEV", "winalux-alice-dev", ROLE_DEV);

	labels_add(&dev->labels, LABEL_WORKSPACE, "alice");
	if (sees_pod)
		labels_add(&dev->labels, LABEL_TELEMETRY, "pod");
	if (interval)
		labels_add(&add(&f, "OLD", "winalux-telemetry", ROLE_TELEMETRY)->labels,
			   LABEL_TELEMETRY, interval);
	facts_index(&f);
	return f;
}

static void it_is_missed_where_a_workspace_shows_its_figures(void **state)
{
	static const struct {
		bool sees_pod;
		const char *interval;
		bool is_missed;
	} cases[] = { { true, NULL, true },
		      { true, "10", false },
		      { true, "60", true },
		      { false, NULL, false } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		DEFER(facts_release)
		struct facts facts = account(cases[i].sees_pod, cases[i].interval);

		assert_int_equal(telemetry_is_missed(&facts, 10), cases[i].is_missed);
	}
}

static void it_is_made_and_told_of_all_workspaces(void **state)
{
	DEFER(service_release) struct service_fake s = service_start(MADE ENROLLED);
	DEFER(facts_release) struct facts facts = account(true, NULL);

	(void)state;
	assert_ok(&s, telemetry_ensure(s.podman, &facts, NULL, 10, &s.err));
	assert_all_asked(&s);
}

/* Else the daemon, which makes what is missing, was in the way of Podman, which did the same. */
static void a_newcomers_directories_are_there_before_the_daemon_hears_of_it(void **state)
{
	DEFER(service_release) struct service_fake s = service_start(ENROLLED);
	DEFER(facts_release) struct facts facts = account(true, "10");
	struct want_container dev = { .role = (char[]){ ROLE_DEV } };
	const struct want want = { .containers = &dev, .container_count = 1 };
	struct step step = { .kind = STEP_CREATE_CONTAINER };
	struct workspace_plan bob = {
		.name = (char[]){ "bob" }, .want = &want, .steps = &step, .step_count = 1
	};
	const struct plan plan = { .items = &bob, .count = 1 };

	(void)state;
	assert_ok(&s, telemetry_ensure(s.podman, &facts, &plan, 10, &s.err));
	DEFER(freep) char *first = fake_last_body(s.server); /* a name, and a NUL behind it */
	assert_string_equal(first, "telemetry/bob/");
}

static void one_that_is_right_is_left_alone(void **state)
{
	DEFER(service_release) struct service_fake s = service_start(ENROLLED);
	DEFER(facts_release) struct facts facts = account(true, "10");

	(void)state;
	assert_ok(&s, telemetry_ensure(s.podman, &facts, NULL, 10, &s.err));
	assert_all_asked(&s);
}

static void another_interval_makes_another_one(void **state)
{
	DEFER(service_release) struct service_fake s = service_start(LEFT("OLD") MADE ENROLLED);
	DEFER(facts_release) struct facts facts = account(true, "60");

	(void)state;
	assert_ok(&s, telemetry_ensure(s.podman, &facts, NULL, 10, &s.err));
	assert_all_asked(&s);
}

static void it_goes_with_the_last_that_it_measured(void **state)
{
	DEFER(service_release) struct service_fake s = service_start(ENROLLED LEFT("OLD"));
	DEFER(facts_release) struct facts facts = account(false, "10");

	(void)state;
	assert_ok(&s, telemetry_dismiss(s.podman, &facts, &s.err));
	assert_all_asked(&s);
}

static void it_stays_while_another_is_measured(void **state)
{
	DEFER(service_release) struct service_fake s = service_start(ENROLLED);
	DEFER(facts_release) struct facts facts = account(true, "10");

	(void)state;
	assert_ok(&s, telemetry_dismiss(s.podman, &facts, &s.err));
	assert_all_asked(&s);
}

static void who_sees_its_figures_is_made_anew_without_it(void **state)
{
	DEFER(facts_release) struct facts seeing = account(true, "10");
	DEFER(facts_release) struct facts blind = account(false, "10");
	DEFER(labels_release) struct labels faults = { 0 };

	(void)state;
	telemetry_add_faults(&blind, &faults);
	assert_int_equal(faults.count, 0);
	telemetry_add_faults(&seeing, &faults);
	assert_int_equal(faults.count, 1);
	assert_string_equal(labels_get(&faults, "DEV"), "telemetry_interval_s is 0");
}

static void what_cannot_start_is_said(void **state)
{
	DEFER(service_release)
	struct service_fake s =
		service_start(">>> POST /containers/create\n<<< 500\n\n"
			      "{\"cause\":\"\",\"message\":\"no host pid\",\"response\":500}\n");
	DEFER(facts_release) struct facts facts = account(true, NULL);

	(void)state;
	assert_error(&s.err, telemetry_ensure(s.podman, &facts, NULL, 10, &s.err), ERROR_PODMAN,
		     "cannot start 'winalux-telemetry', which measures workspaces");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_missed_where_a_workspace_shows_its_figures),
		cmocka_unit_test(it_is_made_and_told_of_all_workspaces),
		cmocka_unit_test(a_newcomers_directories_are_there_before_the_daemon_hears_of_it),
		cmocka_unit_test(one_that_is_right_is_left_alone),
		cmocka_unit_test(another_interval_makes_another_one),
		cmocka_unit_test(it_goes_with_the_last_that_it_measured),
		cmocka_unit_test(it_stays_while_another_is_measured),
		cmocka_unit_test(who_sees_its_figures_is_made_anew_without_it),
		cmocka_unit_test(what_cannot_start_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
