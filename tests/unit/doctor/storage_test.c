/* SPDX-License-Identifier: MIT */
#include "unit/doctor/tree.h"

#include "doctor/judge.h"

#define KERNEL(release)                                                                            \
	{                                                                                          \
		"/proc/sys/kernel/osrelease", release "\n", 0                                      \
	}
#define ROOM(size, used)                                                                           \
	"{\"store\":{\"graphRoot\":\"/no/store\",\"graphRootAllocated\":" #size                    \
	",\"graphRootUsed\":" #used "}}"
#define CONF "/home/alice/.config/containers/storage.conf"
#define GIB (UINT64_C(1) << 30)

static const struct probe_case cases[] = {
	{ .name = "overlay is fine",
	  .probe = "storage-driver",
	  .level = FINDING_OK,
	  .info = "{\"store\":{\"graphDriverName\":\"overlay\"}}",
	  .found = "overlay" },
	{ .name = "vfs is refused with the lines to write",
	  .probe = "storage-driver",
	  .level = FINDING_PROBLEM,
	  .info = "{\"store\":{\"graphDriverName\":\"vfs\"}}",
	  .found = "vfs",
	  .remedy = "[storage]\ndriver = \"overlay\"" },
	{ .name = "without service the configured driver counts",
	  .probe = "storage-driver",
	  .level = FINDING_PROBLEM,
	  .files = { { CONF, "[storage]\n  driver = \"vfs\"\n", 0 } },
	  .found = "vfs",
	  .remedy = "overlay" },
	{ .name = "the account's file goes before the system's",
	  .probe = "storage-driver",
	  .level = FINDING_OK,
	  .found = "overlay",
	  .files = { { CONF, "# driver = \"vfs\"\n[storage]\ndriver=\"overlay\"\n", 0 },
		     { "/etc/containers/storage.conf", "driver = \"vfs\"\n", 0 } } },
	{ .name = "an empty file and an unfinished line name no driver",
	  .probe = "storage-driver",
	  .level = FINDING_UNKNOWN,
	  .remedy = "storage.conf",
	  .files = { { CONF, "", 0 }, { "/etc/containers/storage.conf", "driver = ", 0 } } },
	{ .name = "nothing is known: the lines are shown",
	  .probe = "storage-driver",
	  .level = FINDING_UNKNOWN,
	  .remedy = "storage.conf" },

	{ .name = "a storage directory that is not there yet is looked at above",
	  .probe = "graph-root",
	  .level = FINDING_OK,
	  .found = "/home/alice/.local/share/containers/storage" },
	{ .name = "the service's storage directory counts",
	  .probe = "graph-root",
	  .level = FINDING_OK,
	  .info = "{\"store\":{\"graphRoot\":\"/data/store\"}}",
	  .found = "/data/store",
	  .files = { { "/data/store/", NULL, 0 } } },

	{ .name = "no floor is wanted", .probe = "floor", .level = FINDING_OK, .found = "none" },
	{ .name = "enough room",
	  .probe = "floor",
	  .level = FINDING_OK,
	  .min_free_gb = 2,
	  .info = ROOM(10737418240, 8589934592),
	  .found = "2.0 GiB free in '/no/store', 2 GiB wanted" },
	{ .name = "less room than the floor stops builds and deploys",
	  .probe = "floor",
	  .level = FINDING_PROBLEM,
	  .min_free_gb = 3,
	  .info = ROOM(10737418240, 8589934592),
	  .found = "2.0 GiB free in '/no/store', 3 GiB wanted",
	  .remedy = "min_free_gb" },
	{ .name = "a service that does not say how full it is",
	  .probe = "floor",
	  .level = FINDING_UNKNOWN,
	  .min_free_gb = 3,
	  .info = "{\"store\":{\"graphRoot\":\"/no/store\"}}" },

	{ .name = "a new kernel",
	  .probe = "kernel",
	  .level = FINDING_OK,
	  .files = { KERNEL("6.12.1-amd64") },
	  .found = "arm64" },
	{ .name = "Debian 12's kernel",
	  .probe = "kernel",
	  .level = FINDING_OK,
	  .files = { KERNEL("6.1.0-18-amd64") },
	  .found = "6.1: overlay mounts without root" },
	{ .name = "an old kernel without fuse-overlayfs",
	  .probe = "kernel",
	  .level = FINDING_PROBLEM,
	  .files = { KERNEL("5.10.0-28-amd64") },
	  .remedy = "fuse-overlayfs",
	  .needs_admin = true },
	{ .name = "an old kernel with fuse-overlayfs",
	  .probe = "kernel",
	  .level = FINDING_NOTE,
	  .files = { KERNEL("5.10.0"), { "/usr/bin/fuse-overlayfs", "", 0755 } } },
	{ .name = "no kernel version", .probe = "kernel", .level = FINDING_UNKNOWN },

	{ .name = "FUSE is not needed",
	  .probe = "fuse",
	  .level = FINDING_OK,
	  .files = { KERNEL("6.1.0") },
	  .found = "not needed" },
	{ .name = "FUSE is needed and missing",
	  .probe = "fuse",
	  .level = FINDING_PROBLEM,
	  .files = { KERNEL("6.1.0") },
	  .info = "{\"store\":{\"graphOptions\":{\"overlay.mount_program\":{\"Executable\":\"/usr/"
		  "bin/fuse-overlayfs\"}}}}",
	  .remedy = "modprobe fuse",
	  .needs_admin = true },
	{ .name = "FUSE is needed and there",
	  .probe = "fuse",
	  .level = FINDING_OK,
	  .files = { KERNEL("5.4.0"), { "/dev/fuse", "", 0666 } },
	  .found = "/dev/fuse" },
};

