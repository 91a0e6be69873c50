/* SPDX-License-Identifier: MIT */
/*
 * Containers of sidecars. The guest is PID 1 of a built-in one and does what has to be done before
 * its command runs; a foreign image runs as it is.
 */
#include "want_internal.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/guest/wire.h"
#include "winalux/image/reference.h"
#include "winalux/plan/facts.h"
#include "winalux/plan/names.h"

enum { KIND_TEXT_MAX = 64 << 10 };

/* The guest of a built-in sidecar gives the data directory to its user and becomes it. */
static const char *const sidecar_capabilities[] = { "CHOWN", "KILL", "SETGID", "SETUID" };
/* What entrypoints of common images use before they drop root. */
static const char *const foreign_capabilities[] = { "CHOWN", "DAC_OVERRIDE",     "FOWNER",
						    "KILL",  "NET_BIND_SERVICE", "SETGID",
						    "SETUID" };

const char *want_share(const struct sidecar *sidecar, const struct want_context *context)
{
	const struct sidecar_kind *kind =
		sidecar->image ? NULL : profiles_find_sidecar(context->profiles, sidecar->name);

	return kind ? kind->share : NULL;
}

void want_add_share(struct container_spec *spec, const char *slug, const struct sidecar *sidecar,
		    const struct want_context *context)
{
	const char *share = want_share(sidecar, context);
	DEFER(freep) char *path = share ? xasprintf(WIRE_SHARES_PATH "/%s", share) : NULL;

	if (share)
		want_add_mount(spec, slug, share, path);
}

/* The words of a kind's texts that stand for something of the workspace. */
struct kind_word {
	const char *word;
	const char *value;
};

static bool publishes(const struct workspace *w, uint16_t port)
{
	for (size_t i = 0; port && i < w->extra_port_count; i++)
		if (w->extra_ports[i].container_port == port)
			return true;
	return false;
}

/*
 * Where a built-in sidecar listens: on the pod's localhost; on all of the pod's addresses when
 * extra_ports publish it, since what is published arrives at the pod's own address.
 */
static const char *listen_address(const struct workspace *w, const struct sidecar_kind *kind,
				  uint16_t port)
{
	return publishes(w, port) || publishes(w, kind->web_port) ? "0.0.0.0" : "127.0.0.1";
}

static const struct kind_word *word_at(const char *text, const struct kind_word *words)
{
	for (; words->word; words++)
		if (strncmp(text, words->word, strlen(words->word)) == 0)
			return words;
	return NULL;
}

static void add_kind_text(struct strv *list, const char *text, const struct kind_word *words)
{
	struct buf b;

	buf_init(&b, KIND_TEXT_MAX);
	while (*text) {
		const struct kind_word *found = word_at(text, words);

		if (found)
			buf_add_str(&b, found->value);
		else
			buf_add_char(&b, *text);
		text += found ? strlen(found->word) : 1;
	}
	strv_add(list, b.data);
	buf_release(&b);
}

static void add_kind_texts(struct strv *list, const struct strv *texts,
			   const struct kind_word *words)
{
	for (size_t i = 0; i < texts->count; i++)
		add_kind_text(list, texts->items[i], words);
}

/* "core.load_examples" as it stands in a variable's name: CORE__LOAD_EXAMPLES. The caller frees it.
 */
static char *variable_name(const char *key)
{
	struct buf b;

	buf_init(&b, KIND_TEXT_MAX);
	for (; *key; key++) {
		if (*key == '.')
			buf_add_str(&b, "__");
		else
			buf_add_char(&b, *key == '-' ? '_' : (char)toupper((unsigned char)*key));
	}
	return buf_take(&b);
}

/* What a built-in sidecar is made from. */
struct builtin {
	const struct workspace *workspace;
	const struct sidecar *sidecar;
	const struct sidecar_kind *kind;
	const struct profiles *profiles;
	const char *registry; /* NULL: images are built here */
};

/* The settings as arguments or variables, whichever the kind wants. */
static void add_settings(const struct builtin *b, struct container_spec *spec)
{
	for (size_t i = 0; i < b->sidecar->config.count; i++) {
		const char *setting = b->sidecar->config.items[i];
		const size_t key_len = strcspn(setting, "=");
		DEFER(freep) char *key = xstrndup(setting, key_len);
		DEFER(freep) char *variable = variable_name(key);
		const struct kind_word words[] = {
			{ "{key}", key },
			{ "{KEY}", variable },
			{ "{value}", setting + key_len + 1 },
			{ NULL, NULL },
		};

		add_kind_texts(&spec->command, &b->kind->config_arguments, words);
		if (b->kind->config_variable) {
			DEFER(freep)
			char *text = xasprintf("%s={value}", b->kind->config_variable);

			add_kind_text(&spec->environment, text, words);
		}
	}
}

