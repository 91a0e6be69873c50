/* SPDX-License-Identifier: MIT */
#include "workspace/apply.h"

#include <string.h>

#include "stage.h"
#include "winalux/base/buf.h"
#include "winalux/base/clock.h"
#include "winalux/base/mem.h"
#include "winalux/podman/podman.h"
#include "winalux/workspace/lock.h"

/* One call of a deploy and what it leaves behind. */
struct call {
	const char *request;
	const char *contains; /* in its body; NULL: whatever */
	const char *reply;
	const char *volume; /* made by it */
};

#define VOLUME(role)                                                                               \
	{                                                                                          \
		"POST /volumes/create", "\"Name\":\"winalux-alice-" role "\"",                     \
			"{\"Name\":\"winalux-alice-" role "\"}", "winalux-alice-" role             \
	}
/* A first deploy of alice with Redis, but for waiting. */
static const struct call calls[] = {
	{ "POST /networks/create", "\"name\":\"winalux-alice-net\"", "{\"id\":\"N\"}", NULL },
	VOLUME("home"),
	VOLUME("keys"),
	VOLUME("audit"),
	VOLUME("redis"),
	{ "POST /pods/create", "\"name\":\"winalux-alice-pod\"", "{\"Id\":\"P\"}", NULL },
	{ "POST /containers/create", "\"name\":\"winalux-alice-redis\"", "{\"Id\":\"R\"}", NULL },
	{ "POST /containers/create", "\"name\":\"winalux-alice-dev\"", "{\"Id\":\"D\"}", NULL },
	{ "PUT /containers/winalux-alice-dev/archive", NULL, "", NULL },
	{ "POST /containers/winalux-alice-redis/start", NULL, "", NULL },
	{ "POST /containers/winalux-alice-dev/start", NULL, "", NULL },
	{ "POST /volumes/create", "\"io.winalux.objects\":\"net=N pod=P redis=R dev=D\"",
	  "{\"Name\":\"winalux-alice-state-1\"}", "winalux-alice-state-1" },
};
enum { CALL_COUNT = ARRAY_SIZE(calls), CALL_NETWORK = 0, CALL_POD = 5 };

static void add_call(struct buf *script, const struct call *call, const char *status,
		     const char *reply)
{
	buf_addf(script, ">>> %s\n", call->request);
	if (call->contains)
		buf_addf(script, "~ %s\n", call->contains);
	buf_addf(script, "<<< %s\n\n%s\n", status, reply);
}

/* A script and the requests that are expected, line by line. */
struct story {
	struct buf script;
	struct buf requests;
};

static void story_init(struct story *s)
{
	buf_init(&s->script, SIZE_MAX);
	buf_init(&s->requests, SIZE_MAX);
	buf_add_str(&s->script, STAGE_PING);
	buf_add_str(&s->requests, "GET /_ping\n");
}

static void story_release(struct story *s)
{
	buf_release(&s->script);
	buf_release(&s->requests);
}

static void tell_calls(struct story *s, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		add_call(&s->script, &calls[i], "200", calls[i].reply);
		buf_addf(&s->requests, "%s\n", calls[i].request);
	}
}

static void tell_list(struct story *s, const char *kind, const char *items)
{
	buf_addf(&s->script, ">>> GET /%s/json?*io.winalux.workspace%%3Dalice*\n<<< 200\n\n[%s]\n",
		 kind, items);
	buf_addf(&s->requests, "GET /%s/json\n", kind);
}

static void tell_removal(struct story *s, const char *kind, const char *name)
{
	buf_addf(&s->script, ">>> DELETE /%s/%s\n<<< 200\n\n\n", kind, name);
	buf_addf(&s->requests, "DELETE /%s/%s\n", kind, name);
}

static char *volumes_made(size_t count)
{
	struct buf items;

	buf_init(&items, SIZE_MAX);
	for (size_t i = 0; i < count; i++) {
		if (calls[i].volume)
			buf_addf(&items, "%s{\"Name\":\"%s\"}", items.len ? "," : "",
				 calls[i].volume);
	}
	return buf_take(&items);
}

