/* SPDX-License-Identifier: MIT */
#include "winalux/base/resource.h"

#include <string.h>

const struct resource *resource_find(const char *name)
{
	for (const struct resource *r = resources; r->name; r++)
		if (strcmp(r->name, name) == 0)
			return r;
	return NULL;
}
