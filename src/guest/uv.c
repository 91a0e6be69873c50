/* SPDX-License-Identifier: MIT */
#include "uv.h"

#include <string.h>
#include <unistd.h>

#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/base/process.h"
#include "winalux/base/strv.h"

#define UV_OF_IMAGE "/opt/winalux/venv/bin/uv"

enum { OUTPUT_MAX = 4 << 20 };

/* The arguments are for a program that gives its progress to nobody and fetches no Python. */
static const char *const environment[] = { "UV_NO_PROGRESS=1", "NO_COLOR=1",
					   "UV_PYTHON_DOWNLOADS=never", NULL };

static void keep_line(const char *line, bool is_stderr, void *context)
{
	struct buf *said = context;

	if (is_stderr)
		buf_addf(said, "%s\n", line);
}

static void add_options(const struct uv *uv, const char *command, struct strv *argv)
{
	if (strcmp(command, "compile") == 0 || strcmp(command, "install") == 0) {
		if (uv->is_offline)
			strv_add(argv, "--offline");
		if (uv->only_wheels)
			strv_add(argv, "--only-binary=:all:");
	}
	if (uv->cache)
		strv_addf(argv, "--cache-dir=%s", uv->cache);
	if (uv->python)
		strv_addf(argv, "--python=%s", uv->python);
}

int uv_pip(const struct uv *uv, const struct strv *arguments, struct buf *ret_output,
	   struct buf *ret_said, struct error *err)
{
	DEFER(strv_release) struct strv argv = { 0 };
	DEFER(buf_release) struct buf unwanted = { 0 };
	const struct process_options options = {
		.environment = environment,
		.stdin_fd = -1,
		.stdout_fd = -1,
		.timeout_ms = uv->timeout_ms,
		.max_output_bytes = OUTPUT_MAX,
		.on_line = ret_said ? keep_line : NULL,
		.context = ret_said,
	};
	int status;

	strv_add(&argv, access(UV_OF_IMAGE, X_OK) == 0 ? UV_OF_IMAGE : "uv");
	strv_add(&argv, "pip");
	strv_add(&argv, arguments->items[0]);
	add_options(uv, arguments->items[0], &argv);
	for (size_t i = 1; i < arguments->count; i++)
		strv_add(&argv, arguments->items[i]);
	if (process_run((const char *const *)argv.items, &options,
			ret_output ? ret_output : &unwanted, &status, err) < 0)
		return -1;
	return status;
}
