/* SPDX-License-Identifier: MIT */
#include "winalux/format/tar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/base/process.h"

#include "unit/base/scratch.h"
#include "unit/format/tar_list.h"

enum { BLOCK = 512 };

static const char zeros[2 * BLOCK];

/* An archive as a table; type is that of the tar header: '0' file, '1' hard link, '2' symbolic link
 * … */
struct member {
	char type;
	const char *name;
	const char *text; /* content, or where a link points */
	unsigned mode;
};

static void set_octal(char *field, size_t size, unsigned long value)
{
	snprintf(field, size, "%0*lo", (int)size - 1, value);
}

/* POSIX ustar header, written by hand so that it can hold what a decent writer refuses. */
static void add_member(struct buf *b, const struct member *m)
{
	char header[BLOCK] = "";
	size_t size = m->type == '0' ? strlen(m->text) : 0;
	unsigned long sum = 0;

	snprintf(header, 100, "%s", m->name);
	set_octal(header + 100, 8, m->mode ? m->mode : 0644);
	set_octal(header + 108, 8, 0);
	set_octal(header + 116, 8, 0);
	set_octal(header + 124, 12, size);
	set_octal(header + 136, 12, 1000000000);
	memset(header + 148, ' ', 8);
	header[156] = m->type;
	if (m->type == '1' || m->type == '2')
		snprintf(header + 157, 100, "%s", m->text);
	memcpy(header + 257, "ustar\00000", 8);
	for (size_t i = 0; i < BLOCK; i++)
		sum += (unsigned char)header[i];
	set_octal(header + 148, 7, sum);
	buf_add(b, header, BLOCK);
	buf_add(b, m->text, size);
	buf_add(b, zeros, (BLOCK - size % BLOCK) % BLOCK);
}

static void make_archive(struct buf *b, const struct member *members, size_t count)
{
	buf_init(b, 1 << 20);
	for (size_t i = 0; i < count; i++)
		add_member(b, &members[i]);
	buf_add(b, zeros, sizeof(zeros));
}

static unsigned skipped_count;

static void count_skipped(const char *path, const char *what)
{
	assert_string_equal(what, strstr(path, "fifo") ? "a fifo" : "a device");
	skipped_count++;
}

static const struct tar_pack_options plain = { 0 };
static const struct tar_pack_options owned = { 1000, 1000, count_skipped };

/* Unpacks an archive out of a file, which has room for any size. */
static int unpack(const struct buf *archive, const char *directory, const char *rename_first,
		  uint64_t *ret_bytes, struct error *err)
{
	FILE *file = tmpfile();

	assert_non_null(file);
	assert_int_equal(fd_write_all(fileno(file), archive->data, archive->len, NULL), 0);
	assert_int_equal(lseek(fileno(file), 0, SEEK_SET), 0);
	int result =
		tar_unpack(fileno(file), directory, rename_first, count_skipped, ret_bytes, err);
	fclose(file);
	return result;
}

