/* SPDX-License-Identifier: MIT */
/* The account: who it is, its subordinate ids, its run directory, and whether it outlives a logout.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "doctor/look.h"
#include "doctor/probe.h"
#include "winalux/base/buf.h"
#include "winalux/base/mem.h"
#include "winalux/base/parse.h"
#include "winalux/base/process.h"
#include "winalux/format/json.h"

enum { IDS_NEEDED = 65536, FIRST_SUBORDINATE_ID = 100000 };

/* What a subuid(5) file says, seen from one account. */
struct id_ranges {
	uint64_t count;    /* ids of the account, all its ranges together */
	uint64_t first;    /* start of its first range */
	uint64_t end;      /* behind the highest range of anybody */
	char *overlapping; /* another account that shares ids with it, or NULL */
};

struct id_range {
	char owner[256];
	uint64_t start, count;
};

static void look_user(const struct probe_context *c, struct finding *f)
{
	const struct json *rootless = json_path(c->info, "host.security.rootless");

	if (c->uid == 0 || (rootless != NULL && !json_get_bool(json_path(c->info, "host.security"),
							       "rootless", true))) {
		finding_gap(f, FINDING_PROBLEM,
			    "containers of root are root's: who breaks out of one owns the machine",
			    "%s, Podman runs as root", c->user);
		finding_user_remedy(f, "run winalux as an ordinary user");
		return;
	}
	finding_ok(f, "%s, uid %u, rootless", c->user, (unsigned)c->uid);
}

/* "owner:start:count" */
static bool parse_range(const char *line, size_t len, struct id_range *ret)
{
	DEFER(freep) char *text = xstrndup(line, len);
	char *start = strchr(text, ':');
	char *count = start != NULL ? strchr(start + 1, ':') : NULL;

	if (count == NULL || (size_t)(start - text) >= sizeof(ret->owner))
		return false;
	*start++ = '\0';
	*count++ = '\0';
	memcpy(ret->owner, text, strlen(text) + 1);
	return parse_whole_u64(start, 0, UINT32_MAX, &ret->start) &&
	       parse_whole_u64(count, 0, UINT32_MAX, &ret->count);
}

static bool is_owner(const struct probe_context *c, const struct id_range *range)
{
	uint64_t uid;

	return strcmp(range->owner, c->user) == 0 ||
	       (parse_whole_u64(range->owner, 0, UINT32_MAX, &uid) && uid == c->uid);
}

static bool do_overlap(const struct id_range *a, const struct id_range *b)
{
	return a->start < b->start + b->count && b->start < a->start + a->count;
}

/* Calls visit for every range of the file. */
static void each_range(const char *text, void (*visit)(const struct id_range *, void *),
		       void *context)
{
	for (const char *line = text; line != NULL && *line != '\0';) {
		size_t len = strcspn(line, "\n");
		struct id_range range;

		if (*line != '#' && parse_range(line, len, &range))
			visit(&range, context);
		line += len + (line[len] == '\n');
	}
}

struct range_visit {
	const struct probe_context *c;
	struct id_ranges *ranges;
	struct id_range own; /* the account's first range */
};

static void count_own(const struct id_range *range, void *context)
{
	struct range_visit *visit = context;
	struct id_ranges *ranges = visit->ranges;

	if (range->start + range->count > ranges->end)
		ranges->end = range->start + range->count;
	if (!is_owner(visit->c, range))
		return;
	if (ranges->count == 0) {
		ranges->first = range->start;
		visit->own = *range;
	}
	ranges->count += range->count;
}

static void find_overlap(const struct id_range *range, void *context)
{
	struct range_visit *visit = context;

	if (visit->ranges->overlapping == NULL && !is_owner(visit->c, range) &&
	    do_overlap(range, &visit->own))
		visit->ranges->overlapping = xstrdup(range->owner);
}

