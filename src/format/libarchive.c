/* SPDX-License-Identifier: MIT */
#include "libarchive.h"

#include <pthread.h>

#include "winalux/base/error.h"
#include "winalux/base/mem.h"

LIBARCHIVE_FUNCTIONS(LIBRARY_DEFINE)

static struct error load_error;

static void load(void)
{
	static const char *const sonames[] = { "libarchive.so.13", NULL };
	static const struct library_symbol symbols[] = { LIBARCHIVE_FUNCTIONS(LIBRARY_SYMBOL) };

	library_open(&(struct library){ "libarchive", sonames, "libarchive13", symbols,
					ARRAY_SIZE(symbols) },
		     &load_error);
}

int libarchive_load(struct error *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, load);
	return load_error.text[0] ? error_set(err, ERROR_HOST, "%s", load_error.text) : 0;
}
