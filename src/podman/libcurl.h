/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_SRC_PODMAN_LIBCURL_H
#define WINALUX_SRC_PODMAN_LIBCURL_H

#include <curl/curl.h>

#include "winalux/format/library.h"

/* winalux/format/library.h */
#define LIBCURL_FUNCTIONS(X)                                                                       \
	X(curl_easy_cleanup)                                                                       \
	X(curl_easy_getinfo)                                                                       \
	X(curl_easy_header)                                                                        \
	X(curl_easy_init)                                                                          \
	X(curl_easy_reset)                                                                         \
	X(curl_easy_setopt)                                                                        \
	X(curl_global_init)                                                                        \
	X(curl_multi_add_handle)                                                                   \
	X(curl_multi_cleanup)                                                                      \
	X(curl_multi_info_read)                                                                    \
	X(curl_multi_init)                                                                         \
	X(curl_multi_perform)                                                                      \
	X(curl_multi_poll)                                                                         \
	X(curl_multi_remove_handle)                                                                \
	X(curl_multi_setopt)                                                                       \
	X(curl_slist_append)                                                                       \
	X(curl_slist_free_all)

LIBCURL_FUNCTIONS(LIBRARY_DECLARE)

/* Any thread, any number of times. ERROR_HOST when the library is not there. */
int libcurl_load(struct error *err);

#endif
