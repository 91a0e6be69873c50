/* SPDX-License-Identifier: MIT */
/* What confines containers on this host, and what keeps an ordinary account from making them. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/timex.h>

#include "doctor/judge.h"
#include "doctor/look.h"
#include "doctor/probe.h"
#include "doctor/seccomp.h"
#include "winalux/base/clock.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/base/resource.h"
#include "winalux/format/json.h"
#include "winalux/plan/strict.h"

enum {
	DAY_S = 24 * 60 * 60,
	EARLIEST_TIME_S = 1767225600, /* 2026-01-01: this program is younger */
	NAMESPACES_NEEDED = 1000,
};

static const char apparmor_remedy[] = "write /etc/apparmor.d/podman:\n"
				      "abi <abi/4.0>,\n"
				      "include <tunables/global>\n"
				      "profile podman /usr/bin/podman flags=(unconfined) {\n"
				      "  userns,\n"
				      "  include if exists <local/podman>\n"
				      "}\n"
				      "then: apparmor_parser -r /etc/apparmor.d/podman";

static void look_namespaces(const struct probe_context *c, struct finding *f)
{
	static const char meaning[] = "rootless containers are made of user namespaces";
	uint64_t clone = 1, limit;

	if (look_number(c, "/proc/sys/kernel/unprivileged_userns_clone", &clone) && clone == 0) {
		finding_gap(f, FINDING_PROBLEM, meaning, "only root may make user namespaces");
		finding_admin_remedy(f, "echo 'kernel.unprivileged_userns_clone = 1' "
					">/etc/sysctl.d/90-winalux-userns.conf; sysctl --system");
		return;
	}
	if (!look_number(c, "/proc/sys/user/max_user_namespaces", &limit))
		return;
	if (limit < NAMESPACES_NEEDED) {
		finding_gap(f, limit == 0 ? FINDING_PROBLEM : FINDING_NOTE, meaning, "%llu allowed",
			    (unsigned long long)limit);
		finding_admin_remedy(f, "echo 'user.max_user_namespaces = 28633' "
					">/etc/sysctl.d/90-winalux-userns.conf; sysctl --system");
		return;
	}
	finding_ok(f, "%llu allowed", (unsigned long long)limit);
}

static void look_apparmor(const struct probe_context *c, struct finding *f)
{
	uint64_t is_restricted = 0;

	look_number(c, "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", &is_restricted);
	if (is_restricted == 0) {
		finding_ok(f, "does not restrict user namespaces");
		return;
	}
	if (look_exists(c, "/etc/apparmor.d/podman")) {
		finding_ok(f, "restricts user namespaces, but not Podman's");
		return;
	}
	finding_gap(f, FINDING_PROBLEM, "Podman cannot make a container",
		    "restricts user namespaces, Podman's too");
	finding_admin_remedy(f, "%s", apparmor_remedy);
}

static void look_selinux(const struct probe_context *c, struct finding *f)
{
	uint64_t is_enforcing;

	if (!look_number(c, "/sys/fs/selinux/enforce", &is_enforcing)) {
		finding_ok(f, "not in use");
		return;
	}
	if (!look_exists(c, "/usr/share/selinux/packages/container.pp.bz2") &&
	    !look_exists(c, "/var/lib/selinux/targeted/active/modules/200/container") &&
	    !look_exists(c, "/etc/selinux/targeted/contexts/files/file_contexts.local.container")) {
		finding_gap(
			f, is_enforcing != 0 ? FINDING_PROBLEM : FINDING_NOTE,
			"containers have no policy and may neither start nor reach their volumes",
			"%s, without the policy for containers",
			is_enforcing != 0 ? "enforcing" : "permissive");
		finding_install_remedy(c, f, "container-selinux", "container-selinux");
		return;
	}
	finding_ok(f, "%s, with the policy for containers",
		   is_enforcing != 0 ? "enforcing" : "permissive");
}

static void look_seccomp(const struct probe_context *c, struct finding *f)
{
	const struct resource *profile = resource_find("seccomp.json");
	struct seccomp_summary summary;
	struct error err = { 0 };

	if (!look_exists(c, "/proc/sys/kernel/seccomp/actions_avail")) {
		finding_gap(f, FINDING_PROBLEM, "containers could call everything in the kernel",
			    "this kernel has no seccomp filters");
		finding_admin_remedy(f, "run a kernel with CONFIG_SECCOMP_FILTER");
		return;
	}
	if (profile == NULL) {
		finding_gap(f, FINDING_UNKNOWN, NULL, "this program carries no profile");
		return;
	}
	if (seccomp_check((const char *)profile->data, profile->size, &summary, &err) < 0) {
		finding_gap(f, FINDING_PROBLEM, "workspaces would not start", "%s", err.text);
		finding_install_remedy(c, f, "libseccomp2", "libseccomp");
		return;
	}
	finding_ok(f, "compiles for %s: %u rules, %u system calls that libseccomp %s does not know",
		   summary.arch, summary.rule_count, summary.unknown_count,
		   summary.library_version);
}

static void look_strict(const struct probe_context *c, struct finding *f)
{
	DEFER(freep) char *lack = c->info ? strict_lack(c->info) : NULL;

	if (!c->info) {
		finding_gap(f, FINDING_UNKNOWN, NULL, "Podman could not be asked");
		return;
	}
	if (!lack) {
		finding_ok(f, "can be had");
		return;
	}
	finding_gap(f, FINDING_NOTE, "'gate: strict' cannot be used; 'gate: shell' can", "needs %s",
		    lack);
	finding_install_remedy(c, f, "crun", "crun");
}

void judge_clock(struct finding *f, int64_t now_s, int64_t storage_s, bool is_synchronised)
{
	char text[CLOCK_RFC3339_SIZE];

	clock_format_rfc3339(now_s, text);
	if (now_s < EARLIEST_TIME_S || storage_s > now_s + DAY_S) {
		finding_gap(f, FINDING_PROBLEM,
			    "downloads over TLS fail, and locks and ages of workspaces are wrong",
			    "%s, which is %s", text,
			    now_s < EARLIEST_TIME_S ? "before this program was made"
						    : "before Podman's storage was last changed");
		finding_admin_remedy(f, "timedatectl set-ntp true");
		return;
	}
	if (!is_synchronised) {
		finding_gap(f, FINDING_NOTE, "nothing keeps the clock right",
			    "%s, not synchronised", text);
		finding_admin_remedy(f, "timedatectl set-ntp true");
		return;
	}
	finding_ok(f, "%s, synchronised", text);
}

static void look_clock(const struct probe_context *c, struct finding *f)
{
	const char *root = json_text(json_path(c->info, "store.graphRoot"));
	DEFER(freep) char *full = root != NULL ? look_path(c, root) : NULL;
	struct timex kernel = { 0 };
	struct stat st;
	int64_t storage_s = full != NULL && stat(full, &st) == 0 ? (int64_t)st.st_mtime : 0;
	int state = adjtimex(&kernel);

	judge_clock(f, c->now_s, storage_s, state >= 0 && state != TIME_ERROR);
}

const struct probe security_probes[] = {
	{ "namespaces", "User namespaces", look_namespaces },
	{ "apparmor", "AppArmor", look_apparmor },
	{ "selinux", "SELinux", look_selinux },
	{ "seccomp", "Seccomp profile", look_seccomp },
	{ "strict", "Strict gate", look_strict },
	{ "clock", "Clock", look_clock },
	{ 0 },
};
