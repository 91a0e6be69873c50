/* SPDX-License-Identifier: MIT */
#include "winalux/base/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *or_die(void *pointer)
{
	static const char message[] = "winalux: out of memory\n";

	if (pointer)
		return pointer;
	if (write(STDERR_FILENO, message, sizeof(message) - 1) < 0)
		abort(); /* abort either way: nothing to tell it to */
	abort();
}

void *xmalloc(size_t size)
{
	return or_die(malloc(size ? size : 1));
}

void *xcalloc(size_t count, size_t size)
{
	return or_die(count && size ? calloc(count, size) : calloc(1, 1));
}

void *xreallocarray(void *ptr, size_t count, size_t size)
{
	return or_die(count && size ? reallocarray(ptr, count, size) : realloc(ptr, 1));
}

char *xstrdup(const char *text)
{
	return or_die(strdup(text));
}

char *xstrdup_or_null(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

char *xstrndup(const char *text, size_t len)
{
	return or_die(strndup(text, len));
}

char *xvasprintf(const char *fmt, va_list ap)
{
	char *text = NULL;

	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	return or_die(text);
}

char *xasprintf(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	char *text = xvasprintf(fmt, ap);
	va_end(ap);
	return text;
}

/* *array may be a pointer to any object type: it is read and written as bytes, not as a void *. */
void *xgrow(void *array, size_t *cap, size_t count, size_t size)
{
	void *items;

	memcpy(&items, array, sizeof(items));
	if (count >= *cap) {
		size_t wanted = *cap ? *cap : 4;

		while (wanted <= count)
			wanted = wanted <= SIZE_MAX / 2 ? wanted * 2 : SIZE_MAX;
		items = xreallocarray(items, wanted, size);
		*cap = wanted;
		memcpy(array, &items, sizeof(items));
	}
	void *element = (char *)items + count * size;
	memset(element, 0, size);
	return element;
}

void freep(void *pointer_to_pointer)
{
	void *pointer;

	memcpy(&pointer, pointer_to_pointer, sizeof(pointer));
	free(pointer);
	pointer = NULL;
	memcpy(pointer_to_pointer, &pointer, sizeof(pointer));
}