static void assert_file(void **state, const char *name, const char *wanted)
{
	DEFER(freep) char *path = inside(state, name);
	DEFER(buf_release) struct buf text = { 0 };
	struct error err = { 0 };

	if (file_read(path, 1 << 20, &text, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(text.data, wanted);
}

static mode_t mode_of(void **state, const char *name)
{
	DEFER(freep) char *path = inside(state, name);
	struct stat st;

	return lstat(path, &st) < 0 ? 0 : st.st_mode;
}

static void make_file(void **state, const char *name, const char *text, mode_t mode)
{
	DEFER(freep) char *path = inside(state, name);

	assert_int_equal(file_write_atomic(path, text, strlen(text), mode, NULL), 0);
}

static void make_dir(void **state, const char *name)
{
	DEFER(freep) char *path = inside(state, name);

	assert_int_equal(dir_make_all(path, 0755, NULL), 0);
}

/* --- trees --- */

static void pack(void **state, const char *from, const char *name, struct buf *ret_archive)
{
	DEFER(freep) char *path = inside(state, from);
	FILE *file = tmpfile();
	struct error err = { 0 };

	assert_non_null(file);
	if (tar_pack_path(fileno(file), path, name, &owned, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(lseek(fileno(file), 0, SEEK_SET), 0);
	buf_init(ret_archive, 16 << 20);
	assert_int_equal(fd_read_all(fileno(file), ret_archive, NULL), 0);
	fclose(file);
}

static void make_tree(void **state)
{
	DEFER(freep) char *link = inside(state, "tree/link");
	DEFER(freep) char *dangling = inside(state, "tree/sub/dangling");
	DEFER(freep) char *fifo = inside(state, "tree/fifo");

	make_dir(state, "tree/sub/empty");
	make_file(state, "tree/b.sh", "#!/bin/sh\n", 0755);
	make_file(state, "tree/a", "text", 0600);
	make_file(state, "tree/sub/ü", "", 0644);
	assert_int_equal(symlink("sub", link), 0);
	assert_int_equal(symlink("/no/such", dangling), 0);
	assert_int_equal(mkfifo(fifo, 0600), 0);
}

static void a_tree_arrives_as_it_was(void **state)
{
	DEFER(buf_release) struct buf archive = { 0 };
	DEFER(freep) char *target = inside(state, "target");
	DEFER(freep) char *link = inside(state, "target/new/link");
	char points_to[10] = "";
	uint64_t bytes = 0;

	skipped_count = 0;
	make_tree(state);
	make_dir(state, "target");
	pack(state, "tree", "tree", &archive);
	assert_int_equal(skipped_count, 1);
	assert_int_equal(archive.len % BLOCK, 0);
	assert_int_equal(unpack(&archive, target, "new", &bytes, NULL), 0);
	assert_int_equal(bytes, 14);
	assert_file(state, "target/new/a", "text");
	assert_file(state, "target/new/b.sh", "#!/bin/sh\n");
	assert_file(state, "target/new/sub/ü", "");
	assert_int_equal(mode_of(state, "target/new/b.sh"), S_IFREG | 0755);
	assert_int_equal(mode_of(state, "target/new/a"), S_IFREG | 0600);
	assert_true(S_ISDIR(mode_of(state, "target/new/sub/empty")));
	assert_true(S_ISLNK(mode_of(state, "target/new/sub/dangling")));
	assert_int_equal(readlink(link, points_to, sizeof(points_to) - 1), 3);
	assert_string_equal(points_to, "sub");
	assert_int_equal(mode_of(state, "target/new/fifo"), 0);
}

static void a_fifo_alone_is_an_error(void **state)
{
	static const struct member member = { '6', "fifo", "", 0 };
	DEFER(buf_release) struct buf archive = { 0 };
	DEFER(freep) char *fifo = inside(state, "fifo");
	DEFER(fd_closep) int sink = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct error err = { 0 };

	skipped_count = 0;
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(tar_pack_path(sink, fifo, "x", &owned, &err), -1);
	assert_non_null(strstr(err.text, "is a fifo, which cannot be copied"));
	make_archive(&archive, &member, 1);
	assert_int_equal(unpack(&archive, *state, "new", NULL, &err), -1);
	assert_string_equal(err.text, "'fifo' is a fifo, which cannot be copied");
	assert_int_equal(skipped_count, 0);
}

static void a_file_without_a_size_is_read_to_its_end(void **state)
{
	DEFER(buf_release) struct buf archive = { 0 };
	DEFER(fd_closep) int file = open(*state, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	DEFER(freep) char *path = NULL;
	struct stat status;

	assert_true(file >= 0);
	assert_int_equal(tar_pack_path(file, "/proc/version", "version", &plain, NULL), 0);
	assert_int_equal(lseek(file, 0, SEEK_SET), 0);
	buf_init(&archive, 1 << 20);
	assert_int_equal(fd_read_all(file, &archive, NULL), 0);
	assert_int_equal(unpack(&archive, *state, NULL, NULL, NULL), 0);
	path = inside(state, "version");
	assert_int_equal(stat(path, &status), 0);
	assert_true(status.st_size > 0);
}

static void names_of_a_packed_tree_begin_with_the_name_given(void **state)
{
	static const char *const roots[] = { "tree", "tree/", "tree//" };

	make_tree(state);
	for (size_t i = 0; i < ARRAY_SIZE(roots); i++) {
		DEFER(buf_release) struct buf archive = { 0 };
		DEFER(buf_release) struct buf text = { 0 };

		pack(state, roots[i], "other/name", &archive);
		tar_list(&archive, &text);
		assert_memory_equal(text.data, "other/name 0o755 1000 1000 ", 27);
		assert_non_null(strstr(text.data, "\nother/name/a 0o600 1000 1000 "));
		assert_non_null(strstr(text.data, "\nother/name/sub/ü 0o644 "));
		assert_null(strstr(text.data, "fifo"));
		assert_null(strstr(text.data, "//"));
	}
}

static void a_single_file_is_packed_under_its_new_name(void **state)
{
	DEFER(buf_release) struct buf archive = { 0 };
	DEFER(freep) char *path = inside(state, "file");
	const struct timespec times[2] = { { .tv_sec = 1234567890 }, { .tv_sec = 1234567890 } };
	DEFER(buf_release) struct buf text = { 0 };

	make_file(state, "file", "content", 0640);
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
	pack(state, "file", "renamed", &archive);
	tar_list(&archive, &text);
	assert_string_equal(text.data, "renamed 0o640 1000 1000 1234567890 0 7\n");
}

static void a_path_that_cannot_be_read_is_named(void **state)
{
	DEFER(freep) char *path = inside(state, "missing");
	struct error err = { 0 };
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(tar_pack_path(ends[1], path, "x", &plain, &err), -1);
	assert_int_equal(err.kind, ERROR_HOST);
	assert_int_equal(err.os_errno, ENOENT);
	assert_non_null(strstr(err.text, "/missing'"));
	close(ends[1]);
	char byte;
	assert_int_equal(read(ends[0], &byte, 1), 0); /* no end mark: half is not taken for whole */
	close(ends[0]);
}

struct sender {
	const char *path;
	int fd;
	int result;
};

static void *send_tree(void *context)
{
	struct sender *sender = context;

	sender->result = tar_pack_path(sender->fd, sender->path, "t", &plain, NULL);
	close(sender->fd);
	return NULL;
}

static void trees_larger_than_a_pipe_stream_through(void **state)
{
	DEFER(freep) char *from = inside(state, "tree");
	DEFER(freep) char *file = inside(state, "tree/large");
	DEFER(freep) char *data = xmalloc(5000000);
	struct sender sender = { .path = from };
	pthread_t thread;
	uint64_t bytes = 0;
	int ends[2];

	make_dir(state, "tree");
	memset(data, 'd', 5000000);
	assert_int_equal(file_write_atomic(file, data, 5000000, 0644, NULL), 0);
	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	sender.fd = ends[1];
	assert_int_equal(pthread_create(&thread, NULL, send_tree, &sender), 0);
	assert_int_equal(tar_unpack(ends[0], *state, "copy", NULL, &bytes, NULL), 0);
	pthread_join(thread, NULL);
	assert_int_equal(sender.result, 0);
	assert_int_equal(bytes, 5000000);
	close(ends[0]);
}

static void a_receiver_that_goes_away_ends_the_packing(void **state)
{
	DEFER(freep) char *from = inside(state, "tree");
	DEFER(freep) char *file = inside(state, "tree/large");
	DEFER(freep) char *data = xcalloc(5000000, 1);
	struct error err = { 0 };
	int ends[2];

	signal(SIGPIPE, SIG_IGN);
	make_dir(state, "tree");
	assert_int_equal(file_write_atomic(file, data, 5000000, 0644, NULL), 0);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	close(ends[0]);
	assert_int_equal(tar_pack_path(ends[1], from, "t", &plain, &err), -1);
	assert_int_equal(err.kind, ERROR_HOST);
	assert_int_equal(err.os_errno, EPIPE);
	close(ends[1]);
}

/* --- unpacking what others sent --- */

static void archives_that_lead_out_of_the_directory_are_refused(void **state)
{
	static const struct {
		const char *what;
		struct member members[3];
		size_t count;
	} cases[] = {
		{ "a parent", { { '0', "../evil", "x", 0 } }, 1 },
		{ "a parent inside", { { '0', "a/../../evil", "x", 0 } }, 1 },
		{ "a parent at the end", { { '5', "a/..", "", 0755 } }, 1 },
		{ "an absolute name", { { '0', "/tmp/winalux-evil", "x", 0 } }, 1 },
		{ "a file through a link",
		  { { '2', "link", "../outside", 0 }, { '0', "link/evil", "x", 0 } },
		  2 },
		{ "a file through a link to a link",
		  { { '2', "one", "..", 0 },
		    { '2', "two", "one/outside", 0 },
		    { '0', "two/evil", "x", 0 } },
		  3 },
		{ "a directory through a link",
		  { { '2', "link", "../outside", 0 }, { '5', "link/evil", "", 0755 } },
		  2 },
		{ "a hard link to a parent", { { '1', "evil", "../outside/secret", 0 } }, 1 },
		{ "a hard link to an absolute name", { { '1', "evil", "/etc/passwd", 0 } }, 1 },
		{ "a hard link through a link",
		  { { '2', "link", "../outside", 0 }, { '1', "evil", "link/secret", 0 } },
		  2 },
	};
	DEFER(freep) char *target = inside(state, "target");

	make_dir(state, "outside");
	make_dir(state, "target");
	make_file(state, "outside/secret", "secret", 0600);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		DEFER(buf_release) struct buf archive = { 0 };
		struct error err = { 0 };

		make_archive(&archive, cases[i].members, cases[i].count);
		if (unpack(&archive, target, NULL, NULL, &err) == 0)
			fail_msg("%s was unpacked", cases[i].what);
		assert_int_equal(err.kind, ERROR_HOST);
		assert_non_null(strstr(err.text, target));
		assert_int_equal(mode_of(state, "evil"), 0);
		assert_int_equal(mode_of(state, "outside/evil"), 0);
		assert_int_equal(access("/tmp/winalux-evil", F_OK), -1);
		assert_file(state, "outside/secret", "secret");
	}
}

static void the_directory_itself_may_be_reached_through_a_link(void **state)
{
	static const struct member members[] = { { '0', "file", "x", 0 } };
	DEFER(buf_release) struct buf archive = { 0 };
	DEFER(freep) char *link = inside(state, "link");

	make_dir(state, "real");
	assert_int_equal(symlink("real", link), 0);
	make_archive(&archive, members, ARRAY_SIZE(members));
	assert_int_equal(unpack(&archive, link, NULL, NULL, NULL), 0);
	assert_file(state, "real/file", "x");
}

static void a_link_at_the_place_of_a_file_is_replaced_not_followed(void **state)
{
	static const struct member members[] = { { '2', "file", "outside", 0 },
						 { '0', "file", "new", 0 } };
	DEFER(buf_release) struct buf archive = { 0 };

	make_file(state, "outside", "old", 0600);
	make_archive(&archive, members, ARRAY_SIZE(members));
	assert_int_equal(unpack(&archive, *state, NULL, NULL, NULL), 0);
	assert_file(state, "outside", "old");
	assert_file(state, "file", "new");
}

static void devices_are_skipped_and_privileged_bits_dropped(void **state)
{
	static const struct member members[] = {
		{ '3', "device", "", 0666 },
		{ '6', "fifo", "", 0666 },
		{ '0', "suid", "x", 06755 },
	};
	DEFER(buf_release) struct buf archive = { 0 };
	uint64_t bytes = 0;

	make_archive(&archive, members, ARRAY_SIZE(members));
	assert_int_equal(unpack(&archive, *state, NULL, &bytes, NULL), 0);
	assert_int_equal(bytes, 1);
	assert_int_equal(mode_of(state, "device"), 0);
	assert_int_equal(mode_of(state, "fifo"), 0);
	assert_int_equal(mode_of(state, "suid"), S_IFREG | 0755);
}

static void the_first_component_can_be_renamed_or_dropped(void **state)
{
	static const struct {
		const char *name, *rename_first, *wanted;
	} cases[] = {
		{ "a/b", NULL, "a/b" },    { "./a/b", NULL, "a/b" }, { "a/b", "x", "x/b" },
		{ "./b", "x", "x/b" },     { "a", "x", "x" },        { "a/b", "", "b" },
		{ "a/./b", "x", "x/b" },   { "a//b", "y", "y/b" },   { "././b", NULL, "b" },
		{ "a/b", "p/q", "p/q/b" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct member member = { '0', cases[i].name, "x", 0 };
		DEFER(buf_release) struct buf archive = { 0 };
		DEFER(freep) char *name = xasprintf("%zu", i);
		DEFER(freep) char *target = inside(state, name);
		DEFER(freep) char *wanted = xasprintf("%s/%s", name, cases[i].wanted);
		struct error err = { 0 };

		make_dir(state, name);
		make_archive(&archive, &member, 1);
		if (unpack(&archive, target, cases[i].rename_first, NULL, &err) < 0)
			fail_msg("%s", err.text);
		assert_file(state, wanted, "x");
	}
}

static void hard_links_are_renamed_with_their_targets(void **state)
{
	static const struct member members[] = {
		{ '5', "top", "", 0755 },
		{ '0', "top/file", "same", 0 },
		{ '1', "top/other", "top/file", 0 },
	};
	DEFER(buf_release) struct buf archive = { 0 };

	make_archive(&archive, members, ARRAY_SIZE(members));
	assert_int_equal(unpack(&archive, *state, "new", NULL, NULL), 0);
	assert_file(state, "new/other", "same");
}

static void existing_files_are_overwritten_and_the_rest_stays(void **state)
{
	static const struct member members[] = { { '5', "./", "", 0700 },
						 { '0', "dir/file", "new", 0 } };
	DEFER(buf_release) struct buf archive = { 0 };

	make_dir(state, "dir");
	make_file(state, "dir/file", "a longer old text", 0600);
	make_file(state, "dir/kept", "kept", 0600);
	make_archive(&archive, members, ARRAY_SIZE(members));
	assert_int_equal(unpack(&archive, *state, NULL, NULL, NULL), 0);
	assert_file(state, "dir/file", "new");
	assert_file(state, "dir/kept", "kept");
}

static void broken_archives_are_refused(void **state)
{
	static const struct member members[] = { { '0', "file", "some text", 0 } };
	DEFER(buf_release) struct buf archive = { 0 };
	struct error err = { 0 };

	make_archive(&archive, members, ARRAY_SIZE(members));
	archive.len = BLOCK + 4; /* in the middle of the content */
	assert_int_equal(unpack(&archive, *state, NULL, NULL, &err), -1);
	assert_int_equal(err.kind, ERROR_HOST);
	archive.len = 100;
	assert_int_equal(unpack(&archive, *state, NULL, NULL, &err), -1);
	buf_clear(&archive);
	for (int i = 0; i < 4000; i++)
		buf_add_str(&archive, "no tar ");
	assert_int_equal(unpack(&archive, *state, NULL, NULL, &err), -1);
	DEFER(freep) char *missing = inside(state, "missing");
	assert_int_equal(unpack(&archive, missing, NULL, NULL, &err), -1);
	assert_int_equal(err.os_errno, ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCRATCH_TEST(a_tree_arrives_as_it_was),
		SCRATCH_TEST(a_fifo_alone_is_an_error),
		SCRATCH_TEST(a_file_without_a_size_is_read_to_its_end),
		SCRATCH_TEST(names_of_a_packed_tree_begin_with_the_name_given),
		SCRATCH_TEST(a_single_file_is_packed_under_its_new_name),
		SCRATCH_TEST(a_path_that_cannot_be_read_is_named),
		SCRATCH_TEST(trees_larger_than_a_pipe_stream_through),
		SCRATCH_TEST(a_receiver_that_goes_away_ends_the_packing),
		SCRATCH_TEST(archives_that_lead_out_of_the_directory_are_refused),
		SCRATCH_TEST(the_directory_itself_may_be_reached_through_a_link),
		SCRATCH_TEST(a_link_at_the_place_of_a_file_is_replaced_not_followed),
		SCRATCH_TEST(devices_are_skipped_and_privileged_bits_dropped),
		SCRATCH_TEST(the_first_component_can_be_renamed_or_dropped),
		SCRATCH_TEST(hard_links_are_renamed_with_their_targets),
		SCRATCH_TEST(existing_files_are_overwritten_and_the_rest_stays),
		SCRATCH_TEST(broken_archives_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
