/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/view.h"
#include "winalux/base/clock.h"
#include "winalux/base/mem.h"
#include "winalux/format/json.h"
#include "winalux/plan/facts.h"
#include "winalux/plan/names.h"

static void sizes_are_for_people(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} cases[] = {
		{ 0, "0 B" },
		{ 1023, "1023 B" },
		{ 1024, "1.0 KiB" },
		{ 1536, "1.5 KiB" },
		{ 1 << 20, "1.0 MiB" },
		{ UINT64_C(4) << 30, "4.0 GiB" },
		{ UINT64_C(3000) << 40, "3000.0 TiB" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		DEFER(freep) char *text = view_size(cases[i].bytes);
		assert_string_equal(text, cases[i].text);
	}
}

static void durations_are_for_people(void **state)
{
	static const struct {
		int64_t took_ms;
		const char *text;
	} cases[] = {
		{ 0, "0.0 s" },          { 1234, "1.2 s" },          { 59900, "59.9 s" },
		{ 60000, "1 min 00 s" }, { 3665000, "61 min 05 s" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		DEFER(freep) char *text = view_took(cases[i].took_ms);
		assert_string_equal(text, cases[i].text);
	}
}

static void an_unknown_age_is_empty(void **state)
{
	DEFER(freep) char *never = view_age(0);
	DEFER(freep) char *hours = view_age(clock_wall_s() - 3 * 3600);

	(void)state;
	assert_string_equal(never, "");
	assert_string_equal(hours, "3h");
}

static void every_action_has_a_word_and_a_mark(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ACTION_COUNT; i++) {
		assert_non_null(view_action_done((enum action)i));
		assert_true(view_action_mark((enum action)i) != '\0');
	}
	assert_int_equal(view_action_mark(ACTION_CREATE), '+');
	assert_int_equal(view_action_mark(ACTION_RECREATE), '!');
	assert_int_equal(view_action_mark(ACTION_LIVE), '~');
	assert_int_equal(view_action_mark(ACTION_REMOVE), '-');
}