/* The file is written though there are no settings: the command names it. */
static void add_file(const struct builtin *b, struct container_spec *spec)
{
	DEFER(buf_release) struct buf text;

	buf_init(&text, KIND_TEXT_MAX);
	for (size_t i = 0; i < b->sidecar->config.count; i++) {
		const char *setting = b->sidecar->config.items[i];
		const int key_len = (int)strcspn(setting, "=");

		buf_addf(&text, "%.*s = %s\n", key_len, setting, setting + key_len + 1);
	}
	strv_add(&spec->command, "--file");
	strv_add(&spec->command, b->kind->config_file);
	strv_add(&spec->command, "--text");
	strv_add(&spec->command, text.data);
}

static uint16_t port_of(const struct sidecar *sidecar, const struct profiles *profiles)
{
	const struct sidecar_kind *kind =
		sidecar->image ? NULL : profiles_find_sidecar(profiles, sidecar->name);

	return sidecar->port ? sidecar->port : kind ? kind->port : 0;
}

/* What the guest does before the command runs. */
static void add_guest_options(const struct builtin *b, struct container_spec *spec)
{
	const struct strv *after = &b->sidecar->after;

	strv_add(&spec->command, "sidecar");
	strv_add(&spec->command, "--name");
	strv_add(&spec->command, b->sidecar->name);
	strv_add(&spec->command, "--user");
	strv_add(&spec->command, b->kind->user);
	if (b->sidecar->has_volume) {
		strv_add(&spec->command, "--own");
		strv_add(&spec->command, b->sidecar->volume_path);
	}
	for (size_t i = 0; i < after->count; i++) {
		const struct sidecar *first = workspace_sidecar(b->workspace, after->items[i]);
		const uint16_t port = first ? port_of(first, b->profiles) : 0;

		if (port)
			strv_addf(&spec->command, "--await=%u", port);
	}
	if (b->kind->config_file)
		add_file(b, spec);
	strv_add(&spec->command, "--");
}

static void add_command(const struct builtin *b, const struct kind_word *words,
			struct container_spec *spec)
{
	if (b->sidecar->command.count) {
		strv_add_all(&spec->command, &b->sidecar->command);
		return;
	}
	add_kind_texts(&spec->command, &b->kind->command, words);
	if (workspace_is_emulated(b->workspace))
		add_kind_texts(&spec->command, &b->kind->emulated, words);
}

static void want_builtin(const struct builtin *b, struct container_spec *spec)
{
	const uint16_t port = port_of(b->sidecar, b->profiles);
	char port_text[8];
	const struct kind_word words[] = {
		{ "{listen}", listen_address(b->workspace, b->kind, port) },
		{ "{port}", port_text },
		{ NULL, NULL },
	};

	snprintf(port_text, sizeof(port_text), "%u", port);
	spec->image =
		want_image(b->workspace, image_sidecar_reference_at(b->registry, b->kind->name,
								    b->sidecar->version));
	spec->user = xstrdup("0");
	strv_add(&spec->entrypoint, WANT_GUEST);
	add_guest_options(b, spec);
	add_command(b, words, spec);
	add_kind_texts(&spec->environment, &b->kind->environment, words);
	add_settings(b, spec);
	want_add_texts(&spec->cap_add, sidecar_capabilities, ARRAY_SIZE(sidecar_capabilities));
}

int want_sidecar_container(struct want *want, const struct sidecar *sidecar,
			   const struct want_context *context, struct want_container *ret,
			   struct error *err)
{
	const struct sidecar_kind *kind = profiles_find_sidecar(context->profiles, sidecar->name);
	struct container_spec *spec = &ret->spec;

	want_common(want, sidecar->name, ret);
	if (sidecar->image) {
		ret->is_foreign = true;
		ret->is_pulled = strncmp(sidecar->image, "localhost/", strlen("localhost/")) != 0;
		/* An image may carry any label; this one must not come from it. */
		labels_add(&spec->labels, LABEL_GUEST, "");
		spec->image = xstrdup(sidecar->image);
		spec->user = xstrdup_or_null(sidecar->user);
		strv_add_all(&spec->command, &sidecar->command);
		want_add_texts(&spec->cap_add, foreign_capabilities,
			       ARRAY_SIZE(foreign_capabilities));
		spec->seccomp_profile_path = xstrdup_or_null(context->paths->seccomp);
	} else if (kind) {
		want_builtin(&(struct builtin){ want->workspace, sidecar, kind, context->profiles,
						context->registry },
			     spec);
		ret->is_pulled = context->registry != NULL;
		want_guest_mount(want, ret, context);
	} else {
		return error_set(err, ERROR_NOT_FOUND, "no sidecar '%s' in this version",
				 sidecar->name);
	}
	strv_add_all(&spec->environment, &sidecar->environment);
	if (sidecar->has_volume)
		want_add_mount(spec, want->workspace->slug, sidecar->name, sidecar->volume_path);
	want_add_share(spec, want->workspace->slug, sidecar, context);
	want_seal(ret, context);
	return 0;
}
