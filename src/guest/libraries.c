/* SPDX-License-Identifier: MIT */
/*
 * PyPI packages that the inventory wants in the developer's virtual environment. "sync" runs as the
 * developer, called by a deploy or by "task venv:sync", and does in this order:
 *
 *   an environment of another Python than the image's is put aside, and the image's takes its place
 *   the lock: the home's own if the list is the one that it was made from, else what the deploy has
 *   brought, else resolved here; nothing is changed until it is there
 *   what is new is installed: from the account's cache without network, else by uv's own ways
 *   what an earlier list has brought, and this one does not, is removed
 *   lock and list are put into ~/.config/winalux
 *
 * What the developer has installed by himself is neither asked nor removed. When something fails
 * after uv has installed, what it changed is changed back. Whatever of it runs in a home may be the
 * developer's own work, so each step has a limit.
 *
 * "fetch" fills the account's cache, as root of a container that has nothing else: no home, and no
 * code of a package, since only wheels are taken.
 */
#include "role.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "home.h"
#include "library_cache.h"
#include "lock_names.h"
#include "uv.h"
#include "venv.h"
#include "winalux/base/buf.h"
#include "winalux/base/clock.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"
#include "winalux/format/token_hash.h"
#include "winalux/guest/wire.h"

#define SKELETON_VENV HOME_SKELETON "/venv"
#define NOTHING_CHANGED "winalux: the virtual environment was left as it was\n"
#define PARTLY_CHANGED                                                                             \
	"winalux: the virtual environment was changed in part; `task venv:sync` tries again\n"

enum {
	TEXT_MAX = 4 << 20,
	LOCK_LIMIT_MS = 20 * 1000, /* for another sync to end */
	LOCK_PAUSE_MS = 100,
	QUICK_LIMIT_MS = 2 * 60 * 1000, /* of what needs no network and builds nothing */
	LONG_LIMIT_MS = 15 * 60 * 1000, /* of what fetches and builds */
};

struct sync {
	char *home;
	char *venv;
	char *python;
	char *directory; /* ~/.config/winalux */
	char *lock;      /* versions and hashes */
	char *input;     /* what the lock was made from */
	char *next;      /* the lock that is to be installed */
	char *had;       /* in the environment: the lock that was installed into it */
	bool is_upgrade;
	bool is_told;    /* uv has said why it failed */
	bool is_changed; /* and could not be changed back */
	struct buf list;
	struct buf wanted_input;
	struct buf said; /* by uv, of the step that is going on */
};

static void sync_init(struct sync *s)
{
	const char *home = getenv("HOME");

	*s = (struct sync){ .home = xstrdup(home && *home ? home : "/home/developer") };
	s->venv = xasprintf("%s/venv", s->home);
	s->python = xasprintf("%s/bin/python", s->venv);
	s->directory = xasprintf("%s/.config/winalux", s->home);
	s->lock = xasprintf("%s/libraries.lock", s->directory);
	s->input = xasprintf("%s/libraries.in", s->directory);
	s->next = xasprintf("%s/.libraries.next", s->directory);
	s->had = xasprintf("%s/.winalux-libraries", s->venv);
	buf_init(&s->said, TEXT_MAX);
	buf_init(&s->wanted_input, TEXT_MAX);
}

static void sync_release(struct sync *s)
{
	free(s->home);
	free(s->venv);
	free(s->python);
	free(s->directory);
	free(s->lock);
	free(s->input);
	free(s->next);
	free(s->had);
	buf_release(&s->list);
	buf_release(&s->wanted_input);
	buf_release(&s->said);
}

/* "" where there is no such file. */
static void read_or_nothing(const char *path, struct buf *ret)
{
	if (file_read(path, TEXT_MAX, ret, NULL) < 0)
		buf_init(ret, TEXT_MAX);
}

static const char *text_of(const struct buf *b)
{
	return b->data ? b->data : "";
}

/* uv's own words go to stderr, where the deploy and the developer look for them. */
static int uv_failed(struct sync *s, int status, struct error *err)
{
	if (status < 0)
		return -1;
	s->is_told = true;
	fputs(text_of(&s->said), stderr);
	return error_set(err, ERROR_HOST, "uv ended with status %d", status);
}

static int run_uv(struct sync *s, const struct uv *uv, const struct strv *arguments,
		  struct error *err)
{
	int status;

	buf_clear(&s->said);
	status = uv_pip(uv, arguments, NULL, &s->said, err);
	return status == 0 ? 0 : uv_failed(s, status, err);
}

/* --- the lock --- */

static bool names_files(const char *list)
{
	return strstr(list, "-r ") || strstr(list, "-c ");
}

/* The packages of an earlier lock keep their versions where the list allows it: uv looks at the
 * file that it is to write. */
