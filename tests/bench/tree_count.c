/* SPDX-License-Identifier: MIT */
/*
 * tree_count DIRECTORY [FILES]: counts DIRECTORY in steps of 20 ms, after putting FILES empty files
 * into it, a hundred to a directory (make build/bench/tree_count). Prints what was found and what
 * that took: the first count may read from disk, the second has it all in memory.
 */
#include "telemetry/tree_count.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { STEP_US = 20000, FILES_EACH = 100, DIRECTORIES_EACH = 100 };

static struct tree_count counter;

static double now_us(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static bool fill(int root, long files)
{
	char name[128];

	for (long i = 0; i < files; i++) {
		const long directory = i / FILES_EACH, top = directory / DIRECTORIES_EACH;

		if (directory % DIRECTORIES_EACH == 0 && i % FILES_EACH == 0) {
			snprintf(name, sizeof(name), "top-%ld", top);
			mkdirat(root, name, 0755);
		}
		snprintf(name, sizeof(name), "top-%ld/directory-%ld", top, directory);
		if (i % FILES_EACH == 0)
			mkdirat(root, name, 0755);
		snprintf(name, sizeof(name), "top-%ld/directory-%ld/some-file-%ld.js", top,
			 directory, i);
		const int fd = openat(root, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
		if (fd < 0)
			return false;
		close(fd);
	}
	return true;
}

static bool measure(int root, const char *title)
{
	const double wall_us = now_us(CLOCK_MONOTONIC), cpu_us = now_us(CLOCK_THREAD_CPUTIME_ID);
	enum tree_count_result result = TREE_COUNT_RUNNING;
	unsigned steps = 0;

	if (!tree_count_begin(&counter, root))
		return false;
	for (; result == TREE_COUNT_RUNNING; steps++)
		result = tree_count_step(&counter, STEP_US);
	const double cpu = now_us(CLOCK_THREAD_CPUTIME_ID) - cpu_us;
	const double wall = now_us(CLOCK_MONOTONIC) - wall_us;
	const struct tree_count_sum sum = tree_count_result_of(&counter);
	tree_count_clear(&counter);
	printf("%s: %" PRIu64 " inodes, %" PRIu64 " bytes, %" PRIu64 " unreadable, %" PRIu64
	       " changed: %u steps, %.0f ms, %.3f us of processor time each\n",
	       title, sum.inodes, sum.bytes, sum.unreadable, sum.changed, steps, wall / 1e3,
	       cpu / (double)sum.inodes);
	return result == TREE_COUNT_DONE;
}

int main(int argc, char **argv)
{
	const int root = argc > 1 ? open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (root < 0 || !fill(root, argc > 2 ? strtol(argv[2], NULL, 10) : 0)) {
		fprintf(stderr, "usage: tree_count DIRECTORY [FILES]\n");
		return 2;
	}
	return measure(root, "first") && measure(root, "again") ? 0 : 1;
}
