/* SPDX-License-Identifier: MIT */
/*
 * Those parts of winalux(1) that the tables know, as mdoc: `winalux help --mdoc SECTION` prints them,
 * docs/man/update puts them between the marks in the page, and a test compares.
 */
#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"
#include "winalux/inventory/config.h"

#include "app.h"
#include "command.h"

/* One line of running text: a leading "." or "'" would be a macro, a backslash an escape. */
static void add_text(struct buf *b, const char *text, size_t len)
{
	if (len > 0 && (*text == '.' || *text == '\''))
		buf_add_str(b, "\\&");
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\\')
			buf_add_str(b, "\\e");
		else if (text[i] == '\n')
			buf_add_str(b, "\n.Pp\n");
		else if (text[i] == '-' && (i == 0 || text[i - 1] == ' ' || text[i - 1] == '-' ||
					    text[i - 1] == '\''))
			buf_add_str(b, "\\-");
		else
			buf_add_char(b, text[i]);
	}
}

/* mdoc wants each sentence on a line of its own. */
static void add_sentences(struct buf *b, const char *text)
{
	while (*text) {
		const char *end = text;

		while (*end && !((*end == '.' || *end == '?') && end[1] == ' ' && isupper(end[2])))
			end++;
		size_t len = (size_t)(end - text) + (*end != '\0');
		add_text(b, text, len);
		buf_add_char(b, '\n');
		text += len;
		text += *text == ' ';
	}
}

/* A macro argument in quotes. */
static void add_quoted(struct buf *b, const char *text)
{
	buf_add_str(b, " \"");
	add_text(b, text, strlen(text));
	buf_add_char(b, '"');
}

/* "[INVENTORY] [NAME…]" as .Ar and .Op; anything else in brackets stays as it is written. */
static void add_args(struct buf *b, const char *args)
{
	DEFER(strv_release) struct strv words = { 0 };

	strv_add_split(&words, args, " ");
	for (size_t i = 0; i < words.count; i++) {
		const char *word = words.items[i];
		size_t len = strlen(word);
		bool is_optional = len > 2 && word[0] == '[' && word[len - 1] == ']';

		buf_add_str(b, is_optional ? " Op Ar " : " Ar ");
		DEFER(freep) char *inner = is_optional ? xstrndup(word + 1, len - 2)
						       : xstrdup(word);
		buf_add_str(b, inner);
		if (is_optional && i + 1 < words.count)
			buf_add_str(b, "\n.No");
	}
}

static void add_option_items(struct buf *b, const struct option *options)
{
	buf_add_str(b, ".Bl -tag -width Ds\n");
	for (const struct option *o = options; o->name; o++) {
		if (o->is_hidden)
			continue;
		buf_add_str(b, ".It");
		if (o->letter)
			buf_addf(b, " Fl %c ,", o->letter);
		buf_addf(b, " Fl \\-%s", o->name);
		if (o->arg)
			buf_addf(b, " Ar %s", o->arg);
		buf_add_char(b, '\n');
		add_sentences(b, o->help);
	}
	buf_add_str(b, ".El\n");
}

void manual_add_commands(struct buf *b)
{
	for (const struct command *const *c = commands; *c; c++) {
		const struct command *command = *c;

		buf_addf(b, ".Ss %s\n.Nm winalux Cm %s", command->name, command->name);
		if (command->options)
			buf_add_str(b, " Op Ar OPTION…\n.No");
		add_args(b, command->args);
		buf_add_str(b, "\n.Pp\n");
		DEFER(freep) char *summary = xasprintf("%s.", command->summary);
		add_sentences(b, summary);
		if (command->details)
			add_sentences(b, command->details);
		if (command->options)
			add_option_items(b, command->options);
	}
}

void manual_add_options(struct buf *b)
{
	add_option_items(b, global_option_table);
}

void manual_add_config(struct buf *b)
{
	buf_add_str(b, ".Bl -tag -width Ds\n");
	for (const struct config_entry *e = config_entries; e->key; e++) {
		buf_addf(b, ".It Ic %s , Ev %s\n", e->key, e->environment);
		add_sentences(b, e->doc);
		buf_add_str(b, "Default:");
		add_quoted(b, e->fallback ? e->fallback : "none");
		buf_add_str(b, ".\n");
	}
	buf_add_str(b, ".El\n");
}

/* Kinds with a status of their own, in the order of the table, which is that of the numbers. */
void manual_add_statuses(struct buf *b)
{
	buf_add_str(b, ".Bl -tag -width Ds -compact\n.It 0\nall went well\n");
	for (unsigned i = 0; i < ERROR_KIND_COUNT; i++) {
		enum error_kind kind = (enum error_kind)i;

		buf_addf(b, ".It %d Pq %s\n", error_exit_status(kind), error_kind_name(kind));
		add_sentences(b, error_kind_doc(kind));
	}
	buf_add_str(b, ".El\n");
}
