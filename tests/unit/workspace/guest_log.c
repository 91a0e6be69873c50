/* SPDX-License-Identifier: MIT */
#include "guest_log.h"

#include <stdint.h>
#include <string.h>

#include "winalux/base/buf.h"
#include "winalux/base/mem.h"

static void add_frame(struct buf *b, const char *line, size_t len)
{
	buf_addf(b, "\\x01\\x00\\x00\\x00\\x00\\x00\\x%02x\\x%02x", (unsigned)((len + 1) >> 8),
		 (unsigned)((len + 1) & 0xff));
	for (size_t i = 0; i < len; i++)
		buf_addf(b, line[i] == '\\' ? "\\%c" : "%c", line[i]);
	buf_add_str(b, "\\n\n");
}

char *guest_log(const char *follow, const char *options, const char *lines)
{
	struct buf b;

	buf_init(&b, SIZE_MAX);
	buf_addf(&b, ">>> GET /containers/*/logs?*follow=%s*\n<<< 200 escaped %s\n\n", follow,
		 options);
	while (*lines) {
		const size_t len = strcspn(lines, "\n");

		add_frame(&b, lines, len);
		lines += len + (lines[len] == '\n');
	}
	return buf_take(&b);
}
