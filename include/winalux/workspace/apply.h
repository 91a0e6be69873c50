/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_WORKSPACE_APPLY_H
#define WINALUX_WORKSPACE_APPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "winalux/base/error.h"
#include "winalux/inventory/profile.h"
#include "winalux/plan/plan.h"

struct host;
struct inventory;

/*
 * Progress. Calls come from several threads, one at a time (serialised by apply). workspace is a
 * name, or "image web" while images are built, or NULL for the account ("waiting for another
 * winalux …").
 */
struct progress_sink {
	/* A step begins: text is "create pod", number from 1 of total (0: unknown). */
	void (*on_step)(void *context, const char *workspace, const char *text, size_t number,
			size_t total);
	/* A line of detail within the step: build output. */
	void (*on_line)(void *context, const char *workspace, const char *line);
	/* The workspace is done; err NULL on success. */
	void (*on_done)(void *context, const char *workspace, enum action action, int64_t took_ms,
			const struct error *err);
	void *context;
};

struct outcome {
	char *name;
	enum action action;
	bool is_done; /* false: never begun (interrupted) */
	bool has_failed;
	struct error error; /* when has_failed */
	int64_t took_ms;
	uint16_t ssh_port;
};
struct outcomes {
	struct outcome *items; /* as plan->items */
	size_t count;
};
void outcomes_release(struct outcomes *o);

/* --- deploy as a whole --- */
/* Of images that come from a registry. */
enum deploy_pull {
	DEPLOY_PULL_MISSING,
	DEPLOY_PULL_NEWER, /* also those of which the registry has another one */
	DEPLOY_PULL_NEVER
};
struct deploy_options {
	const struct inventory *inventory;
	const struct profiles *profiles;
	const struct strv *names; /* selection */
	bool is_dry_run;
	bool prune;
	bool upgrade_guest;
	bool no_build;        /* a missing image is an error instead of a build */
	const char *registry; /* images of profiles and sidecars come from there; NULL: are built */
	enum deploy_pull pull;
	bool verify; /* inspect every container and compare */
	struct progress_sink sink;
};

/* What a deploy has found and done. Release with deployment_release. */
struct deployment {
	struct facts *facts;
	struct want *wants;
	size_t want_count;
	struct want_gate *gates; /* of a rotation */
	size_t gate_count;
	struct plan plan;
	struct outcomes outcomes;   /* empty for a dry run and where nothing was to do */
	struct strv missing_images; /* dry run: what would be built */
	struct strv notes; /* "image 'web' is older than its profile; `winalux build web` …" */
};

/*
 * Observes, builds missing images, plans, takes the account's lock when there is something to do
 * (observing and planning again under it), applies, releases.
 */
int deploy_run(struct host *host, const struct deploy_options *options, struct deployment *ret,
	       struct error *err);
void deployment_release(struct deployment *d);

/* --- new tokens --- */
struct key;
struct rotate_options {
	const struct strv *names; /* NULL or empty: all that have a token */
	const struct key *key;    /* NULL: the tokens stay, their lockouts end (names are needed) */
	bool is_kick;             /* restarts the dev containers, which ends every session */
	struct progress_sink sink;
};
/* Under the account's lock, like a deploy; sessions go on unless is_kick. */
int rotate_run(struct host *host, const struct rotate_options *options, struct deployment *ret,
	       struct error *err);

/* start, stop, restart, destroy: the same with a plan over what is there. */
enum operation {
	OPERATION_START,
	OPERATION_STOP,
	OPERATION_RESTART,
	OPERATION_DESTROY,
	OPERATION_DESTROY_KEEP_DATA
};
int operate_run(struct host *host, enum operation operation, const struct strv *names,
		const struct progress_sink *sink, struct deployment *ret, struct error *err);

#endif
