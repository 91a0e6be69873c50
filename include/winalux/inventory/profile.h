/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_INVENTORY_PROFILE_H
#define WINALUX_INVENTORY_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "winalux/base/strv.h"
#include "winalux/inventory/stack.h"

struct diagnostics;
struct error;

/*
 * Profiles, sidecar kinds and stacks are data: profiles/NAME.yml, profiles/sidecars/NAME.yml and
 * profiles/stacks/NAME.yml, embedded in the program; a user's profile_dir (same layout) adds to
 * them and replaces by name.
 */
enum check_kind {
	CHECK_NONE,
	CHECK_TCP,
	CHECK_REDIS,
	CHECK_MEMCACHED,
	CHECK_POSTGRES,
	CHECK_AMQP,
	CHECK_HTTP,
	CHECK_FAKTORY,
	CHECK_KIND_COUNT
};
const char *check_kind_name(enum check_kind kind); /* "none", "tcp", "redis", … */

/* version: 1, name, summary, base, packages, python, stacks, port, port_label, environment,
 * services, containerfile */
struct profile {
	char *name;
	char *summary;
	char *base;           /* "debian" is the base of ours; else an image reference */
	struct strv packages; /* Debian packages */
	struct strv python;   /* PyPI requirements for /opt/winalux/venv */
	struct strv stacks;   /* that every workspace of it has */
	unsigned stacks_line, stacks_column; /* 0: it has none */
	uint16_t port;                       /* main service, inside; 0: none */
	char *port_label;                    /* "Web Server" */
	struct strv environment;             /* "K=V" */
	struct service_list services;
	char *containerfile; /* its text; the generic one unless the profile names another beside it
			      */
	char *origin;        /* "built-in" or the path of the file */
};

/*
 * version: 1, name, summary, base, packages, command, user, port, web_port, check, data,
 * environment, memory_gb, containerfile, default_version, share, passwords,
 * config_arguments, config_variable, config_file. "{listen}" and "{port}" in command and
 * environment stand for the address and the port to listen on.
 */
struct sidecar_kind {
	char *name;
	char *summary;
	char *base;
	struct strv packages;
	struct strv command;  /* run as user, below the guest's `sidecar` role */
	struct strv emulated; /* arguments added where QEMU runs it */
	char *user;
	uint16_t port;
	uint16_t web_port; /* of its web interface, when that is another port; 0: none */
	enum check_kind check;
	char *data; /* directory kept in a volume; NULL: keeps nothing */
	struct strv environment;
	char *share;     /* folder of the home that it works with: ~/SHARE is /srv/SHARE in both */
	char *passwords; /* in it, the JSON file of users and passwords that `info` shows */
	/* How a workspace's config reaches it; one of them, or none: it has no config. */
	struct strv config_arguments; /* per setting, behind the command: "{key}", "{value}" */
	char *config_variable;        /* name, "{KEY}" is the key as in a variable's name */
	char *config_file;            /* lines of "key = value", written before each start */
	char *default_version; /* VERSION of its build; NULL: whatever the base's Debian has */
	uint32_t memory_mib;   /* what it takes when it has little to do; 0: not said */
	char *containerfile;
	char *folder; /* what else it is built from: the resources "Containerfiles/<folder>/…" */
	char *origin;
};

struct profiles {
	struct profile *items; /* sorted by name */
	size_t count;
	size_t cap;
	struct sidecar_kind *kinds; /* sorted by name */
	size_t kind_count;
	size_t kind_cap;
	struct stack *stacks; /* sorted by name */
	size_t stack_count;
	size_t stack_cap;
};

/* user_dir NULL: only the embedded ones. Problems of files go to diags; -1 only when a file cannot
 * be read. */
int profiles_load(const char *user_dir, struct profiles *ret, struct diagnostics *diags,
		  struct error *err);
/*
 * Only what path has, a file or a directory of the layout above; the embedded ones are there for
 * what refers to them, with origin "built-in". A file is taken for what its folder says: a sidecar
 * kind in one called "sidecars", a stack in "stacks", else a profile.
 */
int profiles_check(const char *path, struct profiles *ret, struct diagnostics *diags,
		   struct error *err);
void profiles_release(struct profiles *p);
const struct profile *profiles_find(const struct profiles *p, const char *name);
const struct sidecar_kind *profiles_find_sidecar(const struct profiles *p, const char *name);
/* Does it listen where it is told to? */
bool sidecar_kind_has_port(const struct sidecar_kind *kind);
/* "data, web": for messages. The caller frees them. */
char *profiles_names(const struct profiles *p);
char *profiles_sidecar_names(const struct profiles *p);

#endif
