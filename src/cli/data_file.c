/* SPDX-License-Identifier: MIT */
#include "data_file.h"

#include <stdio.h>
#include <string.h>

#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/log.h"
#include "winalux/base/mem.h"
#include "winalux/base/resource.h"
#include "winalux/inventory/inventory.h"

bool data_file_is_own(const char *origin)
{
	return strcmp(origin, "built-in") != 0;
}

int data_file_print(const char *built_in, const char *origin, struct error *err)
{
	const struct resource *embedded = resource_find(built_in);
	DEFER(buf_release) struct buf text = { 0 };

	buf_init(&text, INVENTORY_MAX_BYTES);
	log_info("# %s", origin);
	if (!data_file_is_own(origin) && embedded) {
		fwrite(embedded->data, 1, embedded->size, stdout);
		return 0;
	}
	if (file_read(origin, INVENTORY_MAX_BYTES, &text, err) < 0)
		return -1;
	fwrite(text.data, 1, text.len, stdout);
	return 0;
}
