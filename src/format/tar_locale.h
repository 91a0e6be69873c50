/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_FORMAT_TAR_LOCALE_H
#define WINALUX_FORMAT_TAR_LOCALE_H

#include <locale.h>

#include "winalux/base/mem.h"

/*
 * libarchive translates names between the locale and UTF-8, and in the C locale gives up on those
 * that are not ASCII; every entry point therefore works in C.UTF-8, for its own thread only, to the
 * end of the block that begins with UTF8_LOCALE_SCOPE(name).
 */
struct utf8_locale {
	locale_t made, before;
};

struct utf8_locale utf8_locale_enter(void);
void utf8_locale_leave(struct utf8_locale *l);

/* clang calls a variable unused that only its cleanup reads. */
#define UTF8_LOCALE_SCOPE(name)                                                                    \
	DEFER(utf8_locale_leave)                                                                   \
	__attribute__((unused)) struct utf8_locale name = utf8_locale_enter()

#endif
