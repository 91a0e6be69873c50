/* SPDX-License-Identifier: MIT */
/* Descriptors of this very process, and directories of links to them that look like another's. */
#include "telemetry/deleted_files.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include "unit/guest/files.h"

#define MANY UINT32_MAX

static struct deleted_files deleted;

/* A file of that many bytes in a directory, without a name any more. */
static int open_deleted(const char *directory, size_t size)
{
	static const char block[1 << 16] = "x";
	char path[256];
	const int fd = open(files_path(path, directory, "deleted"),
			    O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	assert_true(fd >= 0 && size <= sizeof(block));
	assert_int_equal(write(fd, block, size), size);
	assert_int_equal(unlink(path), 0);
	return fd;
}

static uint64_t allocated(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	return (uint64_t)st.st_blocks * 512;
}

static void begin(const char *directory)
{
	struct stat st;

	assert_int_equal(stat(directory, &st), 0);
	deleted_files_begin(&deleted, &st.st_dev, 1);
}

static void look_at(const char *fds)
{
	uint32_t budget = MANY;
	int64_t position = 0;

	assert_true(deleted_files_look(&deleted, fds, &position, &budget));
}

static void a_deleted_file_counts_while_it_is_open(void **state)
{
	begin(*state);
	look_at("/proc/self/fd");
	const uint64_t before = deleted.bytes;
	const int fd = open_deleted(*state, 50000);
	begin(*state);
	look_at("/proc/self/fd");
	assert_int_equal(deleted.bytes, before + allocated(fd));
	assert_true(allocated(fd) >= 50000);
	close(fd);
	begin(*state);
	look_at("/proc/self/fd");
	assert_int_equal(deleted.bytes, before);
}

static void each_file_counts_once_over_all_processes(void **state)
{
	const int fd = open_deleted(*state, 5000), second = open_deleted(*state, 9000);
	const int again = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	begin(*state);
	look_at("/proc/self/fd");
	const uint64_t files = deleted.files, bytes = deleted.bytes;
	look_at("/proc/self/fd");
	assert_true(files >= 2);
	assert_int_equal(deleted.files, files);
	assert_int_equal(deleted.bytes, bytes);
	close(again);
	close(second);
	close(fd);
}

/* Links to descriptors lead to what is open, as those of a process in /proc do. */
static void make_fds(const char *directory, const int *fds, unsigned count)
{
	char path[256], target[64], name[32];

	for (unsigned i = 0; i < count; i++) {
		snprintf(target, sizeof(target), "/proc/self/fd/%d", fds[i]);
		snprintf(name, sizeof(name), "%u", i);
		assert_int_equal(symlink(target, files_path(path, directory, name)), 0);
	}
}

static void other_files_and_other_devices_do_not_count(void **state)
{
	const int fd = open_deleted(*state, 5000), shared = memfd_create("memory", MFD_CLOEXEC);
	int ends[2];
	char fds[256], path[256];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(ftruncate(shared, 5000), 0);
	files_write(files_path(path, *state, "named"), "text", 0644);
	const int named = open(path, O_RDONLY | O_CLOEXEC);
	const int list[] = { fd, shared, ends[0], ends[1], named };
	mkdir(files_path(fds, *state, "fd"), 0755);
	make_fds(fds, list, 5);
	begin(*state);
	look_at(fds);
	assert_int_equal(deleted.files, 1);
	deleted_files_begin(&deleted, NULL, 0);
	look_at(fds);
	assert_int_equal(deleted.files, 0);
	for (unsigned i = 0; i < 5; i++)
		close(list[i]);
}

static void a_pass_may_be_spread_over_many_calls(void **state)
{
	enum { FILES = 40, EACH = 7 };
	int list[FILES];
	char fds[256];
	int64_t position = 0;
	unsigned calls = 0;
	bool is_done = false;

	mkdir(files_path(fds, *state, "fd"), 0755);
	for (unsigned i = 0; i < FILES; i++)
		list[i] = open_deleted(*state, 100);
	make_fds(fds, list, FILES);
	begin(*state);
	for (; !is_done; calls++) {
		uint32_t budget = EACH;

		is_done = deleted_files_look(&deleted, fds, &position, &budget);
		assert_true(is_done || !budget);
	}
	assert_int_equal(deleted.files, FILES);
	assert_int_equal(calls, (FILES + EACH - 1) / EACH);
	for (unsigned i = 0; i < FILES; i++)
		close(list[i]);
}

static void what_cannot_be_told_apart_is_not_counted_and_said(void **state)
{
	enum { FILES = DELETED_FILES_MAX + 3 };
	int list[FILES];

	for (unsigned i = 0; i < FILES; i++)
		list[i] = open_deleted(*state, 100);
	begin(*state);
	look_at("/proc/self/fd");
	assert_int_equal(deleted.files, DELETED_FILES_MAX);
	assert_true(deleted.is_cut);
	for (unsigned i = 0; i < FILES; i++)
		close(list[i]);
	begin(*state);
	assert_false(deleted.is_cut);
}

static void a_process_that_has_gone_has_nothing_open(void **state)
{
	begin(*state);
	look_at("/no/such/process/fd");
	assert_int_equal(deleted.files, 0);
}

int main(void)
{
#define DELETED_TEST(f) cmocka_unit_test_setup_teardown(f, files_setup, files_teardown)
	const struct CMUnitTest tests[] = {
		DELETED_TEST(a_deleted_file_counts_while_it_is_open),
		DELETED_TEST(each_file_counts_once_over_all_processes),
		DELETED_TEST(other_files_and_other_devices_do_not_count),
		DELETED_TEST(a_pass_may_be_spread_over_many_calls),
		DELETED_TEST(what_cannot_be_told_apart_is_not_counted_and_said),
		DELETED_TEST(a_process_that_has_gone_has_nothing_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
