/* SPDX-License-Identifier: MIT */
#include "restart_door.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "winalux/base/clock.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"

enum { BACKLOG = 8 };

/* The name begins behind a NUL and is as long as the address says. */
static socklen_t address_of(const char *name, struct sockaddr_un *ret)
{
	int len;

	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	len = snprintf(ret->sun_path + 1, sizeof(ret->sun_path) - 1, "winalux/sidecar/%s", name);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)len);
}

int restart_door_open(const char *name, struct error *err)
{
	DEFER(fd_closep)
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct sockaddr_un address;
	const socklen_t len = address_of(name, &address);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, len) < 0 ||
	    listen(fd, BACKLOG) < 0)
		return error_set_errno(err, ERROR_HOST, errno, "cannot listen for restarts");
	return TAKE_FD(fd);
}

bool restart_door_is_for(unsigned uid)
{
	return uid == RESTART_DEVELOPER_UID || uid == 0;
}

static bool has_hung_up(int fd)
{
	struct pollfd slot = { .fd = fd, .events = POLLRDHUP };

	return poll(&slot, 1, 0) > 0;
}

int restart_door_accept(int door)
{
	DEFER(fd_closep) int fd = accept4(door, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (fd < 0)
		return -1;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 ||
	    !restart_door_is_for(peer.uid)) {
		restart_door_answer(&fd, "only the developer may ask");
		return -1;
	}
	if (has_hung_up(fd))
		return -1;
	return TAKE_FD(fd);
}

void restart_door_answer(int *asker, const char *line)
{
	char text[RESTART_LINE_SIZE];
	const int len = snprintf(text, sizeof(text), "%s\n", line);

	/* Who has gone meanwhile is not told. */
	if (*asker >= 0 && send(*asker, text, (size_t)len, MSG_NOSIGNAL) < 0)
		errno = 0;
	fd_closep(asker);
	*asker = -1;
}

static int read_line(int fd, int64_t deadline_ms, char ret[static RESTART_LINE_SIZE])
{
	size_t len = 0;

	while (len + 1 < RESTART_LINE_SIZE && fd_wait(fd, POLLIN, clock_left_ms(deadline_ms)) > 0) {
		const ssize_t n = recv(fd, ret + len, RESTART_LINE_SIZE - 1 - len, MSG_DONTWAIT);

		if (n <= 0)
			return -1;
		len += (size_t)n;
		ret[len] = '\0';
		if (ret[len - 1] == '\n') {
			ret[len - 1] = '\0';
			return 0;
		}
	}
	return -1;
}

int restart_door_ask(const char *name, int timeout_ms, char ret_line[static RESTART_LINE_SIZE],
		     struct error *err)
{
	DEFER(fd_closep) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un address;
	const socklen_t len = address_of(name, &address);

	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, len) < 0)
		return error_set_errno(err, ERROR_HOST, errno, "'%s' does not take restarts", name);
	if (read_line(fd, clock_mono_ms() + timeout_ms, ret_line) < 0)
		return error_set(err, ERROR_HOST, "'%s' has not answered", name);
	return 0;
}