/* Looks for what is there after the first count calls, and removes just that. */
static void tell_undo(struct story *s, size_t count)
{
	DEFER(freep) char *volumes = volumes_made(count);
	const bool has_pod = count > CALL_POD, has_network = count > CALL_NETWORK;

	tell_list(s, "pods", has_pod ? "{\"Id\":\"P\",\"Name\":\"winalux-alice-pod\"}" : "");
	if (has_pod)
		tell_removal(s, "pods", "P");
	tell_list(s, "containers", "");
	tell_list(s, "networks",
		  has_network ? "{\"id\":\"N\",\"name\":\"winalux-alice-net\"}" : "");
	if (has_network)
		tell_removal(s, "networks", "winalux-alice-net");
	tell_list(s, "volumes", volumes);
	for (size_t i = 0; i < count; i++) {
		if (calls[i].volume)
			tell_removal(s, "volumes", calls[i].volume);
	}
}

/* libpod of 4.x leaves half a pod behind when its creation fails; pod_create cleans up. */
static void tell_half_pod(struct story *s, size_t failed_call)
{
	if (failed_call != CALL_POD)
		return;
	buf_add_str(&s->script, ">>> GET /pods/json*\n<<< 200\n\n[]\n");
	buf_add_str(&s->requests, "GET /pods/json\n");
}

/* Executes a first deploy of alice as the story goes. */
static int run_story(struct stage *t, struct story *s)
{
	scene_init(&t->scene, stage_alice);
	stage_open(t, s->script.data);
	stage_plan(t);
	return stage_apply(t, NULL);
}

static void a_new_workspace_is_made_in_order_and_recorded(void **state)
{
	DEFER(story_release) struct story s;
	DEFER(stage_close) struct stage t = { 0 };

	(void)state;
	story_init(&s);
	tell_calls(&s, CALL_COUNT);
	if (run_story(&t, &s) < 0)
		fail_msg("%s", t.err.text);
	assert_requests(&t.service, s.requests.data);
	assert_all_asked(&t.service);
	assert_true(t.outcomes.items[0].is_done);
	assert_false(t.outcomes.items[0].has_failed);
	assert_int_equal(t.outcomes.items[0].ssh_port, 2201);
}

static void a_failure_at_any_step_undoes_just_what_was_made(void **state)
{
	(void)state;
	for (size_t failing = 0; failing < CALL_COUNT; failing++) {
		DEFER(story_release) struct story s;
		DEFER(stage_close) struct stage t = { 0 };

		story_init(&s);
		tell_calls(&s, failing);
		add_call(&s.script, &calls[failing], "500",
			 "{\"cause\":\"boom\",\"message\":\"boom\",\"response\":500}");
		buf_addf(&s.requests, "%s\n", calls[failing].request);
		tell_half_pod(&s, failing);
		tell_undo(&s, failing);
		assert_error(&t.err, run_story(&t, &s), ERROR_PODMAN, "workspace 'alice': cannot ");
		assert_non_null(strstr(t.err.text, "boom"));
		assert_requests(&t.service, s.requests.data);
		assert_all_asked(&t.service);
		assert_true(t.outcomes.items[0].has_failed);
	}
}

/* The service did it, but its answer never came. */
static void a_lost_answer_is_undone_as_well(void **state)
{
	(void)state;
	for (size_t failing = 0; failing < CALL_COUNT; failing++) {
		DEFER(story_release) struct story s;
		DEFER(stage_close) struct stage t = { 0 };

		story_init(&s);
		tell_calls(&s, failing);
		add_call(&s.script, &calls[failing], "200 reset", "");
		buf_addf(&s.requests, "%s\n", calls[failing].request);
		tell_half_pod(&s, failing);
		tell_undo(&s, failing + 1);
		assert_error(&t.err, run_story(&t, &s), ERROR_PODMAN, "closed the connection");
		assert_requests(&t.service, s.requests.data);
		assert_all_asked(&t.service);
	}
}

/* The call that is under way is waited for; nothing else is begun, and what was made goes. */
static void ctrl_c_at_any_step_undoes_it_with_all_before(void **state)
{
	(void)state;
	for (size_t at = 0; at + 1 < CALL_COUNT; at++) {
		DEFER(story_release) struct story s;
		DEFER(stage_close) struct stage t = { .cancel_at = at + 1 };

		story_init(&s);
		tell_calls(&s, at + 1);
		tell_undo(&s, at + 1);
		assert_error(&t.err, run_story(&t, &s), ERROR_INTERRUPTED, "a second run goes on");
		assert_requests(&t.service, s.requests.data);
		assert_all_asked(&t.service);
	}
}

