/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_INVENTORY_PROFILE_FIELDS_H
#define WINALUX_INVENTORY_PROFILE_FIELDS_H

#include "schema_types.h"

extern const struct schema profile_schema; /* struct profile; containerfile is a file name */
extern const struct schema kind_schema, stack_schema; /* struct sidecar_kind; the same */

#endif
