/* SPDX-License-Identifier: MIT */
#include "winalux/image/builder.h"

#include "winalux/base/mem.h"

char *image_profile_reference(const char *profile)
{
	return xasprintf("localhost/winalux/%s:latest", profile);
}

char *image_sidecar_reference(const char *kind)
{
	return xasprintf("localhost/winalux/sidecar-%s:latest", kind);
}
