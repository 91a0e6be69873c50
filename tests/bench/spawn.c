/* SPDX-License-Identifier: MIT */
/*
 * spawn COUNT PROGRAM [ARGUMENT…]: microseconds of a fork, exec and end of PROGRAM, the mean of
 * COUNT. Runs inside a workspace; it is small and static, so that little of what it measures is its
 * own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

int main(int argc, char **argv)
{
	const long count = argc > 2 ? strtol(argv[1], NULL, 10) : 0;
	const double started = now_us();

	for (long i = 0; i < count; i++) {
		int status = -1;
		const pid_t pid = fork();

		if (pid == 0) {
			execv(argv[2], argv + 2);
			_exit(127);
		}
		if (waitpid(pid, &status, 0) < 0 || status != 0) {
			fprintf(stderr, "spawn: '%s' ended with status %d\n", argv[2], status);
			return 1;
		}
	}
	printf("%.1f\n", (now_us() - started) / (count > 0 ? (double)count : 1));
	return count > 0 ? 0 : 2;
}
