/* SPDX-License-Identifier: MIT */
/* Podman itself: version, service, runtime, helpers that pods need, and its table of locks. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "doctor/look.h"
#include "doctor/probe.h"
#include "winalux/base/buf.h"
#include "winalux/base/mem.h"
#include "winalux/base/parse.h"
#include "winalux/format/json.h"
#include "winalux/podman/container.h"
#include "winalux/podman/pod.h"
#include "winalux/podman/volume.h"

enum {
	NEEDED_MAJOR = 4,
	NEEDED_MINOR = 3,
	LOCKS_DEFAULT = 2048, /* containers.conf: num_locks */
	LOCKS_LOW = 200,      /* about twenty workspaces */
};

/* What an older Podman lacks that somebody who uses winalux notices. Oldest first. */
static const struct {
	unsigned major, minor;
	const char *what;
} later_features[] = {
	{ 4, 4, "pasta networking" },
	{ 4, 6, "a count of free locks" },
	{ 5, 1, "limits that survive a restart when changed live" },
	{ 5, 3, "info over an activated socket" },
	{ 5, 5, "pods without a pause image" },
};

static bool parse_version(const char *text, struct podman_version *ret)
{
	uint64_t major, minor, patch = 0;

	if (text == NULL)
		return false;
	text += strcspn(text, "0123456789");
	if (!parse_u64(&text, 0, 1000, &major) || !parse_char(&text, '.') ||
	    !parse_u64(&text, 0, 1000, &minor))
		return false;
	if (parse_char(&text, '.'))
		parse_u64(&text, 0, 1000, &patch);
	*ret = (struct podman_version){ (unsigned)major, (unsigned)minor, (unsigned)patch };
	return true;
}

static void describe_version(const struct podman_version *v, struct finding *f)
{
	DEFER(buf_release) struct buf text = { 0 };
	const char *separator = "; later ones add ";

	buf_init(&text, 1024);
	for (size_t i = 0; i < ARRAY_SIZE(later_features); i++) {
		if (podman_version_at_least(v, later_features[i].major, later_features[i].minor))
			continue;
		buf_addf(&text, "%s%s (%u.%u)", separator, later_features[i].what,
			 later_features[i].major, later_features[i].minor);
		separator = ", ";
	}
	finding_ok(f, "%u.%u.%u%s", v->major, v->minor, v->patch, text.data);
}

static void look_podman(const struct probe_context *c, struct finding *f)
{
	DEFER(freep) char *path = look_program(c, "podman");
	struct podman_version version = c->version;

	if (!c->has_version && !parse_version(c->program_version, &version)) {
		if (path != NULL) {
			finding_gap(f, FINDING_UNKNOWN, NULL, "%s does not tell its version", path);
			finding_user_remedy(f, "%s --version", path);
			return;
		}
		finding_gap(f, FINDING_PROBLEM, "winalux does everything through it",
			    "Podman is not installed");
		finding_install_remedy(c, f, "podman", "podman");
		return;
	}
	if (!podman_version_at_least(&version, NEEDED_MAJOR, NEEDED_MINOR)) {
		finding_gap(f, FINDING_PROBLEM, "winalux needs 4.3 or later", "%u.%u.%u",
			    version.major, version.minor, version.patch);
		finding_admin_remedy(f, "install Podman 4.3 or later (Debian 12, Ubuntu 24.04, "
					"Fedora 37 or newer)");
		return;
	}
	describe_version(&version, f);
}

/* systemd's socket is what remote tools expect; winalux itself does without. */
static void judge_activation(const struct probe_context *c, struct finding *f)
{
	DEFER(freep) char *socket_path = NULL, *full = NULL, *enabled = NULL, *bus = NULL;
	const char *dir = c->runtime_dir != NULL ? c->runtime_dir : "";
	struct stat st;

	socket_path = xasprintf("%s/podman/podman.sock", dir);
	full = look_path(c, socket_path);
	enabled = xasprintf("%s/.config/systemd/user/sockets.target.wants/podman.socket", c->home);
	bus = xasprintf("%s/bus", dir);
	if (stat(full, &st) == 0 && S_ISSOCK(st.st_mode)) {
		finding_ok(f, "%s answers", socket_path);
		return;
	}
	if (look_exists(c, enabled) ||
	    look_exists(c, "/etc/systemd/user/sockets.target.wants/podman.socket") ||
	    !look_exists(c, bus)) {
		finding_ok(f, "winalux starts the service while it works");
		return;
	}
	finding_gap(f, FINDING_NOTE,
		    "winalux starts the service for each command, which takes a moment; systemd "
		    "can start it on demand",
		    "podman.socket is not enabled");
	finding_user_remedy(f, "systemctl --user enable --now podman.socket");
}

