/* SPDX-License-Identifier: MIT */
/*
 * The Containerfile of a stack's layer: Containerfiles/stack with the stack's environment behind
 * FROM, so that its commands have it too, and its commands at the end, a step for each, so that
 * Podman's cache keeps those before one that was changed.
 */
#include "image/internal.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "winalux/base/buf.h"
#include "winalux/base/mem.h"
#include "winalux/base/resource.h"
#include "winalux/format/json.h"
#include "winalux/inventory/stack.h"

static const char from[] = "FROM ${BASE}\n";
/* Settings of the tools that download, for the time of one command. */
static const char prelude[] = ". /opt/winalux/build/environment.sh; ";

/* ENV takes "$" for a variable, and quotes and backslashes for its own. */
static void add_quoted(struct buf *b, const char *text)
{
	buf_add_char(b, '"');
	for (; *text != '\0'; text++) {
		if (strchr("\"\\$", *text) != NULL)
			buf_add_char(b, '\\');
		buf_add_char(b, *text);
	}
	buf_add_char(b, '"');
}

static void add_environment(struct buf *b, const struct stack *s)
{
	for (size_t i = 0; i < s->environment.count; i++) {
		const char *entry = s->environment.items[i];
		size_t len = strcspn(entry, "=");

		buf_addf(b, "ENV %.*s=", (int)len, entry);
		add_quoted(b, entry + len + 1);
		buf_add_char(b, '\n');
	}
}

/* Login shells set PATH anew; a file of profile.d adds to it what ENV has. */
static void add_path(struct buf *b, const struct stack *s)
{
	DEFER(freep) char *path = strv_join(&s->path, ":");

	if (s->path.count == 0)
		return;
	buf_addf(b, "ENV PATH=\"${PATH}:%s\"\n", path);
	buf_addf(b, "RUN echo 'PATH=$PATH:%s' >/etc/profile.d/winalux-%s.sh\n", path, s->name);
}

static void add_command(struct buf *b, const char *command)
{
	struct json *words = json_new_array();
	DEFER(freep) char *line = xasprintf("%s%s", prelude, command);
	DEFER(freep) char *text = NULL;

	json_append_text(words, "/bin/sh");
	json_append_text(words, "-euc");
	json_append_text(words, line);
	text = json_print(words, false);
	json_free(words);
	buf_addf(b, "RUN %s\n", text);
}

char *stack_containerfile(const struct stack *s)
{
	const struct resource *file = resource_find("Containerfiles/stack/Containerfile");
	const char *text = file == NULL ? from : (const char *)file->data;
	const char *at = strstr(text, from);
	size_t head = at == NULL ? 0 : (size_t)(at - text) + strlen(from);
	struct buf b;

	buf_init(&b, SIZE_MAX / 2);
	buf_add(&b, text, head);
	add_environment(&b, s);
	add_path(&b, s);
	buf_add_str(&b, text + head);
	if (s->files.count > 0)
		buf_addf(&b, "COPY files/ /opt/winalux/stacks/%s/\n", s->name);
	for (size_t i = 0; i < s->commands.count; i++)
		add_command(&b, s->commands.items[i]);
	return buf_take(&b);
}
