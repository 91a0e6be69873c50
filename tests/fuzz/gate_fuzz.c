/* SPDX-License-Identifier: MIT */
/* What the gate reads from outside: tokens, tickets, its file, the keyboard, the wire. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "guest/gate_file.h"
#include "guest/passcode.h"
#include "guest/proc_parent.h"
#include "guest/shell.h"
#include "winalux/base/mem.h"
#include "winalux/base/token.h"
#include "winalux/format/token_hash.h"
#include "winalux/guest/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_file(const char *text, size_t size)
{
	struct gate_file file;

	if (gate_file_parse(text, size, &file, NULL) == 0 &&
	    strlen(file.unlock) >= sizeof(file.unlock))
		abort();
}

/* What is accepted comes out the same when it is written again. */
static void read_token(const char *text)
{
	char again[TOKEN_TEXT_SIZE];
	struct token token, back;

	if (token_parse(text, &token) != TOKEN_FINE)
		return;
	token_format(&token, again);
	if (token_parse(again, &back) != TOKEN_FINE || memcmp(&token, &back, sizeof(token)) != 0)
		abort();
}

static void type(const char *text)
{
	struct passcode p = { .len = 0 };
	int stars, sum = 0;

	for (; *text; text++) {
		passcode_type(&p, *text, &stars);
		sum += stars;
		if (p.len >= sizeof(p.text))
			abort();
	}
	(void)sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t hash[TOKEN_HASH_SIZE] = { 1 };
	DEFER(freep) char *text = xmalloc(size + 1); /* ends where an overrun is seen */
	DEFER(freep) struct wire_config *config = xcalloc(1, sizeof(*config));
	struct ticket ticket;

	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	read_file(text, size);
	read_token(text);
	type(text);
	if (ticket_parse(text, hash, &ticket))
		abort(); /* a guess of 128 bits */
	proc_parent_parse(text);
	shell_name_of(text);
	wire_decode(text, size, config, NULL);
	return 0;
}
