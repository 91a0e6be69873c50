/* SPDX-License-Identifier: MIT */
/* Trees of real files, held against what du(1) says of them. */
#include "telemetry/tree_count.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "unit/guest/files.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"

static struct tree_count counter;

static int open_root(const char *path)
{
	return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static void begin(const char *path)
{
	DEFER(fd_closep) int root = open_root(path);

	assert_true(root >= 0);
	assert_true(tree_count_begin(&counter, root));
}

static struct tree_count_sum finish(void)
{
	enum tree_count_result result = TREE_COUNT_RUNNING;

	while (result == TREE_COUNT_RUNNING)
		result = tree_count_step(&counter, 0);
	assert_int_equal(result, TREE_COUNT_DONE);
	const struct tree_count_sum sum = tree_count_result_of(&counter);
	tree_count_clear(&counter);
	return sum;
}

static struct tree_count_sum count(const char *path)
{
	begin(path);
	return finish();
}

static uint64_t du(const char *option, const char *path)
{
	char command[512];
	uint64_t ret = 0;

	snprintf(command, sizeof(command), "du -sx %s '%s'", option, path);
	FILE *out = popen(command, "re");
	assert_non_null(out);
	assert_int_equal(fscanf(out, "%" SCNu64, &ret), 1);
	assert_int_equal(pclose(out), 0);
	return ret;
}

static void expect_what_du_says(const char *path)
{
	const struct tree_count_sum sum = count(path);

	assert_int_equal(sum.bytes, du("--block-size=1", path));
	assert_int_equal(sum.inodes, du("--inodes", path));
	assert_int_equal(sum.unreadable + sum.changed + sum.mounts + sum.too_deep, 0);
}

/* A file of that many bytes, which are written, below a directory. */
static void add_file(const char *directory, const char *name, size_t size)
{
	static const char block[4096] = "x";
	const int at = open_root(directory);
	const int fd = openat(at, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	for (size_t n; size; size -= n) {
		n = size < sizeof(block) ? size : sizeof(block);
		assert_int_equal(write(fd, block, n), n);
	}
	close(fd);
	close(at);
}

static void add_directory(const char *parent, const char *name)
{
	char path[256];

	assert_int_equal(mkdir(files_path(path, parent, name), 0755), 0);
}

static unsigned open_fds(void)
{
	DEFER(dir_closep) DIR *fds = opendir("/proc/self/fd");
	unsigned n = 0;

	while (readdir(fds))
		n++;
	return n;
}

static void an_empty_directory_counts_itself(void **state)
{
	const struct tree_count_sum sum = count(*state);

	assert_int_equal(sum.inodes, 1);
	expect_what_du_says(*state);
}

static void a_file_counts_once_whatever_its_links(void **state)
{
	char directory[256], from[256], to[256];

	add_directory(*state, "a");
	add_directory(*state, "b");
	add_file(files_path(directory, *state, "a"), "file", 100000);
	files_path(from, *state, "a/file");
	assert_int_equal(link(from, files_path(to, *state, "a/second")), 0);
	assert_int_equal(link(from, files_path(to, *state, "b/third")), 0);
	assert_int_equal(count(*state).inodes, 4);
	expect_what_du_says(*state);
	expect_what_du_says(directory); /* one link of three is elsewhere */
}

static void holes_are_not_counted(void **state)
{
	char path[256];

	add_file(*state, "sparse", 5000);
	assert_int_equal(truncate(files_path(path, *state, "sparse"), 1 << 30), 0);
	assert_true(count(*state).bytes < 1 << 20);
	expect_what_du_says(*state);
}

static void links_out_of_the_tree_are_not_followed(void **state)
{
	char path[256];

	assert_int_equal(symlink("/usr", files_path(path, *state, "out")), 0);
	assert_int_equal(symlink("..", files_path(path, *state, "up")), 0);
	assert_int_equal(symlink(".", files_path(path, *state, "circle")), 0);
	assert_int_equal(count(*state).inodes, 4);
	expect_what_du_says(*state);
}

static void what_would_block_when_opened_is_not_opened(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char path[256];
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", (char *)*state);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
	assert_int_equal(mkfifo(files_path(path, *state, "fifo"), 0644), 0);
	assert_int_equal(count(*state).inodes, 3);
	expect_what_du_says(*state);
}

static void names_may_be_long_and_of_any_bytes(void **state)
{
	char name[256], path[256];

	add_directory(*state, "\xff\xfe\x80 \n");
	add_file(files_path(path, *state, "\xff\xfe\x80 \n"), "\xc3", 5000);
	memset(name, 'n', 255);
	name[255] = '\0';
	const int at = open_root(*state);
	assert_int_equal(mkdirat(at, name, 0755), 0);
	const int inner = openat(at, name, O_PATH | O_CLOEXEC);
	assert_int_equal(mkdirat(inner, name, 0755), 0);
	close(inner);
	close(at);
	assert_int_equal(count(*state).inodes, 5);
	expect_what_du_says(*state);
}

/* Their names are four times what can be kept of them, and more than a read brings. */
static void a_directory_may_have_more_directories_than_there_is_room_for_names(void **state)
{
	enum { DIRECTORIES = 1200 };
	const int at = open_root(*state);
	char name[224];

	for (unsigned i = 0; i < DIRECTORIES; i++) {
		memset(name, 'n', sizeof(name));
		snprintf(name + 200, 24, "%u", i);
		assert_int_equal(mkdirat(at, name, 0755), 0);
		const int inner = openat(at, name, O_PATH | O_CLOEXEC);
		assert_int_equal(mkdirat(inner, i % 2 ? "odd" : "even", 0755), 0);
		close(inner);
	}
	close(at);
	assert_int_equal(count(*state).inodes, 1 + 2 * DIRECTORIES);
	expect_what_du_says(*state);
}

/* Each level has "down", and another directory beside it. */
static void make_deep(const char *path, unsigned levels)
{
	int at = open_root(path);

	for (unsigned i = 0; i < levels; i++) {
		assert_int_equal(mkdirat(at, "beside", 0755), 0);
		assert_int_equal(mkdirat(at, "down", 0755), 0);
		const int inner = openat(at, "down", O_PATH | O_CLOEXEC);
		close(at);
		at = inner;
	}
	close(at);
}

/* No path reaches the last ones. */
static void remove_deep(const char *path)
{
	int at = open_root(path), inner;

	while ((inner = openat(at, "down", O_PATH | O_CLOEXEC)) >= 0) {
		close(at);
		at = inner;
	}
	while (unlinkat(at, "beside", AT_REMOVEDIR) == 0 || errno == ENOENT) {
		const int up = openat(at, "..", O_PATH | O_CLOEXEC);

		close(at);
		at = up;
		if (unlinkat(at, "down", AT_REMOVEDIR) < 0)
			break;
	}
	close(at);
}

/* Where many files are made at once, if there is such a place. */
static int memory_setup(void **state)
{
	char path[] = "/dev/shm/winalux-guest-test.XXXXXX";

	if (!mkdtemp(path))
		return files_setup(state);
	*state = strdup(path);
	return 0;
}

static int memory_teardown(void **state)
{
	remove_deep(*state);
	return files_teardown(state);
}

static void ten_thousand_levels_take_few_descriptors(void **state)
{
	enum { LEVELS = 10000 };
	const unsigned before = open_fds();
	unsigned most = before;

	make_deep(*state, LEVELS);
	begin(*state);
	while (tree_count_step(&counter, 0) == TREE_COUNT_RUNNING) {
		const unsigned now = open_fds();

		most = now > most ? now : most;
	}
	assert_true(most <= before + TREE_COUNT_FDS);
	assert_int_equal(open_fds(), before);
	const struct tree_count_sum sum = tree_count_result_of(&counter);
	assert_int_equal(sum.inodes, 1 + 2 * LEVELS);
	assert_int_equal(sum.changed + sum.unreadable + sum.too_deep, 0);
	assert_int_equal(sum.bytes, du("--block-size=1", *state));
}

static void what_is_deeper_than_that_is_left_out_and_said(void **state)
{
	enum { LEVELS = TREE_COUNT_DEPTH_MAX + 3 };

	make_deep(*state, LEVELS);
	const struct tree_count_sum sum = count(*state);
	assert_int_equal(sum.inodes, 1 + 2 * TREE_COUNT_DEPTH_MAX);
	assert_int_equal(sum.too_deep, 2); /* "down" and what is beside it */
}

static void a_step_ends_after_a_batch(void **state)
{
	enum { FILES = 1000 };
	const int at = open_root(*state);
	unsigned steps = 1;
	char name[32];

	for (unsigned i = 0; i < FILES; i++) {
		snprintf(name, sizeof(name), "%u", i);
		assert_int_equal(mknodat(at, name, S_IFREG | 0644, 0), 0);
	}
	close(at);
	begin(*state);
	while (tree_count_step(&counter, 0) == TREE_COUNT_RUNNING)
		steps++;
	assert_in_range(steps, FILES / TREE_COUNT_BATCH, FILES / TREE_COUNT_BATCH + 2);
	assert_int_equal(tree_count_step(&counter, 0), TREE_COUNT_DONE);
	assert_int_equal(tree_count_result_of(&counter).inodes, 1 + FILES);
	begin(*state);
	assert_int_equal(tree_count_step(&counter, 60000000), TREE_COUNT_DONE);
}

static void add_directories(const char *path, unsigned count_of_them)
{
	char name[32], inner[256];

	for (unsigned i = 0; i < count_of_them; i++) {
		snprintf(name, sizeof(name), "d%u", i);
		add_directory(path, name);
		files_path(inner, path, name);
		add_directory(inner, "1");
		add_directory(inner, "2");
	}
}

static void a_tree_may_be_removed_while_it_is_counted(void **state)
{
	enum { DIRECTORIES = 200 };
	char path[256];

	files_path(path, *state, "tree");
	for (unsigned steps = 1; steps < 8; steps++) {
		add_directory(*state, "tree");
		add_directories(path, DIRECTORIES);
		begin(*state);
		for (unsigned i = 0; i < steps; i++)
			assert_int_equal(tree_count_step(&counter, 0), TREE_COUNT_RUNNING);
		assert_int_equal(nftw(path, files_remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
		const struct tree_count_sum sum = finish();
		assert_true(sum.inodes < 2 + 3 * DIRECTORIES);
		assert_int_equal(sum.unreadable, 0);
	}
}

static void the_counted_directory_itself_may_be_removed(void **state)
{
	char path[256];

	add_directory(*state, "tree");
	begin(files_path(path, *state, "tree"));
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(finish().inodes, 1);
}

/*
 * The count is in the depth when a directory on its way down, which it has no descriptor of any
 * more, goes elsewhere: what is beside it cannot be found by ".." again.
 */
static void a_directory_may_be_moved_away_around_the_count(void **state)
{
	enum { LEVELS = 60, MOVED = 20 };
	char from[256] = "", to[256];

	make_deep(*state, LEVELS);
	begin(*state);
	while (counter.depth < LEVELS - 2)
		assert_int_equal(tree_count_step(&counter, 0), TREE_COUNT_RUNNING);
	snprintf(from, sizeof(from), "%s", (char *)*state);
	for (unsigned i = 0; i < MOVED; i++)
		strcat(from, "/down");
	assert_int_equal(rename(from, files_path(to, *state, "moved")), 0);
	const struct tree_count_sum sum = finish();
	assert_true(sum.changed >= 1);
	assert_true(sum.inodes > LEVELS && sum.inodes <= 1 + 2 * LEVELS);
	expect_what_du_says(*state);
}

static void an_unreadable_directory_counts_and_is_skipped(void **state)
{
	char path[256];

	assert_int_equal(chmod(*state, 0755), 0);
	add_directory(*state, "closed");
	add_file(files_path(path, *state, "closed"), "hidden", 5000);
	add_file(*state, "seen", 5000);
	assert_int_equal(chmod(path, 0), 0);
	const uid_t fsuid = (uid_t)setfsuid(65533); /* root's capabilities of files go with it */
	if (fsuid == 0 && setfsuid((uid_t)-1) == 0) {
		chmod(path, 0700);
		print_message("there is no other user here\n");
		skip();
	}
	const struct tree_count_sum sum = count(*state);
	setfsuid(fsuid);
	assert_int_equal(chmod(path, 0700), 0);
	assert_int_equal(sum.unreadable, 1);
	assert_int_equal(sum.inodes, 3);
	assert_int_equal(count(*state).inodes, 4);
}

static bool become_able_to_mount(void)
{
	return (unshare(CLONE_NEWNS) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0) &&
	       mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}

/* A directory of the same file system, so that only the mount is another; and a file. */
static int count_beside_mounts(const char *path)
{
	char from[256], to[256];

	if (!become_able_to_mount() ||
	    mount(files_path(from, path, "a"), files_path(to, path, "b"), NULL, MS_BIND, NULL) < 0)
		return 77;
	if (mount(files_path(from, path, "a/1"), files_path(to, path, "c"), NULL, MS_BIND, NULL) <
	    0)
		return 77;
	const struct tree_count_sum sum = count(path);
	return sum.mounts == 2 && sum.inodes == 4 && sum.changed == 0 ? 0 : 1;
}

static void what_is_mounted_in_the_tree_is_left_out(void **state)
{
	char path[256];
	int status = 0;

	add_directory(*state, "a");
	add_directory(*state, "b");
	add_file(files_path(path, *state, "a"), "1", 1);
	add_file(*state, "c", 1);
	add_file(*state, "d", 1);
	assert_int_equal(count(*state).inodes, 6);
	const pid_t pid = fork();
	if (pid == 0)
		_exit(count_beside_mounts(*state));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
		print_message("no mount can be made here\n");
		skip();
	}
	assert_int_equal(status, 0);
}

static void who_never_comes_to_an_end_fails(void **state)
{
	const unsigned before = open_fds();

	add_directories(*state, 3);
	begin(*state);
	counter.entries_left = 5;
	assert_int_equal(tree_count_step(&counter, 1000000), TREE_COUNT_FAILED);
	assert_int_equal(tree_count_step(&counter, 1000000), TREE_COUNT_FAILED);
	assert_int_equal(open_fds(), before);
}

static void what_is_no_directory_is_not_begun(void **state)
{
	char path[256];

	add_file(*state, "file", 1);
	DEFER(fd_closep) int fd = open(files_path(path, *state, "file"), O_RDONLY | O_CLOEXEC);
	errno = 0;
	assert_false(tree_count_begin(&counter, fd));
	assert_int_equal(errno, ENOTDIR);
	assert_int_equal(tree_count_step(&counter, 0), TREE_COUNT_FAILED);
	assert_false(tree_count_begin(&counter, -1));
}

static void a_count_may_be_given_up(void **state)
{
	const unsigned before = open_fds();

	make_deep(*state, 50);
	begin(*state);
	tree_count_step(&counter, 0);
	begin(*state);
	tree_count_step(&counter, 0);
	tree_count_clear(&counter);
	assert_int_equal(open_fds(), before);
	assert_int_equal(tree_count_step(&counter, 0), TREE_COUNT_FAILED);
	expect_what_du_says(*state);
}

int main(void)
{
#define TREE_TEST(f) cmocka_unit_test_setup_teardown(f, files_setup, files_teardown)
#define MEMORY_TEST(f) cmocka_unit_test_setup_teardown(f, memory_setup, memory_teardown)
	const struct CMUnitTest tests[] = {
		TREE_TEST(an_empty_directory_counts_itself),
		TREE_TEST(a_file_counts_once_whatever_its_links),
		TREE_TEST(holes_are_not_counted),
		TREE_TEST(links_out_of_the_tree_are_not_followed),
		TREE_TEST(what_would_block_when_opened_is_not_opened),
		TREE_TEST(names_may_be_long_and_of_any_bytes),
		TREE_TEST(a_directory_may_have_more_directories_than_there_is_room_for_names),
		MEMORY_TEST(ten_thousand_levels_take_few_descriptors),
		MEMORY_TEST(what_is_deeper_than_that_is_left_out_and_said),
		MEMORY_TEST(a_step_ends_after_a_batch),
		MEMORY_TEST(a_tree_may_be_removed_while_it_is_counted),
		TREE_TEST(the_counted_directory_itself_may_be_removed),
		TREE_TEST(a_directory_may_be_moved_away_around_the_count),
		TREE_TEST(an_unreadable_directory_counts_and_is_skipped),
		TREE_TEST(what_is_mounted_in_the_tree_is_left_out),
		TREE_TEST(who_never_comes_to_an_end_fails),
		TREE_TEST(what_is_no_directory_is_not_begun),
		TREE_TEST(a_count_may_be_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
