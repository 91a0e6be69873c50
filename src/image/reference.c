/* SPDX-License-Identifier: MIT */
#include "winalux/image/reference.h"

#include <stddef.h>
#include <string.h>

#include "winalux/base/arch.h"
#include "winalux/base/mem.h"
#include "winalux/base/version.h"

char *image_profile_reference(const char *profile)
{
	return xasprintf("localhost/winalux/%s:latest", profile);
}

char *image_sidecar_reference(const char *kind)
{
	return xasprintf("localhost/winalux/sidecar-%s:latest", kind);
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
