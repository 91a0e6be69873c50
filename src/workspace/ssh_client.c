/* SPDX-License-Identifier: MIT */
#include "winalux/workspace/ssh_client.h"

#include <string.h>

#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/plan/facts.h"
#include "winalux/plan/names.h"
#include "winalux/workspace/gate.h"

const char *ssh_client_address(const char *host_ip)
{
	if (!*host_ip || !strcmp(host_ip, "0.0.0.0"))
		return "127.0.0.1";
	return strcmp(host_ip, "::") ? host_ip : "::1";
}

static uint16_t published(const struct container *c, const char **ret_host_ip)
{
	for (size_t i = 0; c && i < c->ports.count; i++) {
		if (c->ports.items[i].container_port != SSH_PORT_INSIDE)
			continue;
		*ret_host_ip = c->ports.items[i].host_ip;
		return c->ports.items[i].host_port;
	}
	return 0;
}

/* libpod reports a pod's ports with each of its containers; the infra container is the surest. */
uint16_t ssh_published_port(const struct workspace_facts *w, const char **ret_host_ip)
{
	uint16_t port = published(w->infra, ret_host_ip);

	for (size_t i = 0; !port && i < w->container_count; i++)
		port = published(w->containers[i], ret_host_ip);
	return port;
}

int ssh_config_add(struct buf *b, const struct workspace_facts *const *workspaces, size_t count,
		   const char *known_hosts_path, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		const struct workspace_facts *w = workspaces[i];
		const char *host_ip = "";
		uint16_t port = ssh_published_port(w, &host_ip);

		if (!port)
			port = w->state.ssh_port;
		if (!port || !w->state.host_key)
			return error_set(err, ERROR_NOT_FOUND,
					 "workspace '%s' has no recorded ssh port and host key; "
					 "`winalux deploy` it first",
					 w->name);
		buf_addf(b,
			 "Host %s.winalux\n"
			 "\tHostName %s\n"
			 "\tPort %u\n"
			 "\tUser developer\n"
			 "\tHostKeyAlias winalux-%s\n"
			 "\tUserKnownHostsFile \"%s\"\n"
			 "\tStrictHostKeyChecking yes\n",
			 w->name, ssh_client_address(host_ip), port, w->name, known_hosts_path);
		if (gate_is_on(&w->state)) /* what the caller has exported, or nothing */
			buf_add_str(b, "\tSendEnv " TOKEN_VARIABLE "\n");
	}
	return 0;
}

void ssh_known_hosts_add(struct buf *b, const struct workspace_facts *const *workspaces,
			 size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (workspaces[i]->state.host_key)
			buf_addf(b, "winalux-%s %s\n", workspaces[i]->name,
				 workspaces[i]->state.host_key);
	}
}
