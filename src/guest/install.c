/* SPDX-License-Identifier: MIT */
#include "role.h"

#include <getopt.h>
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
	static const struct option options[] = {
		{ "from", required_argument, NULL, 'f' },
		{ "to", required_argument, NULL, 't' },
		{ 0 },
	};
	const char *from = NULL, *to = NULL;
	struct error err;
	int letter;

	opterr = 0;
	while ((letter = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (letter == '?')
			return role_misused(&role_install);
		*(letter == 'f' ? &from : &to) = optarg;
	}
	if (!from || !to || optind != argc)
		return role_misused(&role_install);
	return install(from, to, &err) < 0 ? role_fails(&err) : 0;
}

const struct role role_install = {
	.name = "install",
	.usage = "--from FILE --to FILE",
	.summary = "copy a file so that readers see the old or the new one",
	.run = run_install,
};
