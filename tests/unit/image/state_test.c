/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "image/internal.h"
#include "winalux/base/arch.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"
#include "winalux/inventory/config.h"
#include "winalux/inventory/profile.h"
#include "winalux/podman/image.h"

/* The structs own their texts elsewhere; here they are literals. */
#define TEXT(literal) ((char *)(uintptr_t)(literal))

/* A builder, a profile and a sidecar kind, with texts that tests may replace. */
struct fixture {
	struct config config;
	struct builder *builder;
	struct profile profile;
	struct sidecar_kind kind;
	struct image items[4];
	struct images images;
};

static struct builder *make_builder(const struct config *config)
{
	struct builder_options options = { .config = config };
	struct builder *b = builder_new(&options, NULL);

	assert_non_null(b);
	return b;
}

static int set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	f->config = (struct config){ .debian_suite = TEXT("trixie"),
				     .debian_mirror = TEXT("http://m.example/debian"),
				     .base_image = TEXT("docker.io/library/debian:trixie-slim"),
				     .trust_host_ca = CONFIG_OFF };
	f->builder = make_builder(&f->config);
	f->profile = (struct profile){ .name = TEXT("web"),
				       .base = TEXT("debian"),
				       .containerfile = TEXT("FROM x\n") };
	strv_add_split(&f->profile.packages, "git curl", " ");
	strv_add_split(&f->profile.python, "uv", " ");
	f->kind = (struct sidecar_kind){ .name = TEXT("redis"),
					 .base = TEXT("debian"),
					 .containerfile = TEXT("FROM x\n") };
	f->images.items = f->items;
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	builder_freep(&f->builder);
	strv_release(&f->profile.packages);
	strv_release(&f->profile.python);
	for (size_t i = 0; i < f->images.count; i++) {
		strv_release(&f->items[i].names);
		labels_release(&f->items[i].labels);
	}
	free(f);
	return 0;
}

static struct image *add_image(struct fixture *f, const char *reference)
{
	struct image *image = &f->items[f->images.count++];

	image->id = TEXT("1111111111111111111111111111111111111111111111111111111111111111");
	strv_add(&image->names, reference);
	return image;
}

static void digest_profile(const struct builder *b, const struct profile *p,
			   char ret[static HASH_HEX_SIZE])
{
	DEFER(recipe_release) struct recipe recipe;

	recipe_init_profile(&recipe, p);
	input_recipe(b, &recipe, ret);
}

/* The profile's image as a build would leave it. */
static struct image *add_built(struct fixture *f, const char *base_build)
{
	struct image *image = add_image(f, "localhost/winalux/web:latest");
	char input[HASH_HEX_SIZE];

	digest_profile(f->builder, &f->profile, input);
	labels_add(&image->labels, IMAGE_LABEL_INPUT, input);
	labels_add(&image->labels, IMAGE_LABEL_BASE, base_build);
	return image;
}

static enum image_state state_of(const struct fixture *f)
{
	return builder_profile_state(f->builder, &f->images, &f->profile, NULL);
}

static void each_architecture_has_a_guest_image_of_its_own(void **state)
{
	char digests[2][HASH_HEX_SIZE];
	DEFER(freep) char *amd64 = image_guest_reference("amd64", digests[0]);
	DEFER(freep) char *arm64 = image_guest_reference("arm64", digests[1]);

	(void)state;
	assert_string_not_equal(amd64, arm64);
	assert_true(image_has_guest(arch_own()));
	assert_false(image_has_guest("riscv64"));
}

static void references_are_local_names(void **state)
{
	DEFER(freep) char *profile = image_profile_reference("web");
	DEFER(freep) char *sidecar = image_sidecar_reference("redis", NULL);
	char digest[HASH_HEX_SIZE];
	DEFER(freep) char *guest = image_guest_reference(arch_own(), digest);

	(void)state;
	assert_string_equal(profile, "localhost/winalux/web:latest");
	assert_string_equal(sidecar, "localhost/winalux/sidecar-redis:latest");
	assert_int_equal(strspn(digest, "0123456789abcdef"), HASH_HEX_SIZE - 1);
	assert_string_equal(guest + strlen("localhost/winalux/guest:"), digest);
}