static void compile_arguments(const char *list_path, const char *list, const char *lock,
			      bool is_upgrade, struct strv *ret)
{
	strv_add(ret, "compile");
	strv_add(ret, "--quiet");
	strv_add(ret, "--no-header");
	strv_add(ret, "--generate-hashes");
	if (strstr(list, "--index-url") || names_files(list))
		strv_add(ret, "--emit-index-url");
	if (is_upgrade)
		strv_add(ret, "--upgrade");
	strv_addf(ret, "--output-file=%s", lock);
	strv_add(ret, list_path);
}

static int write_text(const char *path, const struct buf *text, struct error *err)
{
	return file_write_atomic(path, text_of(text), text->len, 0644, err);
}

static bool same_text(const struct buf *a, const struct buf *b)
{
	return strcmp(text_of(a), text_of(b)) == 0;
}

/* The home's lock, while nothing has changed that it was made from. */
static bool lock_is_current(const struct sync *s, const struct buf *lock)
{
	DEFER(buf_release) struct buf input = { 0 };

	if (s->is_upgrade || !lock->len || names_files(text_of(&s->list)))
		return false;
	read_or_nothing(s->input, &input);
	return same_text(&input, &s->wanted_input);
}

static int resolve(struct sync *s, const struct buf *lock, struct error *err)
{
	DEFER(strv_release) struct strv arguments = { 0 };
	const struct uv uv = { .python = s->python, .timeout_ms = LONG_LIMIT_MS };

	if (write_text(s->next, lock, err) < 0)
		return -1;
	compile_arguments(WIRE_LIBRARIES_LIST, text_of(&s->list), s->next, s->is_upgrade,
			  &arguments);
	return run_uv(s, &uv, &arguments, err);
}

/* Puts the lock that is to be installed at s->next. */
static int choose_lock(struct sync *s, struct error *err)
{
	DEFER(buf_release) struct buf lock = { 0 };
	DEFER(buf_release) struct buf brought = { 0 };

	read_or_nothing(s->lock, &lock);
	if (requirements_are_empty(text_of(&s->list))) {
		buf_clear(&lock);
		return write_text(s->next, &lock, err);
	}
	if (lock_is_current(s, &lock))
		return write_text(s->next, &lock, err);
	read_or_nothing(WIRE_LIBRARIES_LOCK, &brought);
	if (brought.len && !s->is_upgrade && !names_files(text_of(&s->list)))
		return write_text(s->next, &brought, err);
	return resolve(s, &lock, err);
}

/* --- into the environment --- */

static void say_changes(const struct sync *s)
{
	const char *line = text_of(&s->said);

	for (; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		if (!strncmp(line, " + ", 3) || !strncmp(line, " - ", 3) ||
		    !strncmp(line, " ~ ", 3))
			printf("%.*s\n", (int)strcspn(line, "\n"), line);
	}
}

static void install_arguments(const char *requirements, struct strv *ret)
{
	strv_add(ret, "install");
	strv_add(ret, "--no-deps");
	strv_add(ret, "-r");
	strv_add(ret, requirements);
}

/*
 * Files are cloned where the file system can: they take no room then, and are the developer's own
 * for all that (docs/design/libraries-install.md).
 */
static bool install_from_cache(struct sync *s)
{
	DEFER(strv_release) struct strv arguments = { 0 };
	DEFER(freep) char *directory = xasprintf("%s/.cache/winalux", s->home);
	DEFER(freep) char *cache = library_cache_before(WIRE_LIBRARIES_CACHE, directory);
	const struct uv uv = {
		.python = s->python, .cache = cache, .is_offline = true, .timeout_ms = LONG_LIMIT_MS
	};

	if (!cache)
		return false;
	install_arguments(s->next, &arguments);
	strv_add(&arguments, "--link-mode=clone");
	buf_clear(&s->said);
	return uv_pip(&uv, &arguments, NULL, &s->said, NULL) == 0;
}

static int install(struct sync *s, struct error *err)
{
	DEFER(strv_release) struct strv arguments = { 0 };
	const struct uv uv = { .python = s->python, .timeout_ms = LONG_LIMIT_MS };

	if (!install_from_cache(s)) {
		install_arguments(s->next, &arguments);
		if (run_uv(s, &uv, &arguments, err) < 0)
			return -1;
	}
	say_changes(s);
	return 0;
}

static int uninstall(struct sync *s, const struct strv *names, struct error *err)
{
	DEFER(strv_release) struct strv arguments = { 0 };
	const struct uv uv = { .python = s->python, .timeout_ms = QUICK_LIMIT_MS };

	if (!names->count)
		return 0;
	strv_add(&arguments, "uninstall");
	strv_add_all(&arguments, names);
	if (run_uv(s, &uv, &arguments, err) < 0)
		return -1;
	say_changes(s);
	return 0;
}

