/* SPDX-License-Identifier: MIT */
#include "port_probe.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "winalux/base/clock.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"

enum { PORT_STEP_MS = 50 };

static bool can_bind(int family, const struct sockaddr *address, socklen_t len)
{
	DEFER(fd_closep) int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const int on = 1;

	if (fd < 0)
		return true; /* no such family here: nobody can hold the port in it */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	return bind(fd, address, len) == 0 && listen(fd, 1) == 0;
}

bool port_is_free(const char *host_ip, uint16_t port)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

	if (*host_ip && inet_pton(AF_INET6, host_ip, &v6.sin6_addr) == 1)
		return can_bind(AF_INET6, (const void *)&v6, sizeof(v6));
	if (*host_ip)
		inet_pton(AF_INET, host_ip, &v4.sin_addr);
	return can_bind(AF_INET, (const void *)&v4, sizeof(v4));
}

bool port_becomes_free(const char *host_ip, uint16_t port, void *patience)
{
	struct port_patience *p = patience;

	while (!port_is_free(host_ip, port)) {
		if (p->left_ms < PORT_STEP_MS)
			return false;
		p->left_ms -= PORT_STEP_MS;
		clock_sleep_ms(PORT_STEP_MS);
	}
	return true;
}
