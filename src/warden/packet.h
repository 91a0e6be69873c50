/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_WARDEN_PACKET_H
#define WINALUX_WARDEN_PACKET_H

#include <stddef.h>
#include <sys/types.h>

/* Bytes with at most one descriptor, over unix sockets that never make us wait. */

/* fd -1: without one. -1 with errno; never SIGPIPE. */
ssize_t packet_send(int socket, const void *data, size_t len, int fd);

/* *ret_fd is -1 where none came; of several all are closed. 0 at the end; -1 with errno. */
ssize_t packet_receive(int socket, void *ret, size_t size, int *ret_fd);

/* A listening socket for the same user at path, whatever was there; -1 with errno. */
int packet_listen(const char *path, int type, int backlog);

#endif
