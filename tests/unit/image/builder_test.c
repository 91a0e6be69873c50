/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake/fake.h"
#include "image/internal.h"
#include "winalux/base/arch.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"
#include "winalux/inventory/config.h"
#include "winalux/inventory/profile.h"
#include "winalux/podman/image.h"
#include "winalux/podman/podman.h"

#define TEXT(literal) ((char *)(uintptr_t)(literal))
#define ID "4f803a91828c4f803a91828c4f803a91828c4f803a91828c4f803a91828c0000"

#define NO_LEFTOVERS ">>> GET /containers/json*external=true*\n<<< 200\n\n[]\n"
#define NO_MARKS ">>> GET /volumes/json*\n<<< 200\n\n[]\n"
#define SET_MARK                                                                                   \
	">>> POST /volumes/create\n<<< 201\n\n"                                                    \
	"{\"Name\":\"winalux-build-0\",\"Mountpoint\":\"/v\"}\n"
#define MARK NO_LEFTOVERS NO_MARKS SET_MARK
#define BUILD_WEB                                                                                  \
	">>> POST /build*t=localhost%2Fwinalux%2Fweb*\n"                                           \
	"<<< 200\n\n"                                                                              \
	"{\"stream\":\"STEP 1/2: FROM x\\n\"}\n"                                                   \
	"{\"stream\":\"--> 4f803a91828\\n\"}\n"                                                    \
	"{\"stream\":\"" ID "\\n\"}\n"                                                             \
	">>> GET /images/localhost%2Fwinalux%2Fweb*/json\n<<< 200\n\n{\"Id\":\"" ID "\"}\n"
#define BUILD_BASE                                                                                 \
	">>> POST /build*t=localhost%2Fwinalux%2Fbase*\n"                                          \
	"<<< 200\n\n"                                                                              \
	"{\"stream\":\"--> 4f803a91828\\n\"}\n"                                                    \
	">>> GET /images/localhost%2Fwinalux%2Fbase*/json\n<<< 200\n\n{\"Id\":\"" ID "\"}\n"
#define NO_REGISTRY                                                                                \
	">>> POST /images/pull*\n<<< 200\n\n"                                                      \
	"{\"stream\":\"Trying to pull docker.io/library/debian:trixie-slim...\\n\"}\n"             \
	"{\"error\":\"pinging container registry: lookup docker.io: no such host\"}\n"

/* A program directory of its own as PATH, and all that a builder needs. */
struct bench {
	char programs[32];
	char *path;
	struct config config;
	struct fake_server *server;
	struct podman *podman;
	struct builder *builder;
	struct strv lines;
	struct profile profile;
	struct image items[2];
	struct images images;
	struct error err;
	char *id;
	bool was_built;
};

static void collect(const char *image, const char *line, void *context)
{
	strv_addf(context, "%s: %s", image, line);
}

static int set_up(void **state)
{
	struct bench *s = xcalloc(1, sizeof(*s));

	memcpy(s->programs, "/tmp/builder-XXXXXX", sizeof("/tmp/builder-XXXXXX"));
	assert_non_null(mkdtemp(s->programs));
	s->path = xstrdup(getenv("PATH"));
	setenv("PATH", s->programs, 1);
	s->config = (struct config){ .debian_suite = TEXT("trixie"),
				     .base_image = TEXT("docker.io/library/debian:trixie-slim"),
				     .registry_timeout_s = 20,
				     .trust_host_ca = CONFIG_OFF };
	s->profile = (struct profile){ .name = TEXT("web"),
				       .base = TEXT("debian"),
				       .containerfile = TEXT("FROM x\n") };
	s->images.items = s->items;
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *s = *state;
	DEFER(freep) char *program = xasprintf("%s/mmdebstrap", s->programs);

	setenv("PATH", s->path, 1);
	unlink(program);
	rmdir(s->programs);
	builder_freep(&s->builder);
	podman_freep(&s->podman);
	fake_stopp(&s->server);
	strv_release(&s->lines);
	for (size_t i = 0; i < s->images.count; i++) {
		strv_release(&s->items[i].names);
		labels_release(&s->items[i].labels);
	}
	free(s->path);
	free(s->id);
	free(s);
	return 0;
}

