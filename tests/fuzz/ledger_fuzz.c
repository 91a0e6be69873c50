/* SPDX-License-Identifier: MIT */
/*
 * A ledger that somebody wrote: it is checked to its end, and a writer that finds it goes on in a
 * way that checks: its own lines are sound, whatever is before them.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "winalux/base/mem.h"
#include "winalux/format/ledger.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char directory[] = "/dev/shm/winalux-ledger-fuzz";

/* The flaw of the last line. */
static enum ledger_flaw check_all(const char *text, size_t len)
{
	struct ledger_check check = { 0 };
	enum ledger_flaw flaw = LEDGER_SOUND;

	while (len > 0) {
		const char *newline = memchr(text, '\n', len);
		const size_t used = newline ? (size_t)(newline - text) : len;
		DEFER(freep) char *line = xmalloc(used + !used); /* ends where an overrun is seen */

		memcpy(line, text, used);
		flaw = ledger_check_line(&check, line, used);
		len -= used + (newline != NULL);
		text += used + (newline != NULL);
	}
	return flaw;
}

static void write_file(const uint8_t *data, size_t size)
{
	const int fd = openat(AT_FDCWD, "/dev/shm/winalux-ledger-fuzz/log.jsonl",
			      O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	close(fd);
}

static enum ledger_flaw check_file(void)
{
	DEFER(freep) char *text = xmalloc(1 << 20);
	const int fd = open("/dev/shm/winalux-ledger-fuzz/log.jsonl", O_RDONLY | O_CLOEXEC);
	const ssize_t n = read(fd, text, 1 << 20);

	close(fd);
	return n < 0 ? LEDGER_NO_RECORD : check_all(text, (size_t)n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ledger l;

	mkdir(directory, 0700);
	check_all((const char *)data, size);
	write_file(data, size);
	if (ledger_open(&l, directory, NULL) < 0)
		abort();
	ledger_add(&l, "{\"event\":\"one\"}", 15, 1);
	ledger_add(&l, "{\"event\":\"two\"}", 15, 2);
	ledger_close(&l);
	if (check_file() != LEDGER_SOUND)
		abort();
	return 0;
}
