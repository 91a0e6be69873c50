/* SPDX-License-Identifier: MIT */
/*
 * Every workspace has a bridge network of its own: netavark makes the bridge, iptables or nft
 * forwards ports, and slirp4netns (before Podman 5) or pasta carries it all to the host.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "doctor/look.h"
#include "doctor/probe.h"
#include "winalux/base/mem.h"
#include "winalux/base/parse.h"
#include "winalux/format/json.h"

enum { SSH_PORT_LOWEST = 1024 };

static void look_backend(const struct probe_context *c, struct finding *f)
{
	const char *backend = json_text(json_path(c->info, "host.networkBackend"));
	DEFER(freep) char *netavark = look_program(c, "netavark");

	if (backend != NULL && strcmp(backend, "netavark") != 0) {
		finding_gap(
			f, FINDING_PROBLEM,
			"networks of workspaces are isolated by an option that only netavark has",
			"%s", backend);
		finding_install_remedy(c, f, "netavark", "netavark");
		return;
	}
	if (netavark == NULL) {
		finding_gap(f, FINDING_PROBLEM, "it makes the network of each workspace",
			    "no netavark");
		finding_install_remedy(c, f, "netavark", "netavark");
		return;
	}
	finding_ok(f, "%s", netavark);
}

/*
 * netavark calls nft from 1.13 on (Debian 13: "nftables error: unable to execute nft" without it),
 * iptables before. -1: its version is not known.
 */
static int wants_nft(const struct probe_context *c)
{
	const char *at = json_text(json_path(c->info, "host.networkBackendInfo.version"));
	uint64_t major, minor;

	if (at == NULL)
		return c->has_version && !podman_version_at_least(&c->version, 4, 4) ? 0 : -1;
	at += strcspn(at, "0123456789");
	if (!parse_u64(&at, 0, 1000, &major) || !parse_char(&at, '.') ||
	    !parse_u64(&at, 0, 1000, &minor))
		return -1;
	return major > 1 || minor >= 13;
}

static void look_firewall(const struct probe_context *c, struct finding *f)
{
	DEFER(freep) char *nft = look_program(c, "nft");
	DEFER(freep) char *iptables = look_program(c, "iptables");
	int wants = wants_nft(c);

	if (nft != NULL && wants != 0) {
		finding_ok(f, "%s", nft);
		return;
	}
	if (iptables != NULL && wants != 1) {
		finding_ok(f, "%s", iptables);
		return;
	}
	finding_gap(f, FINDING_PROBLEM, "netavark forwards a workspace's ports with it", "no %s",
		    wants == 1 ? "nft" : "iptables");
	if (wants == 1)
		finding_install_remedy(c, f, "nftables", "nftables");
	else
		finding_install_remedy(c, f, "iptables", "iptables-nft");
}

/* 5.x says which program it uses; before, bridges always go through slirp4netns. */
static void look_user_network(const struct probe_context *c, struct finding *f)
{
	const char *command = json_text(json_path(c->info, "host.rootlessNetworkCmd"));
	bool is_pasta = command != NULL
				? strcmp(command, "pasta") == 0
				: c->has_version && podman_version_at_least(&c->version, 5, 0);
	DEFER(freep) char *pasta = look_program(c, "pasta");
	DEFER(freep) char *slirp = look_program(c, "slirp4netns");
	const char *found = is_pasta ? pasta : slirp;

	if (!c->has_version && found == NULL)
		found = pasta;
	if (found != NULL) {
		finding_ok(f, "%s", found);
		return;
	}
	finding_gap(f, FINDING_PROBLEM, "it connects workspaces to the host's network", "no %s",
		    is_pasta ? "pasta" : "slirp4netns");
	finding_install_remedy(c, f, is_pasta ? "passt" : "slirp4netns",
			       is_pasta ? "passt" : "slirp4netns");
}

static void look_tun(const struct probe_context *c, struct finding *f)
{
	DEFER(freep) char *full = look_path(c, "/dev/net/tun");

	if (access(full, R_OK | W_OK) == 0) {
		finding_ok(f, "/dev/net/tun");
		return;
	}
	finding_gap(f, FINDING_PROBLEM, "pasta and slirp4netns need it", "%s",
		    access(full, F_OK) == 0 ? "/dev/net/tun is closed to this account"
					    : "no /dev/net/tun");
	finding_admin_remedy(f, "%s",
			     access(full, F_OK) == 0 ? "chmod 666 /dev/net/tun" : "modprobe tun");
}

static void look_ports(const struct probe_context *c, struct finding *f)
{
	uint64_t lowest;

	if (!look_number(c, "/proc/sys/net/ipv4/ip_unprivileged_port_start", &lowest))
		return;
	if (lowest <= SSH_PORT_LOWEST) {
		finding_ok(f, "from %llu", (unsigned long long)lowest);
		return;
	}
	finding_gap(f, FINDING_NOTE, "workspaces cannot publish lower ports", "from %llu",
		    (unsigned long long)lowest);
	finding_admin_remedy(f, "echo 'net.ipv4.ip_unprivileged_port_start = 1024' "
				">/etc/sysctl.d/90-winalux-ports.conf; sysctl --system");
}

const struct probe network_probes[] = {
	{ "network", "Networks", look_backend },
	{ "firewall", "Port forwarding", look_firewall },
	{ "user-network", "User networking", look_user_network },
	{ "tun", "TUN device", look_tun },
	{ "ports", "Ports without root", look_ports },
	{ 0 },
};
