/* SPDX-License-Identifier: MIT */
/* Where images and volumes live: driver, file system, room, and what the kernel's overlayfs can do.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "doctor/judge.h"
#include "doctor/look.h"
#include "doctor/probe.h"
#include "winalux/base/mem.h"
#include "winalux/base/parse.h"
#include "winalux/format/json.h"
#include "winalux/podman/store.h"

#define GIB (UINT64_C(1) << 30)

/* A build needs about 2 GiB for layers and temporary copies, a web workspace about one. */
static const uint64_t space_needed = 2 * GIB;
static const uint64_t space_wanted = 10 * GIB;

enum { INODES_NEEDED = 20000, INODES_WANTED = 200000 };

static const char storage_conf_remedy[] =
	"mkdir -p ~/.config/containers; write ~/.config/containers/storage.conf:\n"
	"[storage]\n"
	"driver = \"overlay\"\n"
	"then, which removes all images and containers of this account: podman system reset";

/* statfs(2) and linux/magic.h; file systems on which rootless storage is known to break. */
static const struct {
	long type;
	const char *name;
	const char *meaning;
} bad_filesystems[] = {
	{ 0x6969, "NFS",
	  "files there cannot belong to subordinate ids, so images cannot be unpacked" },
	{ 0xff534d42, "CIFS",
	  "files there cannot belong to subordinate ids, so images cannot be unpacked" },
	{ 0xfe534d42, "SMB",
	  "files there cannot belong to subordinate ids, so images cannot be unpacked" },
	{ 0x01021997, "9p",
	  "files there cannot belong to subordinate ids, so images cannot be unpacked" },
	{ 0xf15f, "eCryptfs", "overlayfs does not work on it" },
	{ 0x794c7630, "overlayfs",
	  "an overlay cannot lie on another: Podman falls back to fuse-overlayfs or vfs" },
};

/* driver = "…" of the account's storage.conf, else of the system's, or NULL. */
static char *configured_driver(const struct probe_context *c)
{
	DEFER(freep) char *own = xasprintf("%s/.config/containers/storage.conf", c->home);
	const char *const paths[] = { own, "/etc/containers/storage.conf",
				      "/usr/share/containers/storage.conf" };

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		DEFER(freep) char *text = look_text(c, paths[i]);

		for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
			const char *at = line + (*line == '\n');
			size_t len;

			line = at;
			parse_spaces(&at);
			if (!parse_literal(&at, "driver"))
				continue;
			parse_spaces(&at);
			if (!parse_char(&at, '='))
				continue;
			parse_spaces(&at);
			if (!parse_char(&at, '"'))
				continue;
			len = strcspn(at, "\"\n");
			return xstrndup(at, len);
		}
	}
	return NULL;
}

static void look_driver(const struct probe_context *c, struct finding *f)
{
	const char *driver = json_text(json_path(c->info, "store.graphDriverName"));
	DEFER(freep) char *configured = driver == NULL ? configured_driver(c) : NULL;

	if (driver == NULL)
		driver = configured;
	if (driver == NULL) {
		finding_gap(f, FINDING_UNKNOWN,
			    "Podman 4.3 may choose vfs by itself, where every container is a full "
			    "copy of its image",
			    "Podman could not be asked and no storage.conf names a driver");
		finding_user_remedy(f, "%s", storage_conf_remedy);
		return;
	}
	if (strcmp(driver, "vfs") == 0) {
		finding_gap(
			f, FINDING_PROBLEM,
			"every container is a full copy of its image, in disk space and in time",
			"vfs");
		finding_user_remedy(f, "%s", storage_conf_remedy);
		return;
	}
	finding_ok(f, "%s", driver);
}

static char *graph_root(const struct probe_context *c)
{
	const char *root = json_text(json_path(c->info, "store.graphRoot"));

	return root != NULL ? xstrdup(root)
			    : xasprintf("%s/.local/share/containers/storage", c->home);
}

