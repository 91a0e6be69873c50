/* SPDX-License-Identifier: MIT */
#include "notify.h"

#include <errno.h>
#include <poll.h>
#include <sys/ioctl.h>

/* Linux 6.6 */
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#endif

bool notify_adopt(int fd)
{
	uint64_t no_id = 0;

	if (ioctl(fd, SECCOMP_IOCTL_NOTIF_ID_VALID, &no_id) == 0 || errno != ENOENT)
		return false;
	ioctl(fd, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
	return true;
}

static bool has(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1 && (p.revents & events);
}

bool notify_is_due(int fd)
{
	return has(fd, POLLIN);
}

bool notify_is_over(int fd)
{
	return has(fd, POLLHUP | POLLERR);
}

bool notify_receive(int fd, struct seccomp_notif *ret)
{
	return ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, ret) == 0;
}

bool notify_is_waiting(int fd, uint64_t id)
{
	return ioctl(fd, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

void notify_answer(int fd, uint64_t id, int error)
{
	struct seccomp_notif_resp answer = {
		.id = id,
		.error = -error,
		.flags = error ? 0 : SECCOMP_USER_NOTIF_FLAG_CONTINUE,
	};

	while (ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &answer) < 0 && errno == EINTR)
		;
}