static void endpoints_are_what_a_client_types(void **state)
{
	static const struct {
		struct port_mapping port;
		const char *text;
	} cases[] = {
		{ { .host_ip = "", .host_port = 2201 }, "127.0.0.1:2201" },
		{ { .host_ip = "0.0.0.0", .host_port = 2201 }, "127.0.0.1:2201" },
		{ { .host_ip = "192.0.2.7", .host_port = 80 }, "192.0.2.7:80" },
		{ { .host_ip = "2001:db8::7", .host_port = 80 }, "[2001:db8::7]:80" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		DEFER(freep) char *text = view_endpoint(&cases[i].port);
		assert_string_equal(text, cases[i].text);
	}
}

/* --- a workspace with a stopped sidecar --- */

static struct container make_container(const char *role, enum container_state state)
{
	struct container c = { .id = xstrdup("0123456789abcdef"), .state = state };

	c.name = xasprintf("winalux-alice-%s", role);
	c.image = xstrdup("localhost/winalux/web:latest");
	c.image_id = xstrdup("feed");
	c.pod_id = xstrdup("");
	labels_add(&c.labels, LABEL_SCHEMA, SCHEMA_VERSION);
	labels_add(&c.labels, LABEL_ROLE, role);
	labels_add(&c.labels, LABEL_WORKSPACE, "alice");
	labels_add(&c.labels, LABEL_GUEST, "0123456789abcdef0123456789abcdef");
	return c;
}

static void add_container(struct facts *facts, struct container c)
{
	struct container *place = xgrow(&facts->containers.items, &facts->containers.cap,
					facts->containers.count, sizeof(*place));

	*place = c;
	facts->containers.count++;
}

static void a_workspace_shows_its_sidecars_and_its_old_guest(void **state)
{
	DEFER(facts_release) struct facts facts = { 0 };

	(void)state;
	add_container(&facts, make_container("redis", CONTAINER_STOPPED));
	add_container(&facts, make_container("memcached", CONTAINER_RUNNING));
	add_container(&facts, make_container(ROLE_DEV, CONTAINER_RUNNING));
	facts_index(&facts);
	const struct workspace_facts *w = facts_find(&facts, "alice");
	assert_non_null(w);
	DEFER(freep) char *sidecars = view_sidecars(w);
	DEFER(freep) char *guest = view_guest(w, "89abcdef");
	DEFER(freep) char *ssh = view_ssh_endpoint(w);
	assert_string_equal(sidecars, "memcached redis(stopped)");
	assert_string_equal(guest, "01234567 old");
	assert_null(ssh);
}

static void its_json_has_what_the_manual_says(void **state)
{
	static const char *const keys[] = {
		"name", "status", "profile",          "generation", "deployed",  "created", "ssh",
		"app",  "image",  "guest_is_current", "containers", "strangers", "volumes", "guest",
	};
	DEFER(facts_release) struct facts facts = { 0 };

	(void)state;
	add_container(&facts, make_container(ROLE_DEV, CONTAINER_STOPPED));
	labels_add(&facts.containers.items[0].labels, LABEL_PULLED,
		   "r.example/winalux/web@sha256:1");
	facts_index(&facts);
	DEFER(json_freep) struct json *root = view_workspace_json(facts_find(&facts, "alice"), "");
	assert_int_equal(json_count(root), ARRAY_SIZE(keys));
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		assert_non_null(json_get(root, keys[i]));
	const struct json *container = json_first(json_get(root, "containers"));
	assert_string_equal(json_get_text(container, "role"), "dev");
	assert_string_equal(json_get_text(container, "state"), "stopped");
	assert_string_equal(json_get_text(container, "pulled"), "r.example/winalux/web@sha256:1");
	assert_int_equal(json_get_int(container, "exit_code", -1), 0);
}

static void sizes_of_podman_are_read_as_bytes(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} cases[] = {
		{ "0B", 0 },
		{ "1.049MB", 1 << 20 },
		{ "10.49MB", 10 << 20 },
		{ "1.074GB", 1 << 30 },
		{ "512B", 512 },
		{ "1.5kB", 1500 },
		{ "1.3MB", 1300000 },
	};
	static const char *const wrong[] = { "", "MB", "1", "1.0", "1XB", "-1B" };
	uint64_t bytes;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_true(view_parse_size(cases[i].text, &bytes));
		assert_int_equal(bytes, cases[i].bytes);
	}
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_false(view_parse_size(wrong[i], &bytes));
	assert_false(view_parse_size(NULL, &bytes));
}

static void ids_are_cut_to_what_podman_shows(void **state)
{
#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	static const char *const cases[][2] = {
		{ "", "" },
		{ "no id: abc", "no id: abc" },
		{ "'" ID "' is gone", "'0123456789ab' is gone" },
		{ ID "," ID, "0123456789ab,0123456789ab" },
		{ ID "0", ID "0" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		DEFER(freep) char *text = xstrdup(cases[i][0]);

		view_shorten_ids(text);
		assert_string_equal(text, cases[i][1]);
	}
}

static void an_end_is_told_from_a_part(void **state)
{
	(void)state;
	assert_true(view_ends_with("a: b", "b"));
	assert_true(view_ends_with("b", "b"));
	assert_false(view_ends_with("b: a", "b"));
	assert_false(view_ends_with("b", "a: b"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_are_for_people),
		cmocka_unit_test(durations_are_for_people),
		cmocka_unit_test(an_unknown_age_is_empty),
		cmocka_unit_test(every_action_has_a_word_and_a_mark),
		cmocka_unit_test(endpoints_are_what_a_client_types),
		cmocka_unit_test(a_workspace_shows_its_sidecars_and_its_old_guest),
		cmocka_unit_test(its_json_has_what_the_manual_says),
		cmocka_unit_test(sizes_of_podman_are_read_as_bytes),
		cmocka_unit_test(ids_are_cut_to_what_podman_shows),
		cmocka_unit_test(an_end_is_told_from_a_part),
	};

	return cmocka_run_group_tests_name("view", tests, NULL, NULL);
}
