/* SPDX-License-Identifier: MIT */
/* What whoever connects to the strict gate's socket sends as a container's state. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "warden/payload.h"
#include "winalux/base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_name(const char *name, size_t size)
{
	if (strnlen(name, size) == size || strchr(name, '/') || *name == '.')
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	DEFER(freep) char *text = xmalloc(size ? size : 1); /* ends where an overrun is seen */
	struct payload payload;

	if (size > 0)
		memcpy(text, data, size);
	if (!payload_parse(text, size, &payload))
		return 0;
	if (!*payload.container)
		abort();
	check_name(payload.container, sizeof(payload.container));
	check_name(payload.workspace, sizeof(payload.workspace));
	return 0;
}
