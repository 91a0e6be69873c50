/* SPDX-License-Identifier: MIT */
#include "winalux/image/reference.h"

#include <stddef.h>
#include <string.h>

#include "winalux/base/arch.h"
#include "winalux/base/mem.h"
#include "winalux/base/version.h"

static char *reference_at(const char *registry, const char *kind, const char *name)
{
	if (registry == NULL)
		return xasprintf("localhost/winalux/%s%s:latest", kind, name);
	return xasprintf("%s/winalux/%s%s:%s", registry, kind, name, winalux_release);
}

char *image_profile_reference_at(const char *registry, const char *profile)
{
	return reference_at(registry, "", profile);
}

char *image_sidecar_reference_at(const char *registry, const char *kind)
{
	return reference_at(registry, "sidecar-", kind);
}

char *image_profile_reference(const char *profile)
{
	return reference_at(NULL, "", profile);
}

char *image_sidecar_reference(const char *kind)
{
	return reference_at(NULL, "sidecar-", kind);
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
