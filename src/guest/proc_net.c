/* SPDX-License-Identifier: MIT */
/*
 * The kernel lists listening sockets before all others (tcp_seq_start in net/ipv4/tcp_ipv4.c), so
 * the first line in another state ends the search: the cost does not grow with the connections.
 */
#include "proc_net.h"

#include <fcntl.h>
#include <string.h>

#include "lines.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/base/parse.h"

struct search {
	uint16_t port;
	bool is_found;
	bool is_over;
};

static bool parse_hex(const char **cursor, size_t max_digits, uint64_t *ret)
{
	const char *at = *cursor, *digits;
	size_t len;
	uint64_t value = 0;

	if (!parse_span(&at, "0123456789ABCDEFabcdef", &digits, &len) || len > max_digits)
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)digits[i];

		value = value << 4 | (uint64_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	*cursor = at;
	*ret = value;
	return true;
}

/* "0100007F:08AE", for IPv6 32 digits before the colon. */
static bool parse_endpoint(const char **cursor, uint64_t *ret_port)
{
	const char *address;
	size_t len;

	return parse_span(cursor, "0123456789ABCDEFabcdef", &address, &len) &&
	       (len == 8 || len == 32) && parse_char(cursor, ':') && parse_hex(cursor, 4, ret_port);
}

bool proc_net_parse(const char *line, uint16_t *ret_port, unsigned *ret_state)
{
	uint64_t slot, port, remote_port, state;

	parse_spaces(&line);
	if (!parse_u64(&line, 0, UINT64_MAX, &slot) || !parse_literal(&line, ": ") ||
	    !parse_endpoint(&line, &port) || !parse_char(&line, ' ') ||
	    !parse_endpoint(&line, &remote_port) || !parse_char(&line, ' ') ||
	    !parse_hex(&line, 2, &state))
		return false;
	*ret_port = (uint16_t)port;
	*ret_state = (unsigned)state;
	return true;
}

static void on_line(void *context, const char *text, size_t len)
{
	struct search *search = context;
	char line[LINES_SIZE + 1];
	uint16_t port;
	unsigned state;

	if (search->is_over)
		return;
	memcpy(line, text, len);
	line[len] = '\0';
	if (!proc_net_parse(line, &port, &state))
		return;
	search->is_found = state == PROC_NET_LISTEN && port == search->port;
	search->is_over = search->is_found || state != PROC_NET_LISTEN;
}

int proc_net_has_listener(const char *path, uint16_t port)
{
	DEFER(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct search search = { .port = port };
	struct lines lines;

	if (fd < 0)
		return -1;
	lines_clear(&lines);
	while (!search.is_over && lines_read(&lines, fd, on_line, &search))
		;
	return search.is_found;
}
