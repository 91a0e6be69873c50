/* SPDX-License-Identifier: MIT */
/* The key file's text: what is taken for a key comes out the same when it is written again. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "winalux/base/mem.h"
#include "winalux/format/token_hash.h"
#include "winalux/workspace/key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	DEFER(freep) char *text = xmalloc(size + 1); /* ends where an overrun is seen */
	char again[sizeof("winalux-key-1 ") + 2 * sizeof(struct key)] = "winalux-key-1 ";
	struct key key, back;

	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	if (!key_parse(text, &key))
		return 0;
	hex_format(key.bytes, sizeof(key.bytes), again + strlen(again));
	if (strncmp(text, again, strlen(again)) != 0 || !key_parse(again, &back) ||
	    memcmp(&key, &back, sizeof(key)) != 0)
		abort();
	return 0;
}
