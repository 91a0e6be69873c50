/* SPDX-License-Identifier: MIT */
#include "winalux/workspace/key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "winalux/base/clock.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/base/parse.h"
#include "winalux/format/hash.h"
#include "winalux/format/token_hash.h"

#define KEY_WORD "winalux-key-1 "

enum {
	KEY_BYTES = sizeof(((struct key *)0)->bytes),
	LINE_SIZE = sizeof(KEY_WORD) - 1 + 2 * KEY_BYTES + 1, /* with its newline */
	READ_SIZE = 256,
	OTHERS = S_IRWXG | S_IRWXO,
};

void key_clear(struct key *key)
{
	explicit_bzero(key, sizeof(*key));
}

void token_clear(struct token *token)
{
	explicit_bzero(token, sizeof(*token));
}

void key_random(struct key *ret)
{
	hash_random_bytes(ret->bytes, sizeof(ret->bytes));
}

/* --- the file --- */

static int open_key(const char *path, struct error *err)
{
	DEFER(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return error_set(err, ERROR_NOT_FOUND, "there is no key file '%s'", path);
	if (fd < 0 || fstat(fd, &st) < 0)
		return error_set_errno(err, ERROR_HOST, errno, "cannot read key file '%s'", path);
	if (!S_ISREG(st.st_mode))
		return error_set(err, ERROR_HOST, "key file '%s' is not a regular file", path);
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return error_set(err, ERROR_HOST,
				 "key file '%s' belongs to another user (%u), who knows its "
				 "tokens and can change it; make a copy of your own",
				 path, (unsigned)st.st_uid);
	if (st.st_mode & OTHERS)
		return error_set(err, ERROR_HOST,
				 "key file '%s' is open to others (mode %04o); `chmod 600 %s`, and "
				 "`winalux token key rotate` if somebody may have read it",
				 path, (unsigned)(st.st_mode & 07777), path);
	return TAKE_FD(fd);
}

/* One byte more than a key may have shows a longer one. */
static int read_text(int fd, char ret[static READ_SIZE])
{
	const ssize_t len = fd_read_upto(fd, ret, READ_SIZE - 1);

	ret[len < 0 ? 0 : len] = '\0';
	return len < 0 || strlen(ret) != (size_t)len ? -1 : 0;
}

bool key_parse(const char *text, struct key *ret)
{
	if (!parse_literal(&text, KEY_WORD) || !hex_parse(&text, ret->bytes, KEY_BYTES))
		return false;
	parse_char(&text, '\r');
	parse_char(&text, '\n');
	return parse_end(&text);
}

int key_load(const char *path, struct key *ret, struct error *err)
{
	DEFER(fd_closep) int fd = open_key(path, err);
	DEFER(key_clear) struct key key = { 0 };
	char text[READ_SIZE];
	bool is_key;

	if (fd < 0)
		return -1;
	is_key = read_text(fd, text) == 0 && key_parse(text, &key);
	explicit_bzero(text, sizeof(text));
	if (!is_key)
		return error_set(err, ERROR_HOST,
				 "'%s' is not a key file: it is one line, '" KEY_WORD
				 "' and 64 hexadecimal digits",
				 path);
	*ret = key;
	return 0;
}

static int write_beside(const struct key *key, char *temporary)
{
	DEFER(fd_closep) int fd = mkostemp(temporary, O_CLOEXEC); /* mode 0600 */
	char line[LINE_SIZE + 1] = KEY_WORD;
	int failed = 0;

	if (fd < 0)
		return errno;
	hex_format(key->bytes, KEY_BYTES, line + sizeof(KEY_WORD) - 1);
	line[LINE_SIZE - 1] = '\n';
	/* FAT has one mode for all files, and says EPERM to every other. */
	if (fd_write_all(fd, line, LINE_SIZE, NULL) < 0 ||
	    (fchmod(fd, 0600) < 0 && errno != EPERM) || fsync(fd) < 0)
		failed = errno ? errno : EIO;
	explicit_bzero(line, sizeof(line));
	return failed;
}

static char *directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash > path ? xstrndup(path, (size_t)(slash - path)) : xstrdup("/");
}