/*
 * Ids may come from a directory service instead of a file (nsswitch.conf: "subid: sss"): getsubids
 * of the uidmap package prints "0: alice 100000 65536" for each range, wherever it is from.
 */
static void ask_getsubids(const struct probe_context *c, bool is_group, struct id_ranges *ranges)
{
	const char *argv[] = { "getsubids", is_group ? "-g" : c->user, is_group ? c->user : NULL,
			       NULL };
	DEFER(buf_release) struct buf out = { 0 };
	struct process_options options = { .stdin_fd = -1, .stdout_fd = -1, .timeout_ms = 10000 };
	uint64_t index;
	int status;

	buf_init(&out, 4096);
	if (c->root[0] != '\0' || process_run(argv, &options, &out, &status, NULL) < 0 ||
	    status != 0)
		return;
	for (const char *at = out.data; at != NULL && *at != '\0';) {
		const char *owner;
		uint64_t start, count;
		size_t len;

		if (!parse_u64(&at, 0, UINT32_MAX, &index) || !parse_literal(&at, ": "))
			return;
		len = strcspn(at, " ");
		owner = at;
		at += len;
		if (len == 0 || owner[len] == '\0' || !parse_spaces(&at) ||
		    !parse_u64(&at, 0, UINT32_MAX, &start) || !parse_spaces(&at) ||
		    !parse_u64(&at, 0, UINT32_MAX, &count))
			return;
		if (ranges->count == 0)
			ranges->first = start;
		ranges->count += count;
		parse_char(&at, '\n');
	}
}

static void look_ids(const struct probe_context *c, struct finding *f, bool is_group)
{
	const char *path = is_group ? "/etc/subgid" : "/etc/subuid";
	const char *option = is_group ? "--add-subgids" : "--add-subuids";
	DEFER(freep) char *text = look_text(c, path);
	struct id_ranges ranges = { .end = FIRST_SUBORDINATE_ID };
	struct range_visit visit = { .c = c, .ranges = &ranges };

	each_range(text, count_own, &visit);
	if (ranges.count == 0)
		ask_getsubids(c, is_group, &ranges);
	if (ranges.count < IDS_NEEDED) {
		finding_gap(f, FINDING_PROBLEM,
			    "rootless containers need 65536 ids of their own to hold the users of "
			    "an image",
			    "%llu ids for %s in %s", (unsigned long long)ranges.count, c->user,
			    path);
		finding_admin_remedy(
			f, "usermod %s %llu-%llu %s   # then, as %s: podman system migrate", option,
			(unsigned long long)ranges.end,
			(unsigned long long)ranges.end + IDS_NEEDED - 1, c->user, c->user);
		return;
	}
	each_range(text, find_overlap, &visit);
	if (ranges.overlapping == NULL) {
		finding_ok(f, "%llu ids for %s from %llu", (unsigned long long)ranges.count,
			   c->user, (unsigned long long)ranges.first);
		return;
	}
	finding_gap(f, FINDING_NOTE,
		    "containers of the two accounts have the same ids on this host",
		    "%s shares ids with %s in %s", c->user, ranges.overlapping, path);
	finding_admin_remedy(f,
			     "give one of them a range of its own in %s, then as that user: podman "
			     "system migrate",
			     path);
	free(ranges.overlapping);
}

static void look_subuid(const struct probe_context *c, struct finding *f)
{
	look_ids(c, f, false);
}

static void look_subgid(const struct probe_context *c, struct finding *f)
{
	look_ids(c, f, true);
}

/* Setuid (Debian) or file capabilities (Fedora); without either the program cannot write a map. */
static bool has_privilege(const struct probe_context *c, const char *path)
{
	DEFER(freep) char *full = look_path(c, path);
	struct stat st;

	if (stat(full, &st) < 0)
		return false;
	return (st.st_mode & S_ISUID) != 0 || getxattr(full, "security.capability", NULL, 0) > 0;
}

