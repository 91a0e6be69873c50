/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_SRC_FORMAT_LEDGER_LINE_H
#define WINALUX_SRC_FORMAT_LEDGER_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "winalux/format/ledger.h"

/* One line of a ledger, read by its form alone; no JSON parser is needed to follow the chain. */
struct ledger_line {
	size_t time_len;
	size_t members; /* where they begin */
	uint64_t seq;
	size_t body; /* bytes that the link is made over */
	bool has_prev;
	uint8_t prev[LEDGER_LINK_SIZE]; /* of who is the first of a file in the middle */
	uint8_t link[LEDGER_LINK_SIZE];
};

bool ledger_line_read(const char *line, size_t len, struct ledger_line *ret);

void ledger_link(const uint8_t before[static LEDGER_LINK_SIZE], const char *body, size_t len,
		 uint8_t ret[static LEDGER_LINK_SIZE]);

/* The same forms for who writes and who reads. */
#define LEDGER_SEQ_MAX (UINT64_MAX / 4) /* far from where counting would end */
#define LEDGER_TIME "{\"time\":\""
#define LEDGER_SEQ "\",\"seq\":"
#define LEDGER_ROTATED "\"event\":\"rotated\",\"prev\":\""
#define LEDGER_CHAIN ",\"chain\":\""
#define LEDGER_END "\"}"

#endif
