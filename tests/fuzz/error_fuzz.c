/* SPDX-License-Identifier: MIT */
/* Error bodies of any shape: what comes out is printable and not empty. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "winalux/base/mem.h"
#include "winalux/base/utf8.h"
#include "winalux/podman/podman.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	DEFER(freep) char *body = xmalloc(size + 1); /* ends where an overrun is seen */

	if (size > 0)
		memcpy(body, data, size);
	body[size] = '\0';
	DEFER(freep) char *text = podman_error_text(body, size);
	if (!text)
		return 0;
	if (!*text || !utf8_is_valid(text, strlen(text)))
		abort();
	for (const char *at = text; *at; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			abort();
	return 0;
}
