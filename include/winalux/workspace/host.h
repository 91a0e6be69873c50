/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_WORKSPACE_HOST_H
#define WINALUX_WORKSPACE_HOST_H

#include <stdbool.h>

struct config;
struct error;
struct facts;
struct podman;

/*
 * A host account that winalux works on: its service and a connection to it. Local for now; the
 * place where remote accounts join.
 */
struct host;

/* Finds or starts the service (podman/service.h) and checks Podman's version. Free with host_freep.
 */
int host_open(const struct config *config, const volatile bool *cancelled, struct host **ret,
	      struct error *err);
void host_freep(struct host **host);
struct podman *host_podman(struct host *host); /* the main thread's connection; borrowed */
/*
 * Another connection for another thread; the caller frees it with podman_free. One that is not
 * cancellable goes on after Ctrl-C: for undoing what was begun.
 */
struct podman *host_connect(const struct host *host, bool is_cancellable);
const struct config *host_config(const struct host *host);
const volatile bool *host_cancelled(const struct host *host);

/*
 * What of ours is there, by one list call per kind however many workspaces. OBSERVE_STATE is what
 * tells the state of workspaces (containers and volumes); pods, networks and images then stay
 * empty. Release with facts_release.
 */
enum observe { OBSERVE_ALL, OBSERVE_STATE };
int host_observe(struct host *host, enum observe extent, struct facts *ret, struct error *err);

#endif
