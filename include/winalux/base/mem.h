/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_BASE_MEM_H
#define WINALUX_BASE_MEM_H

#include <stdarg.h>
#include <stddef.h>

/*
 * Memory for the host program: allocation failure ends it with one message, so nobody checks.
 * What a pointer-returning function of this project gives away is freed with free() unless its
 * comment says otherwise.
 */
void *xmalloc(size_t size) __attribute__((malloc, returns_nonnull, alloc_size(1)));
void *xcalloc(size_t count, size_t size) __attribute__((malloc, returns_nonnull, alloc_size(1, 2)));
void *xreallocarray(void *ptr, size_t count, size_t size) __attribute__((returns_nonnull));
char *xstrdup(const char *text) __attribute__((malloc, returns_nonnull));
char *xstrdup_or_null(const char *text);
char *xstrndup(const char *text, size_t len) __attribute__((malloc, returns_nonnull));
char *xasprintf(const char *fmt, ...)
	__attribute__((malloc, returns_nonnull, format(printf, 1, 2)));
char *xvasprintf(const char *fmt, va_list ap)
	__attribute__((malloc, returns_nonnull, format(printf, 1, 0)));

/*
 * Grows *array so that it can hold count + 1 elements of the given size (amortised doubling from
 * the capacity in *cap) and returns the address of element count, zeroed.
 */
void *xgrow(void *array, size_t *cap, size_t count, size_t size);

/* Scoped resources: declare at the top, initialise, and the function named runs at the end. */
#define DEFER(function) __attribute__((cleanup(function)))

/* Takes a pointer out of a variable, which becomes NULL: makes a change of ownership visible. */
#define TAKE(pointer)                                                                              \
	(__extension__({                                                                           \
		__typeof__(pointer) take_ = (pointer);                                             \
		(pointer) = NULL;                                                                  \
		take_;                                                                             \
	}))

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* For DEFER: frees what a char *, void *, … variable points to. */
void freep(void *pointer_to_pointer);

#endif
