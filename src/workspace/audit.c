/* SPDX-License-Identifier: MIT */
#include "winalux/workspace/audit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "container_files.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/base/parse.h"
#include "winalux/guest/wire.h"
#include "winalux/plan/facts.h"
#include "winalux/plan/names.h"
#include "winalux/podman/container.h"

/* In the volume that the three holders of strict gates share. */
#define WARDEN_AUDIT_PATH "/account/gate/audit/"

enum { FILE_MAX_BYTES = LEDGER_FILE_BYTES + LEDGER_LINE_MAX };

static const char *const origin_names[AUDIT_ORIGIN_COUNT] = {
	[AUDIT_INSIDE] = "workspace",
	[AUDIT_WARDEN] = "warden",
};

const char *audit_origin_name(enum audit_origin origin)
{
	return origin_names[origin];
}

void audit_ledger_release(struct audit_ledger *l)
{
	for (size_t i = 0; i < LEDGER_FILES; i++)
		free(l->files[i].text);
	*l = (struct audit_ledger){ 0 };
}

/* --- reading --- */

/* Names in the archive begin with the directory's own. */
static void take_file(const char *name, const char *data, size_t len, void *context)
{
	struct audit_ledger *l = context;
	const char *slash = strrchr(name, '/');

	for (unsigned age = 0; age < LEDGER_FILES; age++) {
		char wanted[LEDGER_NAME_SIZE];

		ledger_file_name(age, wanted);
		if (strcmp(slash ? slash + 1 : name, wanted) != 0 || l->files[age].text)
			continue;
		l->is_there = true;
		l->files[age] = (struct audit_file){ .text = xmalloc(len + 1), .len = len };
		memcpy(l->files[age].text, data, len);
	}
}

static const struct container *any_keeper(const struct facts *facts)
{
	for (size_t i = 0; i < KEEPER_COUNT; i++)
		if (facts->keepers[i])
			return facts->keepers[i];
	return NULL;
}

int audit_read(struct podman *podman, const struct facts *facts, const struct workspace_facts *w,
	       enum audit_origin origin, struct audit_ledger *ret, struct error *err)
{
	const bool is_warden = origin == AUDIT_WARDEN;
	const struct container *c =
		is_warden ? any_keeper(facts) : workspace_facts_container(w, ROLE_DEV);
	DEFER(freep)
	char *path =
		is_warden ? xasprintf(WARDEN_AUDIT_PATH "%s", w->name) : xstrdup(WIRE_AUDIT_PATH);

	*ret = (struct audit_ledger){ 0 };
	if (!c)
		return 0;
	ret->is_readable = true;
	if (container_files_read(podman, c->id, path, FILE_MAX_BYTES, take_file, ret, err) < 0) {
		audit_ledger_release(ret);
		return error_add(err, "cannot read the %s's ledger of '%s'",
				 audit_origin_name(origin), w->name);
	}
	return 0;
}

static void take_last(const char *name, const char *data, size_t len, void *context)
{
	int64_t seconds;
	char *ret = context;

	(void)name;
	if (len < CLOCK_RFC3339_SIZE - 1)
		return;
	DEFER(freep) char *text = xstrndup(data, CLOCK_RFC3339_SIZE - 1);
	if (parse_rfc3339(text, &seconds))
		memcpy(ret, text, CLOCK_RFC3339_SIZE);
}

bool audit_last_use(struct podman *podman, const struct workspace_facts *w,
		    char ret[static CLOCK_RFC3339_SIZE])
{
	const struct container *dev = workspace_facts_container(w, ROLE_DEV);

	*ret = '\0';
	return dev &&
	       container_files_read(podman, dev->id, WIRE_AUDIT_PATH "/" WIRE_AUDIT_LAST_USE,
				    FILE_MAX_BYTES, take_last, ret, NULL) == 0 &&
	       *ret;
}

/* --- lines --- */

void audit_each(const struct audit_ledger *l, audit_line_fn fn, void *context)
{
	for (unsigned age = LEDGER_FILES; age-- > 0;) {
		const char *at = l->files[age].text;
		size_t left = at ? l->files[age].len : 0;

		for (unsigned number = 1; left > 0; number++) {
			const char *newline = memchr(at, '\n', left);
			const size_t len = newline ? (size_t)(newline - at) : left;

			if (!fn(age, number, at, len, context))
				return;
			at += len + (newline != NULL);
			left -= len + (newline != NULL);
		}
	}
}

static bool check_line(unsigned age, unsigned number, const char *line, size_t len, void *context)
{
	struct audit_finding *f = context;
	struct ledger_record record;

	f->flaw = ledger_check_line(&f->end, line, len);
	f->lines++;
	if (f->lines == 1) {
		f->first_seq = f->end.seq;
		if (ledger_record_read(line, len, &record))
			snprintf(f->since, sizeof(f->since), "%.19sZ", record.time);
	}
	f->age = age;
	f->number = number;
	return f->flaw == LEDGER_SOUND;
}

/* Only where all files are there and full has the writer itself removed an older one. */
static bool is_rotated_away(const struct audit_ledger *l)
{
	for (unsigned age = 1; age < LEDGER_FILES; age++)
		if (!l->files[age].text || l->files[age].len <= LEDGER_FILE_BYTES - LEDGER_LINE_MAX)
			return false;
	return true;
}

void audit_verify(const struct audit_ledger *l, struct audit_finding *ret)
{
	*ret = (struct audit_finding){ 0 };
	audit_each(l, check_line, ret);
	if (ret->flaw != LEDGER_SOUND || ret->first_seq <= 1 || is_rotated_away(l))
		return;
	ret->flaw = LEDGER_MISSING;
	ret->number = 1;
	for (ret->age = LEDGER_FILES - 1; ret->age > 0 && !l->files[ret->age].text;)
		ret->age--;
}
