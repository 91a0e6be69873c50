/* SPDX-License-Identifier: MIT */
#include "tar_locale.h"

struct utf8_locale utf8_locale_enter(void)
{
	struct utf8_locale l = { .made = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0) };

	if (l.made != (locale_t)0)
		l.before = uselocale(l.made);
	return l;
}

void utf8_locale_leave(struct utf8_locale *l)
{
	if (l->made == (locale_t)0)
		return;
	uselocale(l->before);
	freelocale(l->made);
}
