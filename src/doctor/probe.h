/* SPDX-License-Identifier: MIT */
#ifndef DOCTOR_PROBE_H
#define DOCTOR_PROBE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "winalux/doctor/doctor.h"
#include "winalux/podman/podman.h"

struct json;

/*
 * What every probe may look at. All text is owned by doctor_run (or by a test) and outlives the
 * probes. Paths of the host are always read through look.h, which puts root in front.
 */
struct probe_context {
	const char *root; /* "" or a directory with a fake tree */
	uid_t uid;
	const char *user;
	const char *home;
	const char *runtime_dir;     /* $XDG_RUNTIME_DIR; NULL: unset */
	struct podman *podman;       /* NULL: no service */
	const struct json *info;     /* answer of /info; NULL: none */
	const char *service_error;   /* why there is no service; NULL: there is one */
	const char *program_version; /* what "podman --version" printed; NULL: not installed or not
					asked */
	bool has_version;            /* of the service */
	struct podman_version version;
	uint32_t min_free_gb; /* setting; 0: no floor */
	int64_t now_s;
};

/* A probe fills found and level, and where something is missing meaning and remedy. */
struct probe {
	const char *name;
	const char *title;
	void (*look)(const struct probe_context *c, struct finding *f);
};

/* One table per theme, each ends with a NULL name. */
extern const struct probe account_probes[];
extern const struct probe engine_probes[];
extern const struct probe storage_probes[];
extern const struct probe network_probes[];
extern const struct probe limits_probes[];
extern const struct probe security_probes[];

void finding_ok(struct finding *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* found is made from fmt; meaning is copied and may be NULL. */
void finding_gap(struct finding *f, enum finding_level level, const char *meaning, const char *fmt,
		 ...) __attribute__((format(printf, 4, 5)));

void finding_user_remedy(struct finding *f, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void finding_admin_remedy(struct finding *f, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The command that installs a package on this distribution, for an administrator. */
void finding_install_remedy(const struct probe_context *c, struct finding *f, const char *debian,
			    const char *fedora);

void finding_release(struct finding *f); /* accepts zeroed */

#endif
