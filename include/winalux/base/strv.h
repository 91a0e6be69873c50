/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_BASE_STRV_H
#define WINALUX_BASE_STRV_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A list of strings that owns them. items is NULL-terminated when count > 0 and NULL when the list
 * is empty and was never filled; a zeroed struct is an empty list.
 */
struct strv {
	char **items;
	size_t count;
	size_t cap;
};

void strv_release(struct strv *v);               /* accepts NULL and zeroed; for DEFER */
void strv_add(struct strv *v, const char *text); /* copies */
void strv_add_owned(struct strv *v, char *text); /* takes */
void strv_addf(struct strv *v, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void strv_add_all(struct strv *v, const struct strv *other);
bool strv_contains(const struct strv *v, const char *text);
void strv_sort(struct strv *v); /* bytewise, for stable output and digests */

/* Splits at any of the separator characters, dropping empty parts. */
void strv_add_split(struct strv *v, const char *text, const char *separators);

/* "a, b, c". The caller frees it. */
char *strv_join(const struct strv *v, const char *separator);

#endif
