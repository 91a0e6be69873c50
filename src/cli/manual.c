/* SPDX-License-Identifier: MIT */
/*
 * Those parts of winalux(1) that the tables know, as mdoc: `winalux help --mdoc SECTION` prints
 * them, docs/man/update puts them between the marks in the page, and a test compares.
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

enum { LINE_MAX_BYTES = 78 };

/* A word as mdoc needs it: a hyphen that is one on the keyboard, "\\" as "\\e". */
static char *escape_word(const char *word, size_t len)
{
	struct buf b = { 0 };

	buf_init(&b, SIZE_MAX);
	for (size_t i = 0; i < len; i++) {
		bool is_leading = i == 0 || strchr("-'\"/(", word[i - 1]);

		if (word[i] == '\\')
			buf_add_str(&b, "\\e");
		else if (word[i] == '-' && is_leading)
			buf_add_str(&b, "\\-");
		else
			buf_add_char(&b, word[i]);
	}
	return buf_take(&b);
}

static bool ends_sentence(const char *text, size_t len)
{
	return len > 0 && strchr(".?", text[len - 1]) && text[len] == ' ' && isupper(text[len + 1]);
}

/*
 * Running text: each sentence begins a line, as mdoc wants it, and no line is long. A "." or "'" at
 * the beginning of a line would be a macro.
 */
static void add_sentences(struct buf *b, const char *text)
{
	size_t column = 0;

	while (*text) {
		size_t len = strcspn(text, " ");
		DEFER(freep) char *word = escape_word(text, len);

		if (column > 0 && column + 1 + strlen(word) > LINE_MAX_BYTES) {
			buf_add_char(b, '\n');
			column = 0;
		}
		buf_add_str(b, column > 0 ? " " : *word == '.' || *word == '\'' ? "\\&" : "");
		buf_add_str(b, word);
		column += strlen(word) + 1;
		if (ends_sentence(text, len)) {
			buf_add_char(b, '\n');
			column = 0;
		}
		text += len;
		text += *text == ' ';
	}
	buf_add_char(b, '\n');
}

/* A macro argument. */
static void add_argument(struct buf *b, const char *text)
{
	DEFER(freep) char *word = escape_word(text, strlen(text));

	buf_addf(b, strchr(text, ' ') ? " \"%s\"" : " %s", word);
}

/* "[INVENTORY] NAME" as "Oo Ar INVENTORY Oc Ar NAME". */
static void add_args(struct buf *b, const char *args)
{
	DEFER(strv_release) struct strv words = { 0 };

	strv_add_split(&words, args, " ");
	for (size_t i = 0; i < words.count; i++) {
		const char *word = words.items[i];
		size_t len = strlen(word);

		if (len > 2 && word[0] == '[' && word[len - 1] == ']')
			buf_addf(b, " Oo Ar %.*s Oc", (int)(len - 2), word + 1);
		else
			buf_addf(b, " Ar %s", word);
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
		if (option_any_shown(command->options))
			buf_add_str(b, " Oo Ar OPTION… Oc");
		add_args(b, command->args);
		buf_add_str(b, "\n.Pp\n");
		DEFER(freep) char *summary = xasprintf("%s.", command->summary);
		add_sentences(b, summary);
		if (command->details)
			add_sentences(b, command->details);
		if (option_any_shown(command->options))
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
		DEFER(freep) char *doc = xasprintf("%s.", e->doc);

		buf_addf(b, ".It Ic %s , Ev %s\n", e->key, e->environment);
		add_sentences(b, doc);
		if (!e->fallback)
			continue;
		buf_add_str(b, "The default is\n.Ql");
		add_argument(b, e->fallback);
		buf_add_str(b, " .\n");
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