/* The nearest directory that exists, with the context's root in front: storage appears on first
 * use. */
static char *existing_part(const struct probe_context *c, const char *path)
{
	char *full = look_path(c, path);
	size_t least = strlen(c->root);

	while (access(full, F_OK) != 0) {
		char *slash = strrchr(full, '/');

		if (slash == NULL || (size_t)(slash - full) <= least) {
			free(full);
			return xasprintf("%s/", c->root);
		}
		*slash = '\0';
	}
	return full;
}

void judge_filesystem(struct finding *f, const char *path, long type)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad_filesystems); i++) {
		if ((uint32_t)bad_filesystems[i].type != (uint32_t)type)
			continue;
		finding_gap(f, FINDING_PROBLEM, bad_filesystems[i].meaning, "%s is on %s", path,
			    bad_filesystems[i].name);
		finding_user_remedy(f, "in ~/.config/containers/storage.conf, below [storage], "
				       "name a directory on a local disk:\n"
				       "driver = \"overlay\"\n"
				       "graphroot = \"/var/lib/user-containers/NAME\"");
		return;
	}
	finding_ok(f, "%s", path);
}

static void look_graph_root(const struct probe_context *c, struct finding *f)
{
	DEFER(freep) char *path = graph_root(c);
	DEFER(freep) char *part = existing_part(c, path);
	struct statfs st;

	if (statfs(part, &st) == 0)
		judge_filesystem(f, path, (long)st.f_type);
}

static enum finding_level level_by(uint64_t value, uint64_t needed, uint64_t wanted)
{
	if (value < needed)
		return FINDING_PROBLEM;
	return value < wanted ? FINDING_NOTE : FINDING_OK;
}

void judge_space(struct finding *f, const char *path, uint64_t free_bytes)
{
	enum finding_level level = level_by(free_bytes, space_needed, space_wanted);
	double gib = (double)free_bytes / (double)GIB;

	if (level == FINDING_OK) {
		finding_ok(f, "%.1f GiB free", gib);
		return;
	}
	finding_gap(f, level,
		    "building an image takes about 2 GiB, a full disk stops every workspace",
		    "%.1f GiB free for %s", gib, path);
	finding_user_remedy(f, "podman image prune   # images that nothing uses");
}

void judge_inodes(struct finding *f, const char *path, uint64_t free_count, uint64_t total)
{
	enum finding_level level = level_by(free_count, INODES_NEEDED, INODES_WANTED);

	if (total == 0) {
		finding_ok(f, "no fixed number on this file system");
		return;
	}
	if (level == FINDING_OK) {
		finding_ok(f, "%llu free", (unsigned long long)free_count);
		return;
	}
	finding_gap(f, level, "an image holds 20,000 to 100,000 files", "%llu free for %s",
		    (unsigned long long)free_count, path);
	finding_user_remedy(f, "podman image prune   # images that nothing uses");
}

static bool stat_graph_root(const struct probe_context *c, char **ret_path, struct statvfs *ret)
{
	DEFER(freep) char *path = graph_root(c);
	DEFER(freep) char *part = existing_part(c, path);

	if (statvfs(part, ret) < 0)
		return false;
	*ret_path = TAKE(path);
	return true;
}

static void look_space(const struct probe_context *c, struct finding *f)
{
	DEFER(freep) char *path = NULL;
	struct statvfs st;

	if (stat_graph_root(c, &path, &st))
		judge_space(f, path, (uint64_t)st.f_bavail * st.f_frsize);
}

