/* SPDX-License-Identifier: MIT */
#include "winalux/plan/names.h"

#include "winalux/base/mem.h"

char *object_name(const char *slug, const char *role)
{
	return xasprintf("winalux-%s-%s", slug, role);
}

char *state_volume_name(const char *slug, unsigned generation)
{
	return xasprintf("winalux-%s-%s-%u", slug, ROLE_STATE, generation);
}
