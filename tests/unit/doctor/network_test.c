/* SPDX-License-Identifier: MIT */
#include "unit/doctor/tree.h"

#define V(a, b, c)                                                                                 \
	{                                                                                          \
		a, b, c                                                                            \
	}
#define PROGRAM(path)                                                                              \
	{                                                                                          \
		path, "", 0755                                                                     \
	}
#define NETAVARK(version)                                                                          \
	"{\"host\":{\"networkBackend\":\"netavark\",\"networkBackendInfo\":{\"version\":"          \
	"\"netavark " version "\"}}}"

static const struct probe_case cases[] = {
	{ .name = "netavark is there",
	  .probe = "network",
	  .level = FINDING_OK,
	  .files = { PROGRAM("/usr/lib/podman/netavark") },
	  .info = NETAVARK("1.4.0") },
	{ .name = "CNI has no isolation",
	  .probe = "network",
	  .level = FINDING_PROBLEM,
	  .files = { PROGRAM("/usr/lib/podman/netavark") },
	  .info = "{\"host\":{\"networkBackend\":\"cni\"}}",
	  .found = "cni",
	  .remedy = "netavark",
	  .needs_admin = true },
	{ .name = "netavark is missing",
	  .probe = "network",
	  .level = FINDING_PROBLEM,
	  .remedy = "netavark",
	  .needs_admin = true },

	{ .name = "old netavark with iptables",
	  .probe = "firewall",
	  .level = FINDING_OK,
	  .version = V(4, 3, 1),
	  .files = { PROGRAM("/usr/sbin/iptables") } },
	{ .name = "old netavark does not know nft",
	  .probe = "firewall",
	  .level = FINDING_PROBLEM,
	  .version = V(4, 3, 1),
	  .files = { PROGRAM("/usr/sbin/nft") },
	  .found = "no iptables",
	  .remedy = "iptables",
	  .needs_admin = true },
	{ .name = "new netavark with nft",
	  .probe = "firewall",
	  .level = FINDING_OK,
	  .version = V(5, 4, 2),
	  .files = { PROGRAM("/usr/sbin/nft") },
	  .info = NETAVARK("1.14.0") },
	{ .name = "new netavark does not call iptables",
	  .probe = "firewall",
	  .level = FINDING_PROBLEM,
	  .version = V(5, 4, 2),
	  .files = { PROGRAM("/usr/sbin/iptables") },
	  .info = NETAVARK("1.14.0"),
	  .found = "no nft",
	  .remedy = "nftables",
	  .needs_admin = true },
	{ .name = "an unknown netavark may take either",
	  .probe = "firewall",
	  .level = FINDING_OK,
	  .files = { PROGRAM("/usr/sbin/iptables") } },

	{ .name = "slirp4netns before 5.0",
	  .probe = "user-network",
	  .level = FINDING_OK,
	  .version = V(4, 9, 3),
	  .files = { PROGRAM("/usr/bin/slirp4netns") } },
	{ .name = "pasta does not serve bridges before 5.0",
	  .probe = "user-network",
	  .level = FINDING_PROBLEM,
	  .version = V(4, 9, 3),
	  .files = { PROGRAM("/usr/bin/pasta") },
	  .found = "no slirp4netns",
	  .remedy = "slirp4netns",
	  .needs_admin = true },
	{ .name = "pasta from 5.0",
	  .probe = "user-network",
	  .level = FINDING_OK,
	  .version = V(5, 4, 2),
	  .files = { PROGRAM("/usr/bin/pasta") } },
	{ .name = "5.x that is told to use slirp4netns",
	  .probe = "user-network",
	  .level = FINDING_PROBLEM,
	  .version = V(5, 4, 2),
	  .info = "{\"host\":{\"rootlessNetworkCmd\":\"slirp4netns\"}}",
	  .files = { PROGRAM("/usr/bin/pasta") },
	  .remedy = "slirp4netns",
	  .needs_admin = true },

	{ .name = "the TUN device is there",
	  .probe = "tun",
	  .level = FINDING_OK,
	  .files = { { "/dev/net/tun", "", 0666 } } },
	{ .name = "the TUN device is missing",
	  .probe = "tun",
	  .level = FINDING_PROBLEM,
	  .found = "no /dev/net/tun",
	  .remedy = "modprobe tun",
	  .needs_admin = true },

	{ .name = "ports from 1024",
	  .probe = "ports",
	  .level = FINDING_OK,
	  .files = { { "/proc/sys/net/ipv4/ip_unprivileged_port_start", "1024\n", 0 } } },
	{ .name = "ports from 5000 are noted",
	  .probe = "ports",
	  .level = FINDING_NOTE,
	  .files = { { "/proc/sys/net/ipv4/ip_unprivileged_port_start", "5000\n", 0 } },
	  .remedy = "ip_unprivileged_port_start",
	  .needs_admin = true },
	{ .name = "ports are unknown without the file",
	  .probe = "ports",
	  .level = FINDING_UNKNOWN },
};

static void network_probes_tell_gaps_and_remedies(void **state)
{
	(void)state;
	tree_run_cases(network_probes, cases, ARRAY_SIZE(cases));
}

/* Last, as this process is not root afterwards: nothing is closed to root. */
static void a_closed_tun_device_is_a_problem(void **state)
{
	static const struct probe_case test = { .name = "closed",
						.probe = "tun",
						.level = FINDING_PROBLEM,
						.found = "closed",
						.files = { { "/dev/net/tun", "", 0400 } },
						.remedy = "chmod 666 /dev/net/tun",
						.needs_admin = true };

	(void)state;
	tree_become_ordinary();
	tree_run_case(network_probes, &test);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(network_probes_tell_gaps_and_remedies),
		cmocka_unit_test(a_closed_tun_device_is_a_problem),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
