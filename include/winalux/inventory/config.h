/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_INVENTORY_CONFIG_H
#define WINALUX_INVENTORY_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct diagnostics;
struct error;

/*
 * Settings of the program: flags over WINALUX_* over ~/.config/winalux/config.yml
 * ($XDG_CONFIG_HOME honoured) over defaults. One table of {key, environment name, kind, default,
 * offset, doc} drives reading, `winalux config` and the manual.
 */
enum config_origin { CONFIG_DEFAULT, CONFIG_FILE, CONFIG_ENVIRONMENT, CONFIG_FLAG };
enum image_source { IMAGE_SOURCE_LOCAL, IMAGE_SOURCE_REGISTRY, IMAGE_SOURCE_COUNT };
const char *image_source_name(enum image_source source);
bool image_source_parse(const char *text, enum image_source *ret);
/* Why text cannot name a registry ("host[:port][/path]"), or NULL. */
const char *registry_fault(const char *text);
enum config_tristate { CONFIG_AUTO, CONFIG_ON, CONFIG_OFF };

struct config {
	char *inventory;     /* inventory: file for commands called without one; NULL: none */
	char *socket;        /* socket: path or unix:// of Podman's service; NULL: found */
	char *profile_dir;   /* profile_dir: NULL: ~/.config/winalux/profiles when it exists */
	char *key_file;      /* key_file: token key (WINALUX_KEY_FILE) */
	char *base_image;    /* base_image: reference tried at a registry,
				"docker.io/library/debian:trixie-slim" */
	char *debian_suite;  /* debian_suite: "trixie" */
	char *debian_mirror; /* debian_mirror: NULL: the host's own or deb.debian.org */
	enum config_tristate trust_host_ca; /* trust_host_ca: auto | on | off */
	char *host_ca_file;                 /* host_ca_file: PEM bundle; NULL: found */
	char *library_netrc;           /* library_netrc: logins of package indexes; NULL: none */
	uint32_t jobs;                 /* jobs: mutating calls in flight; 0: 4 */
	uint32_t ready_timeout_s;      /* ready_timeout_s: 60 */
	uint32_t stop_timeout_s;       /* stop_timeout_s: 10 */
	uint32_t telemetry_interval_s; /* telemetry_interval_s: 10; 0: no daemon */
	uint32_t min_free_gb;          /* min_free_gb: 1; 0: no floor of free space */
	uint32_t lock_timeout_s;       /* lock_timeout_s: 600; waits for another winalux */
	uint32_t registry_timeout_s; /* registry_timeout_s: 20; a pull of the base that takes longer
					to begin */
	enum image_source image_source; /* image_source: local | registry */
	char *registry;                 /* registry: "registry.example.org:5000/team"; NULL: none */
	enum config_tristate registry_tls_verify; /* registry_tls_verify: auto | on | off */
	char *file;                               /* path that was read or would be; never NULL */
	enum config_origin origins[32];           /* by index of config_entries */
};

enum config_kind {
	CONFIG_TEXT,
	CONFIG_NUMBER,
	CONFIG_TRISTATE,
	CONFIG_REGISTRY, /* a text: registry_fault */
	CONFIG_SOURCE
};

struct config_entry {
	const char *key;         /* "ready_timeout_s" */
	const char *environment; /* "WINALUX_READY_TIMEOUT_S" */
	enum config_kind kind;
	size_t offset;
	const char *fallback; /* default as text; NULL: none */
	uint32_t min, max;
	const char *doc;
};
extern const struct config_entry config_entries[]; /* ends with a NULL key */

/* Reads file and environment. explicit_file (--config) must exist when given. */
int config_load(const char *explicit_file, struct config *ret, struct diagnostics *diags,
		struct error *err);
/* A flag: the entry's text is parsed and set with CONFIG_FLAG. ERROR_USAGE. */
int config_set(struct config *config, const char *key, const char *value, struct error *err);
/* The value as text, or NULL when there is none. The caller frees it. */
char *config_get_text(const struct config *config, const struct config_entry *entry);
const char *config_origin_name(enum config_origin origin);
void config_release(struct config *config);

#endif