static int list_installed(struct sync *s, struct buf *ret, struct error *err)
{
	DEFER(strv_release) struct strv arguments = { 0 };
	const struct uv uv = { .python = s->python, .timeout_ms = QUICK_LIMIT_MS };
	int status;

	strv_add(&arguments, "freeze");
	buf_clear(&s->said);
	status = uv_pip(&uv, &arguments, ret, &s->said, err);
	return status == 0 ? 0 : uv_failed(s, status, err);
}

static bool undo_added(struct sync *s, const struct strv *names)
{
	DEFER(strv_release) struct strv arguments = { 0 };
	const struct uv uv = { .python = s->python, .timeout_ms = QUICK_LIMIT_MS };

	strv_add(&arguments, "uninstall");
	strv_add_all(&arguments, names);
	return !names->count || uv_pip(&uv, &arguments, NULL, NULL, NULL) == 0;
}

static bool undo_changed(struct sync *s, const struct buf *old)
{
	DEFER(strv_release) struct strv arguments = { 0 };
	const struct uv uv = { .python = s->python, .timeout_ms = LONG_LIMIT_MS };

	if (!old->len)
		return true;
	install_arguments(s->next, &arguments);
	return write_text(s->next, old, NULL) == 0 &&
	       uv_pip(&uv, &arguments, NULL, NULL, NULL) == 0;
}

/* Of a lock that was installed, whole or not: what is new goes, and old versions return. What uv
 * says to that is not the reason that anybody looks for. */
static void undo(struct sync *s, const struct buf *before, const struct buf *lock)
{
	DEFER(strv_release) struct strv added = { 0 };
	DEFER(buf_release) struct buf old = { 0 };

	buf_init(&old, TEXT_MAX);
	lock_names_without(text_of(lock), text_of(before), &added);
	lock_lines_within(text_of(before), text_of(lock), &old);
	const bool is_gone = undo_added(s, &added);
	s->is_changed = !undo_changed(s, &old) || !is_gone;
}

/* What is to be removed stays written down until it is, so that whoever comes next tries again. */
static int record(struct sync *s, const struct buf *lock, const struct strv *gone,
		  struct error *err)
{
	DEFER(buf_release) struct buf all = { 0 };

	buf_init(&all, TEXT_MAX);
	buf_add(&all, text_of(lock), lock->len);
	for (size_t i = 0; i < gone->count; i++)
		buf_addf(&all, "%s\n", gone->items[i]);
	if (write_text(s->had, &all, err) < 0 || write_text(s->lock, lock, err) < 0)
		return -1;
	return write_text(s->input, &s->wanted_input, err);
}

static int install_lock(struct sync *s, const struct buf *lock, const struct strv *gone,
			struct error *err)
{
	DEFER(buf_release) struct buf before = { 0 };

	if (!lock->len)
		return record(s, lock, gone, err);
	if (list_installed(s, &before, err) < 0)
		return -1;
	if (install(s, err) == 0 && record(s, lock, gone, err) == 0)
		return 0;
	undo(s, &before, lock);
	return -1;
}

static int apply(struct sync *s, struct error *err)
{
	DEFER(buf_release) struct buf lock = { 0 };
	DEFER(buf_release) struct buf had = { 0 };
	DEFER(strv_release) struct strv gone = { 0 };

	read_or_nothing(s->next, &lock);
	read_or_nothing(s->had, &had);
	lock_names_without(text_of(&had), text_of(&lock), &gone);
	if (install_lock(s, &lock, &gone, err) < 0)
		return -1;
	if (!gone.count)
		return 0;
	s->is_changed = true;
	if (uninstall(s, &gone, err) < 0)
		return -1;
	return write_text(s->had, &lock, err);
}

/* --- the whole --- */

/* Whoever holds it may be anybody in the home, for any time. */
static int lock_file(int fd, const char *path, struct error *err)
{
	const int64_t deadline_ms = clock_mono_ms() + LOCK_LIMIT_MS;

	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return error_set_errno(err, ERROR_HOST, errno, "cannot lock '%s'", path);
		if (clock_left_ms(deadline_ms) == 0)
			return error_set(err, ERROR_TIMEOUT,
					 "another sync of libraries has held '%s' for %d s; try "
					 "again when it has ended",
					 path, LOCK_LIMIT_MS / 1000);
		clock_sleep_ms(LOCK_PAUSE_MS);
	}
	return 0;
}

static int enter_directory(const struct sync *s, int *ret_lock_fd, struct error *err)
{
	DEFER(freep) char *path = xasprintf("%s/.libraries.busy", s->directory);
	DEFER(fd_closep) int fd = -1;

	if (dir_make_all(s->directory, 0755, err) < 0)
		return -1;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0)
		return error_set_errno(err, ERROR_HOST, errno, "cannot open '%s'", path);
	if (lock_file(fd, path, err) < 0)
		return -1;
	*ret_lock_fd = TAKE_FD(fd);
	return 0;
}

