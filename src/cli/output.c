/* SPDX-License-Identifier: MIT */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/*
 * open takes the lowest number that is free, so each fills its own gap. Not to be written to; for
 * programs that take our place it is closed again, as it was.
 */
static void open_missing(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		if (open("/dev/null", O_RDONLY | O_CLOEXEC) != fd)
			abort();
	}
}

/* What fails once is dropped from then on: stdio would try it again at every flush. */
static ssize_t write_stdout(void *context, const char *data, size_t len)
{
	struct output *output = context;
	size_t done = 0;

	while (done < len && !output->os_errno) {
		ssize_t n = write(STDOUT_FILENO, data + done, len - done);

		if (n >= 0)
			done += (size_t)n;
		else if (errno != EINTR)
			output->os_errno = errno;
	}
	return output->os_errno ? 0 : (ssize_t)len;
}

void output_init(struct output *ret)
{
	const cookie_io_functions_t functions = { .write = write_stdout };

	*ret = (struct output){ 0 };
	open_missing();
	FILE *stream = fopencookie(ret, "w", functions);
	if (!stream)
		abort();
	setvbuf(stream, NULL, isatty(STDOUT_FILENO) ? _IOLBF : _IOFBF, BUFSIZ);
	stdout = stream;
}

int output_finish(struct output *output)
{
	fclose(stdout);
	return output->os_errno;
}
