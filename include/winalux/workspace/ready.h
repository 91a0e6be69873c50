/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_WORKSPACE_READY_H
#define WINALUX_WORKSPACE_READY_H

#include <stdbool.h>
#include <stdint.h>

struct error;
struct podman;
struct strv;

/*
 * When a workspace counts as up: its sshd has sent its banner on the published port, and the guest
 * has reported in the container's log that every sidecar answers. The banner comes first, since a
 * log that is followed is read every 250 ms by libpod; then the log is usually complete at one
 * look.
 */
struct ready_options {
	const char *container_id;
	const char *address; /* of the published ssh port; NULL: no banner, the log alone */
	uint16_t port;
	const char *nonce;         /* the "ready" event must carry it; NULL: any of this life of the
				      container */
	const struct strv *checks; /* sidecars that must answer, to name those that do not; NULL:
				      not known, the guest knows */
	const char *slug;          /* of the workspace, whose sidecars' logs are looked at when they
				      do not answer; NULL: they are not */
	int64_t since_s;           /* start of the container, for the log */
	int timeout_ms;
	const volatile bool *cancelled;
};

/*
 * *ret_host_key: the public host key as reported ("ssh-ed25519 AAAA…"), the caller frees it.
 * ERROR_TIMEOUT names what did not answer and the limit, with the end of its log; ERROR_PODMAN when
 * the container ended, with its last words.
 */
int ready_wait(struct podman *podman, const struct ready_options *options, char **ret_host_key,
	       struct error *err);

#endif
