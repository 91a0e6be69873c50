/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_FORMAT_LIBRARY_H
#define WINALUX_FORMAT_LIBRARY_H

#include <stddef.h>

struct error;

/*
 * Libraries that are loaded by their first use instead of by every start: libcurl and libarchive
 * bring 47 others, which take 8 of the 10 ms of a command that needs none of them. A folder that
 * is the door to one lists its functions in a private header with LIBRARY_DECLARE, and calls them
 * by their names with sym_ before them once the library is open.
 */
struct library_symbol {
	const char *name;
	void *function; /* the pointer to a function that is filled in */
};

#define LIBRARY_DECLARE(name) extern __typeof__(name) *sym_##name;
#define LIBRARY_DEFINE(name) __typeof__(name) *sym_##name;
#define LIBRARY_SYMBOL(name) { #name, &sym_##name },

struct library {
	const char *what;           /* "libarchive", for the message */
	const char *const *sonames; /* tried in this order; NULL at the end */
	const char *package;        /* Debian's, for the message */
	const struct library_symbol *symbols;
	size_t symbol_count;
};

/* Not closed again. ERROR_HOST when there is none, or when it lacks a function. */
int library_open(const struct library *library, struct error *err);

#endif