static void start(struct bench *s, const char *script, bool with_base)
{
	struct podman_options connection = { 0 };
	struct builder_options options = { .config = &s->config,
					   .with_base = with_base,
					   .on_line = collect,
					   .context = &s->lines };

	s->server = fake_start(script);
	connection.socket_path = fake_socket(s->server);
	s->podman = podman_new(&connection);
	options.podman = s->podman;
	s->builder = builder_new(&options, &s->err);
	assert_non_null(s->builder);
}

static int ensure_web(struct bench *s)
{
	return builder_ensure_profile(s->builder, &s->images, &s->profile, NULL, &s->id,
				      &s->was_built, &s->err);
}

static void put_mmdebstrap(const struct bench *s, const char *script)
{
	DEFER(freep) char *path = xasprintf("%s/mmdebstrap", s->programs);

	assert_int_equal(file_write_atomic(path, script, strlen(script), 0755, NULL), 0);
}

static struct image *add_image(struct bench *s, const char *reference)
{
	struct image *image = &s->items[s->images.count++];

	image->id = TEXT(ID);
	if (reference != NULL)
		strv_add(&image->names, reference);
	return image;
}

/* A base as this configuration makes it. Before that, start() must have run. */
static void add_base(struct bench *s)
{
	struct image *base = add_image(s, IMAGE_BASE_REFERENCE);

	labels_add(&base->labels, IMAGE_LABEL_INPUT, s->builder->base_input);
	labels_add(&base->labels, IMAGE_LABEL_BUILD, "0123456789abcdef0123456789abcdef");
}

static void expect_nothing_wrong(struct bench *s)
{
	DEFER(freep) char *problems = fake_problems(s->server);

	assert_string_equal(problems, "");
}

static void a_current_image_needs_no_call(void **state)
{
	struct bench *s = *state;
	DEFER(recipe_release) struct recipe recipe;
	char input[HASH_HEX_SIZE];

	start(s, "# nothing\n", false);
	recipe_init_profile(&recipe, &s->profile);
	input_recipe(s->builder, &recipe, input);
	labels_add(&add_image(s, "localhost/winalux/web:latest")->labels, IMAGE_LABEL_INPUT, input);
	assert_int_equal(ensure_web(s), 0);
	assert_false(s->was_built);
	assert_string_equal(s->id, ID);
	assert_int_equal(fake_request_count(s->server), 0);
}

static void a_missing_image_is_built_on_the_base_that_is_there(void **state)
{
	struct bench *s = *state;
	DEFER(freep) char *requests = NULL;

	start(s, MARK BUILD_WEB, false);
	add_base(s);
	assert_int_equal(ensure_web(s), 0);
	assert_true(s->was_built);
	assert_string_equal(s->id, ID);
	expect_nothing_wrong(s);
	requests = fake_requests(s->server);
	assert_non_null(strstr(requests, "io.winalux.base%22%3A%220123456789abcdef"));
	assert_true(strv_contains(&s->lines, "web: step 1/2: FROM x"));
}

static void a_base_that_can_be_pulled_is_built_on_it(void **state)
{
	struct bench *s = *state;

	start(s,
	      ">>> POST /images/pull?reference=docker.io%2Flibrary%2Fdebian%3Atrixie-slim*\n<<< "
	      "200\n\n"
	      "{\"stream\":\"Getting image source signatures\\n\"}\n"
	      "{\"images\":[\"" ID "\"],\"id\":\"" ID "\"}\n" MARK BUILD_BASE BUILD_WEB,
	      false);
	assert_int_equal(ensure_web(s), 0);
	expect_nothing_wrong(s);
}

static void without_a_registry_the_base_is_made_from_packages(void **state)
{
	struct bench *s = *state;
	DEFER(freep) char *requests = NULL;

	put_mmdebstrap(s, "#!/bin/sh\necho 'I: running' >&2\necho archive\n");
	start(s,
	      NO_REGISTRY MARK ">>> POST /images/import*\n~ archive\n<<< 200\n\n{\"Id\":\"" ID
			       "\"}\n" BUILD_WEB,
	      false);
	assert_int_equal(ensure_web(s), 0);
	expect_nothing_wrong(s);
	assert_true(strv_contains(&s->lines, "base: running"));
	assert_true(strv_contains(
		&s->lines, "base: not pulled (no such host): making it from Debian packages"));
	requests = fake_requests(s->server);
	assert_non_null(strstr(requests, s->builder->base_input));
}

