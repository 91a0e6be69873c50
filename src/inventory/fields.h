/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_INVENTORY_FIELDS_H
#define WINALUX_INVENTORY_FIELDS_H

#include <stdbool.h>

#include "schema_types.h"

struct sidecar;

/* The tables of the inventory. inventory_schema reads into struct inventory_document. */
extern const struct schema inventory_schema;
extern const struct schema workspace_schema; /* struct workspace */
extern const struct schema sidecar_schema;   /* struct sidecar */

struct inventory_document {
	const struct yaml_node *defaults; /* or NULL */
	const struct yaml_node *workspaces;
	char *registry;        /* or NULL */
	unsigned image_source; /* enum image_source */
};

/*
 * Types of one field each. extra_ports and sidecars get one element for each item of their lists,
 * in order; one that could not be read has port 0 or no name.
 */
extern const struct schema_type field_host_port;   /* int; detail: port words */
extern const struct schema_type field_address;     /* char *: "" is all addresses */
extern const struct schema_type field_public_key;  /* keys and key_count of struct workspace */
extern const struct schema_type field_public_keys; /* the same */
extern const struct schema_type
	field_extra_ports;                       /* extra_ports and extra_port_count; after bind */
extern const struct schema_type field_sidecars;  /* sidecars and sidecar_count */
extern const struct schema_type field_libraries; /* struct strv: lines of requirements */
extern const struct schema_type field_registry;  /* char * */
extern const struct schema_type field_volume;    /* has_volume and volume_path of struct sidecar */

/* What may stand for a port number. The list ends with a NULL word. */
struct port_word {
	const char *word;
	int value;
};

enum { HOST_PORT_MIN = 1024, HOST_PORT_MAX = 65535, ADDRESS_SIZE = 46, SSHD_PORT = 2222 };

/* An IP address in its usual form; "" for "all", "0.0.0.0" and "::". */
bool address_parse(const char *text, char ret[static ADDRESS_SIZE]);

void sidecar_release(struct sidecar *sidecar);

#endif
