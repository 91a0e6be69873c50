/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_PODMAN_OBJECT_H
#define WINALUX_PODMAN_OBJECT_H

#include <stddef.h>
#include <stdint.h>

/* Shapes that several kinds of objects share. All text is owned by the struct that holds it. */

struct label {
	char *key;   /* owns the block in which value is too */
	char *value; /* never freed on its own */
};

struct labels {
	struct label *items;
	size_t count;
	size_t cap;
};

void labels_add(struct labels *l, const char *key,
		const char *value); /* copies; replaces an equal key */
/* The same for a key that is not there yet; neither needs a NUL. */
void labels_append(struct labels *l, const char *key, size_t key_len, const char *value,
		   size_t value_len);
const char *labels_get(const struct labels *l, const char *key); /* or NULL */
void labels_release(struct labels *l);

/* A published port. host_ip "" means all addresses. */
struct port_mapping {
	char host_ip[46]; /* INET6_ADDRSTRLEN */
	uint16_t host_port;
	uint16_t container_port;
};

struct port_mappings {
	struct port_mapping *items;
	size_t count;
	size_t cap;
};

void port_mappings_add(struct port_mappings *p, const char *host_ip, uint16_t host_port,
		       uint16_t container_port);
void port_mappings_release(struct port_mappings *p);

/* Limits that libpod takes as OCI LinuxResources. 0 means none. */
struct resource_limits {
	uint32_t cpu_milli; /* 1500 is one and a half cores */
	uint64_t memory_bytes;
	uint32_t pids;
};

#endif