static void ctrl_c_after_the_last_step_is_too_late(void **state)
{
	DEFER(story_release) struct story s;
	DEFER(stage_close) struct stage t = { .cancel_at = CALL_COUNT };

	(void)state;
	story_init(&s);
	tell_calls(&s, CALL_COUNT);
	assert_int_equal(run_story(&t, &s), 0);
	assert_all_asked(&t.service);
}

static void ctrl_c_before_the_first_step_begins_nothing(void **state)
{
	DEFER(stage_close) struct stage t = { 0 };

	(void)state;
	scene_init(&t.scene, stage_alice);
	stage_open(&t, STAGE_PING);
	stage_plan(&t);
	t.cancelled = true;
	assert_error(&t.err, stage_apply(&t, NULL), ERROR_INTERRUPTED, "interrupted");
	assert_requests(&t.service, "GET /_ping\n");
	assert_false(t.outcomes.items[0].is_done);
}

static void a_foreign_object_in_the_way_is_told_of_and_left_alone(void **state)
{
	static const struct {
		size_t call;
		const char *reply;
		const char *text;
	} table[] = {
		{ CALL_NETWORK, "network name winalux-alice-net already used",
		  "a network that winalux did not make has this name: `podman network inspect "
		  "winalux-alice-net` shows it" },
		{ 1, "volume already exists",
		  "save what you need of it, then `podman volume rm winalux-alice-home`" },
		{ CALL_POD, "pod already exists", "`podman pod inspect winalux-alice-pod`" },
		{ 7, "the name \\\"winalux-alice-dev\\\" is already in use",
		  "`podman container inspect winalux-alice-dev`" },
		{ 10, "bind: address already in use", "another program holds a port" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		const struct call *call = &calls[table[i].call];
		DEFER(freep)
		char *reply = xasprintf("{\"cause\":\"%s\",\"message\":\"x\",\"response\":500}",
					table[i].reply);
		DEFER(story_release) struct story s;
		DEFER(stage_close) struct stage t = { 0 };

		story_init(&s);
		tell_calls(&s, table[i].call);
		add_call(&s.script, call, "500", reply);
		buf_addf(&s.requests, "%s\n", call->request);
		tell_undo(&s, table[i].call);
		assert_error(&t.err, run_story(&t, &s), ERROR_CONFLICT, table[i].text);
		assert_requests(&t.service, s.requests.data);
		assert_all_asked(&t.service);
	}
}

/* --- what was there before --- */

/* As after destroy --keep-data: volumes and state, nothing else. */
static void keep_data_only(struct scene *scene)
{
	scene_deploy(scene);
	for (size_t i = 0; i < scene->facts.count; i++) {
		struct workspace_facts *w = &scene->facts.workspaces[i];

		w->pod = NULL;
		w->network = NULL;
		w->container_count = 0;
	}
}

#define HOME "{\"Name\":\"winalux-alice-home\"}"
#define KEYS "{\"Name\":\"winalux-alice-keys\"}"
#define AUDIT "{\"Name\":\"winalux-alice-audit\"}"
#define REDIS "{\"Name\":\"winalux-alice-redis\"}"
#define STATE "{\"Name\":\"winalux-alice-state-1\"}"

static void volumes_that_were_there_outlive_an_undo(void **state)
{
	DEFER(story_release) struct story s;
	DEFER(stage_close) struct stage t = { 0 };

	(void)state;
	story_init(&s);
	tell_calls(&s, 1);
	add_call(&s.script, &calls[CALL_POD], "500", "{\"cause\":\"boom\",\"message\":\"boom\"}");
	buf_addf(&s.requests, "%s\n", calls[CALL_POD].request);
	tell_half_pod(&s, CALL_POD);
	tell_list(&s, "pods", "");
	tell_list(&s, "containers", "");
	tell_list(&s, "networks", "{\"id\":\"N\",\"name\":\"winalux-alice-net\"}");
	tell_removal(&s, "networks", "winalux-alice-net");
	tell_list(&s, "volumes", HOME "," KEYS "," AUDIT "," REDIS "," STATE);
	scene_init(&t.scene, stage_alice);
	keep_data_only(&t.scene);
	stage_open(&t, s.script.data);
	stage_plan(&t);
	assert_int_equal(t.scene.plan.items[0].action, ACTION_CREATE);
	assert_error(&t.err, stage_apply(&t, NULL), ERROR_PODMAN, "boom");
	assert_requests(&t.service, s.requests.data);
	assert_all_asked(&t.service);
}

static void a_workspace_that_is_recorded_is_not_undone(void **state)
{
	DEFER(story_release) struct story s;
	DEFER(stage_close) struct stage t = { 0 };

	(void)state;
	story_init(&s);
	tell_calls(&s, 1);
	for (size_t i = CALL_POD; i + 1 < CALL_COUNT; i++)
		add_call(&s.script, &calls[i], "200", calls[i].reply);
	buf_add_str(&s.script,
		    ">>> POST /volumes/create\n~ \"winalux-alice-state-2\"\n<<< 201\n\n{}\n"
		    ">>> DELETE /volumes/winalux-alice-state-1\n<<< 500\n\n"
		    "{\"cause\":\"boom\",\"message\":\"boom\",\"response\":500}\n");
	scene_init(&t.scene, stage_alice);
	keep_data_only(&t.scene);
	stage_open(&t, s.script.data);
	stage_plan(&t);
	assert_error(&t.err, stage_apply(&t, NULL), ERROR_PODMAN, "boom");
	assert_all_asked(&t.service); /* nothing but these was asked: no lists, no removals */
}

static void a_change_without_sessions_lost_touches_four_things(void **state)
{
	DEFER(stage_close) struct stage t = { 0 };

	(void)state;
	scene_init(&t.scene, stage_alice);
	scene_deploy(&t.scene);
	t.scene.facts.workspaces[0].state.live = "other";
	stage_open(&t, STAGE_PING
		   ">>> PUT /containers/winalux-alice-dev/archive\n<<< 200\n\n\n"
		   ">>> PUT /containers/winalux-alice-dev/archive\n~ etc/winalux/reload\n"
		   "<<< 200\n\n\n"
		   ">>> POST /volumes/create\n~ \"winalux-alice-state-2\"\n"
		   "~ \"io.winalux.id\":\"0123456789abcdef\"\n<<< 201\n\n{}\n"
		   ">>> DELETE /volumes/winalux-alice-state-1\n<<< 204\n\n\n");
	stage_plan(&t);
	assert_int_equal(t.scene.plan.items[0].action, ACTION_LIVE);
	assert_int_equal(stage_apply(&t, NULL), 0);
	assert_requests(&t.service, "GET /_ping\n"
				    "PUT /containers/winalux-alice-dev/archive\n"
				    "PUT /containers/winalux-alice-dev/archive\n"
				    "POST /volumes/create\n"
				    "DELETE /volumes/winalux-alice-state-1\n");
	assert_all_asked(&t.service);
}

static void a_failed_recreation_is_left_for_the_next_deploy(void **state)
{
	DEFER(stage_close) struct stage t = { 0 };

	(void)state;
	scene_init(&t.scene, stage_alice);
	scene_deploy(&t.scene);
	stage_open(&t, STAGE_PING
		   ">>> DELETE /pods/winalux-alice-pod\n<<< 200\n\n{}\n"
		   ">>> POST /pods/create\n<<< 500\n\n{\"cause\":\"boom\",\"message\":\"boom\"}\n"
		   ">>> GET /pods/json*\n<<< 200\n\n[]\n");
	t.scene.inventory.workspaces[0].ssh_port = 2299;
	stage_plan(&t);
	assert_int_equal(t.scene.plan.items[0].action, ACTION_RECREATE);
	assert_error(&t.err, stage_apply(&t, NULL), ERROR_PODMAN, "boom");
	assert_all_asked(&t.service);
}

/* --- several workspaces --- */

#define BOB(kind, name, reply)                                                                     \
	">>> POST /" kind "/create\n~ \"winalux-bob-" name "\"\n<<< 201\n\n" reply "\n"

static void one_that_fails_does_not_stop_the_others(void **state)
{
	DEFER(stage_close) struct stage t = { 0 };

	(void)state;
	scene_init(&t.scene, stage_two);
	stage_open(
		&t, STAGE_PING
		">>> POST /networks/create\n~ \"winalux-alice-net\"\n<<< 500\n\n"
		"{\"cause\":\"boom\",\"message\":\"boom\",\"response\":500}\n"
		">>> GET /pods/json\n<<< 200\n\n[]\n>>> GET /containers/json\n<<< 200\n\n[]\n"
		">>> GET /networks/json\n<<< 200\n\n[]\n>>> GET /volumes/json\n<<< 200\n\n[]\n" BOB(
			"networks", "net",
			"{\"id\":\"N\"}") BOB("volumes", "home",
					      "{}") BOB("volumes", "keys",
							"{}") BOB("volumes", "audit",
								  "{}") BOB("pods", "pod",
									    "{\"Id\":\"P\"}")
			BOB("containers", "dev",
			    "{\"Id\":\"D\"}") ">>> PUT /containers/winalux-bob-dev/archive\n<<< "
					      "200\n\n\n"
					      ">>> POST /containers/winalux-bob-dev/start\n<<< "
					      "204\n\n\n" BOB("volumes", "state-1", "{}"));
	stage_plan(&t);
	assert_error(&t.err, stage_apply(&t, NULL), ERROR_PARTIAL,
		     "1 of 2 workspaces failed; a second run goes on from here");
	assert_true(t.outcomes.items[0].has_failed);
	assert_int_equal(t.outcomes.items[0].error.kind, ERROR_PODMAN);
	assert_true(t.outcomes.items[1].is_done);
	assert_false(t.outcomes.items[1].has_failed);
	assert_all_asked(&t.service);
}

/* --- the lock --- */

struct lost_lock {
	unsigned asked; /* requests of the lock's service when the renewal has begun */
	struct fake_server *server;
};

/* Holds the first step until the lock is being renewed, in vain. */
static void wait_for_loss(void *context, const char *workspace, const char *text, size_t number,
			  size_t total)
{
	struct lost_lock *l = context;

	(void)workspace;
	(void)text;
	(void)total;
	while (number == 1 && fake_request_count(l->server) < l->asked)
		clock_sleep_ms(5);
}

/* The other winalux may be making the same workspace by now: nothing is undone. */
static void a_lost_lock_stops_everything_and_undoes_nothing(void **state)
{
	static const char lock_script[] =
		">>> GET /volumes/json\n<<< 200\n\n[]\n"
		">>> POST /volumes/create\n<<< 201\n\n{}\n"
		">>> GET /volumes/json\n<<< 200\n\n[]\n"
		">>> POST /volumes/create\n<<< 500\n\n{\"cause\":\"volume already exists\"}\n"
		">>> GET /volumes/json\n<<< 200 repeat\n\n[]\n";
	const struct lock_options options = { .lifetime_s = 2 };
	DEFER(service_release) struct service_fake locks = service_start(lock_script);
	DEFER(story_release) struct story s;
	DEFER(stage_close) struct stage t = { 0 };
	struct lost_lock lost = { 4, locks.server };
	const struct progress_sink sink = { .on_step = wait_for_loss, .context = &lost };
	struct applied_lock held = { .podman = locks.podman };

	(void)state;
	story_init(&s);
	tell_calls(&s, CALL_COUNT);
	assert_ok(&locks, lock_take(locks.podman, &options, &held.lock, &locks.err));
	scene_init(&t.scene, stage_alice);
	stage_open(&t, s.script.data);
	stage_plan(&t);
	assert_error(&t.err,
		     apply_under_lock(t.host, &t.scene.plan, &sink, &held, &t.outcomes, &t.err),
		     ERROR_LOCKED, "another winalux has taken over the lock of this account");
	DEFER(freep) char *requests = fake_requests(t.service.server);
	assert_null(strstr(requests, "DELETE"));
	assert_null(strstr(requests, "json"));
	lock_release(held.lock, locks.podman);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_workspace_is_made_in_order_and_recorded),
		cmocka_unit_test(a_failure_at_any_step_undoes_just_what_was_made),
		cmocka_unit_test(a_lost_answer_is_undone_as_well),
		cmocka_unit_test(ctrl_c_at_any_step_undoes_it_with_all_before),
		cmocka_unit_test(ctrl_c_after_the_last_step_is_too_late),
		cmocka_unit_test(ctrl_c_before_the_first_step_begins_nothing),
		cmocka_unit_test(a_foreign_object_in_the_way_is_told_of_and_left_alone),
		cmocka_unit_test(volumes_that_were_there_outlive_an_undo),
		cmocka_unit_test(a_workspace_that_is_recorded_is_not_undone),
		cmocka_unit_test(a_change_without_sessions_lost_touches_four_things),
		cmocka_unit_test(a_failed_recreation_is_left_for_the_next_deploy),
		cmocka_unit_test(one_that_fails_does_not_stop_the_others),
		cmocka_unit_test(a_lost_lock_stops_everything_and_undoes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
