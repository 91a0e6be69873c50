/* SPDX-License-Identifier: MIT */
#include "unit/format/tar_list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "winalux/base/buf.h"
#include "winalux/base/fd.h"
#include "winalux/base/process.h"

void tar_list(const struct buf *archive, struct buf *ret_text)
{
	static const char script[] =
		"import sys, tarfile\n"
		"for m in tarfile.open(fileobj=sys.stdin.buffer, mode='r|'):\n"
		"    print(m.name, oct(m.mode), m.uid, m.gid, m.mtime, m.type.decode(),\n"
		"          m.linkname or m.size)\n";
	const char *const argv[] = { "python3", "-c", script, NULL };
	struct process_options options = { .stdout_fd = -1, .environment = NULL };
	FILE *file = tmpfile();

	assert_non_null(file);
	options.stdin_fd = fileno(file);
	assert_int_equal(fd_write_all(options.stdin_fd, archive->data, archive->len, NULL), 0);
	assert_int_equal(lseek(options.stdin_fd, 0, SEEK_SET), 0);
	assert_int_equal(process_run(argv, &options, ret_text, NULL, NULL), 0);
	fclose(file);
}