static void look_socket(const struct probe_context *c, struct finding *f)
{
	if (c->podman != NULL || c->has_version) {
		judge_activation(c, f);
		return;
	}
	finding_gap(f, FINDING_PROBLEM, "winalux does everything through Podman's REST API", "%s",
		    c->service_error != NULL ? c->service_error : "no service answers");
	finding_user_remedy(
		f, "podman info   # shows what keeps Podman from working for this account");
}

static void look_runtime(const struct probe_context *c, struct finding *f)
{
	const char *name = json_text(json_path(c->info, "host.ociRuntime.name"));
	const char *version = json_text(json_path(c->info, "host.ociRuntime.version"));
	DEFER(freep) char *crun = look_program(c, "crun");

	if (name == NULL && crun == NULL) {
		finding_gap(f, FINDING_UNKNOWN, NULL,
			    "Podman could not be asked, and there is no crun");
		finding_install_remedy(c, f, "crun", "crun");
		return;
	}
	if (name != NULL && strcmp(name, "crun") != 0) {
		finding_gap(f, FINDING_NOTE,
			    "winalux is tested with crun, which also starts faster", "%s", name);
		finding_install_remedy(c, f, "crun", "crun");
		return;
	}
	if (version == NULL)
		finding_ok(f, "%s", crun);
	else
		finding_ok(f, "%.*s", (int)strcspn(version, "\n"), version);
}

/* Pods up to 5.4 are held by a pause image that Podman builds from catatonit. */
static void look_catatonit(const struct probe_context *c, struct finding *f)
{
	DEFER(freep) char *path = look_program(c, "catatonit");

	if (path != NULL) {
		finding_ok(f, "%s", path);
		return;
	}
	if (c->has_version && podman_version_at_least(&c->version, 5, 5)) {
		finding_ok(f, "not needed from Podman 5.5");
		return;
	}
	finding_gap(f, FINDING_PROBLEM,
		    "Podman before 5.5 builds every pod's first container from it",
		    "not installed");
	finding_install_remedy(c, f, "catatonit", "catatonit");
}

/* 2048 for containers, pods and volumes of the account together, unless containers.conf says else.
 */
static bool count_used_locks(const struct probe_context *c, uint64_t *ret)
{
	struct containers containers = { 0 };
	struct pods pods = { 0 };
	struct volumes volumes = { 0 };
	bool is_known = c->podman != NULL &&
			container_list(c->podman, NULL, &containers, NULL) == 0 &&
			pod_list(c->podman, NULL, &pods, NULL) == 0 &&
			volume_list(c->podman, NULL, &volumes, NULL) == 0;

	*ret = containers.count + pods.count + volumes.count;
	containers_release(&containers);
	pods_release(&pods);
	volumes_release(&volumes);
	return is_known;
}

static void judge_locks(struct finding *f, int64_t free_count)
{
	if (free_count >= LOCKS_LOW) {
		finding_ok(f, "%lld free", (long long)free_count);
		return;
	}
	finding_gap(f, free_count < 10 ? FINDING_PROBLEM : FINDING_NOTE,
		    "each container, pod and volume takes one, a workspace with Redis about seven",
		    "%lld free", (long long)free_count);
	finding_user_remedy(f, "podman volume prune   # unused volumes of other programs\n"
			       "or raise num_locks below [engine] in "
			       "~/.config/containers/containers.conf, then with all "
			       "containers stopped: podman system renumber");
}

static void look_locks(const struct probe_context *c, struct finding *f)
{
	int64_t free_count = json_get_int(json_path(c->info, "host"), "freeLocks", -1);
	uint64_t used;

	if (free_count >= 0)
		judge_locks(f, free_count);
	else if (count_used_locks(c, &used))
		judge_locks(f, LOCKS_DEFAULT - (int64_t)used);
}

/* Without a registry the base image is made from Debian packages. */
static void look_base_maker(const struct probe_context *c, struct finding *f)
{
	DEFER(freep) char *path = look_program(c, "mmdebstrap");

	if (path != NULL) {
		finding_ok(f, "%s: base images need no registry", path);
		return;
	}
	finding_gap(f, FINDING_NOTE, "base images can only be pulled from a registry",
		    "no mmdebstrap");
	finding_install_remedy(c, f, "mmdebstrap", "mmdebstrap");
}

const struct probe engine_probes[] = {
	{ "podman", "Podman", look_podman },
	{ "socket", "Podman's service", look_socket },
	{ "runtime", "OCI runtime", look_runtime },
	{ "catatonit", "catatonit", look_catatonit },
	{ "locks", "Podman's locks", look_locks },
	{ "base-images", "Base images", look_base_maker },
	{ 0 },
};
