/* SPDX-License-Identifier: MIT */
#include "workspace/images.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stage.h"
#include "winalux/base/arch.h"
#include "winalux/base/buf.h"
#include "winalux/base/mem.h"
#include "winalux/image/builder.h"
#include "winalux/workspace/host.h"

#define KEY                                                                                        \
	"    public_key: \"ssh-ed25519 "                                                           \
	"AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl me@here\"\n"
#define FOREIGN                                                                                    \
	"version: 1\nworkspaces:\n  - name: alice\n    ssh_port: 2201\n" KEY                       \
	"    sidecars: [{name: other, image: \"example.org/other:1\"}]\n"

/* The struct owns its texts elsewhere; here they are literals. */
#define TEXT(literal) ((char *)(uintptr_t)(literal))

struct yard {
	struct stage stage;
	struct builder *builder;
	struct buf said; /* what the sink was told */
};

static void say(struct yard *y, const char *a, const char *b)
{
	buf_addf(&y->said, "%s: %s\n", a, b);
}

static void on_step(void *context, const char *image, const char *text, size_t number, size_t total)
{
	(void)number;
	(void)total;
	say(context, image, text);
}

static void on_line(void *context, const char *image, const char *line)
{
	say(context, image, line);
}

static void on_done(void *context, const char *image, enum action action, int64_t took_ms,
		    const struct error *err)
{
	(void)action;
	(void)took_ms;
	say(context, image, err ? "failed" : "done");
}

static void add_image(struct scene *s, const char *name)
{
	struct images *list = &s->facts.images;
	struct image *i = xgrow(&list->items, &list->cap, list->count++, sizeof(*i));

	i->id = xasprintf("%064zu", list->count);
	i->arch = xstrdup(arch_own()); /* as Podman 5 lists it */
	strv_add(&i->names, name);
}

static const char *another_arch(void)
{
	return arch_own() == arch_names[0] ? arch_names[1] : arch_names[0];
}

/* A first deploy of that inventory; the guest's image is there already. */
static void yard_open(struct yard *y, const char *inventory, const char *script)
{
	struct builder_options options = { .config = &y->stage.config };
	char digest[HASH_HEX_SIZE];
	DEFER(freep) char *guest = image_guest_reference(arch_own(), digest);

	*y = (struct yard){ 0 };
	buf_init(&y->said, SIZE_MAX);
	scene_init(&y->stage.scene, inventory);
	add_image(&y->stage.scene, guest);
	stage_open(&y->stage, script);
	y->stage.config.trust_host_ca = CONFIG_OFF;
	y->stage.config.registry_timeout_s = 1;
	y->stage.config.base_image = TEXT("example.org/debian:1");
	y->stage.config.debian_suite = TEXT("trixie");
	y->stage.config.debian_mirror = TEXT("http://example.org/debian");
	options.podman = host_podman(y->stage.host);
	options.profiles = &y->stage.scene.profiles;
	y->builder = builder_new(&options, &y->stage.err);
	assert_non_null(y->builder);
}

static void yard_close(struct yard *y)
{
	builder_freep(&y->builder);
	buf_release(&y->said);
	stage_close(&y->stage);
}

static int ensure(struct yard *y, bool no_build)
{
	const struct progress_sink sink = {
		.on_step = on_step, .on_line = on_line, .on_done = on_done, .context = y
	};
	const struct images_options options = { .host = y->stage.host,
						.builder = y->builder,
						.profiles = &y->stage.scene.profiles,
						.sink = &sink,
						.no_build = no_build };

	stage_plan(&y->stage);
	return images_ensure(&options, &y->stage.scene.plan, &y->stage.scene.facts.images,
			     &y->stage.err);
}

static void missing_images_are_listed_once(void **state)
{
	DEFER(yard_close) struct yard y;
	DEFER(strv_release) struct strv missing = { 0 };

	(void)state;
	yard_open(&y, stage_two, STAGE_PING);
	stage_plan(&y.stage);
	images_list_missing(&y.stage.scene.plan, &y.stage.scene.facts.images,
			    "localhost/winalux/guest:x", &missing);
	DEFER(freep) char *text = strv_join(&missing, " ");
	assert_string_equal(text, "localhost/winalux/web:latest localhost/winalux/guest:x");
}

static void with_no_build_a_missing_image_names_the_command_that_makes_it(void **state)
{
	DEFER(yard_close) struct yard y;

	(void)state;
	yard_open(&y, stage_alice, STAGE_PING);
	assert_error(&y.stage.err, ensure(&y, true), ERROR_NOT_FOUND,
		     "image 'localhost/winalux/sidecar-redis:latest' for workspace 'alice' is "
		     "missing; `winalux build` makes it");
	assert_requests(&y.stage.service, "GET /_ping\n");
}

