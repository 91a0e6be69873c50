/* SPDX-License-Identifier: MIT */
/* Limits of the host that workspaces share, and whether limits of a workspace can be enforced. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor/look.h"
#include "doctor/probe.h"
#include "winalux/base/buf.h"
#include "winalux/base/mem.h"
#include "winalux/base/parse.h"
#include "winalux/format/json.h"

enum {
	INOTIFY_INSTANCES_WANTED = 512, /* an editor takes 5 to 20; Debian's default is 128 */
	INOTIFY_WATCHES_WANTED = 65536,
	KEYS_WANTED = 50, /* a container takes one */
};

static const char *const wanted_controllers[] = { "cpu", "memory", "pids" };

static const char delegate_remedy[] = "mkdir -p /etc/systemd/system/user@.service.d; write "
				      "/etc/systemd/system/user@.service.d/delegate.conf:\n"
				      "[Service]\n"
				      "Delegate=cpu cpuset io memory pids\n"
				      "then: systemctl daemon-reload, and log in again";

/* Blank-separated controllers of the account: what Podman says, else what systemd gave its manager.
 */
static char *delegated_controllers(const struct probe_context *c)
{
	const struct json *list = json_path(c->info, "host.cgroupControllers");
	DEFER(freep) char *path = NULL;
	struct buf names;

	if (!json_is_array(list)) {
		path = xasprintf("/sys/fs/cgroup/user.slice/user-%u.slice/user@%u.service/"
				 "cgroup.controllers",
				 (unsigned)c->uid, (unsigned)c->uid);
		return look_line(c, path);
	}
	buf_init(&names, 1024);
	for (const struct json *name = json_first(list); name != NULL; name = json_next(name))
		buf_addf(&names, "%s%s", names.len > 0 ? " " : "",
			 json_text(name) != NULL ? json_text(name) : "");
	return buf_take(&names);
}

static void look_cgroups(const struct probe_context *c, struct finding *f)
{
	const char *version = json_text(json_path(c->info, "host.cgroupVersion"));
	bool is_v2 = version != NULL ? strcmp(version, "v2") == 0
				     : look_exists(c, "/sys/fs/cgroup/cgroup.controllers");

	if (is_v2) {
		finding_ok(f, "version 2");
		return;
	}
	finding_gap(f, FINDING_PROBLEM,
		    "crun refuses rootless containers on mixed hierarchies, and no limit can be "
		    "enforced",
		    "version 1, or both mixed");
	finding_admin_remedy(
		f,
		"add systemd.unified_cgroup_hierarchy=1 to the kernel's command line and reboot");
}

static void look_controllers(const struct probe_context *c, struct finding *f)
{
	DEFER(freep) char *delegated = delegated_controllers(c);
	DEFER(buf_release) struct buf missing = { 0 };

	buf_init(&missing, 256);
	for (size_t i = 0; i < ARRAY_SIZE(wanted_controllers); i++)
		if (!look_has_word(delegated, wanted_controllers[i]))
			buf_addf(&missing, "%s%s", missing.len > 0 ? ", " : "",
				 wanted_controllers[i]);
	if (missing.len == 0) {
		finding_ok(f, "%s", delegated);
		return;
	}
	finding_gap(f, FINDING_NOTE, "limits of these kinds are accepted and not enforced",
		    "not delegated: %s", missing.data);
	if (look_exists(c, "/run/systemd/system"))
		finding_admin_remedy(f, "%s", delegate_remedy);
}

static void look_inotify(const struct probe_context *c, struct finding *f)
{
	uint64_t instances, watches;

	if (!look_number(c, "/proc/sys/fs/inotify/max_user_instances", &instances) ||
	    !look_number(c, "/proc/sys/fs/inotify/max_user_watches", &watches))
		return;
	if (instances >= INOTIFY_INSTANCES_WANTED && watches >= INOTIFY_WATCHES_WANTED) {
		finding_ok(f, "%llu instances, %llu watches", (unsigned long long)instances,
			   (unsigned long long)watches);
		return;
	}
	finding_gap(f, FINDING_NOTE,
		    "all workspaces of this account share them; editors and file watchers fail "
		    "when they are used up",
		    "%llu instances, %llu watches", (unsigned long long)instances,
		    (unsigned long long)watches);
	finding_admin_remedy(f, "write /etc/sysctl.d/90-winalux.conf:\n"
				"fs.inotify.max_user_instances = 1024\n"
				"fs.inotify.max_user_watches = 524288\n"
				"then: sysctl --system");
}

/* proc_key_users(5): "1000:     5 5/5 3/200 60/20000", the fourth being keys owned / allowed. */
static bool find_keys(const char *text, uint64_t uid, uint64_t *ret_used, uint64_t *ret_allowed)
{
	for (const char *line = text; line != NULL && *line != '\0';) {
		const char *at = line;
		uint64_t owner, ignored;

		parse_spaces(&at);
		if (parse_u64(&at, 0, UINT32_MAX, &owner) && parse_char(&at, ':') && owner == uid &&
		    parse_spaces(&at) && parse_u64(&at, 0, UINT32_MAX, &ignored) &&
		    parse_spaces(&at) && parse_u64(&at, 0, UINT32_MAX, &ignored) &&
		    parse_char(&at, '/') && parse_u64(&at, 0, UINT32_MAX, &ignored) &&
		    parse_spaces(&at) && parse_u64(&at, 0, UINT32_MAX, ret_used) &&
		    parse_char(&at, '/') && parse_u64(&at, 0, UINT32_MAX, ret_allowed))
			return true;
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	return false;
}

static void look_keys(const struct probe_context *c, struct finding *f)
{
	DEFER(freep) char *text = look_text(c, "/proc/key-users");
	uint64_t used = 0, allowed = 0;

	/* A line appears with an account's first key. */
	if (!find_keys(text, c->uid, &used, &allowed) &&
	    !look_number(c, "/proc/sys/kernel/keys/maxkeys", &allowed))
		return;
	if (used <= allowed && allowed - used >= KEYS_WANTED) {
		finding_ok(f, "%llu of %llu used", (unsigned long long)used,
			   (unsigned long long)allowed);
		return;
	}
	finding_gap(f, FINDING_NOTE,
		    "each container takes a kernel keyring; without room the runtime fails with "
		    "'disk quota exceeded'",
		    "%llu of %llu used", (unsigned long long)used, (unsigned long long)allowed);
	finding_admin_remedy(f, "write /etc/sysctl.d/90-winalux-keys.conf:\n"
				"kernel.keys.maxkeys = 2000\n"
				"then: sysctl --system");
}

const struct probe limits_probes[] = {
	{ "cgroups", "Control groups", look_cgroups },
	{ "controllers", "Delegated controllers", look_controllers },
	{ "inotify", "inotify", look_inotify },
	{ "keys", "Kernel keyrings", look_keys },
	{ 0 },
};