static void storage_probes_tell_gaps_and_remedies(void **state)
{
	(void)state;
	tree_run_cases(storage_probes, cases, ARRAY_SIZE(cases));
}

static void network_and_stacked_file_systems_are_refused(void **state)
{
	static const struct {
		long type;
		enum finding_level level;
		const char *found;
	} types[] = {
		{ 0x6969, FINDING_PROBLEM, "NFS" },
		{ (long)(int32_t)0xff534d42, FINDING_PROBLEM,
		  "CIFS" }, /* sign-extended on some ABIs */
		{ 0x794c7630, FINDING_PROBLEM, "overlayfs" },
		{ 0xef53, FINDING_OK, "/store" },
		{ 0x9123683e, FINDING_OK, "/store" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		struct finding f = { 0 };

		judge_filesystem(&f, "/store", types[i].type);
		assert_int_equal(f.level, types[i].level);
		assert_non_null(strstr(f.found, types[i].found));
		finding_release(&f);
	}
}

static void room_is_judged_by_what_a_build_needs(void **state)
{
	static const struct {
		uint64_t free_bytes;
		enum finding_level level;
	} spaces[] = {
		{ 0, FINDING_PROBLEM },    { 2 * GIB - 1, FINDING_PROBLEM },
		{ 2 * GIB, FINDING_NOTE }, { 10 * GIB - 1, FINDING_NOTE },
		{ 10 * GIB, FINDING_OK },
	};
	static const struct {
		uint64_t free_count, total;
		enum finding_level level;
	} inodes[] = {
		{ 0, 0, FINDING_OK },
		{ 0, 1000, FINDING_PROBLEM },
		{ 20000, 1000000, FINDING_NOTE },
		{ 200000, 1000000, FINDING_OK },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(spaces); i++) {
		struct finding f = { 0 };

		judge_space(&f, "/store", spaces[i].free_bytes);
		assert_int_equal(f.level, spaces[i].level);
		assert_int_equal(f.remedy == NULL, f.level == FINDING_OK);
		finding_release(&f);
	}
	for (size_t i = 0; i < ARRAY_SIZE(inodes); i++) {
		struct finding f = { 0 };

		judge_inodes(&f, "/store", inodes[i].free_count, inodes[i].total);
		assert_int_equal(f.level, inodes[i].level);
		finding_release(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(storage_probes_tell_gaps_and_remedies),
		cmocka_unit_test(network_and_stacked_file_systems_are_refused),
		cmocka_unit_test(room_is_judged_by_what_a_build_needs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
