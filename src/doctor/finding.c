/* SPDX-License-Identifier: MIT */
#include "doctor/probe.h"

#include <stdlib.h>
#include <string.h>

#include "doctor/look.h"
#include "winalux/base/mem.h"

static const char *const level_names[] = {
	[FINDING_OK] = "ok",
	[FINDING_NOTE] = "note",
	[FINDING_PROBLEM] = "problem",
	[FINDING_UNKNOWN] = "unknown",
};

static const char *const strength_names[] = {
	[LIMIT_ENFORCED] = "enforced",
	[LIMIT_SOFT] = "soft",
	[LIMIT_NOT_ENFORCEABLE] = "not enforceable",
};

const char *finding_level_name(enum finding_level level)
{
	return level_names[level];
}

const char *limit_strength_name(enum limit_strength strength)
{
	return strength_names[strength];
}

static void replace(char **text, char *with)
{
	free(*text);
	*text = with;
}

void finding_ok(struct finding *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	replace(&f->found, xvasprintf(fmt, ap));
	va_end(ap);
	f->level = FINDING_OK;
}

void finding_gap(struct finding *f, enum finding_level level, const char *meaning, const char *fmt,
		 ...)
{
	va_list ap;

	va_start(ap, fmt);
	replace(&f->found, xvasprintf(fmt, ap));
	va_end(ap);
	replace(&f->meaning, xstrdup_or_null(meaning));
	f->level = level;
}

void finding_user_remedy(struct finding *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	replace(&f->remedy, xvasprintf(fmt, ap));
	va_end(ap);
	f->needs_admin = false;
}

void finding_admin_remedy(struct finding *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	replace(&f->remedy, xvasprintf(fmt, ap));
	va_end(ap);
	f->needs_admin = true;
}

void finding_install_remedy(const struct probe_context *c, struct finding *f, const char *debian,
			    const char *fedora)
{
	DEFER(freep) char *id = look_os_release(c, "ID");
	DEFER(freep) char *like = look_os_release(c, "ID_LIKE");

	if (look_has_word(id, "debian") || look_has_word(like, "debian"))
		finding_admin_remedy(f, "apt-get install %s", debian);
	else if (look_has_word(id, "fedora") || look_has_word(like, "fedora"))
		finding_admin_remedy(f, "dnf install %s", fedora);
	else
		finding_admin_remedy(
			f, "install the package that is called %s in Debian, %s in Fedora", debian,
			fedora);
}

void finding_release(struct finding *f)
{
	free(f->found);
	free(f->meaning);
	free(f->remedy);
	*f = (struct finding){ 0 };
}

void findings_release(struct findings *f)
{
	if (f == NULL)
		return;
	for (size_t i = 0; i < f->count; i++)
		finding_release(&f->items[i]);
	free(f->items);
	*f = (struct findings){ 0 };
}
