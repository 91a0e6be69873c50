/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_DOCTOR_DOCTOR_H
#define WINALUX_DOCTOR_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>

struct config;
struct error;
struct podman;

/*
 * Probes of a host, one small function each in one table: what was found, what it means for
 * winalux, and the smallest thing to do, by the user or by an administrator. Probes never change
 * the host.
 */
enum finding_level {
	FINDING_OK,
	FINDING_NOTE,    /* works, with less: a limit that does not hold, no linger */
	FINDING_PROBLEM, /* winalux cannot work, or loses workspaces */
	FINDING_UNKNOWN, /* could not be probed */
};
const char *finding_level_name(enum finding_level level);

struct finding {
	const char *probe; /* "subuid"; static */
	const char *title; /* "Subordinate ids"; static */
	enum finding_level level;
	char *found;   /* "65536 ids for alice from 100000" */
	char *meaning; /* NULL when all is well */
	char *remedy;  /* a command or a file's text, may be several lines; NULL: nothing to do */
	bool needs_admin; /* remedy needs root */
};

struct findings {
	struct finding *items;
	size_t count;
	size_t cap;
	size_t problem_count;
};
void findings_release(struct findings *f);

/*
 * Runs every probe. podman may be NULL when no service could be reached (its error is a finding:
 * service_error). root_dir is "" in use and a directory with a fake /proc, /etc, /sys in tests.
 * Fails (ERROR_HOST) only where the account has no name. Release *ret with findings_release.
 */
struct doctor_options {
	const struct config *config;
	struct podman *podman;
	const struct error *service_error;
	const char *root_dir;
};
int doctor_run(const struct doctor_options *options, struct findings *ret, struct error *err);

/* Limits and whether this host enforces them, for plan and info: "enforced", "soft", "not
 * enforceable". */
enum limit_strength { LIMIT_ENFORCED, LIMIT_SOFT, LIMIT_NOT_ENFORCEABLE };
const char *limit_strength_name(enum limit_strength strength);

#endif
