/* SPDX-License-Identifier: MIT */
#include "winalux/workspace/stock.h"

#include <string.h>

#include "stage.h"
#include "winalux/base/mem.h"
#include "winalux/image/builder.h"
#include "winalux/podman/podman.h"
#include "winalux/workspace/host.h"

#define ID(digit) digit "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define IMAGE(id, name, arch, role)                                                                \
	"{\"Id\":\"" ID(id) "\",\"RepoTags\":[" name "],\"Size\":5,\"Created\":9,\"Arch\":\"" arch \
			    "\",\"Labels\":{\"io.winalux.image\":\"" role "\"}}"
#define CONTAINERS                                                                                 \
	"[{\"Id\":\"" ID("d") "\",\"Names\":[\"winalux-alice-dev\"],\"ImageID\":\"" ID(            \
		"1") "\",\"Labels\":{\"io.winalux.workspace\":\"alice\",\"io.winalux.schema\":"    \
		     "\"1\","                                                                      \
		     "\"io.winalux.role\":\"dev\",\"io.winalux.guest\":\"beef\"}}]"
#define LISTS(images)                                                                              \
	STAGE_PING ">>> GET /containers/json*\n<<< 200\n\n" CONTAINERS "\n"                        \
		   ">>> GET /volumes/json*\n<<< 200\n\n[]\n"                                       \
		   ">>> GET /pods/json*\n<<< 200\n\n[]\n"                                          \
		   ">>> GET /networks/json*\n<<< 200\n\n[]\n"                                      \
		   ">>> GET /images/json\n<<< 200\n\n[" images "]\n"

struct yard {
	struct stage stage;
	struct builder *builder;
	struct stock stock;
};

static void yard_open(struct yard *y, const char *script)
{
	struct builder_options options = { .config = &y->stage.config };

	*y = (struct yard){ 0 };
	scene_init(&y->stage.scene, stage_alice);
	stage_open(&y->stage, script);
	y->stage.config.trust_host_ca = CONFIG_OFF;
	options.podman = host_podman(y->stage.host);
	options.profiles = &y->stage.scene.profiles;
	y->stage.config.debian_suite = xstrdup("trixie");
	y->builder = builder_new(&options, &y->stage.err);
	assert_non_null(y->builder);
	if (stock_take(y->stage.host, y->builder, &y->stage.scene.profiles, &y->stock,
		       &y->stage.err) < 0)
		fail_msg("%s", y->stage.err.text);
}

static void yard_close(struct yard *y)
{
	stock_release(&y->stock);
	builder_freep(&y->builder);
	freep(&y->stage.config.debian_suite);
	stage_close(&y->stage);
}

static const struct stock_item *find(const struct yard *y, const char *name)
{
	for (size_t i = 0; i < y->stock.count; i++)
		if (strcmp(y->stock.items[i].name, name) == 0)
			return &y->stock.items[i];
	fail_msg("no '%s'", name);
	return NULL;
}

#define WEB "\"localhost/winalux/web:latest\""
#define OTHERS "\"localhost/winalux/gone:latest\""
#define GUEST "\"localhost/winalux/guest:beef\""
#define OLD_GUEST "\"localhost/winalux/guest:dead\""
#define LIST                                                                                       \
	"{\"Id\":\"" ID("6") "\",\"RepoTags\":[\"localhost/winalux/web:0.0.0\"],"                  \
			     "\"IsManifestList\":true}"
#define FOREIGN "{\"Id\":\"" ID("7") "\",\"RepoTags\":[\"docker.io/library/redis:7\"]}"

static const char all[] = LISTS(
	IMAGE("1", WEB, "amd64", "profile") "," IMAGE("2", OTHERS, "amd64", "profile") "," IMAGE(
		"3", GUEST, "amd64", "guest") "," IMAGE("4", OLD_GUEST, "arm64",
							"guest") "," IMAGE("5", "", "amd64",
									   "sidecar") "," LIST
										      "," FOREIGN);

static void each_image_of_ours_is_shown_with_its_state(void **state)
{
	DEFER(yard_close) struct yard y;

	(void)state;
	yard_open(&y, all);
	assert_int_equal(y.stock.count, 6);
	assert_int_equal(find(&y, "web:latest")->state, STOCK_STALE);
	assert_int_equal(find(&y, "gone:latest")->state, STOCK_UNKNOWN);
	assert_int_equal(find(&y, "guest:beef")->state, STOCK_OLD);
	assert_string_equal(find(&y, "guest:dead")->arch, "arm64");
	assert_string_equal(find(&y, "web:0.0.0")->role, "list");
	assert_int_equal(find(&y, "web:0.0.0")->state, STOCK_OLD);
	assert_string_equal(y.stock.items[5].name, "");
	assert_int_equal(y.stock.items[5].state, STOCK_REPLACED);
	assert_all_asked(&y.stage.service);
}

