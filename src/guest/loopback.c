/* SPDX-License-Identifier: MIT */
#include "loopback.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "winalux/base/fd.h"
#include "winalux/base/mem.h"

enum { OPEN_LIMIT_MS = 1000 };

int loopback_connect(uint16_t port)
{
	const struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	DEFER(fd_closep) int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 || (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 &&
		       errno != EINPROGRESS))
		return -1;
	return TAKE_FD(fd);
}

bool loopback_is_open(uint16_t port)
{
	DEFER(fd_closep) int fd = loopback_connect(port);
	int failure = 0;
	socklen_t size = sizeof(failure);

	return fd >= 0 && fd_wait(fd, POLLOUT, OPEN_LIMIT_MS) > 0 &&
	       getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &size) == 0 && failure == 0;
}
