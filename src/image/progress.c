/* SPDX-License-Identifier: MIT */
/*
 * A build says much. What reaches a person is one short line for each step and for each package; a
 * RUN that begins with ": words;" is shown by these words.
 */
#include "image/internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image/build_mark.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/base/parse.h"

static const char *const noise[] = {
	"--> ",
	"(Reading database",
	"Selecting previously unselected",
	"Preparing to unpack",
	"Preconfiguring packages",
	"Moving old data",
	"Creating ",
	"Adding 'diversion of",
	"COMMIT ",
	"Successfully tagged",
	"debconf: ",
	"invoke-rc.d: ",
	"runit: ",
	"rehash: warning",
	"update-alternatives: ",
	"Running hooks in",
	"done.",
};

/* Lines of dpkg: "Unpacking git (1:2.47.3-0+deb13u1) ..." */
static const char *const packages[][2] = {
	{ "Unpacking ", "unpacking" },
	{ "Setting up ", "setting up" },
};

void progress_say(const struct builder *b, const char *name, const char *fmt, ...)
{
	DEFER(freep) char *line = NULL;
	va_list ap;

	build_mark_keep(b->mark);
	if (b->options.on_line == NULL)
		return;
	va_start(ap, fmt);
	line = xvasprintf(fmt, ap);
	va_end(ap);
	b->options.on_line(name, line, b->options.context);
}

/* "STEP 5/10: RUN : install packages; set -eu; …" */
static bool take_step(struct progress *p, const char *line)
{
	static const char run[] = "RUN : ";
	/* A stack's command (stack_file.c). */
	static const char command[] =
		"RUN [\"/bin/sh\",\"-euc\",\". /opt/winalux/build/environment.sh; ";
	const char *number, *text = line;
	size_t len, text_len;

	if (!parse_literal(&text, "STEP ") || !parse_span(&text, "0123456789/", &number, &len) ||
	    !parse_literal(&text, ": "))
		return false;
	if (strncmp(text, run, strlen(run)) == 0) {
		text += strlen(run);
		text_len = strcspn(text, ";");
		snprintf(p->step, sizeof(p->step), "step %.*s: RUN %.*s", (int)len, number,
			 text_len > 60 ? 60 : (int)text_len, text);
	} else if (strncmp(text, command, strlen(command)) == 0) {
		text += strlen(command);
		text_len = strlen(text);
		if (text_len > 2 && strcmp(text + text_len - 2, "\"]") == 0)
			text_len -= 2;
		snprintf(p->step, sizeof(p->step), "step %.*s: RUN %.*s", (int)len, number,
			 text_len > 60 ? 60 : (int)text_len, text);
	} else {
		bool is_label = strncmp(text, "LABEL ", 6) == 0; /* ours, digests */

		text_len = is_label ? 5 : strcspn(text, "\t\n");
		while (text_len > 0 && text[text_len - 1] == ' ')
			text_len--;
		snprintf(p->step, sizeof(p->step), "step %.*s: %.*s", (int)len, number,
			 text_len > 64 ? 64 : (int)text_len, text);
	}
	strv_release(&p->tail);
	progress_say(p->builder, p->name, "%s", p->step);
	return true;
}

static bool take_package(const struct progress *p, const char *line)
{
	for (size_t i = 0; i < ARRAY_SIZE(packages); i++) {
		const char *name = line;

		if (!parse_literal(&name, packages[i][0]))
			continue;
		progress_say(p->builder, p->name, "%s %.*s", packages[i][1],
			     (int)strcspn(name, " :"), name);
		return true;
	}
	return false;
}

static bool is_noise(const char *line)
{
	if (line[strspn(line, " \t")] == '\0' || strspn(line, "0123456789abcdef") == 64 ||
	    strstr(line, " SHA256:") != NULL) /* host keys that are removed again */
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(noise); i++)
		if (strncmp(line, noise[i], strlen(noise[i])) == 0)
			return true;
	return false;
}

static void keep(struct strv *tail, const char *line)
{
	if (tail->count == PROGRESS_TAIL) {
		free(tail->items[0]);
		memmove(tail->items, tail->items + 1, tail->count * sizeof(tail->items[0]));
		tail->count--;
	}
	strv_add(tail, line);
}

void progress_release(struct progress *p)
{
	if (p != NULL)
		strv_release(&p->tail);
}

bool progress_build_line(const char *line, void *context)
{
	struct progress *p = context;
	const volatile bool *cancelled = p->builder->options.cancelled;

	if (!is_noise(line) && !take_step(p, line) && !take_package(p, line)) {
		progress_say(p->builder, p->name, "%s", line);
		keep(&p->tail, line);
	}
	return cancelled == NULL || !*cancelled;
}

/*
 * buildah repeats the whole RUN, 'building at STEP "RUN …": while running runtime: exit status 1',
 * so often that its end is cut. NULL: nothing that the last lines do not say better.
 */
static const char *reason_of(const char *text)
{
	static const char end[] = "\": ";
	const char *step = strstr(text, "building at STEP \"");
	const char *reason = NULL;

	if (step == NULL)
		return text;
	for (const char *at = strstr(step, end); at != NULL; at = strstr(at + 1, end))
		reason = at + strlen(end);
	return reason;
}

/* In the words of the kernel and of apt. */
static bool says_disk_full(const char *text)
{
	return strcasestr(text, "no space left on device") != NULL ||
	       strstr(text, "enough free space") != NULL;
}

int progress_explain_disk(const char *name, struct error *err)
{
	if (err == NULL || !says_disk_full(err->text))
		return -1;
	return error_set(
		err, ERROR_HOST,
		"cannot build image '%s': no space left on the disk where Podman builds and "
		"keeps images; free some, or move its storage",
		name);
}

int progress_explain(const struct progress *p, struct error *err)
{
	DEFER(freep) char *tail = strv_join(&p->tail, " | ");
	DEFER(freep) char *text = NULL;
	const char *reason;
	char *end;

	if (err == NULL || err->kind == ERROR_INTERRUPTED)
		return -1;
	text = xstrdup(err->text);
	if (says_disk_full(tail) || says_disk_full(text)) {
		error_set(err, ERROR_HOST, "no space left on device");
		return progress_explain_disk(p->name, err);
	}
	if (err->kind != ERROR_BUILD || p->step[0] == '\0')
		return error_add(err, "cannot build image '%s'", p->name);
	if ((end = strstr(text, "; the output ended with: ")) != NULL)
		*end = '\0'; /* the client's own, with noise */
	reason = reason_of(text);
	return error_set(err, ERROR_BUILD, "cannot build image '%s' at %s%s%.200s%s%.600s", p->name,
			 p->step, reason != NULL ? ": " : "", reason != NULL ? reason : "",
			 tail[0] != '\0' ? "; the output ended with: " : "", tail);
}
