/* SPDX-License-Identifier: MIT */
#include "winalux/workspace/passwords.h"

#include <string.h>

#include "container_files.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/format/json.h"
#include "winalux/image/reference.h"
#include "winalux/inventory/profile.h"
#include "winalux/plan/facts.h"
#include "winalux/plan/names.h"

enum { FILE_MAX = 16 << 10 };

struct reading {
	const char *sidecar;
	password_fn fn;
	void *context;
};

static void on_file(const char *name, const char *data, size_t len, void *context)
{
	const struct reading *r = context;
	DEFER(json_freep) struct json *users = NULL;

	(void)name;
	if (json_parse(data, len, &users, NULL) < 0)
		return;
	for (const struct json *user = json_first(users); user; user = json_next(user))
		if (json_key(user) && json_text(user))
			r->fn(r->sidecar, json_key(user), json_text(user), r->context);
}

/* The kind that a container was made from; NULL for an image of the user's own. */
static const struct sidecar_kind *kind_of(const struct profiles *profiles,
					  const struct container *c, const char *role)
{
	const struct sidecar_kind *kind = role ? profiles_find_sidecar(profiles, role) : NULL;

	return kind && c->image && image_is_sidecar(c->image, kind->name) ? kind : NULL;
}

int passwords_read(struct podman *podman, const struct profiles *profiles,
		   const struct workspace_facts *facts, password_fn fn, void *context,
		   struct error *err)
{
	for (size_t i = 0; i < facts->container_count; i++) {
		const struct container *c = facts->containers[i];
		const char *role = labels_get(&c->labels, LABEL_ROLE);
		const struct sidecar_kind *kind = kind_of(profiles, c, role);
		struct reading r = { role, fn, context };

		if (kind && kind->passwords &&
		    container_files_read(podman, c->id, kind->passwords, FILE_MAX, on_file, &r,
					 err) < 0)
			return error_add(err, "cannot read the passwords of '%s'", role);
	}
	return 0;
}