static void the_base_is_made_once_in_a_run(void **state)
{
	struct bench *s = *state;

	put_mmdebstrap(s, "#!/bin/sh\necho archive\n");
	start(s,
	      NO_REGISTRY MARK ">>> POST /images/import*\n<<< 200\n\n{\"Id\":\"" ID
			       "\"}\n" BUILD_WEB BUILD_WEB,
	      true);
	assert_int_equal(ensure_web(s), 0);
	free(s->id);
	assert_int_equal(ensure_web(s), 0); /* the list is the old one */
	expect_nothing_wrong(s);
}

static void with_neither_registry_nor_mmdebstrap_both_are_named(void **state)
{
	struct bench *s = *state;

	start(s, NO_REGISTRY, false);
	assert_int_equal(ensure_web(s), -1);
	assert_int_equal(s->err.kind, ERROR_HOST);
	assert_non_null(strstr(s->err.text, "no such host"));
	assert_non_null(strstr(s->err.text, "install mmdebstrap"));
}

static void an_empty_base_image_asks_no_registry(void **state)
{
	struct bench *s = *state;

	s->config.base_image = TEXT("");
	start(s, "# nothing\n", false);
	assert_int_equal(ensure_web(s), -1);
	assert_int_equal(fake_request_count(s->server), 0);
}

static void a_mirror_with_a_password_is_refused_without_saying_it(void **state)
{
	struct bench *s = *state;
	struct config config = s->config;
	const struct builder_options options = { .config = &config };

	config.debian_mirror = TEXT("https://me:secret@mirror.example/debian");
	assert_null(builder_new(&options, &s->err));
	assert_int_equal(s->err.kind, ERROR_USAGE);
	assert_non_null(strstr(s->err.text, "'debian_mirror' has a name or password"));
	assert_null(strstr(s->err.text, "secret"));
}

static void a_failing_mmdebstrap_is_quoted_with_a_remedy(void **state)
{
	struct bench *s = *state;

	put_mmdebstrap(s, "#!/bin/sh\necho 'I: x' >&2\n"
			  "echo 'GPG error: the following signatures: NO_PUBKEY 6ED0E7B82643E131' "
			  ">&2\nexit 25\n");
	start(s, NO_REGISTRY, false);
	assert_int_equal(ensure_web(s), -1);
	assert_int_equal(s->err.kind, ERROR_HOST);
	assert_non_null(strstr(s->err.text, "NO_PUBKEY 6ED0"));
	assert_non_null(strstr(s->err.text, "debian-archive-keyring"));
	assert_null(strstr(s->err.text, "I: x"));
}

#define WORKING(id, state)                                                                         \
	"{\"Id\":\"" id "\",\"ImageID\":\"image-" id                                               \
	"\",\"Command\":[\"buildah\"],\"State\":\"" state "\"}"
#define LEFT(id) WORKING(id, "storage")
#define LIST(items) ">>> GET /containers/json*\n<<< 200\n\n[" items "]\n"
#define REMOVE(id) ">>> DELETE /containers/" id "*force=true*\n<<< 200\n\n[]\n"
#define UNMARK(name) ">>> DELETE /volumes/winalux-build-" name "*\n<<< 204\n\n"
#define IMAGE_LABELS(id, labels)                                                                   \
	">>> GET /images/image-" id "/json\n<<< 200\n\n{\"Labels\":" labels "}\n"
#define OF_OURS "{\"io.winalux.image\":\"base\"}"
#define FAIL_WEB                                                                                   \
	">>> POST /build*\n<<< 200\n\n"                                                            \
	"{\"stream\":\"STEP 5/9: RUN : install packages; set -eu\\n\"}\n"                          \
	"{\"stream\":\"E: Unable to locate package nosuch\\n\"}\n"                                 \
	"{\"error\":\"building at STEP \\\"RUN : install packages; set -eu\\\": while "            \
	"running runtime: exit status 100\"}\n"
