/* SPDX-License-Identifier: MIT */
#include "user.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "lines.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/base/parse.h"

enum { PASSWD_FIELDS = 7, GROUP_FIELDS = 4 };

struct search {
	const char *name;
	struct user *user;
	bool is_found;
};

/* Splits at ":" in place; false unless there are exactly count fields. */
static bool split(char *line, char **fields, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		fields[i] = line;
		line = strchr(line, ':');
		if (!line)
			return i == count - 1;
		*line++ = '\0';
	}
	return false;
}

static bool copy_field(char *to, size_t size, const char *field)
{
	size_t len = strlen(field);

	if (len >= size)
		return false;
	memcpy(to, field, len + 1);
	return true;
}

static bool read_passwd_fields(char **fields, struct user *user)
{
	uint64_t uid, gid;

	if (!parse_whole_u64(fields[2], 0, UINT_MAX - 1, &uid) ||
	    !parse_whole_u64(fields[3], 0, UINT_MAX - 1, &gid))
		return false;
	user->uid = (uid_t)uid;
	user->gid = (gid_t)gid;
	user->groups[0] = user->gid;
	user->group_count = 1;
	return copy_field(user->name, sizeof(user->name), fields[0]) &&
	       copy_field(user->home, sizeof(user->home), *fields[5] ? fields[5] : "/") &&
	       copy_field(user->shell, sizeof(user->shell), *fields[6] ? fields[6] : "/bin/sh");
}

static void on_passwd_line(void *context, const char *text, size_t len)
{
	struct search *search = context;
	char line[LINES_SIZE + 1], *fields[PASSWD_FIELDS];

	memcpy(line, text, len);
	line[len] = '\0';
	if (search->is_found || !split(line, fields, PASSWD_FIELDS) ||
	    strcmp(fields[0], search->name) != 0)
		return;
	search->is_found = read_passwd_fields(fields, search->user);
}

static bool is_member(char *members, const char *name)
{
	while (members) {
		char *comma = strchr(members, ',');

		if (comma)
			*comma++ = '\0';
		if (strcmp(members, name) == 0)
			return true;
		members = comma;
	}
	return false;
}

static void on_group_line(void *context, const char *text, size_t len)
{
	struct user *user = context;
	char line[LINES_SIZE + 1], *fields[GROUP_FIELDS];
	uint64_t gid;

	memcpy(line, text, len);
	line[len] = '\0';
	if (!split(line, fields, GROUP_FIELDS) ||
	    !parse_whole_u64(fields[2], 0, UINT_MAX - 1, &gid) || gid == user->gid ||
	    !is_member(fields[3], user->name) || user->group_count == USER_MAX_GROUPS)
		return;
	user->groups[user->group_count++] = (gid_t)gid;
}

static int each_line(const char *path, lines_fn *on_line, void *context)
{
	DEFER(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct lines lines;

	if (fd < 0)
		return -1;
	lines_clear(&lines);
	while (lines_read(&lines, fd, on_line, context))
		;
	return 0;
}

int user_find(const char *passwd_path, const char *group_path, const char *name, struct user *ret,
	      struct error *err)
{
	struct search search = { .name = name, .user = ret };

	if (each_line(passwd_path, on_passwd_line, &search) < 0)
		return error_set_errno(err, ERROR_HOST, errno, "cannot read '%s'", passwd_path);
	if (!search.is_found)
		return error_set(err, ERROR_NOT_FOUND, "no user '%s' in '%s'", name, passwd_path);
	each_line(group_path, on_group_line, ret);
	return 0;
}

int user_get(const char *name, struct user *ret, struct error *err)
{
	return user_find("/etc/passwd", "/etc/group", name, ret, err);
}

int user_become(const struct user *user)
{
	if (setgroups(user->group_count, user->groups) < 0 ||
	    setresgid(user->gid, user->gid, user->gid) < 0)
		return -1;
	return setresuid(user->uid, user->uid, user->uid);
}
