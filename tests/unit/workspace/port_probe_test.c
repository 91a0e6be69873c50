/* SPDX-License-Identifier: MIT */
#include "workspace/port_probe.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "winalux/base/clock.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"

/* Listens on a port that the kernel chooses. */
static int hold_port(uint16_t *ret)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (void *)&address, len), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (void *)&address, &len), 0);
	*ret = ntohs(address.sin_port);
	return fd;
}

/* The end of a pod's forwarder: its port goes some moments after the pod. */
static void *let_go_later(void *fd)
{
	clock_sleep_ms(120);
	close(*(int *)fd);
	return NULL;
}

static void a_port_that_its_last_holder_is_giving_up_is_free(void **state)
{
	struct port_patience patience = { PORT_PATIENCE_MS };
	pthread_t holder;
	uint16_t port;
	int fd = hold_port(&port);

	(void)state;
	assert_false(port_is_free("127.0.0.1", port));
	assert_int_equal(pthread_create(&holder, NULL, let_go_later, &fd), 0);
	assert_true(port_becomes_free("127.0.0.1", port, &patience));
	assert_int_equal(pthread_join(holder, NULL), 0);
}

static void many_taken_ports_share_one_patience(void **state)
{
	struct port_patience patience = { 100 };
	uint16_t port;
	DEFER(fd_closep) int fd = hold_port(&port);

	(void)state;
	assert_false(port_becomes_free("127.0.0.1", port, &patience));
	assert_int_equal(patience.left_ms, 0);
	assert_false(port_becomes_free("", port, &patience));
	assert_true(port_becomes_free("::1", port, &patience));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_port_that_its_last_holder_is_giving_up_is_free),
		cmocka_unit_test(many_taken_ports_share_one_patience),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