#define OTHER_MARK(expires)                                                                        \
	">>> GET /volumes/json*\n<<< 200\n\n"                                                      \
	"[{\"Name\":\"winalux-build-other\",\"Mountpoint\":\"/v\",\"Labels\":"                     \
	"{\"io.winalux.builder\":\"another machine\",\"io.winalux.builder.before\":\"aaaa\","      \
	"\"io.winalux.builder.expires\":\"" expires "\"}}]\n"
#define IN_THE_PAST "2020-01-01T00:00:00Z"
#define IN_THE_FUTURE "2999-01-01T00:00:00Z"

static const char fails[] = LIST(LEFT("aaaa")) NO_MARKS SET_MARK FAIL_WEB;
static const char fails_and_clears[] = /* dddd: somebody's own build */
	LIST(LEFT("aaaa") "," LEFT("bbbb") "," WORKING("cccc", "running") "," LEFT("dddd"))
		NO_MARKS IMAGE_LABELS("bbbb", OF_OURS) REMOVE("bbbb") IMAGE_LABELS("dddd", "null")
			UNMARK("");
static const char fails_in_company[] = NO_LEFTOVERS OTHER_MARK(IN_THE_FUTURE)
SET_MARK FAIL_WEB LIST(LEFT("bbbb")) OTHER_MARK(IN_THE_FUTURE);
static const char clears_up_and_builds[] =
	LIST(LEFT("aaaa") "," LEFT("bbbb")) OTHER_MARK(IN_THE_PAST) IMAGE_LABELS("bbbb", OF_OURS)
		REMOVE("bbbb") UNMARK("other") SET_MARK BUILD_WEB UNMARK("");

static void a_build_that_fails_is_explained_and_cleaned_up(void **state)
{
	struct bench *s = *state;
	DEFER(freep) char *script = xasprintf("%s%s", fails, fails_and_clears);

	start(s, script, false);
	add_base(s);
	assert_int_equal(ensure_web(s), -1);
	assert_int_equal(s->err.kind, ERROR_BUILD);
	assert_non_null(strstr(s->err.text, "'web' at step 5/9: RUN install packages"));
	assert_non_null(strstr(s->err.text, "exit status 100"));
	assert_non_null(strstr(s->err.text, "E: Unable to locate package nosuch"));
	assert_null(s->id);
	builder_freep(&s->builder);
	expect_nothing_wrong(s);
}

static void while_another_one_builds_nothing_is_removed(void **state)
{
	struct bench *s = *state;

	start(s, fails_in_company, false);
	add_base(s);
	assert_int_equal(ensure_web(s), -1);
	builder_freep(&s->builder);
	expect_nothing_wrong(s);
}

static void what_a_dead_build_left_is_removed_before_the_next_one(void **state)
{
	struct bench *s = *state;

	start(s, clears_up_and_builds, false);
	add_base(s);
	assert_int_equal(ensure_web(s), 0);
	builder_freep(&s->builder);
	expect_nothing_wrong(s);
}

static void an_image_of_ours_without_a_name_is_swept(void **state)
{
	struct bench *s = *state;

	start(s,
	      MARK BUILD_WEB
	      ">>> DELETE /images/0000a91828c4*\n<<< 409\n\n{\"cause\":\"in use\"}\n",
	      false);
	add_base(s);
	labels_add(&add_image(s, NULL)->labels, IMAGE_LABEL_ROLE, "base");
	s->items[1].id = TEXT("0000a91828c4f803a91828c4f803a91828c4f803a91828c4f803a91828c00000");
	assert_int_equal(ensure_web(s), 0); /* what Podman still needs is no error */
	expect_nothing_wrong(s);
}

static void the_guest_is_imported_once_by_its_digest(void **state)
{
	struct bench *s = *state;
	char digest[HASH_HEX_SIZE];
	DEFER(freep) char *reference = image_guest_reference(arch_own(), digest);

	start(s,
	      ">>> POST /images/import*reference=localhost%2Fwinalux%2Fguest%3A*\n<<< "
	      "200\n\n{\"Id\":\"" ID "\"}\n",
	      false);
	assert_int_equal(builder_ensure_guest(s->builder, &s->images, arch_own(), &s->id,
					      &s->was_built, &s->err),
			 0);
	assert_true(s->was_built);
	free(s->id);
	add_image(s, reference);
	assert_int_equal(builder_ensure_guest(s->builder, &s->images, arch_own(), &s->id,
					      &s->was_built, &s->err),
			 0);
	assert_false(s->was_built);
	expect_nothing_wrong(s);
	assert_int_equal(fake_request_count(s->server), 1);
}

