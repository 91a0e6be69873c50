/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_INVENTORY_INVENTORY_H
#define WINALUX_INVENTORY_INVENTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "winalux/base/strv.h"
#include "winalux/inventory/config.h"
#include "winalux/inventory/profile.h"
#include "winalux/inventory/ssh_key.h"

struct buf;
struct diagnostics;
struct error;

/*
 * What the user wants: the file, checked and with defaults merged in. Plain data; one
 * inventory_release frees the tree. Formats: winalux's own (version: 1) and the original's Ansible
 * inventory (all.vars.winalux_devs), told apart by their top-level keys.
 */
enum gate_mode { GATE_SHELL, GATE_STRICT, GATE_OFF, GATE_MODE_COUNT };
const char *gate_mode_name(enum gate_mode mode);

/* Whether ssh forwards ports for a client that has shown its key but no token. */
/* What happens when disk_limit_gb is reached. */
enum disk_policy { DISK_WARN, DISK_FREEZE, DISK_POLICY_COUNT };
const char *disk_policy_name(enum disk_policy policy);

enum forwarding { FORWARDING_OPEN, FORWARDING_CLOSED, FORWARDING_COUNT };
const char *forwarding_name(enum forwarding forwarding);

/* What the workspace's images are for; another architecture than the host's runs by QEMU. */
enum arch_choice { ARCH_OF_HOST, ARCH_AMD64, ARCH_ARM64, ARCH_CHOICE_COUNT };
const char *arch_choice_name(enum arch_choice choice);

enum { PORT_AUTO = 0, PORT_NONE = -1 };

enum {
	INVENTORY_NAME_MAX = 40,    /* [a-z0-9][a-z0-9_-]{0,39} */
	INVENTORY_SIDECAR_MAX = 24, /* [a-z][a-z0-9]{0,23}, no role of ours */
	INVENTORY_WORKSPACE_MAX = 1000,
};

struct extra_port {
	char host_ip[46]; /* "" is all addresses */
	uint16_t host_port;
	uint16_t container_port;
};

/* A list item: a name, or a mapping of the keys in fields.c. */
struct sidecar {
	char *name;
	char *image;       /* NULL: the built-in kind of that name */
	char *version;     /* of the built-in kind; NULL: its default */
	bool has_volume;   /* default: the kind has a data directory */
	char *volume_path; /* where; a foreign image with volume needs "volume: /path". NULL without
			      volume */
	struct strv command; /* empty: the kind's or the image's */
	struct strv environment;
	struct strv config; /* settings "key=value" of a built-in kind */
	struct strv after;  /* sidecars that start before it */
	uint16_t port;      /* for the check; 0: the kind's */
	enum check_kind
		check; /* default: the kind's; tcp for a foreign image with port, else none */
	char *user;    /* of a foreign image's container: "name" or "uid:gid"; NULL: the image's */
	unsigned line, column;
};

struct workspace {
	char *name;
	char *slug; /* name with "_" as "-": the object names */
	char *profile;
	int ssh_port;   /* host order, PORT_AUTO (default) */
	int app_port;   /* host order, PORT_AUTO, PORT_NONE (default) */
	char *bind;     /* address for app_port and extra_ports: "127.0.0.1"; "" is all addresses */
	char *ssh_bind; /* "" is all addresses (default) */
	struct ssh_key *keys;
	size_t key_count;
	struct strv stacks;    /* by name, beside those of its profile */
	struct strv libraries; /* requirements, one line each; a file of the inventory's folder that
				  "-r" names has given its lines */
	char *library_index;   /* URL; NULL: uv's default */
	uint32_t disk_limit_gb; /* GiB; 0: none */
	enum disk_policy disk_policy;
	uint32_t cpu_milli;        /* 0: none */
	bool has_cpu_affinity;     /* cpu_milli also decides how many processors are seen */
	uint32_t memory_limit_mib; /* 0: none; key memory_limit_gb takes fractions */
	bool has_limit_environment;
	uint32_t pids_limit; /* 0: none */
	struct extra_port *extra_ports;
	size_t extra_port_count;
	struct sidecar *sidecars; /* as they start: in the order of the file but for "after" */
	size_t sidecar_count;
	enum arch_choice arch;
	enum gate_mode gate;
	enum forwarding forwarding;
	struct strv environment; /* "K=V" */
	unsigned line, column;   /* of its item in the file */
};

struct inventory {
	char *file; /* as given */
	bool is_ansible;
	char *registry;                 /* NULL: the configured one */
	enum image_source image_source; /* IMAGE_SOURCE_COUNT: the configured one */
	struct workspace *workspaces;   /* in the order of the file */
	size_t count;
	size_t cap;
};

enum { INVENTORY_MAX_BYTES = 4 << 20 };

/* "amd64" or "arm64", one of arch_names (base/arch.h): the host's where none is chosen. */
const char *workspace_arch(const struct workspace *w);
/* Its programs run by QEMU here. */
bool workspace_is_emulated(const struct workspace *w);

/*
 * Reads and checks everything that can be checked without Podman: schema, names, keys, ports
 * against each other, profiles and sidecars by name. "-" is standard input. All problems go to
 * diags. Returns -1 (ERROR_INVENTORY: "file: N errors") when there was an error, after filling
 * diags; -1 with the reason alone when the file cannot be read or is no YAML (also put into diags).
 */
int inventory_load(const char *path, const struct profiles *profiles, struct inventory *ret,
		   struct diagnostics *diags, struct error *err);
int inventory_parse(const char *text, size_t len, const char *file_name,
		    const struct profiles *profiles, struct inventory *ret,
		    struct diagnostics *diags, struct error *err);
void inventory_release(struct inventory *inventory);
const struct workspace *inventory_find(const struct inventory *inventory, const char *name);
/* NULL: it has none of that name. */
const struct sidecar *workspace_sidecar(const struct workspace *w, const char *name);
bool inventory_name_is_valid(const char *name);
/* Of a built-in sidecar. */
bool inventory_version_is_valid(const char *version);
/* "a_b" → "a-b": the name as it stands in names of objects. The caller frees it. */
char *inventory_slug(const char *name);

/* JSON Schema (draft 2020-12) of the format, generated from the schema tables. The caller frees it.
 */
char *inventory_json_schema(void);
/* The table of keys for the manual (mdoc list items) and for docs (Markdown), from the same tables.
 */
void inventory_add_key_docs(struct buf *b, bool is_markdown);

#endif
