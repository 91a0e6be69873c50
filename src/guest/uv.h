/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_GUEST_UV_H
#define WINALUX_GUEST_UV_H

#include <stdbool.h>

struct buf;
struct error;
struct strv;

/* The installer of Python packages, which the image brings. */
struct uv {
	const char *python; /* of the environment that it works on */
	const char *cache;  /* NULL: its own, ~/.cache/uv */
	bool is_offline;
	bool only_wheels; /* no code of a package is run */
	int timeout_ms;   /* then it is killed, with ERROR_TIMEOUT */
};

/*
 * uv pip ARGUMENTS. ret_output may be NULL; else it gets stdout and is initialised here. ret_said
 * may be NULL; else what uv said on stderr is added to it. -1 with err where it cannot be started;
 * else its exit status.
 */
int uv_pip(const struct uv *uv, const struct strv *arguments, struct buf *ret_output,
	   struct buf *ret_said, struct error *err);

#endif
