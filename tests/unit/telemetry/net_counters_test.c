/* SPDX-License-Identifier: MIT */
#include "telemetry/net_counters.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "winalux/base/mem.h"

#define HEADING                                                                                    \
	"Inter-|   Receive                                                |  Transmit\n"           \
	" face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets\n"

static void bytes_are_those_of_all_but_the_loopback(void **state)
{
	uint64_t received, sent;

	(void)state;
	assert_true(net_counters_bytes(
		HEADING
		"    lo:   99      9    0    0    0     0          0         0      99   9\n"
		"  eth0: 1000     10    0    0    0     0          0         0     180   2\n"
		"  tap0:    5     10    0    0    0     0          0         0      20   2\n",
		&received, &sent));
	assert_int_equal(received, 1005);
	assert_int_equal(sent, 200);
}

static void what_is_cut_is_refused(void **state)
{
	static const char *const odd[] = { "",
					   "x\n",
					   HEADING,
					   HEADING "  eth0: 1000 10 0\n",
					   HEADING "  eth0\n",
					   HEADING "  eth0: x\n" };
	uint64_t received, sent;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(odd); i++)
		if (net_counters_bytes(odd[i], &received, &sent))
			fail_msg("'%s' was read", odd[i]);
}

static void connections_are_found_by_their_columns_name(void **state)
{
	uint32_t connections = 0;

	(void)state;
	assert_true(net_counters_established("Ip: Forwarding DefaultTTL\nIp: 1 64\n"
					     "Tcp: RtoAlgorithm MaxConn CurrEstab InSegs\n"
					     "Tcp: 1 -1 3 77\nUdp: InDatagrams\nUdp: 5\n",
					     &connections));
	assert_int_equal(connections, 3);
	assert_false(net_counters_established("", &connections));
	assert_false(net_counters_established("Tcp: A CurrEstab\nTcp: 1\n", &connections));
	assert_false(net_counters_established("Tcp: A B\nTcp: 1 2\n", &connections));
	assert_false(net_counters_established("Tcp: A CurrEstab\nUdp: 1 2\n", &connections));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_are_those_of_all_but_the_loopback),
		cmocka_unit_test(what_is_cut_is_refused),
		cmocka_unit_test(connections_are_found_by_their_columns_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
