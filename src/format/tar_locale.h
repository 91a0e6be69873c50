/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_FORMAT_TAR_LOCALE_H
#define WINALUX_FORMAT_TAR_LOCALE_H

#include <locale.h>

/*
 * libarchive translates names between the locale and UTF-8, and in the C locale gives up on those
 * that are not ASCII; every entry point therefore works in C.UTF-8, for its own thread only:
 * DEFER(utf8_locale_leave) struct utf8_locale locale = utf8_locale_enter();
 */
struct utf8_locale {
	locale_t made, before;
};

struct utf8_locale utf8_locale_enter(void);
void utf8_locale_leave(struct utf8_locale *l);

#endif