/* --- another architecture --- */

static const char *another_arch(void)
{
	return arch_own() == arch_names[0] ? arch_names[1] : arch_names[0];
}

static void aim_at_another_arch(struct bench *s)
{
	struct image *base;

	builder_set_arch(s->builder, another_arch());
	base = add_image(s, s->builder->base_reference);
	labels_add(&base->labels, IMAGE_LABEL_INPUT, s->builder->base_input);
	labels_add(&base->labels, IMAGE_LABEL_BUILD, "0123456789abcdef0123456789abcdef");
}

/* The guest is imported and tried in a container. */
#define TRY(exit)                                                                                  \
	">>> POST /images/import*guest*\n<<< 200\n\n{\"Id\":\"" ID "\"}\n"                         \
	">>> GET /containers/json*emulator*\n<<< 200\n\n[]\n"                                      \
	">>> POST /containers/create\n~ \"version\"\n<<< 201\n\n{\"Id\":\"t\"}\n"                  \
	">>> POST /containers/t/start\n<<< 204\n\n"                                                \
	">>> POST /containers/t/wait*\n<<< 200\n\n" exit "\n"                                      \
	">>> DELETE /containers/t*\n<<< 200\n\n[]\n"

#define ARCH_ANSWER(arch)                                                                          \
	">>> GET /images/" ID "/json\n<<< 200\n\n{\"Architecture\":\"" arch "\"}\n"

static void another_architecture_is_in_tag_base_and_platform(void **state)
{
	struct bench *s = *state;
	DEFER(freep) char *answer = xasprintf("{\"Architecture\":\"%s\"}\n", another_arch());
	DEFER(freep)
	char *script = xasprintf("%s%s>>> GET /images/%s/json\n<<< 200\n\n%s", TRY("0"),
				 MARK BUILD_WEB, ID, answer);
	DEFER(freep) char *tag = xasprintf("winalux%%2Fweb%%3Alatest-%s&", another_arch());
	DEFER(freep) char *base = xasprintf("winalux%%2Fbase%%3Alatest-%s", another_arch());
	DEFER(freep) char *platform = xasprintf("platform=linux%%2F%s", another_arch());
	DEFER(freep) char *requests = NULL;

	start(s, script, false);
	aim_at_another_arch(s);
	assert_int_equal(ensure_web(s), 0);
	expect_nothing_wrong(s);
	requests = fake_requests(s->server);
	assert_non_null(strstr(requests, tag));
	assert_non_null(strstr(requests, base));
	assert_non_null(strstr(requests, platform));
}

static void what_comes_out_for_the_wrong_architecture_loses_its_tag(void **state)
{
	struct bench *s = *state;

	start(s,
	      TRY("0") MARK BUILD_WEB ARCH_ANSWER(
		      "riscv64") ">>> DELETE /images/localhost%2Fwinalux%2Fweb*\n"
				 "<<< 200\n\n{}\n",
	      false);
	aim_at_another_arch(s);
	assert_int_equal(ensure_web(s), -1);
	assert_non_null(strstr(s->err.text, "is for riscv64 and not for "));
	expect_nothing_wrong(s);
}

static void each_architecture_has_inputs_of_its_own_that_come_back(void **state)
{
	struct bench *s = *state;
	char own[HASH_HEX_SIZE];

	start(s, "# nothing\n", false);
	memcpy(own, s->builder->base_input, sizeof(own));
	builder_set_arch(s->builder, another_arch());
	assert_string_not_equal(s->builder->base_input, own);
	builder_set_arch(s->builder, arch_own());
	assert_string_equal(s->builder->base_input, own);
	assert_string_equal(s->builder->base_reference, IMAGE_BASE_REFERENCE);
}

