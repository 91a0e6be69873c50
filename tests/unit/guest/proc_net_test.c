/* SPDX-License-Identifier: MIT */
#include "guest/proc_net.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "files.h"
#include "winalux/base/mem.h"

#define HEAD                                                                                       \
	"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  "      \
	"timeout inode\n"
#define FOUR(port, state)                                                                          \
	"   0: 00000000:" port " 00000000:0000 " state                                             \
	" 00000000:00000000 00:00000000 00000000     0        0 123 1 0000000000000000 100 0 0 "   \
	"10 "                                                                                      \
	"0\n"
#define SIX(port, state)                                                                           \
	"  12: 00000000000000000000000000000000:" port                                             \
	" 0000000000000000FFFF00000100007F:C350 " state " 00000000:00000000 00:00000000\n"

static void lines_of_both_families_are_read(void **state)
{
	static const struct {
		const char *line;
		uint16_t port;
		unsigned state;
	} cases[] = {
		{ FOUR("08AE", "0A"), 2222, PROC_NET_LISTEN },
		{ FOUR("0016", "01"), 22, 1 },
		{ FOUR("ffff", "0a"), 65535, PROC_NET_LISTEN },
		{ SIX("08AE", "0A"), 2222, PROC_NET_LISTEN },
		{ SIX("08AE", "06"), 2222, 6 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint16_t port = 0;
		unsigned found = 0;

		assert_true(proc_net_parse(cases[i].line, &port, &found));
		assert_int_equal(port, cases[i].port);
		assert_int_equal(found, cases[i].state);
	}
}

static void other_lines_are_no_sockets(void **state)
{
	static const char *const lines[] = {
		"",
		HEAD,
		"   0: 0000000:08AE 00000000:0000 0A",
		"   0: 00000000:108AE 00000000:0000 0A",
		"   0: 00000000:08AE 00000000:0000",
		"   0: 00000000:08AE 00000000:0000 ",
		"   x: 00000000:08AE 00000000:0000 0A",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		uint16_t port;
		unsigned found;

		assert_false(proc_net_parse(lines[i], &port, &found));
	}
}

static void a_listener_is_found_among_others(void **state)
{
	static const struct {
		const char *text;
		int wanted;
	} cases[] = {
		{ HEAD, 0 },
		{ "", 0 },
		{ HEAD FOUR("0050", "0A") FOUR("08AE", "0A") FOUR("08AE", "01"), 1 },
		{ HEAD FOUR("0050", "0A") FOUR("0051", "01"), 0 },
		{ HEAD FOUR("08AE", "01"), 0 },
		{ HEAD SIX("08AE", "0A"), 1 },
	};
	char path[256];

	files_path(path, *state, "tcp");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		files_write(path, cases[i].text, 0644);
		assert_int_equal(proc_net_has_listener(path, 2222), cases[i].wanted);
	}
	assert_int_equal(proc_net_has_listener("/nonexistent", 2222), -1);
}

static void a_listener_of_this_machine_is_seen_until_it_closes(void **state)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	assert_int_equal(proc_net_has_listener("/proc/net/tcp", ntohs(address.sin_port)), 1);
	close(fd);
	assert_int_equal(proc_net_has_listener("/proc/net/tcp", ntohs(address.sin_port)), 0);
}

#define test(function) cmocka_unit_test_setup_teardown(function, files_setup, files_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(lines_of_both_families_are_read),
		test(other_lines_are_no_sockets),
		test(a_listener_is_found_among_others),
		test(a_listener_of_this_machine_is_seen_until_it_closes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
