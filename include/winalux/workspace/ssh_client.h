/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_WORKSPACE_SSH_CLIENT_H
#define WINALUX_WORKSPACE_SSH_CLIENT_H

#include <stddef.h>
#include <stdint.h>

struct buf;
struct error;
struct facts;
struct workspace_facts;

/*
 * How OpenSSH's client reaches a workspace: a Host entry "NAME.winalux" with the published port and
 * a known_hosts file that pins the workspace's host key under the alias "winalux-NAME" (from the
 * state volume; never learnt from the network).
 */

/* ssh_config(5) entries for these workspaces; known_hosts_path goes into each. */
int ssh_config_add(struct buf *b, const struct workspace_facts *const *workspaces, size_t count,
		   const char *known_hosts_path, struct error *err);
/* known_hosts lines "winalux-NAME ssh-ed25519 AAAA…". */
void ssh_known_hosts_add(struct buf *b, const struct workspace_facts *const *workspaces,
			 size_t count);

/* Address a client on this machine uses for a published host_ip: "" and "0.0.0.0" are "127.0.0.1".
 */
const char *ssh_client_address(const char *host_ip);
/* The published ssh port of a workspace and its address, from its pod's infra container; 0 when
 * there is none. */
uint16_t ssh_published_port(const struct workspace_facts *w, const char **ret_host_ip);

#endif
