/* SPDX-License-Identifier: MIT */
#include "winalux/image/reference.h"

#include <stddef.h>
#include <string.h>

#include "winalux/base/arch.h"
#include "winalux/base/mem.h"
#include "winalux/base/version.h"
#include "winalux/inventory/profile.h"

#define SIDECAR "sidecar-"

static char *reference_at(const char *registry, const char *name)
{
	if (registry == NULL)
		return xasprintf("localhost/winalux/%s:latest", name);
	return xasprintf("%s/winalux/%s:%s", registry, name, winalux_release);
}

char *image_profile_reference_at(const char *registry, const char *profile)
{
	return reference_at(registry, profile);
}

char *image_sidecar_reference_at(const char *registry, const char *kind, const char *version)
{
	DEFER(freep) char *name = image_sidecar_name(kind, version);

	return reference_at(registry, name);
}

char *image_profile_reference(const char *profile)
{
	return reference_at(NULL, profile);
}

char *image_sidecar_reference(const char *kind, const char *version)
{
	return image_sidecar_reference_at(NULL, kind, version);
}

char *image_sidecar_name(const char *kind, const char *version)
{
	if (version == NULL)
		return xasprintf(SIDECAR "%s", kind);
	return xasprintf(SIDECAR "%s.%s", kind, version);
}

const struct sidecar_kind *image_parse_sidecar_name(const struct profiles *p, const char *name,
						    const char **ret_version)
{
	const size_t len = strcspn(name, ".");
	DEFER(freep) char *base = xstrndup(name, len);

	*ret_version = name[len] ? name + len + 1 : NULL;
	if (strncmp(base, SIDECAR, strlen(SIDECAR)) != 0 || profiles_find(p, base))
		return NULL;
	return profiles_find_sidecar(p, base + strlen(SIDECAR));
}

bool image_is_sidecar(const char *reference, const char *kind)
{
	DEFER(freep) char *name = image_sidecar_name(kind, NULL);
	const char *slash = strrchr(reference, '/');
	const char *base = slash ? slash + 1 : reference;
	const size_t len = strlen(name);

	return strncmp(base, name, len) == 0 && (base[len] == ':' || base[len] == '.');
}

char *image_reference_for(const char *reference, const char *arch)
{
	if (strcmp(arch, arch_own()) == 0)
		return xstrdup(reference);
	return xasprintf("%s-%s", reference, arch);
}

char *image_list_reference(const char *reference)
{
	const char *colon = strrchr(reference, ':');
	size_t len = colon == NULL ? strlen(reference) : (size_t)(colon - reference);

	return xasprintf("%.*s:%s", (int)len, reference, winalux_version);
}
