/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_WARDEN_PAYLOAD_H
#define WINALUX_WARDEN_PAYLOAD_H

#include <stdbool.h>
#include <stddef.h>

/*
 * What an OCI runtime sends along with a filter's descriptor: the containerProcessState of the OCI
 * runtime specification (config-linux.md, "The Container Process State"), as JSON.
 */
enum {
	CONTAINER_ID_SIZE = 65, /* 64 hex digits and a NUL */
	WORKSPACE_NAME_SIZE = 64
};

enum payload_kind {
	PAYLOAD_START, /* a container starts: its PID 1 and all that comes of it */
	PAYLOAD_EXEC   /* podman exec: one process and all that comes of it */
};

struct payload {
	enum payload_kind kind;
	char container[CONTAINER_ID_SIZE];   /* of [0-9a-z_.-] */
	char workspace[WORKSPACE_NAME_SIZE]; /* of [a-z0-9_-], for that of a file; "" where the
						container has no such annotation */
};

/* False, and *ret is not to be used, unless text is one whole state of a kind that is known. */
bool payload_parse(const char *text, size_t len, struct payload *ret);

#endif
