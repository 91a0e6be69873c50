/* SPDX-License-Identifier: MIT */
#include "winalux/base/strv.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "winalux/base/buf.h"
#include "winalux/base/mem.h"

void strv_release(struct strv *v)
{
	if (!v)
		return;
	for (size_t i = 0; i < v->count; i++)
		free(v->items[i]);
	free(v->items);
	*v = (struct strv){ 0 };
}

void strv_add_owned(struct strv *v, char *text)
{
	xgrow(&v->items, &v->cap, v->count + 1, sizeof(v->items[0])); /* the zeroed end */
	v->items[v->count++] = text;
}

void strv_add(struct strv *v, const char *text)
{
	strv_add_owned(v, xstrdup(text));
}

void strv_addf(struct strv *v, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	strv_add_owned(v, xvasprintf(fmt, ap));
	va_end(ap);
}

void strv_add_all(struct strv *v, const struct strv *other)
{
	size_t count = other->count; /* other may be v */

	for (size_t i = 0; i < count; i++)
		strv_add(v, other->items[i]);
}

bool strv_contains(const struct strv *v, const char *text)
{
	for (size_t i = 0; i < v->count; i++)
		if (strcmp(v->items[i], text) == 0)
			return true;
	return false;
}

static int compare_items(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void strv_sort(struct strv *v)
{
	if (v->count > 1)
		qsort(v->items, v->count, sizeof(v->items[0]), compare_items);
}

void strv_add_split(struct strv *v, const char *text, const char *separators)
{
	while (*text) {
		size_t len = strcspn(text, separators);

		if (len > 0)
			strv_add_owned(v, xstrndup(text, len));
		text += len;
		text += strspn(text, separators);
	}
}

char *strv_join(const struct strv *v, const char *separator)
{
	struct buf joined;

	buf_init(&joined, SIZE_MAX);
	for (size_t i = 0; i < v->count; i++) {
		if (i > 0)
			buf_add_str(&joined, separator);
		buf_add_str(&joined, v->items[i]);
	}
	return buf_take(&joined);
}