static void a_version_of_a_sidecar_is_no_tag_of_a_list(void **state)
{
	DEFER(freep) char *image = image_sidecar_reference("faktory", NULL);
	DEFER(freep) char *chosen = image_sidecar_reference("faktory", "1.9.1");
	DEFER(freep) char *list = image_list_reference(chosen);

	(void)state;
	assert_string_equal(chosen, "localhost/winalux/sidecar-faktory.1.9.1:latest");
	assert_int_equal(strncmp(list, chosen, strlen(chosen) - strlen("latest")), 0);
	assert_true(image_is_sidecar(image, "faktory"));
	assert_true(image_is_sidecar(chosen, "faktory"));
	assert_false(image_is_sidecar(chosen, "fak"));
	assert_false(image_is_sidecar("localhost/winalux/faktory:latest", "faktory"));
	assert_true(image_is_sidecar("r.example:5000/winalux/sidecar-faktory:0.1.0", "faktory"));
}

static void names_of_sidecar_images_are_read(void **state)
{
	struct fixture *f = *state;
	const struct profiles profiles = {
		.items = &f->profile, .count = 1, .kinds = &f->kind, .kind_count = 1
	};
	const char *version;

	assert_ptr_equal(image_parse_sidecar_name(&profiles, "sidecar-redis", &version), &f->kind);
	assert_null(version);
	assert_ptr_equal(image_parse_sidecar_name(&profiles, "sidecar-redis.8.0", &version),
			 &f->kind);
	assert_string_equal(version, "8.0");
	assert_null(image_parse_sidecar_name(&profiles, "redis", &version));
	assert_null(image_parse_sidecar_name(&profiles, "sidecar-memcached", &version));
	f->profile.name = TEXT("sidecar-redis");
	assert_null(image_parse_sidecar_name(&profiles, "sidecar-redis", &version));
}

static void what_is_not_there_is_missing(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(state_of(f), IMAGE_MISSING);
	assert_int_equal(builder_sidecar_state(f->builder, &f->images, &f->kind, NULL),
			 IMAGE_MISSING);
}

static void an_equal_digest_is_current_even_without_its_base(void **state)
{
	struct fixture *f = *state;

	add_built(f, "abc");
	assert_int_equal(state_of(f), IMAGE_CURRENT);
}

static void a_base_made_anew_makes_it_stale(void **state)
{
	struct fixture *f = *state;
	struct image *base;

	add_built(f, "abc");
	base = add_image(f, IMAGE_BASE_REFERENCE);
	labels_add(&base->labels, IMAGE_LABEL_BUILD, "abc");
	assert_int_equal(state_of(f), IMAGE_CURRENT);
	labels_add(&base->labels, IMAGE_LABEL_BUILD, "def");
	assert_int_equal(state_of(f), IMAGE_STALE);
	f->profile.base = TEXT("docker.io/library/node:22"); /* not built on it */
	f->images.count = 0;
	add_built(f, "");
	f->images.count = 2;
	assert_int_equal(state_of(f), IMAGE_CURRENT);
}

static void an_image_without_our_label_is_stale(void **state)
{
	struct fixture *f = *state;

	add_image(f, "localhost/winalux/web:latest");
	assert_int_equal(state_of(f), IMAGE_STALE);
}

static void every_input_of_a_profile_changes_its_state(void **state)
{
	struct fixture *f = *state;

	add_built(f, "abc");
	strv_add(&f->profile.packages, "vim");
	assert_int_equal(state_of(f), IMAGE_STALE);
	strv_release(&f->profile.packages);
	strv_add_split(&f->profile.packages, "git curl", " ");
	assert_int_equal(state_of(f), IMAGE_CURRENT);
	strv_add(&f->profile.python, "flask");
	assert_int_equal(state_of(f), IMAGE_STALE);
	strv_release(&f->profile.python);
	strv_add(&f->profile.python, "uv");
	f->profile.containerfile = TEXT("FROM y\n");
	assert_int_equal(state_of(f), IMAGE_STALE);
	f->profile.containerfile = TEXT("FROM x\n");
	f->profile.base = TEXT("docker.io/library/node:22");
	assert_int_equal(state_of(f), IMAGE_STALE);
	f->profile.base = TEXT("debian");
	f->profile.port = 8000; /* no part of the image */
	strv_add(&f->profile.environment, "A=1");
	assert_int_equal(state_of(f), IMAGE_CURRENT);
	strv_release(&f->profile.environment);
}

/* The profile's image and those of two layers on it, as builds would leave them. */
struct stacked {
	struct stack stacks[2];
	const struct stack *order[2];
	struct stack_list list;
	struct recipe recipes[3];
};

static void stacked_release(struct stacked *s)
{
	for (size_t i = 0; i < ARRAY_SIZE(s->recipes); i++)
		recipe_release(&s->recipes[i]);
	for (size_t i = 0; i < ARRAY_SIZE(s->stacks); i++)
		strv_release(&s->stacks[i].packages);
}