static void the_own_architecture_needs_no_emulator(void **state)
{
	struct bench *s = *state;

	start(s, "# nothing\n", false);
	assert_int_equal(emulation_ensure(s->builder, &s->images, arch_own(), &s->err), 0);
	assert_int_equal(fake_request_count(s->server), 0);
}

static void what_an_administrator_has_registered_is_used(void **state)
{
	struct bench *s = *state;

	start(s, TRY("0"), false);
	assert_int_equal(emulation_ensure(s->builder, &s->images, another_arch(), &s->err), 0);
	expect_nothing_wrong(s);
	assert_int_equal(fake_request_count(s->server), 6);
	assert_int_equal(emulation_ensure(s->builder, &s->images, another_arch(), &s->err), 0);
	assert_int_equal(fake_request_count(s->server), 6);
}

static void an_older_kernel_is_told_with_what_an_administrator_would_do(void **state)
{
	struct bench *s = *state;

	start(s,
	      TRY("1") ">>> POST /images/import*guest*\n<<< 200\n\n{\"Id\":\"" ID "\"}\n" MARK
		       ">>> POST /build*t=localhost%2Fwinalux%2Femulator*\n<<< 200\n\n"
		       "{\"stream\":\"--> 4f803a91828\\n\"}\n"
		       ">>> GET /images/localhost%2Fwinalux%2Femulator*/json\n<<< 200\n\n"
		       "{\"Id\":\"" ID "\"}\n"
		       ">>> POST /containers/create\n~ \"lease\"\n~ \"remove\":true\n<<< 201\n\n"
		       "{\"Id\":\"e\"}\n"
		       ">>> POST /containers/e/start\n<<< 204\n\n"
		       ">>> POST /containers/e/exec\n<<< 201\n\n{\"Id\":\"x\"}\n"
		       ">>> POST /exec/x/start\n<<< 101 raw escaped\n\n"
		       "\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x0ffailed: denied\\x0a\n"
		       ">>> GET /info\n<<< 200\n\n{\"host\":{\"kernel\":\"6.1.0\"}}\n"
		       ">>> DELETE /containers/e*\n<<< 200\n\n[]\n",
	      false);
	add_base(s);
	assert_int_equal(emulation_ensure(s->builder, &s->images, another_arch(), &s->err), -1);
	assert_int_equal(s->err.kind, ERROR_HOST);
	assert_non_null(strstr(s->err.text, "failed: denied (Linux 6.1.0; from 6.7 on"));
	assert_non_null(strstr(s->err.text, "qemu-user-binfmt"));
	expect_nothing_wrong(s);
}

#define WITH_BENCH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_BENCH(a_current_image_needs_no_call),
		WITH_BENCH(a_missing_image_is_built_on_the_base_that_is_there),
		WITH_BENCH(a_base_that_can_be_pulled_is_built_on_it),
		WITH_BENCH(without_a_registry_the_base_is_made_from_packages),
		WITH_BENCH(the_base_is_made_once_in_a_run),
		WITH_BENCH(with_neither_registry_nor_mmdebstrap_both_are_named),
		WITH_BENCH(an_empty_base_image_asks_no_registry),
		WITH_BENCH(a_mirror_with_a_password_is_refused_without_saying_it),
		WITH_BENCH(a_failing_mmdebstrap_is_quoted_with_a_remedy),
		WITH_BENCH(a_build_that_fails_is_explained_and_cleaned_up),
		WITH_BENCH(while_another_one_builds_nothing_is_removed),
		WITH_BENCH(what_a_dead_build_left_is_removed_before_the_next_one),
		WITH_BENCH(an_image_of_ours_without_a_name_is_swept),
		WITH_BENCH(the_guest_is_imported_once_by_its_digest),
		WITH_BENCH(another_architecture_is_in_tag_base_and_platform),
		WITH_BENCH(what_comes_out_for_the_wrong_architecture_loses_its_tag),
		WITH_BENCH(each_architecture_has_inputs_of_its_own_that_come_back),
		WITH_BENCH(the_own_architecture_needs_no_emulator),
		WITH_BENCH(what_an_administrator_has_registered_is_used),
		WITH_BENCH(an_older_kernel_is_told_with_what_an_administrator_would_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
