/* SPDX-License-Identifier: MIT */
/* What of Podman's events concerns a workspace. */
#include <stdlib.h>
#include <string.h>

#include "stage.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"
#include "winalux/plan/names.h"
#include "winalux/workspace/audit.h"
#include "winalux/workspace/host.h"

#define LABELS(workspace, role)                                                                    \
	"\"io.winalux.schema\":\"1\",\"io.winalux.workspace\":\"" workspace "\","                  \
	"\"io.winalux.role\":\"" role "\""
#define EVENT(action, name, labels)                                                                \
	"{\"Action\":\"" action "\",\"Actor\":{\"ID\":\"I\",\"Attributes\":{\"name\":\"" name      \
	"\",\"image\":\"y:1\"," labels "}},\"timeNano\":1795846473419068129}\n"
#define LINE(what, name)                                                                           \
	"alice 2026-11-28T06:14:33.419Z \"event\":\"podman\",\"what\":\"" what                     \
	"\",\"container\":\"" name "\",\"id\":\"I\",\"image\":\"y:1\""

static bool on_line(const struct workspace_facts *w, const char *time, const char *members,
		    void *context)
{
	strv_addf(context, "%s %s %s", w->name, time, members);
	return true;
}

/* gate: of alice's dev container */
static void expect(const char *gate, const char *events, const char *wanted)
{
	DEFER(stage_close) struct stage t = { 0 };
	DEFER(strv_release) struct strv lines = { 0 };
	DEFER(freep) char *script = xasprintf(STAGE_PING ">>> GET /events*\n<<< 200\n\n%s", events);

	scene_init(&t.scene, stage_two);
	scene_deploy(&t.scene);
	for (size_t i = 0; i < t.scene.facts.containers.count; i++)
		labels_add(&t.scene.facts.containers.items[i].labels, LABEL_GATE, gate);
	stage_open(&t, script);
	if (audit_engine(host_podman(t.host), &t.scene.facts, 0, on_line, &lines, &t.err) < 0)
		fail_msg("%s", t.err.text);
	DEFER(freep) char *joined = strv_join(&lines, "\n");
	assert_string_equal(joined, wanted);
}

static void execs_and_commits_of_a_workspace_are_told(void **state)
{
	(void)state;
	expect("shell",
	       EVENT("exec", "winalux-alice-dev", LABELS("alice", "dev"))
		       EVENT("commit", "winalux-alice-dev", LABELS("alice", "dev")),
	       LINE("exec", "winalux-alice-dev") "\n" LINE("commit", "winalux-alice-dev"));
}

static void what_is_made_by_us_or_is_nobodys_is_not(void **state)
{
	(void)state;
	expect("shell",
	       EVENT("create", "winalux-alice-dev", LABELS("alice", "dev"))
		       EVENT("create", "winalux-alice-infra", LABELS("alice", "pod"))
			       EVENT("exec", "x", "\"a\":\"b\"")
				       EVENT("exec", "winalux-eve-dev", LABELS("eve", "dev")),
	       "");
}

static void a_copy_is_told_even_when_it_has_gone(void **state)
{
	(void)state;
	expect("shell", EVENT("create", "agitated_fermat", LABELS("alice", "dev")),
	       LINE("create", "agitated_fermat"));
}

/* Of a strict workspace the warden tells the execs, but not those of a sidecar or of a copy. */
static void execs_that_the_warden_tells_are_left_to_it(void **state)
{
	(void)state;
	expect("strict",
	       EVENT("exec", "winalux-alice-dev", LABELS("alice", "dev"))
		       EVENT("exec", "winalux-alice-redis", LABELS("alice", "redis"))
			       EVENT("exec", "agitated_fermat", LABELS("alice", "dev")),
	       LINE("exec", "winalux-alice-redis") "\n" LINE("exec", "agitated_fermat"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(execs_and_commits_of_a_workspace_are_told),
		cmocka_unit_test(what_is_made_by_us_or_is_nobodys_is_not),
		cmocka_unit_test(a_copy_is_told_even_when_it_has_gone),
		cmocka_unit_test(execs_that_the_warden_tells_are_left_to_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
