/* SPDX-License-Identifier: MIT */
#include "banner.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "winalux/base/mem.h"

enum { CLIENTS_MAX = 256 };

struct banner {
	const char *text;
	uint16_t port;
	int listen_fd;
	int stop_fd;
	int clients[CLIENTS_MAX];
	atomic_uint client_count;
	pthread_t thread;
};

static void *greet(void *context)
{
	struct banner *b = context;
	struct pollfd both[] = { { .fd = b->listen_fd, .events = POLLIN },
				 { .fd = b->stop_fd, .events = POLLIN } };

	while (poll(both, 2, -1) > 0 && !both[1].revents) {
		const int fd = accept4(b->listen_fd, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0 || b->client_count == CLIENTS_MAX)
			abort();
		b->clients[b->client_count++] = fd;
		if (b->text && send(fd, b->text, strlen(b->text), MSG_NOSIGNAL) < 0)
			perror("banner");
	}
	return NULL;
}

static int listen_anywhere(uint16_t *ret_port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) < 0 || listen(fd, 16) < 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &len) < 0)
		abort();
	*ret_port = ntohs(address.sin_port);
	return fd;
}

struct banner *banner_start(const char *text)
{
	struct banner *b = xcalloc(1, sizeof(*b));

	b->text = text;
	b->listen_fd = listen_anywhere(&b->port);
	b->stop_fd = eventfd(0, EFD_CLOEXEC);
	if (b->stop_fd < 0 || pthread_create(&b->thread, NULL, greet, b) != 0)
		abort();
	return b;
}

uint16_t banner_port(const struct banner *b)
{
	return b->port;
}

unsigned banner_client_count(struct banner *b)
{
	return b->client_count;
}

void banner_stop(struct banner *b)
{
	const uint64_t one = 1;

	if (!b)
		return;
	if (write(b->stop_fd, &one, sizeof(one)) < 0)
		abort();
	pthread_join(b->thread, NULL);
	for (unsigned i = 0; i < b->client_count; i++)
		close(b->clients[i]);
	close(b->listen_fd);
	close(b->stop_fd);
	free(b);
}

void banner_stopp(struct banner **b)
{
	banner_stop(*b);
	*b = NULL;
}

uint16_t banner_free_port(void)
{
	uint16_t port;

	close(listen_anywhere(&port));
	return port;
}