static void with_no_build_a_foreign_image_is_not_pulled(void **state)
{
	DEFER(yard_close) struct yard y;

	(void)state;
	yard_open(&y, FOREIGN, STAGE_PING);
	assert_error(&y.stage.err, ensure(&y, true), ERROR_NOT_FOUND,
		     "image 'example.org/other:1' for workspace 'alice' is missing; pull it or "
		     "leave out --no-build");
}

static void a_foreign_image_is_pulled(void **state)
{
	DEFER(yard_close) struct yard y;

	(void)state;
	yard_open(&y, FOREIGN,
		  STAGE_PING ">>> POST /images/pull?reference=example.org%2Fother%3A1&*\n"
			     "<<< 200 chunked\n\n{\"stream\":\"Getting it\\n\"}\n"
			     "{\"id\":\"0123\",\"images\":[\"0123\"]}\n"
			     ">>> GET /images/example.org%2Fother%3A1/json\n<<< 200\n\n"
			     "{\"Architecture\":\"\"}\n");
	add_image(&y.stage.scene, "localhost/winalux/web:latest");
	if (ensure(&y, false) < 0)
		fail_msg("%s", y.stage.err.text);
	assert_string_equal(y.said.data, "image example.org/other:1: pull\n"
					 "image example.org/other:1: Getting it\n"
					 "image example.org/other:1: done\n");
	assert_all_asked(&y.stage.service);
}

static void a_pull_that_fails_inside_its_stream_is_an_error(void **state)
{
	DEFER(yard_close) struct yard y;

	(void)state;
	yard_open(&y, FOREIGN,
		  STAGE_PING ">>> POST /images/pull\n<<< 200 chunked\n\n"
			     "{\"error\":\"initializing source: no route to host\"}\n");
	add_image(&y.stage.scene, "localhost/winalux/web:latest");
	assert_error(&y.stage.err, ensure(&y, false), ERROR_HOST,
		     "cannot pull 'example.org/other:1': registry 'example.org': it does not "
		     "answer (no route to host); ");
	assert_non_null(strstr(y.said.data, "image example.org/other:1: failed\n"));
}

static void images_that_are_there_cost_no_call(void **state)
{
	DEFER(yard_close) struct yard y;

	(void)state;
	yard_open(&y, stage_alice, STAGE_PING);
	add_image(&y.stage.scene, "localhost/winalux/web:latest");
	add_image(&y.stage.scene, "localhost/winalux/sidecar-redis:latest");
	assert_int_equal(ensure(&y, false), 0);
	assert_requests(&y.stage.service, "GET /_ping\n");
	assert_string_equal(y.said.data, "");
}

static void an_image_of_another_architecture_is_refused(void **state)
{
	DEFER(yard_close) struct yard y;
	struct images *images = &y.stage.scene.facts.images;

	(void)state;
	yard_open(&y, stage_alice, STAGE_PING);
	add_image(&y.stage.scene, "localhost/winalux/web:latest");
	add_image(&y.stage.scene, "localhost/winalux/sidecar-redis:latest");
	free(images->items[images->count - 1].arch);
	images->items[images->count - 1].arch = xstrdup(another_arch());
	assert_error(
		&y.stage.err, ensure(&y, false), ERROR_HOST,
		"image 'localhost/winalux/sidecar-redis:latest' for workspace 'alice' is for ");
	assert_requests(&y.stage.service, "GET /_ping\n");
}

/* Before 5.1 the list does not say. */
static void an_architecture_that_is_not_listed_is_asked_for(void **state)
{
	DEFER(freep)
	char *script = xasprintf(STAGE_PING ">>> GET /images/localhost%%2Fwinalux%%2Fweb%%3Alatest/"
					    "json\n<<< 200\n\n{\"Architecture\":\"%s\"}\n",
				 another_arch());
	DEFER(yard_close) struct yard y;
	struct images *images = &y.stage.scene.facts.images;

	(void)state;
	yard_open(&y, stage_alice, script);
	add_image(&y.stage.scene, "localhost/winalux/sidecar-redis:latest");
	add_image(&y.stage.scene, "localhost/winalux/web:latest");
	freep(&images->items[images->count - 1].arch);
	assert_error(&y.stage.err, ensure(&y, false), ERROR_HOST,
		     "image 'localhost/winalux/web:latest' for workspace 'alice' is for ");
	assert_all_asked(&y.stage.service);
}

static struct images_options options_of(struct yard *y, const struct progress_sink *sink)
{
	return (struct images_options){ .host = y->stage.host,
					.builder = y->builder,
					.profiles = &y->stage.scene.profiles,
					.sink = sink };
}

