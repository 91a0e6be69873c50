/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_WARDEN_NOTIFY_H
#define WINALUX_WARDEN_NOTIFY_H

#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * The kernel's user notifications of a seccomp filter: seccomp_unotify(2). A task whose execve the
 * filter holds back waits until one of those who have the filter's descriptor has answered.
 */

/* Is it such a descriptor? Makes its waits wake up the other side on this CPU where Linux can. */
bool notify_adopt(int fd);

/* Is something to be received? Never waits. */
bool notify_is_due(int fd);

/* Are all tasks of the filter gone? */
bool notify_is_over(int fd);

/*
 * Receives into *ret, which is zeroed. False with errno; ENOENT: the task is gone. It waits where
 * nothing is due, whatever the descriptor's flags say.
 */
bool notify_receive(int fd, struct seccomp_notif *ret);

/* Does the task still wait? Until it does not, its pid is nobody else's. */
bool notify_is_waiting(int fd, uint64_t id);

/* error 0 lets the system call go on, a positive errno fails it. An id that is answered already, or
 * whose task is gone, is nothing to worry about. */
void notify_answer(int fd, uint64_t id, int error);

#endif