static bool has_no_links(int reason)
{
	static const int reasons[] = { EPERM, EOPNOTSUPP, ENOSYS, EXDEV, EMLINK, EINVAL };

	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
		if (reasons[i] == reason)
			return true;
	return false;
}

/*
 * link(2) makes the name for a file that is whole, and fails where there is one. FAT and some file
 * systems of the network have none: there an empty file takes the name first, which is what a kill
 * in between leaves.
 */
static int give_name(const char *temporary, const char *path)
{
	int fd;

	if (link(temporary, path) == 0)
		return 0;
	if (!has_no_links(errno))
		return errno;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno;
	close(fd);
	if (rename(temporary, path) == 0)
		return 0;
	const int failed = errno;
	unlink(path);
	return failed;
}

int key_save(const struct key *key, const char *path, struct error *err)
{
	DEFER(freep) char *directory = directory_of(path);
	DEFER(freep) char *temporary = xasprintf("%s.XXXXXX", path);
	int failed;

	if (strchr(path, '/') && dir_make_all(directory, 0700, err) < 0)
		return -1;
	failed = write_beside(key, temporary);
	if (!failed)
		failed = give_name(temporary, path);
	unlink(temporary);
	if (failed == EEXIST)
		return error_set(err, ERROR_CONFLICT,
				 "there is a file '%s' already; it is left as it is", path);
	if (failed)
		return error_set_errno(err, ERROR_HOST, failed, "cannot write key file '%s'", path);
	return 0;
}

char *key_file_behind(const char *path)
{
	char *file = realpath(path, NULL);

	return file ? file : xstrdup(path); /* what is wrong with it says key_load() */
}

int key_lock(const char *path, struct error *err)
{
	DEFER(freep) char *name = xasprintf("%s.lock", path);
	DEFER(fd_closep) int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return error_set_errno(err, ERROR_HOST, errno, "cannot lock key file '%s'", path);
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return TAKE_FD(fd);
	if (errno == EWOULDBLOCK)
		return error_set(err, ERROR_CONFLICT,
				 "another winalux is replacing the key in '%s'; try again later",
				 path);
	return error_set_errno(err, ERROR_HOST, errno, "cannot lock key file '%s'", path);
}

/* "/path/key.old-20261122T233015Z": a second rotation within a day must not meet the first. */
static char *old_path(const char *path)
{
	const time_t now = (time_t)clock_wall_s();
	char date[sizeof("20261122T233015Z")];
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(date, sizeof(date), "%Y%m%dT%H%M%SZ", &tm);
	return xasprintf("%s.old-%s", path, date);
}

int key_replace(const char *path, const struct key *old, const struct key *fresh, struct error *err)
{
	DEFER(freep) char *kept = old_path(path);
	DEFER(freep) char *beside = xasprintf("%s.new", path);

	unlink(beside); /* of a run that was killed here: nothing was made with it */
	if (key_save(old, kept, err) < 0 || key_save(fresh, beside, err) < 0)
		return -1;
	if (rename(beside, path) < 0)
		return error_set_errno(err, ERROR_HOST, errno, "cannot replace '%s'", path);
	return 0;
}

/* --- what is made from it --- */

void key_fingerprint(const struct key *key, char ret[static KEY_FINGERPRINT_SIZE])
{
	struct hash *h = hash_new_keyed(key->bytes, sizeof(key->bytes), 16);
	uint8_t digest[16];

	hash_add_text(h, "winalux key 1");
	hash_end_bytes(h, digest, sizeof(digest));
	hex_format(digest, sizeof(digest) / 2, ret);
}

void key_fingerprint_at(const char *path, char ret[static KEY_FINGERPRINT_SIZE])
{
	DEFER(key_clear) struct key key = { 0 };

	*ret = '\0';
	if (key_load(path, &key, NULL) == 0)
		key_fingerprint(&key, ret);
}

void key_derive_token(const struct key *key, const char *id, const uint8_t salt[static 16],
		      struct token *ret)
{
	struct hash *h = hash_new_keyed(key->bytes, sizeof(key->bytes), sizeof(ret->bytes));

	hash_add_text(h, "winalux token 1");
	hash_add_text(h, id);
	hash_add(h, salt, 16);
	hash_end_bytes(h, ret->bytes, sizeof(ret->bytes));
}