static void with_pull_never_a_foreign_image_is_not_pulled(void **state)
{
	const struct progress_sink sink = { 0 };
	DEFER(yard_close) struct yard y;

	(void)state;
	yard_open(&y, FOREIGN, STAGE_PING);
	struct images_options options = options_of(&y, &sink);
	options.no_pull = true;
	add_image(&y.stage.scene, "localhost/winalux/web:latest");
	stage_plan(&y.stage);
	assert_error(&y.stage.err,
		     images_ensure(&options, &y.stage.scene.plan, &y.stage.scene.facts.images,
				   &y.stage.err),
		     ERROR_NOT_FOUND, "pull it or leave out '--pull never'");
}

static void an_image_that_a_registry_replaced_is_named(void **state)
{
	const struct progress_sink sink = { 0 };
	DEFER(strv_release) struct strv replaced = { 0 };
	DEFER(yard_close) struct yard y;

	(void)state;
	yard_open(&y, FOREIGN,
		  STAGE_PING ">>> POST /images/pull?reference=example.org%2Fother%3A1&"
			     "policy=always\n<<< 200\n\n{\"id\":\"0123\"}\n");
	const struct images_options options = options_of(&y, &sink);
	add_image(&y.stage.scene, "localhost/winalux/web:latest");
	add_image(&y.stage.scene, "example.org/other:1");
	stage_plan(&y.stage);
	assert_int_equal(images_renew(&options, &y.stage.scene.plan, &y.stage.scene.facts.images,
				      &replaced, &y.stage.err),
			 0);
	assert_int_equal(replaced.count, 1);
	assert_all_asked(&y.stage.service);
}

static void a_registry_that_cannot_be_asked_is_a_note(void **state)
{
	const struct progress_sink sink = { 0 };
	DEFER(strv_release) struct strv notes = { 0 };
	DEFER(yard_close) struct yard y;

	(void)state;
	yard_open(&y, FOREIGN,
		  STAGE_PING ">>> GET /manifests/example.org%2Fother%3A1/json\n<<< 404\n\n"
			     "{\"cause\":\"connection refused\",\"message\":\"reading image\"}\n");
	const struct images_options options = options_of(&y, &sink);
	add_image(&y.stage.scene, "localhost/winalux/web:latest");
	add_image(&y.stage.scene, "example.org/other:1");
	stage_plan(&y.stage);
	images_note_newer(&options, &y.stage.scene.plan, &y.stage.scene.facts.images, false,
			  &notes);
	assert_int_equal(notes.count, 0);
	images_note_newer(&options, &y.stage.scene.plan, &y.stage.scene.facts.images, true, &notes);
	assert_int_equal(notes.count, 1);
	assert_non_null(strstr(notes.items[0], "newer images were not looked for: "));
	assert_non_null(strstr(notes.items[0], "does not answer"));
}

static void a_stale_image_is_named_with_what_renews_it(void **state)
{
	DEFER(freep)
	char *inventory = xasprintf("version: 1\nworkspaces:\n  - name: alice\n    ssh_port: 2201\n"
				    "    arch: %s\n    stacks: [golang]\n" KEY,
				    another_arch());
	DEFER(freep)
	char *image = xasprintf("localhost/winalux/web.golang:latest-%s", another_arch());
	DEFER(freep)
	char *remedy = xasprintf("`winalux build --arch %s web.golang`", another_arch());
	DEFER(yard_close) struct yard y;
	DEFER(strv_release) struct strv notes = { 0 };

	(void)state;
	yard_open(&y, inventory, STAGE_PING);
	add_image(&y.stage.scene, image);
	stage_plan(&y.stage);
	images_note_stale(y.builder, &y.stage.scene.plan, &y.stage.scene.profiles,
			  &y.stage.scene.facts.images, &notes);
	assert_int_equal(notes.count, 1);
	assert_non_null(strstr(notes.items[0], image));
	assert_non_null(strstr(notes.items[0], remedy));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(missing_images_are_listed_once),
		cmocka_unit_test(with_no_build_a_missing_image_names_the_command_that_makes_it),
		cmocka_unit_test(with_no_build_a_foreign_image_is_not_pulled),
		cmocka_unit_test(a_foreign_image_is_pulled),
		cmocka_unit_test(a_pull_that_fails_inside_its_stream_is_an_error),
		cmocka_unit_test(images_that_are_there_cost_no_call),
		cmocka_unit_test(an_image_of_another_architecture_is_refused),
		cmocka_unit_test(an_architecture_that_is_not_listed_is_asked_for),
		cmocka_unit_test(with_pull_never_a_foreign_image_is_not_pulled),
		cmocka_unit_test(an_image_that_a_registry_replaced_is_named),
		cmocka_unit_test(a_registry_that_cannot_be_asked_is_a_note),
		cmocka_unit_test(a_stale_image_is_named_with_what_renews_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
