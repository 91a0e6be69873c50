/* SPDX-License-Identifier: MIT */
/* fake-libpod SOCKET SCRIPT: the fake of fake.h for tests of whole programs. Ends with SIGTERM or
 * SIGINT. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "fake/fake.h"

int main(int argc, char **argv)
{
	sigset_t signals;
	int got;

	if (argc != 3) {
		fprintf(stderr, "usage: fake-libpod SOCKET SCRIPT\n");
		return 2;
	}
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, NULL); /* before the threads, which inherit it */

	struct fake_server *server = fake_start_at(argv[2], argv[1]);
	printf("ready\n");
	fflush(stdout);
	sigwait(&signals, &got);

	char *requests = fake_requests(server);
	char *problems = fake_problems(server);
	printf("%s", requests);
	fprintf(stderr, "%s", problems);
	int status = *problems ? 1 : 0;
	free(requests);
	free(problems);
	fake_stop(server);
	return status;
}
