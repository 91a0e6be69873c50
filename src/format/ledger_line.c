/* SPDX-License-Identifier: MIT */
#include "ledger_line.h"

#include <string.h>

#include <sodium/crypto_generichash.h>

#include "winalux/base/parse.h"
#include "winalux/format/token_hash.h"

enum {
	LINK_HEX = 2 * LEDGER_LINK_SIZE,
	TAIL_SIZE = sizeof(LEDGER_CHAIN) - 1 + LINK_HEX + sizeof(LEDGER_END) - 1,
	HEAD_SIZE = 256, /* more than time, number and "prev" take */
};

void ledger_link(const uint8_t before[static LEDGER_LINK_SIZE], const char *body, size_t len,
		 uint8_t ret[static LEDGER_LINK_SIZE])
{
	crypto_generichash_state state;

	crypto_generichash_init(&state, NULL, 0, LEDGER_LINK_SIZE);
	crypto_generichash_update(&state, before, LEDGER_LINK_SIZE);
	crypto_generichash_update(&state, (const unsigned char *)body, len);
	crypto_generichash_final(&state, ret, LEDGER_LINK_SIZE);
}

static bool read_head(const char *const start, struct ledger_line *ret)
{
	static const char time_characters[] = "0123456789-:.TZ";
	const char *head = start, *time;

	if (!parse_literal(&head, LEDGER_TIME) ||
	    !parse_span(&head, time_characters, &time, &ret->time_len) ||
	    !parse_literal(&head, LEDGER_SEQ) || !parse_u64(&head, 1, LEDGER_SEQ_MAX, &ret->seq) ||
	    !parse_char(&head, ','))
		return false;
	ret->members = (size_t)(head - start);
	ret->has_prev = parse_literal(&head, LEDGER_ROTATED);
	return !ret->has_prev || hex_parse(&head, ret->prev, LEDGER_LINK_SIZE);
}

static bool read_tail(const char *tail, struct ledger_line *ret)
{
	return parse_literal(&tail, LEDGER_CHAIN) &&
	       hex_parse(&tail, ret->link, LEDGER_LINK_SIZE) && parse_literal(&tail, LEDGER_END) &&
	       parse_end(&tail);
}

bool ledger_line_read(const char *line, size_t len, struct ledger_line *ret)
{
	char head[HEAD_SIZE], tail[TAIL_SIZE + 1];

	if (len <= TAIL_SIZE || len > LEDGER_LINE_MAX || memchr(line, '\0', len))
		return false;
	ret->body = len - TAIL_SIZE;
	const size_t head_len = ret->body < sizeof(head) ? ret->body : sizeof(head) - 1;
	memcpy(head, line, head_len);
	head[head_len] = '\0';
	memcpy(tail, line + ret->body, TAIL_SIZE);
	tail[TAIL_SIZE] = '\0';
	return read_head(head, ret) && read_tail(tail, ret);
}

bool ledger_record_read(const char *line, size_t len, struct ledger_record *ret)
{
	struct ledger_line l;

	if (!ledger_line_read(line, len, &l))
		return false;
	ret->time = line + sizeof(LEDGER_TIME) - 1;
	ret->time_len = l.time_len;
	ret->seq = l.seq;
	ret->members = line + l.members;
	ret->members_len = l.body - l.members;
	memcpy(ret->link, l.link, sizeof(ret->link));
	return true;
}

static enum ledger_flaw compare(const struct ledger_check *check, const struct ledger_line *l,
				const char *line)
{
	const bool begins_in_the_middle = check->seq == 0 && l->has_prev;
	uint8_t wanted[LEDGER_LINK_SIZE];

	if (l->seq > check->seq + 1 && !begins_in_the_middle)
		return LEDGER_MISSING;
	if (l->seq < check->seq + 1)
		return LEDGER_MOVED;
	ledger_link(begins_in_the_middle ? l->prev : check->link, line, l->body, wanted);
	return memcmp(wanted, l->link, sizeof(wanted)) == 0 ? LEDGER_SOUND : LEDGER_CHANGED;
}

enum ledger_flaw ledger_check_line(struct ledger_check *check, const char *line, size_t len)
{
	struct ledger_line l;

	if (!ledger_line_read(line, len, &l))
		return LEDGER_NO_RECORD;
	const enum ledger_flaw flaw = compare(check, &l, line);
	check->seq = l.seq;
	memcpy(check->link, l.link, sizeof(check->link));
	return flaw;
}

const char *ledger_flaw_text(enum ledger_flaw flaw)
{
	static const char *const texts[] = {
		[LEDGER_SOUND] = "is sound",
		[LEDGER_CHANGED] = "is not what was written, or follows one that is not",
		[LEDGER_MISSING] = "follows lines that are gone",
		[LEDGER_MOVED] = "is not in its place",
		[LEDGER_NO_RECORD] = "is no line of a ledger",
	};

	return texts[flaw];
}
