/* SPDX-License-Identifier: MIT */
/*
 * A copy is a tar stream through a pipe: on one end libpod's archive call, on the other, in a
 * thread, our packer or unpacker. So a tree of any size needs no memory and no temporary file. When
 * both ends fail, the one that failed first is told: the other only saw the pipe break.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/log.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"
#include "winalux/format/json.h"
#include "winalux/format/tar.h"
#include "winalux/podman/container.h"
#include "winalux/workspace/apply.h"
#include "winalux/workspace/host.h"

#include "app.h"
#include "command.h"
#include "copy_path.h"
#include "find.h"
#include "progress.h"

enum { DEVELOPER_ID = 1000 };

struct copy {
	struct podman *podman;
	const char *container_id;
	struct copy_end source;
	struct copy_end target;
};

static void copy_release(struct copy *copy)
{
	copy_end_release(&copy->source);
	copy_end_release(&copy->target);
}

/* The end of the pipe that works in a thread. */
struct worker {
	int fd;
	const char *path;
	const char *name;
	_Atomic bool is_call_over; /* the archive call has returned */
	bool failed_first;         /* before that */
	int result;
	struct error err;
};

static void warn_skipped(const char *path, const char *what)
{
	log_warn("skipped '%s': is %s", path, what);
}

static const struct tar_pack_options pack_options = { DEVELOPER_ID, DEVELOPER_ID, warn_skipped };

static void *pack(void *context)
{
	struct worker *w = context;

	w->result = tar_pack_path(w->fd, w->path, w->name, &pack_options, &w->err);
	w->failed_first = w->result < 0 && !w->is_call_over;
	fd_closep(&w->fd); /* the reader sees the end */
	return NULL;
}

static void *unpack(void *context)
{
	struct worker *w = context;

	w->result = tar_unpack(w->fd, w->path, w->name, warn_skipped, NULL, &w->err);
	w->failed_first = w->result < 0 && !w->is_call_over;
	fd_closep(&w->fd); /* the writer sees that nobody reads */
	return NULL;
}

static int start_worker(struct worker *worker, void *(*run)(void *), pthread_t *ret_thread,
			struct error *err)
{
	int failed = pthread_create(ret_thread, NULL, run, worker);

	if (failed)
		return error_set_errno(err, ERROR_INTERNAL, failed, "cannot start a thread");
	return 0;
}

/* Closes our end of the pipe, waits for the worker and tells the failure that came first. */
static int finish(struct worker *worker, pthread_t thread, int *end, int result, struct error *err)
{
	worker->is_call_over = true;
	fd_closep(end);
	pthread_join(thread, NULL);
	if (worker->result == 0 || (result < 0 && !worker->failed_first))
		return result;
	*err = worker->err;
	return -1;
}

/* --- what is there --- */

static int status_inside(const struct copy *copy, const char *path, struct copy_status *ret,
			 struct error *err)
{
	DEFER(freep) char *parent = copy_dirname(path);
	bool parent_exists;

	*ret = (struct copy_status){ 0 };
	if (container_stat_path(copy->podman, copy->container_id, path, &ret->exists, &ret->is_dir,
				err) < 0)
		return -1;
	if (ret->exists)
		return 0;
	return container_stat_path(copy->podman, copy->container_id, parent, &parent_exists,
				   &ret->parent_is_dir, err);
}

static void status_here(const char *path, struct copy_status *ret)
{
	DEFER(freep) char *parent = copy_dirname(path);
	struct stat status;

	*ret = (struct copy_status){ 0 };
	/* Behind a link counts, as for cp; a dangling one may still be copied as a link. */
	if (stat(path, &status) == 0)
		*ret = (struct copy_status){ .exists = true, .is_dir = S_ISDIR(status.st_mode) };
	else if (lstat(path, &status) == 0)
		*ret = (struct copy_status){ .exists = true };
	else
		ret->parent_is_dir = stat(parent, &status) == 0 && S_ISDIR(status.st_mode);
}

/* --- into a workspace --- */

static int put_stream(const struct copy *copy, struct error *err)
{
	struct copy_status status;

	if (status_inside(copy, copy->target.path, &status, err) < 0)
		return -1;
	if (!status.is_dir)
		return error_set(err, ERROR_NOT_FOUND,
				 "there is no directory '%s' to unpack an archive in",
				 copy->target.path);
	return container_put_archive_fd(copy->podman, copy->container_id, copy->target.path,
					STDIN_FILENO, err);
}

static int put_packed(const struct copy *copy, const struct copy_target *target, struct error *err)
{
	DEFER(fd_closep) int read_end = -1;
	pthread_t thread;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_set_errno(err, ERROR_INTERNAL, errno, "cannot make a pipe");
	read_end = ends[0];
	struct worker worker = {
		.fd = ends[1],
		.path = copy->source.path,
		.name = *target->name ? target->name : ".",
	};
	if (start_worker(&worker, pack, &thread, err) < 0) {
		fd_closep(&worker.fd);
		return -1;
	}
	int result = container_put_archive_fd(copy->podman, copy->container_id, target->directory,
					      read_end, err);
	return finish(&worker, thread, &read_end, result, err);
}

