/* SPDX-License-Identifier: MIT */
#include "role.h"

#include <stddef.h>

#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"

enum { INSTALL_MAX_BYTES = 16 << 20, INSTALL_MODE = 0644 };

static int install(const char *from, const char *to, struct error *err)
{
	DEFER(buf_release) struct buf text = { 0 };

	if (file_read(from, INSTALL_MAX_BYTES, &text, err) < 0)
		return -1;
	return file_write_atomic(to, text.data, text.len, INSTALL_MODE, err);
}

static int run_install(int argc, char **argv)
{
	struct error err;

	if (argc < 3 || argc % 2 == 0)
		return role_misused(&role_install);
	for (int i = 1; i < argc; i += 2) {
		if (install(argv[i], argv[i + 1], &err) < 0)
			return role_fails(&err);
	}
	return 0;
}

const struct role role_install = {
	.name = "install",
	.usage = "FILE TARGET [FILE TARGET]...",
	.summary = "copy files so that readers see the old or the new ones",
	.run = run_install,
};