static void stacked_init(struct stacked *s, struct fixture *f)
{
	static const char *const builds[] = { "profile's", "first's", "second's" };

	*s = (struct stacked){ .stacks = { { .name = TEXT("first") },
					   { .name = TEXT("second") } } };
	s->order[0] = &s->stacks[0];
	s->order[1] = &s->stacks[1];
	s->list = (struct stack_list){ .items = s->order, .count = 2 };
	recipe_init_profile(&s->recipes[0], &f->profile);
	for (size_t i = 1; i < 3; i++)
		recipe_init_stack(&s->recipes[i], &s->recipes[i - 1], "web", &s->list, i);
	for (size_t i = 0; i < 3; i++) {
		struct image *image = add_image(f, s->recipes[i].reference);
		char input[HASH_HEX_SIZE];

		input_recipe(f->builder, &s->recipes[i], input);
		labels_add(&image->labels, IMAGE_LABEL_INPUT, input);
		labels_add(&image->labels, IMAGE_LABEL_BUILD, builds[i]);
		labels_add(&image->labels, IMAGE_LABEL_BASE, i == 0 ? "abc" : builds[i - 1]);
	}
}

static enum image_state stacked_state(const struct stacked *s, const struct fixture *f)
{
	return builder_profile_state(f->builder, &f->images, &f->profile, &s->list);
}

static void a_stack_is_current_while_all_below_it_are(void **state)
{
	struct fixture *f = *state;
	DEFER(stacked_release) struct stacked s;

	stacked_init(&s, f);
	assert_string_equal(s.recipes[2].reference, "localhost/winalux/web.first.second:latest");
	assert_int_equal(stacked_state(&s, f), IMAGE_CURRENT);
	strv_add(&s.stacks[0].packages, "vim");
	assert_int_equal(stacked_state(&s, f), IMAGE_STALE);
	strv_release(&s.stacks[0].packages);
	strv_add(&s.stacks[0].files, "a");
	strv_add(&s.stacks[0].file_texts, "text");
	assert_int_equal(stacked_state(&s, f), IMAGE_STALE);
	strv_release(&s.stacks[0].files);
	strv_release(&s.stacks[0].file_texts);
	strv_add(&f->profile.packages, "vim");
	assert_int_equal(stacked_state(&s, f), IMAGE_STALE);
}

static void a_layer_made_anew_makes_those_above_it_stale(void **state)
{
	struct fixture *f = *state;
	DEFER(stacked_release) struct stacked s;

	stacked_init(&s, f);
	labels_release(&f->items[1].labels);
	f->items[1].labels = (struct labels){ 0 };
	labels_add(&f->items[1].labels, IMAGE_LABEL_BUILD, "another");
	assert_int_equal(stacked_state(&s, f), IMAGE_STALE);
}

static void a_stack_needs_no_layer_below_it_to_be_current(void **state)
{
	struct fixture *f = *state;
	DEFER(stacked_release) struct stacked s;

	stacked_init(&s, f);
	strv_release(&f->items[0].names);
	strv_release(&f->items[1].names);
	assert_int_equal(stacked_state(&s, f), IMAGE_CURRENT);
	strv_release(&f->items[2].names);
	assert_int_equal(stacked_state(&s, f), IMAGE_MISSING);
}

static void a_stack_file_has_environment_first_and_a_step_for_each_command(void **state)
{
	struct stack s = { .name = TEXT("go") };
	DEFER(freep) char *text = NULL;

	(void)state;
	strv_add(&s.environment, "A=say \"$x\" \\");
	strv_add(&s.path, "/a/bin");
	strv_add(&s.path, "/b/bin");
	strv_add(&s.commands, "echo \"one\"");
	strv_add(&s.commands, "two");
	text = stack_containerfile(&s);
	assert_non_null(strstr(text, "FROM ${BASE}\nENV A=\"say \\\"\\$x\\\" \\\\\"\n"
				     "ENV PATH=\"${PATH}:/a/bin:/b/bin\"\n"));
	assert_non_null(strstr(text, "; echo \\\"one\\\"\"]\nRUN [\"/bin/sh\",\"-euc\","));
	strv_release(&s.environment);
	strv_release(&s.path);
	strv_release(&s.commands);
}