static int copy_in(const struct copy *copy, struct error *err)
{
	struct copy_status source, target;
	DEFER(copy_target_release) struct copy_target plan = { 0 };

	if (strcmp(copy->source.path, "-") == 0)
		return put_stream(copy, err);
	status_here(copy->source.path, &source);
	if (status_inside(copy, copy->target.path, &target, err) < 0 ||
	    copy_plan(copy->source.path, &source, copy->target.path, &target, &plan, err) < 0)
		return -1;
	return put_packed(copy, &plan, err);
}

/* --- out of a workspace --- */

static int get_unpacked(const struct copy *copy, const struct copy_target *target,
			struct error *err)
{
	/* For "DIR/." libpod sends entries without a common first part, which could not be renamed.
	 */
	DEFER(freep) char *path = copy_without_dot(copy->source.path);
	DEFER(fd_closep) int write_end = -1;
	pthread_t thread;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_set_errno(err, ERROR_INTERNAL, errno, "cannot make a pipe");
	write_end = ends[1];
	struct worker worker = { .fd = ends[0], .path = target->directory, .name = target->name };
	if (start_worker(&worker, unpack, &thread, err) < 0) {
		fd_closep(&worker.fd);
		return -1;
	}
	int result =
		container_get_archive_fd(copy->podman, copy->container_id, path, write_end, 0, err);
	return finish(&worker, thread, &write_end, result, err);
}

static int copy_out(const struct copy *copy, struct error *err)
{
	struct copy_status source, target;
	DEFER(copy_target_release) struct copy_target plan = { 0 };

	if (strcmp(copy->target.path, "-") == 0)
		return container_get_archive_fd(copy->podman, copy->container_id, copy->source.path,
						STDOUT_FILENO, 0, err);
	status_here(copy->target.path, &target);
	if (status_inside(copy, copy->source.path, &source, err) < 0 ||
	    copy_plan(copy->source.path, &source, copy->target.path, &target, &plan, err) < 0)
		return -1;
	return get_unpacked(copy, &plan, err);
}

/* With a live line on a terminal, for what takes long; silent elsewhere, as cp is. */
static int copy_shown(struct app *app, const struct copy *copy, const char *what, struct error *err)
{
	enum progress_mode mode = progress_mode_for(STDERR_FILENO, app->global.is_quiet);
	struct progress *progress =
		progress_new(STDERR_FILENO, mode == PROGRESS_LIVE ? mode : PROGRESS_QUIET);
	const struct progress_sink sink = progress_sink(progress);
	DEFER(freep) char *text = xasprintf("copy %s", what);
	const char *name = copy->source.workspace ? copy->source.workspace : copy->target.workspace;

	sink.on_step(sink.context, name, text, 0, 0);
	int result = copy->source.workspace ? copy_out(copy, err) : copy_in(copy, err);
	progress_freep(&progress);
	return result;
}

static int run_cp(struct app *app, const void *options, const struct strv *args, struct error *err)
{
	DEFER(containers_release) struct containers containers = { 0 };
	DEFER(copy_release) struct copy copy = { 0 };
	const struct container *dev = NULL;

	(void)options;
	copy_end_parse(args->items[0], &copy.source);
	copy_end_parse(args->items[1], &copy.target);
	if (!copy.source.workspace == !copy.target.workspace)
		return error_set(err, ERROR_USAGE,
				 "exactly one of SOURCE and TARGET is NAME:PATH in a workspace");
	const char *name = copy.source.workspace ? copy.source.workspace : copy.target.workspace;
	if (find_containers(app, name, &containers, err) < 0 ||
	    find_container(&containers, name, NULL, false, &dev, err) < 0)
		return -1;
	copy.podman = host_podman(app->host);
	copy.container_id = dev->id;
	if (copy_shown(app, &copy, args->items[0], err) < 0)
		return error_add(err, "cannot copy '%s'", args->items[0]);
	if (app->global.is_json && strcmp(copy.target.path, "-") != 0) {
		struct json *root = json_new_object();
		json_add_text(root, "source", args->items[0]);
		json_add_text(root, "target", args->items[1]);
		app_print_json(app, root);
	}
	return 0;
}

const struct command cmd_cp = {
	.name = "cp",
	.summary = "Copy files and trees into a workspace or out of it",
	.args = "SOURCE TARGET",
	.details =
		"One of them is NAME:PATH; a relative PATH begins at /home/developer. As with cp "
		"-a, an existing directory takes the source inside it, 'DIR/.' means its content, "
		"and a missing parent is an error. Inside, files belong to developer. '-' reads "
		"or writes a tar archive, with the owners it names. Links are copied as links, "
		"and nothing is written through one; a directory behind one takes the source. "
		"FIFOs, sockets and devices are skipped with a warning.",
	.min_args = 2,
	.max_args = 2,
	.needs = NEEDS_CONFIG,
	.completes = COMPLETE_COPY,
	.run = run_cp,
};
