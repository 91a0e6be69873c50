/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_PODMAN_SERVICE_H
#define WINALUX_PODMAN_SERVICE_H

#include <stdbool.h>

struct error;

/*
 * Where the REST API of this account is. service_find looks, in this order, at the explicit path
 * (flag or configuration; may be "unix:///…"), CONTAINER_HOST, $XDG_RUNTIME_DIR/podman/podman.sock;
 * a socket counts when it answers a connect. Where none does, it starts `podman system service` on
 * a socket of its own below $XDG_RUNTIME_DIR/winalux (or a private directory where that is unset),
 * waits until it answers (at most 15 s), and service_free ends that one. An explicit path that does
 * not answer is an error, never replaced.
 */
struct service;

int service_find(const char *explicit_path, struct service **ret, struct error *err);
const char *service_socket(const struct service *service); /* path; owned by service */
bool service_is_ours(const struct service *service);       /* started by us, ends with us */
void service_free(struct service *service);
void service_freep(struct service **service);

#endif