static void what_a_container_was_made_from_or_mounts_is_in_use(void **state)
{
	DEFER(yard_close) struct yard y;

	(void)state;
	yard_open(&y, all);
	assert_string_equal(find(&y, "web:latest")->users.items[0], "alice");
	assert_string_equal(find(&y, "guest:beef")->users.items[0], "alice");
	assert_int_equal(find(&y, "gone:latest")->users.count, 0);
}

static void only_old_and_replaced_ones_without_users_are_useless(void **state)
{
	DEFER(yard_close) struct yard y;

	(void)state;
	yard_open(&y, all);
	assert_false(stock_is_useless(find(&y, "web:latest")));
	assert_false(stock_is_useless(find(&y, "gone:latest")));
	assert_false(stock_is_useless(find(&y, "guest:beef"))); /* old, but mounted */
	assert_true(stock_is_useless(find(&y, "guest:dead")));
	assert_true(stock_is_useless(find(&y, "web:0.0.0")));
	assert_true(stock_is_useless(&y.stock.items[5]));
}

static void what_podman_still_needs_stays_without_an_error(void **state)
{
	DEFER(freep)
	char *script = xasprintf("%s>>> DELETE /images/%s*\n<<< 409\n\n{\"cause\":\"in use\"}\n"
				 ">>> DELETE /manifests/localhost%%2Fwinalux%%2Fweb%%3A0.0.0\n"
				 "<<< 200\n\n{}\n",
				 all, ID("5"));
	DEFER(yard_close) struct yard y;
	bool is_gone = true;

	(void)state;
	yard_open(&y, script);
	assert_int_equal(stock_remove(y.stage.host, &y.stock.items[5], &is_gone, &y.stage.err), 0);
	assert_false(is_gone);
	assert_int_equal(stock_remove(y.stage.host, find(&y, "web:0.0.0"), &is_gone, &y.stage.err),
			 0);
	assert_true(is_gone);
	assert_all_asked(&y.stage.service);
}

static void what_a_registry_gave_is_neither_replaced_nor_useless(void **state)
{
#define PULLED "r.example/winalux/web:0.0.1"
	DEFER(yard_close) struct yard y;

	(void)state;
	yard_open(&y, LISTS(IMAGE("2", "\"" PULLED "\"", "amd64", "profile")));
	assert_int_equal(find(&y, PULLED)->state, STOCK_FOREIGN);
	assert_false(stock_is_useless(find(&y, PULLED)));
}

/* Before Podman 5.1 lists do not say. */
static void an_architecture_that_is_not_listed_is_asked_for(void **state)
{
	static const char script[] = LISTS(IMAGE("1", WEB, "", "profile")) ">>> GET /images/" ID(
		"1") "/json\n<<< 200\n\n"
		     "{\"Architecture\":"
		     "\"arm64\"}\n";
	DEFER(yard_close) struct yard y;

	(void)state;
	yard_open(&y, script);
	assert_string_equal(find(&y, "web:latest")->arch, "arm64");
	assert_all_asked(&y.stage.service);
}

static void what_others_have_tagged_is_no_list_that_was_removed(void **state)
{
	static const char script[] = LISTS("{\"Id\":\"" ID(
		"1") "\",\"RepoTags\":[\"localhost/winalux/x:1\"]}") ">>> DELETE "
								     "/manifests/"
								     "localhost%2Fwinalux%2Fx%"
								     "3A1\n<<< 404\n\n"
								     "{\"cause\":\"image not "
								     "known\"}\n";
	DEFER(yard_close) struct yard y;
	bool is_removed = true;
	struct error err;

	(void)state;
	yard_open(&y, script);
	assert_int_equal(stock_remove(y.stage.host, find(&y, "x:1"), &is_removed, &err), 0);
	assert_false(is_removed);
	assert_all_asked(&y.stage.service);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_image_of_ours_is_shown_with_its_state),
		cmocka_unit_test(what_a_container_was_made_from_or_mounts_is_in_use),
		cmocka_unit_test(only_old_and_replaced_ones_without_users_are_useless),
		cmocka_unit_test(what_a_registry_gave_is_neither_replaced_nor_useless),
		cmocka_unit_test(what_podman_still_needs_stays_without_an_error),
		cmocka_unit_test(an_architecture_that_is_not_listed_is_asked_for),
		cmocka_unit_test(what_others_have_tagged_is_no_list_that_was_removed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
