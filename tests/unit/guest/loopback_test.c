/* SPDX-License-Identifier: MIT */
#include "guest/loopback.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "winalux/base/fd.h"
#include "winalux/base/mem.h"

/* A socket on a port of the kernel's choice, which it keeps for us whether we listen or not. */
static int bind_any(uint16_t *ret_port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	*ret_port = ntohs(address.sin_port);
	return fd;
}

static void a_port_is_open_once_somebody_listens(void **state)
{
	uint16_t port;
	DEFER(fd_closep) int fd = bind_any(&port);

	(void)state;
	assert_false(loopback_is_open(port));
	assert_int_equal(listen(fd, 4), 0);
	assert_true(loopback_is_open(port));
}

/* Connections beyond the backlog stay half open for minutes: the kernel tries again and again. */
static void a_listener_that_takes_no_connections_is_not_open(void **state)
{
	uint16_t port;
	DEFER(fd_closep) int fd = bind_any(&port);
	DEFER(fd_closep) int first = -1;
	DEFER(fd_closep) int second = -1;

	(void)state;
	assert_int_equal(listen(fd, 0), 0);
	first = loopback_connect(port);
	second = loopback_connect(port);
	assert_true(first >= 0 && second >= 0);
	assert_false(loopback_is_open(port));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_port_is_open_once_somebody_listens),
		cmocka_unit_test(a_listener_that_takes_no_connections_is_not_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
