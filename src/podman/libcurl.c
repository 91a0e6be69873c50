/* SPDX-License-Identifier: MIT */
#include "libcurl.h"

#include <pthread.h>

#include "winalux/base/error.h"
#include "winalux/base/mem.h"

LIBCURL_FUNCTIONS(LIBRARY_DEFINE)

static struct error load_error;

static void load(void)
{
	/* The two that Debian builds; their interface is the same. */
	static const char *const sonames[] = { "libcurl.so.4", "libcurl-gnutls.so.4", NULL };
	static const struct library_symbol symbols[] = { LIBCURL_FUNCTIONS(LIBRARY_SYMBOL) };

	if (library_open(&(struct library){ "libcurl", sonames, "libcurl4", symbols,
					    ARRAY_SIZE(symbols) },
			 &load_error) == 0)
		sym_curl_global_init(CURL_GLOBAL_NOTHING); /* no TLS, no resolver */
}

int libcurl_load(struct error *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, load);
	return load_error.text[0] ? error_set(err, ERROR_HOST, "%s", load_error.text) : 0;
}
