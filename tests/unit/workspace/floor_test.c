/* SPDX-License-Identifier: MIT */
#include "winalux/workspace/floor.h"

#include "stage.h"
#include "winalux/base/mem.h"

#define INFO(used)                                                                                 \
	">>> GET /info\n<<< 200\n\n{\"store\":{\"graphRoot\":\"/no/store\","                       \
	"\"graphRootAllocated\":10737418240,\"graphRootUsed\":" used "}}\n"
#define NO_INFO ">>> GET /info\n<<< 500\n\n{\"message\":\"socket activation\"}\n"
#define VOLUMES(mountpoint)                                                                        \
	">>> GET /volumes/json?*schema*\n<<< 200\n\n[{\"Name\":\"a\"},{\"Name\":\"b\","            \
	"\"Mountpoint\":\"" mountpoint "\"}]\n"

/* GiB that no machine has free. */
enum { PLENTY = 1048576 };

static void yard_open(struct stage *t, const char *script, uint32_t min_free_gb)
{
	*t = (struct stage){ 0 };
	scene_init(&t->scene, stage_alice);
	stage_open(t, script);
	t->config.min_free_gb = min_free_gb;
}

static void without_a_floor_nothing_is_asked(void **state)
{
	DEFER(stage_close) struct stage t;

	(void)state;
	yard_open(&t, STAGE_PING, 0);
	assert_int_equal(floor_check(t.host, &t.err), 0);
	assert_all_asked(&t.service);
}

static void with_room_it_asks_once(void **state)
{
	DEFER(stage_close) struct stage t;

	(void)state;
	yard_open(&t, STAGE_PING INFO("8589934592"), 2);
	assert_int_equal(floor_check(t.host, &t.err), 0);
	assert_int_equal(floor_check(t.host, &t.err), 0);
	assert_all_asked(&t.service);
}

static void what_is_missing_is_said_in_one_line_with_the_remedy(void **state)
{
	DEFER(stage_close) struct stage t;

	(void)state;
	yard_open(&t, STAGE_PING INFO("8589934593"), 2);
	assert_error(
		&t.err, floor_check(t.host, &t.err), ERROR_HOST,
		"too little room to build or make anything: 2.0 GiB free in '/no/store', 2 GiB "
		"wanted; `winalux destroy` and `podman image prune` give some back, "
		"min_free_gb is the limit");
}

static void where_the_service_cannot_say_a_volume_tells(void **state)
{
	DEFER(stage_close) struct stage t;

	(void)state;
	yard_open(&t, STAGE_PING NO_INFO VOLUMES("/"), PLENTY);
	assert_error(&t.err, floor_check(t.host, &t.err), ERROR_HOST,
		     "GiB free in '/', 1048576 GiB wanted");
	assert_all_asked(&t.service);
}

static void what_nobody_can_say_is_left_to_try(void **state)
{
	DEFER(stage_close) struct stage t;

	(void)state;
	yard_open(&t, STAGE_PING NO_INFO VOLUMES("/no/volume"), PLENTY);
	assert_int_equal(floor_check(t.host, &t.err), 0);
	assert_all_asked(&t.service);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_floor_nothing_is_asked),
		cmocka_unit_test(with_room_it_asks_once),
		cmocka_unit_test(what_is_missing_is_said_in_one_line_with_the_remedy),
		cmocka_unit_test(where_the_service_cannot_say_a_volume_tells),
		cmocka_unit_test(what_nobody_can_say_is_left_to_try),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
