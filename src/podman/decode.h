/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_SRC_PODMAN_DECODE_H
#define WINALUX_SRC_PODMAN_DECODE_H

#include "winalux/format/json_cursor.h"
#include "winalux/podman/object.h"

/*
 * From the JSON of an object to a struct, by a table: what is not in the table is skipped, what is
 * missing or of another type leaves the field as it is (zero; "" for texts).
 */
struct decode_field {
	const char *name;
	size_t offset;                                     /* of the field in the struct */
	void (*read)(struct json_span value, void *field); /* one of those below, or the caller's */
};

#define DECODE_FIELD(name, type, member, read)                                                     \
	{                                                                                          \
		name, offsetof(type, member), read                                                 \
	}

/*
 * fields ends with a NULL name; object is zeroed. Returns where the object that text begins with
 * ends, or NULL when it is not whole or not JSON; what was read until then is in object.
 */
const char *decode_object(struct json_span text, const struct decode_field *fields, void *object);

/* All are tolerant. The type that field points to stands behind each. */
void decode_text(struct json_span value, void *field);       /* char *, never NULL afterwards */
void decode_first_text(struct json_span value, void *field); /* char *, of an array */
void decode_texts(struct json_span value, void *field);      /* struct strv */
void decode_id(struct json_span value, void *field);         /* char *, without "sha256:" */
void decode_time(struct json_span value, void *field);       /* int64_t, see below */
void decode_int(struct json_span value, void *field);        /* int */
void decode_count(struct json_span value, void *field);      /* unsigned */
void decode_size(struct json_span value, void *field);       /* uint64_t */
void decode_bool(struct json_span value, void *field);       /* bool */
void decode_labels(struct json_span value, void *field);     /* struct labels */
void decode_ports(struct json_span value, void *field);      /* struct port_mappings, see below */

/*
 * Times are RFC 3339 texts or numbers, read as seconds; 0 for Go's zero time (year 1) and for
 * nonsense. Ports are [{"host_ip","host_port","container_port","range"}]: ranges are spread out,
 * tcp only.
 */

#endif