/* The image's environment where there is none, or one of another Python. */
static int renew_venv(struct sync *s, struct error *err)
{
	char version[VENV_VERSION_SIZE];

	if (venv_set_aside(s->venv, SKELETON_VENV))
		printf("made ~/venv anew: its Python was another one\n");
	home_fill_from(HOME_SKELETON, s->home);
	if (!venv_version(s->venv, version, NULL, 0) || access(s->python, X_OK) < 0)
		return error_set(err, ERROR_NOT_FOUND,
				 "there is no virtual environment '%s'; a profile with 'python: "
				 "[uv]' brings one",
				 s->venv);
	buf_addf(&s->wanted_input, "# Python %s\n%s", version, text_of(&s->list));
	return 0;
}

static int sync_list(struct sync *s, struct error *err)
{
	DEFER(fd_closep) int lock_fd = -1;

	if (enter_directory(s, &lock_fd, err) < 0)
		return -1;
	read_or_nothing(WIRE_LIBRARIES_LIST, &s->list);
	if (renew_venv(s, err) < 0 || choose_lock(s, err) < 0)
		return -1;
	const int status = apply(s, err);
	unlink(s->next);
	return status;
}

static int run_sync(bool is_upgrade)
{
	DEFER(sync_release) struct sync s;
	struct error err;

	sync_init(&s);
	s.is_upgrade = is_upgrade;
	if (sync_list(&s, &err) < 0) {
		fputs(s.is_changed ? PARTLY_CHANGED : NOTHING_CHANGED, stdout);
		return s.is_told ? EXIT_ROLE_FAILED : role_fails(&err);
	}
	return 0;
}

static int run_show(void)
{
	DEFER(sync_release) struct sync s;
	DEFER(buf_release) struct buf lock = { 0 };

	sync_init(&s);
	read_or_nothing(s.lock, &lock);
	fputs(text_of(&lock), stdout);
	return 0;
}

/* Links into the cache take no time; what they are made in ends with the container. */
static int fetch(struct sync *s, struct error *err)
{
	DEFER(strv_release) struct strv compile = { 0 };
	DEFER(strv_release) struct strv install = { 0 };
	const struct uv uv = {
		.python = SKELETON_VENV "/bin/python",
		.cache = WIRE_LIBRARIES_CACHE,
		.only_wheels = true,
		.timeout_ms = LONG_LIMIT_MS,
	};

	compile_arguments(WIRE_LIBRARIES_LIST, text_of(&s->list), WIRE_LIBRARIES_LOCK, false,
			  &compile);
	if (run_uv(s, &uv, &compile, err) < 0)
		return -1;
	install_arguments(WIRE_LIBRARIES_LOCK, &install);
	strv_add(&install, "--target=/tmp/winalux-libraries");
	strv_add(&install, "--link-mode=symlink");
	return run_uv(s, &uv, &install, err);
}

static int run_fetch(void)
{
	DEFER(sync_release) struct sync s;
	DEFER(buf_release) struct buf lock = { 0 };
	struct error err;

	umask(022);
	if (access(WIRE_LIBRARIES_NETRC, R_OK) == 0)
		setenv("NETRC", WIRE_LIBRARIES_NETRC, 1);
	sync_init(&s);
	read_or_nothing(WIRE_LIBRARIES_LIST, &s.list);
	const int status = fetch(&s, &err);
	library_cache_open(WIRE_LIBRARIES_CACHE);
	if (status < 0)
		return s.is_told ? EXIT_ROLE_FAILED : role_fails(&err);
	read_or_nothing(WIRE_LIBRARIES_LOCK, &lock);
	fputs(text_of(&lock), stdout);
	return 0;
}

static int run_libraries(int argc, char **argv)
{
	unsetenv(TICKET_VARIABLE); /* it let us in, and is not for the code of packages */
	if (argc == 2 && !strcmp(argv[1], WIRE_LIBRARIES_SYNC))
		return run_sync(false);
	if (argc == 3 && !strcmp(argv[1], WIRE_LIBRARIES_SYNC) && !strcmp(argv[2], "--upgrade"))
		return run_sync(true);
	if (argc == 2 && !strcmp(argv[1], WIRE_LIBRARIES_FETCH))
		return run_fetch();
	if (argc == 2 && !strcmp(argv[1], WIRE_LIBRARIES_SHOW))
		return run_show();
	return role_misused(&role_libraries);
}

const struct role role_libraries = {
	.name = WIRE_LIBRARIES_ROLE,
	.usage = "sync [--upgrade] | fetch | show",
	.summary = "install the PyPI packages of the inventory; fill the account's cache of them",
	.run = run_libraries,
};