static void profile_and_sidecar_of_equal_data_differ(void **state)
{
	struct fixture *f = *state;
	DEFER(recipe_release) struct recipe profile;
	DEFER(recipe_release) struct recipe sidecar;
	DEFER(freep) char *name = NULL;
	char a[HASH_HEX_SIZE], b[HASH_HEX_SIZE];

	recipe_init_profile(&profile, &f->profile);
	recipe_init_sidecar(&sidecar, &f->kind, NULL, &name);
	assert_string_equal(sidecar.name, "sidecar-redis");
	sidecar.packages = profile.packages;
	sidecar.python = profile.python;
	input_recipe(f->builder, &profile, a);
	input_recipe(f->builder, &sidecar, b);
	assert_string_not_equal(a, b);
}

static void suite_mirror_and_certificates_change_every_digest(void **state)
{
	struct fixture *f = *state;
	char seen[5][HASH_HEX_SIZE];

	for (size_t i = 0; i < ARRAY_SIZE(seen); i++) {
		struct config config = f->config;
		struct builder *b;

		if (i == 1)
			config.debian_suite = TEXT("bookworm");
		if (i == 2)
			config.debian_mirror = TEXT("http://other.example/debian");
		if (i == 3)
			config.base_image = TEXT("registry.example/debian:13");
		b = make_builder(&config);
		if (i == 4) {
			free(b->ca_pem);
			b->ca_pem = xstrdup("-----BEGIN CERTIFICATE-----");
		}
		digest_profile(b, &f->profile, seen[i]);
		builder_freep(&b);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(seen[i], seen[k]);
	}
}

static void the_pulled_image_follows_the_suite(void **state)
{
	struct fixture *f = *state;
	struct config config = f->config;
	struct builder *b;

	config.debian_suite = TEXT("bookworm");
	b = make_builder(&config);
	assert_string_equal(b->pulled, "docker.io/library/debian:bookworm-slim");
	builder_freep(&b);
	config.base_image = TEXT("registry.example/mine:1");
	b = make_builder(&config);
	assert_string_equal(b->pulled, "registry.example/mine:1");
	builder_freep(&b);
}

static void proxies_and_certificates_reach_workspaces_sorted(void **state)
{
	struct fixture *f = *state;
	DEFER(strv_release) struct strv environment = { 0 };
	DEFER(freep) char *text = NULL;
	struct labels args = { 0 };

	setenv("https_proxy", "http://user:secret@proxy:3128", 1);
	setenv("ALL_PROXY", "socks5://proxy:1080", 1);
	unsetenv("http_proxy");
	setenv("no_proxy", "", 1);
	builder_add_environment(f->builder, &environment);
	assert_int_equal(environment.count, 2);
	f->builder->ca_count = 1;
	builder_add_environment(f->builder, &environment);
	text = strv_join(&environment, "\n");
	assert_non_null(strstr(text, "ALL_PROXY=socks5://proxy:1080\nAWS_CA_BUNDLE="));
	assert_non_null(
		strstr(text, "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt\nhttps_proxy="));
	environment_add_build_args(&args);
	assert_string_equal(labels_get(&args, "https_proxy"), "http://user:secret@proxy:3128");
	assert_null(labels_get(&args, "ALL_PROXY")); /* builds would keep it in their history */
	assert_null(labels_get(&args, "no_proxy"));
	labels_release(&args);
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_architecture_has_a_guest_image_of_its_own),
		cmocka_unit_test(references_are_local_names),
		cmocka_unit_test(a_version_of_a_sidecar_is_no_tag_of_a_list),
		WITH_FIXTURE(names_of_sidecar_images_are_read),
		WITH_FIXTURE(what_is_not_there_is_missing),
		WITH_FIXTURE(an_equal_digest_is_current_even_without_its_base),
		WITH_FIXTURE(a_base_made_anew_makes_it_stale),
		WITH_FIXTURE(an_image_without_our_label_is_stale),
		WITH_FIXTURE(every_input_of_a_profile_changes_its_state),
		WITH_FIXTURE(a_stack_is_current_while_all_below_it_are),
		WITH_FIXTURE(a_layer_made_anew_makes_those_above_it_stale),
		WITH_FIXTURE(a_stack_needs_no_layer_below_it_to_be_current),
		WITH_FIXTURE(a_stack_file_has_environment_first_and_a_step_for_each_command),
		WITH_FIXTURE(profile_and_sidecar_of_equal_data_differ),
		WITH_FIXTURE(suite_mirror_and_certificates_change_every_digest),
		WITH_FIXTURE(the_pulled_image_follows_the_suite),
		WITH_FIXTURE(proxies_and_certificates_reach_workspaces_sorted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