/* Where builds and deploys stop (min_free_gb), by the same figures as they see. */
static void look_floor(const struct probe_context *c, struct finding *f)
{
	DEFER(store_space_release) struct store_space space = { 0 };
	DEFER(freep) char *text = NULL;

	if (c->min_free_gb == 0) {
		finding_ok(f, "none: min_free_gb is 0");
		return;
	}
	if (!store_find_tightest(c->info, c->min_free_gb * GIB, &space))
		return;
	text = store_space_text(&space);
	if (space.free_bytes >= space.floor_bytes) {
		finding_ok(f, "%s", text);
		return;
	}
	finding_gap(f, FINDING_PROBLEM,
		    "builds and deploys stop until there is room; what runs goes on, and stop and "
		    "destroy work",
		    "%s", text);
	finding_user_remedy(f, "podman image prune   # images that nothing uses\n"
			       "winalux destroy NAME   # a workspace with its data\n"
			       "min_free_gb in ~/.config/winalux/config.yml is the limit");
}

static void look_inodes(const struct probe_context *c, struct finding *f)
{
	DEFER(freep) char *path = NULL;
	struct statvfs st;

	if (stat_graph_root(c, &path, &st))
		judge_inodes(f, path, st.f_favail, st.f_files);
}

static bool kernel_version(const struct probe_context *c, uint64_t *ret_major, uint64_t *ret_minor)
{
	DEFER(freep) char *line = look_line(c, "/proc/sys/kernel/osrelease");
	const char *at = line;

	return at != NULL && parse_u64(&at, 0, 1000, ret_major) && parse_char(&at, '.') &&
	       parse_u64(&at, 0, 1000, ret_minor);
}

/* 5.13: overlay mounts in user namespaces with user.* attributes. 6.7: binfmt_misc in them. */
static void look_kernel(const struct probe_context *c, struct finding *f)
{
	DEFER(freep) char *fuse_overlayfs = look_program(c, "fuse-overlayfs");
	uint64_t major, minor;

	if (!kernel_version(c, &major, &minor))
		return;
	if (major > 5 || (major == 5 && minor >= 13)) {
		bool has_binfmt = major > 6 || (major == 6 && minor >= 7);

		finding_ok(f, "%llu.%llu: overlay mounts without root%s", (unsigned long long)major,
			   (unsigned long long)minor,
			   has_binfmt ? ", arm64 images on amd64 without root" : "");
		return;
	}
	finding_gap(f, fuse_overlayfs != NULL ? FINDING_NOTE : FINDING_PROBLEM,
		    "before 5.13 the kernel mounts overlays for root only; fuse-overlayfs does it "
		    "slower",
		    "%llu.%llu", (unsigned long long)major, (unsigned long long)minor);
	if (fuse_overlayfs == NULL)
		finding_install_remedy(c, f, "fuse-overlayfs", "fuse-overlayfs");
}

static bool uses_fuse(const struct probe_context *c)
{
	const struct json *options = json_path(c->info, "store.graphOptions");
	uint64_t major, minor;

	for (const struct json *o = json_first(options); o != NULL; o = json_next(o))
		if (strstr(json_key(o) != NULL ? json_key(o) : "", "mount_program") != NULL)
			return true;
	return kernel_version(c, &major, &minor) && (major < 5 || (major == 5 && minor < 13));
}

static void look_fuse(const struct probe_context *c, struct finding *f)
{
	DEFER(freep) char *full = look_path(c, "/dev/fuse");

	if (!uses_fuse(c)) {
		finding_ok(f, "not needed: the kernel mounts overlays itself");
		return;
	}
	if (access(full, R_OK | W_OK) == 0) {
		finding_ok(f, "/dev/fuse");
		return;
	}
	finding_gap(f, FINDING_PROBLEM,
		    "fuse-overlayfs, which mounts every container's file system, needs it",
		    "/dev/fuse is not there for this account");
	finding_admin_remedy(f, "modprobe fuse; chmod 666 /dev/fuse");
}

const struct probe storage_probes[] = {
	{ "storage-driver", "Storage driver", look_driver },
	{ "graph-root", "Storage directory", look_graph_root },
	{ "disk", "Disk space", look_space },
	{ "floor", "Floor of free space", look_floor },
	{ "inodes", "Inodes", look_inodes },
	{ "kernel", "Kernel", look_kernel },
	{ "fuse", "FUSE", look_fuse },
	{ 0 },
};
