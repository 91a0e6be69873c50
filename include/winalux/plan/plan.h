/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_PLAN_PLAN_H
#define WINALUX_PLAN_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "winalux/plan/facts.h"
#include "winalux/plan/want.h"

struct json;

/*
 * The difference between wants and facts as steps. Pure: no I/O, same input gives the same plan,
 * and
 * `--dry-run` prints what apply executes.
 */
enum action {
	ACTION_UNCHANGED,
	ACTION_LIVE,  /* changed without ending a session */
	ACTION_START, /* all there, not running */
	ACTION_RESTART,
	ACTION_RECREATE, /* the dev container or the whole pod is made anew: sessions end */
	ACTION_REPAIR,   /* sidecars or leftovers are made anew, the dev container stays */
	ACTION_CREATE,
	ACTION_STOP,
	ACTION_REMOVE,  /* compute, data is kept */
	ACTION_DESTROY, /* with its data */
	ACTION_ORPHAN,  /* not in the inventory: left alone, only named */
	ACTION_REFUSE,  /* cannot be done as things stand: left alone, the others go on */
	ACTION_COUNT
};
const char *action_name(enum action action); /* "unchanged", "live change", … */

enum step_kind {
	STEP_STOP_CONTAINER,
	STEP_REMOVE_CONTAINER,
	STEP_REMOVE_POD,
	STEP_REMOVE_NETWORK,
	STEP_REMOVE_VOLUME,
	STEP_CREATE_NETWORK,
	STEP_CREATE_VOLUME,
	STEP_CREATE_POD,
	STEP_CREATE_CONTAINER,
	STEP_PUT_FILES,    /* keys and guest configuration into the dev container */
	STEP_PUT_GATE,     /* the token's hash alone */
	STEP_RELOAD_GUEST, /* it reads what was written */
	STEP_START_CONTAINER,
	STEP_WAIT_READY,
	STEP_SYNC_LIBRARIES, /* PyPI packages into the home of a running dev container */
	STEP_WRITE_STATE,    /* the next generation: the moment at which a deploy counts */
	STEP_REMOVE_STATE,   /* an older generation */
	STEP_KIND_COUNT
};

struct step {
	enum step_kind kind;
	char *object; /* name or id that the call takes; for STEP_CREATE_CONTAINER and the like the
			 name */
	size_t index; /* STEP_CREATE_CONTAINER, STEP_CREATE_VOLUME: index into the want's list;
			 STEP_WRITE_STATE of a rotation: 1 leaves out the digest of the files
			 inside; of a deploy: 1 says that libraries are still to come;
			 STEP_RELOAD_GUEST: 1 is for a guest that only SIGHUP tells */
};

/* "create container 'winalux-alice-dev'". The caller frees it. */
char *step_text(const struct step *step);

/* What was decided about one object, and why: for `plan` and --json. */
struct object_change {
	char *object;
	enum action action;
	char *reason; /* "image changed", "is not running", "removed by hand", … NULL when unchanged
		       */
};

struct workspace_plan {
	char *name;
	char *slug;
	enum action action;
	char *reason;                        /* the first that counts; NULL when unchanged */
	const struct want *want;             /* NULL for stop, remove, destroy, orphan */
	const struct want_gate *gate;        /* the new one, for a rotation alone */
	const struct workspace_facts *facts; /* NULL for a new one */
	struct step *steps;
	size_t step_count;
	size_t step_cap;
	struct object_change *changes;
	size_t change_count;
	size_t change_cap;
	bool ends_sessions;
};

struct plan {
	struct workspace_plan *items; /* in the order of the inventory, then what is not in it */
	size_t count;
	size_t cap;
};

struct plan_options {
	const struct strv *names;    /* selection; NULL or empty: all */
	bool upgrade_guest;          /* make dev containers and sidecars with another guest anew */
	const char *guest_digest;    /* of the guest that this program carries */
	const struct labels *faults; /* id of a container or pod -> what a person changed
					(--verify); NULL: none */
	bool prune; /* remove compute of workspaces that are not in the inventory */
};

/* The deploy plan. Names that are neither in wants nor in facts are ERROR_NOT_FOUND. */
int plan_deploy(const struct want *wants, size_t want_count, const struct facts *facts,
		const struct plan_options *options, struct plan *ret, struct error *err);

/*
 * What every plan over what is there begins with: objects of this schema, and names that exist.
 * ERROR_NOT_FOUND names the unknown one and those that exist.
 */
int plan_check_names(const struct facts *facts, const struct strv *names, struct error *err);

/* Plans over what is there. names empty: all. ERROR_NOT_FOUND names the unknown one and those that
 * exist. */
int plan_start(const struct facts *facts, const struct strv *names, struct plan *ret,
	       struct error *err);
int plan_stop(const struct facts *facts, const struct strv *names, struct plan *ret,
	      struct error *err);
int plan_restart(const struct facts *facts, const struct strv *names, struct plan *ret,
		 struct error *err);
int plan_destroy(const struct facts *facts, const struct strv *names, bool keep_data,
		 struct plan *ret, struct error *err);

/*
 * New tokens: gates is parallel to facts->workspaces, one without a salt is a workspace that has no
 * token. is_kick ends the sessions, by a restart of the dev container. names empty: all that have a
 * token.
 */
int plan_rotate(const struct facts *facts, const struct strv *names, const struct want_gate *gates,
		bool is_kick, struct plan *ret, struct error *err);

/* Ends lockouts: gates as above, with their unlock. Containers that do not run are refused. */
int plan_unlock(const struct facts *facts, const struct strv *names, const struct want_gate *gates,
		struct plan *ret, struct error *err);

void plan_release(struct plan *plan);
size_t plan_step_count(const struct plan *plan);
size_t plan_count_action(const struct plan *plan, enum action action); /* workspaces */
/* {"workspaces":[{name, action, reason, ends_sessions, objects:[…], steps:[…]}]}. json_free frees
 * it. */
struct json *plan_to_json(const struct plan *plan);

#endif