static void look_idmap_tools(const struct probe_context *c, struct finding *f)
{
	static const char *const programs[] = { "newuidmap", "newgidmap" };
	static const char meaning[] = "Podman needs it to give containers their ids";

	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		DEFER(freep) char *path = look_program(c, programs[i]);

		if (path == NULL) {
			finding_gap(f, FINDING_PROBLEM, meaning, "no %s", programs[i]);
			finding_install_remedy(c, f, "uidmap", "shadow-utils");
			return;
		}
		if (!has_privilege(c, path)) {
			finding_gap(f, FINDING_PROBLEM, meaning,
				    "%s is neither setuid nor has capabilities", path);
			finding_admin_remedy(f, "chmod u+s %s", path);
			return;
		}
	}
	finding_ok(f, "newuidmap and newgidmap with privilege");
}

/* An account without login session: su, cron, a daemon. */
static void judge_unset_runtime_dir(const struct probe_context *c, struct finding *f)
{
	DEFER(freep) char *usual = xasprintf("/run/user/%u", (unsigned)c->uid);

	if (look_exists(c, usual)) {
		finding_gap(f, FINDING_PROBLEM,
			    "Podman would use another run directory than in a login session, where "
			    "running containers seem to be gone",
			    "XDG_RUNTIME_DIR is not set");
		finding_user_remedy(f, "export XDG_RUNTIME_DIR=%s", usual);
		return;
	}
	finding_gap(f, FINDING_NOTE, "Podman falls back to a directory in /tmp",
		    "XDG_RUNTIME_DIR is not set and %s does not exist", usual);
	finding_user_remedy(f,
			    "log in with ssh instead of su, or: loginctl enable-linger; export "
			    "XDG_RUNTIME_DIR=%s",
			    usual);
}

static void look_runtime_dir(const struct probe_context *c, struct finding *f)
{
	DEFER(freep) char *full = NULL;
	struct stat st;

	if (c->runtime_dir == NULL || c->runtime_dir[0] == '\0') {
		judge_unset_runtime_dir(c, f);
		return;
	}
	full = look_path(c, c->runtime_dir);
	if (stat(full, &st) < 0 || !S_ISDIR(st.st_mode)) {
		finding_gap(f, FINDING_PROBLEM, "Podman keeps its sockets and locks there",
			    "%s does not exist", c->runtime_dir);
		finding_admin_remedy(f, "loginctl enable-linger %s", c->user);
		return;
	}
	if (st.st_uid != c->uid) {
		finding_gap(f, FINDING_PROBLEM, "Podman keeps its sockets and locks there",
			    "%s belongs to uid %u", c->runtime_dir, (unsigned)st.st_uid);
		finding_user_remedy(f,
				    "log in as %s (ssh, machinectl shell) instead of su, or: "
				    "export XDG_RUNTIME_DIR=/run/user/%u",
				    c->user, (unsigned)c->uid);
		return;
	}
	finding_ok(f, "%s", c->runtime_dir);
}

static void look_linger(const struct probe_context *c, struct finding *f)
{
	DEFER(freep) char *path = xasprintf("/var/lib/systemd/linger/%s", c->user);

	if (!look_exists(c, "/run/systemd/system")) {
		finding_ok(f, "no systemd here, so nothing ends processes at logout");
		return;
	}
	if (look_exists(c, path)) {
		finding_ok(f, "on: workspaces outlive a logout");
		return;
	}
	finding_gap(f, FINDING_NOTE,
		    "all workspaces stop when the last session of this account ends, and do not "
		    "come back after a reboot",
		    "off");
	finding_user_remedy(f, "loginctl enable-linger");
}

const struct probe account_probes[] = {
	{ "user", "Account", look_user },
	{ "subuid", "Subordinate uids", look_subuid },
	{ "subgid", "Subordinate gids", look_subgid },
	{ "idmap-tools", "Id mapping programs", look_idmap_tools },
	{ "runtime-dir", "Run directory", look_runtime_dir },
	{ "linger", "Linger", look_linger },
	{ 0 },
};
