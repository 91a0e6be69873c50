/* SPDX-License-Identifier: MIT */
#include "option.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/base/parse.h"
#include "winalux/base/strv.h"

#include "winalux/base/nearest.h"

enum { DURATION_MAX_MS = 1000000000 };

/* Where the parser stands: the tables, what is left of argv, and how the option was written. */
struct parser {
	const struct option_set *sets;
	const char *const *next;
	struct error *err;
};

struct found {
	const struct option *option;
	void *target;
};

static bool find_long(const struct parser *p, const char *name, size_t len, struct found *ret)
{
	for (const struct option_set *set = p->sets; set->options; set++) {
		for (const struct option *o = set->options; o->name; o++) {
			if (strlen(o->name) != len || strncmp(o->name, name, len) != 0)
				continue;
			*ret = (struct found){ o, set->target };
			return true;
		}
	}
	return false;
}

static bool find_letter(const struct parser *p, char letter, struct found *ret)
{
	for (const struct option_set *set = p->sets; set->options; set++) {
		for (const struct option *o = set->options; o->name; o++) {
			if (o->letter != letter)
				continue;
			*ret = (struct found){ o, set->target };
			return true;
		}
	}
	return false;
}

static int unknown_long(const struct parser *p, const char *name, size_t len)
{
	DEFER(freep) char *word = xstrndup(name, len);
	struct nearest near = { .word = word };

	for (const struct option_set *set = p->sets; set->options; set++) {
		for (const struct option *o = set->options; o->name; o++) {
			if (!o->is_hidden)
				nearest_try(&near, o->name);
		}
	}
	if (near.best)
		return error_set(p->err, ERROR_USAGE, "unknown option '--%s'; did you mean '--%s'?",
				 word, near.best);
	return error_set(p->err, ERROR_USAGE, "unknown option '--%s'", word);
}

static int store(const struct found *f, const char *value, struct error *err)
{
	char *place = (char *)f->target + f->option->offset;
	uint64_t number;

	switch (f->option->kind) {
	case OPTION_FLAG:
		*(bool *)place = true;
		return 0;
	case OPTION_TEXT:
		*(const char **)place = value;
		return 0;
	case OPTION_LIST:
		strv_add((struct strv *)place, value);
		return 0;
	case OPTION_NUMBER:
		if (!parse_whole_u64(value, 0, UINT32_MAX, &number))
			return error_set(err, ERROR_USAGE, "option '--%s': '%s' is not a number",
					 f->option->name, value);
		*(uint32_t *)place = (uint32_t)number;
		return 0;
	case OPTION_DURATION:
		if (!parse_duration_ms(value, DURATION_MAX_MS, &number))
			return error_set(err, ERROR_USAGE,
					 "option '--%s': '%s' is not a time such as 90s, 5m, 2h",
					 f->option->name, value);
		*(uint64_t *)place = number;
		return 0;
	}
	return error_set(err, ERROR_INTERNAL, "option '--%s' has no kind", f->option->name);
}

/* The value behind "=" or the letter, else the next argument. */
static int store_value(struct parser *p, const struct found *f, const char *attached)
{
	if (attached)
		return store(f, attached, p->err);
	if (!*p->next)
		return error_set(p->err, ERROR_USAGE, "option '--%s' needs a value: %s",
				 f->option->name, f->option->arg);
	return store(f, *p->next++, p->err);
}

static int parse_long(struct parser *p, const char *text)
{
	const char *equals = strchr(text, '=');
	size_t len = equals ? (size_t)(equals - text) : strlen(text);
	struct found f;

	if (!find_long(p, text, len, &f))
		return unknown_long(p, text, len);
	if (f.option->kind != OPTION_FLAG)
		return store_value(p, &f, equals ? equals + 1 : NULL);
	if (equals)
		return error_set(p->err, ERROR_USAGE, "option '--%s' takes no value",
				 f.option->name);
	return store(&f, NULL, p->err);
}

static int parse_letters(struct parser *p, const char *text)
{
	for (; *text; text++) {
		struct found f;

		if (!find_letter(p, *text, &f))
			return error_set(p->err, ERROR_USAGE, "unknown option '-%c'", *text);
		if (f.option->kind != OPTION_FLAG)
			return store_value(p, &f, text[1] ? text + 1 : NULL);
		if (store(&f, NULL, p->err) < 0)
			return -1;
	}
	return 0;
}

static void take_rest(struct parser *p, struct strv *args)
{
	while (*p->next)
		strv_add(args, *p->next++);
}

int option_parse(const struct option_set *sets, const char *const *argv, size_t verbatim_after,
		 struct strv *args, struct error *err)
{
	struct parser p = { .sets = sets, .next = argv, .err = err };

	while (*p.next) {
		const char *text = *p.next++;
		int result = 0;

		if (strcmp(text, "--") == 0)
			take_rest(&p, args);
		else if (strncmp(text, "--", 2) == 0)
			result = parse_long(&p, text + 2);
		else if (text[0] == '-' && text[1])
			result = parse_letters(&p, text + 1);
		else
			strv_add(args, text);
		if (result < 0)
			return -1;
		if (verbatim_after > 0 && args->count >= verbatim_after)
			take_rest(&p, args);
	}
	return 0;
}

bool option_any_shown(const struct option *options)
{
	for (; options && options->name; options++) {
		if (!options->is_hidden)
			return true;
	}
	return false;
}

void option_set_release(const struct option_set *set)
{
	for (const struct option *o = set->options; o && o->name; o++) {
		if (o->kind == OPTION_LIST)
			strv_release((struct strv *)((char *)set->target + o->offset));
	}
}
