/* SPDX-License-Identifier: MIT */
#include "libarchive.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

#include "winalux/base/error.h"
#include "winalux/base/mem.h"

/* The name that stands for the interface of the headers (libarchive 3.x). */
#define LIBARCHIVE_SONAME "libarchive.so.13"

#define LIBARCHIVE_DEFINE(name) __typeof__(name) *sym_##name;
LIBARCHIVE_FUNCTIONS(LIBARCHIVE_DEFINE)
#undef LIBARCHIVE_DEFINE

struct symbol {
	const char *name;
	void *function; /* the pointer to fill in; memcpy, as ISO C does not convert to functions */
};

static struct error load_error;

static void load(void)
{
#define LIBARCHIVE_SYMBOL(name) { #name, &sym_##name },
	const struct symbol symbols[] = { LIBARCHIVE_FUNCTIONS(LIBARCHIVE_SYMBOL) };
#undef LIBARCHIVE_SYMBOL
	void *library = dlopen(LIBARCHIVE_SONAME, RTLD_NOW | RTLD_LOCAL);

	for (size_t i = 0; library && i < ARRAY_SIZE(symbols); i++) {
		void *found = dlsym(library, symbols[i].name);

		memcpy(symbols[i].function, &found, sizeof(found));
		if (!found)
			library = NULL;
	}
	if (!library)
		error_set(&load_error, ERROR_HOST,
			  "cannot load libarchive: %s (package libarchive13)", dlerror());
}

int libarchive_load(struct error *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, load);
	if (!load_error.text[0])
		return 0;
	return error_set(err, ERROR_HOST, "%s", load_error.text);
}
