/* SPDX-License-Identifier: MIT */
/*
 * Who may write where decides how libraries come into a home:
 *
 *   1. a container of its own in the workspace's pod, without the home, resolves the list and fills
 *      the account's cache, which it alone may write. It takes wheels only, so that no code of a
 *      package runs beside the cache; logins for private indexes are known here and nowhere else.
 *   2. list and lock are put into the dev container.
 *   3. the guest installs there, as the developer, from the cache that it can only read.
 *
 * The first is left out where the list is as it was, and what it cannot do (packages without
 * wheels, files in the home) the third does by itself, with a cache of the developer's own.
 */
#include "library_sync.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "job.h"
#include "winalux/base/buf.h"
#include "winalux/base/clock.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/log.h"
#include "winalux/base/mem.h"
#include "winalux/format/tar.h"
#include "winalux/guest/wire.h"
#include "winalux/inventory/config.h"
#include "winalux/inventory/inventory.h"
#include "winalux/plan/names.h"
#include "winalux/podman/container.h"
#include "winalux/podman/exec.h"
#include "winalux/podman/volume.h"
#include "winalux/workspace/gate.h"

#define GUEST "/usr/lib/winalux/winalux-guest"
#define NO_LIST "# the inventory has no libraries for this workspace\n"

enum {
	TEXT_MAX = 4 << 20,
	LOG_BYTES = 16 << 20,
	NETRC_MAX = 64 << 10,
	REMOVE_TIMEOUT_S = 1,
	FETCH_TIMEOUT_MS = 60 * 60 * 1000,
	SHOW_TIMEOUT_MS = 30 * 1000,
	SYNC_TIMEOUT_MS = 40 * 60 * 1000, /* longer than the guest's own limits together */
	STATUS_UNKNOWN_ROLE = 2,
};

/* --- what uv said --- */

static bool skip_word(const char **text, const char *word)
{
	const size_t len = strlen(word);

	if (strncmp(*text, word, len) != 0)
		return false;
	*text += len;
	return true;
}

static void fold_line(const char *line, size_t len, struct buf *ret)
{
	const char *const end = line + len;
	bool is_cause;

	while (line < end && (*line == ' ' || (unsigned char)*line >= 0x80))
		line++;
	if (skip_word(&line, "Using Python ") || skip_word(&line, "Resolved ") || line >= end)
		return;
	is_cause = skip_word(&line, "cause: ");
	skip_word(&line, "error: ");
	if (ret->len)
		buf_add_str(ret, is_cause ? ": " : " ");
	if (line < end)
		buf_add_printable(ret, line, (size_t)(end - line), false);
}

void library_fold(const char *said, struct buf *ret)
{
	for (const char *line = said; *line;) {
		const size_t len = strcspn(line, "\n");

		fold_line(line, len, ret);
		line += len + (line[len] == '\n');
	}
	if (ret->len && ret->data[ret->len - 1] == '.')
		ret->data[--ret->len] = '\0';
}

static const char name_characters[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
static const char version_characters[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-+!";

static size_t version_line_length(const char *line)
{
	const size_t name = *line == '-' ? 0 : strspn(line, name_characters);

	if (!name || strncmp(line + name, "==", 2) != 0)
		return 0;
	const size_t version = strspn(line + name + 2, version_characters);
	const char *end = line + name + 2 + version;

	return version && (!*end || strchr(" \n", *end)) ? name + 2 + version : 0;
}

void library_versions(const char *lock, struct buf *ret)
{
	for (const char *line = lock; *line; line += *line == '\n') {
		const size_t len = version_line_length(line);

		if (len)
			buf_addf(ret, "%.*s\n", (int)len, line);
		line += strcspn(line, "\n");
	}
}

/* --- commands in the dev container --- */

struct answer {
	int status;
	struct buf output;
	struct buf said;
};

static void answer_release(struct answer *a)
{
	buf_release(&a->output);
	buf_release(&a->said);
}

static int read_back(int fd, struct buf *ret, struct error *err)
{
	buf_init(ret, TEXT_MAX);
	if (lseek(fd, 0, SEEK_SET) < 0)
		return error_set(err, ERROR_HOST, "cannot read a file in memory");
	return fd_read_all(fd, ret, err);
}

static void add_environment(const struct job *job, struct strv *ret)
{
	const struct want_gate *gate = &job->plan->want->gate;
	char ticket[TICKET_TEXT_SIZE];

	strv_add(ret, "HOME=/home/developer");
	if (gate->is_on && gate->hash && gate_ticket_for(gate->hash, clock_wall_s(), ticket))
		strv_addf(ret, TICKET_VARIABLE "=%s", ticket);
}

static int run_guest(const struct job *job, struct podman *podman, const char *dev,
		     const char *action, int timeout_ms, struct answer *ret, struct error *err)
{
	DEFER(fd_closep) int output = memfd_create("libraries", MFD_CLOEXEC);
	DEFER(fd_closep) int said = memfd_create("libraries", MFD_CLOEXEC);
	struct exec_options exec = {
		.user = "developer",
		.workdir = "/home/developer",
		.stdin_fd = -1,
		.stdout_fd = output,
		.stderr_fd = said,
		.cancelled = job->cancelled,
		.timeout_ms = timeout_ms,
	};
	int status;

	if (output < 0 || said < 0)
		return error_set(err, ERROR_HOST, "cannot make a file in memory");
	strv_add(&exec.command, GUEST);
	strv_add(&exec.command, WIRE_LIBRARIES_ROLE);
	strv_add(&exec.command, action);
	add_environment(job, &exec.environment);
	status = exec_run(podman, dev, &exec, &ret->status, err);
	strv_release(&exec.command);
	strv_release(&exec.environment);
	if (status < 0 || read_back(output, &ret->output, err) < 0)
		return -1;
	return read_back(said, &ret->said, err);
}

/* --- filling the cache --- */

static const struct want_container *dev_of(const struct want *want)
{
	return &want->containers[want->container_count - 1];
}

static void fetcher_mounts(const struct container_spec *dev, struct container_spec *spec)
{
	spec->volumes = xcalloc(1, sizeof(spec->volumes[0]));
	spec->volume_count = 1;
	spec->volumes[0].volume = xstrdup(LIBRARIES_VOLUME);
	spec->volumes[0].destination = xstrdup(WIRE_LIBRARIES_CACHE);
	spec->image_mounts = xcalloc(1, sizeof(spec->image_mounts[0]));
	spec->image_mount_count = 1;
	spec->image_mounts[0].image = xstrdup(dev->image_mounts[0].image);
	spec->image_mounts[0].destination = xstrdup(dev->image_mounts[0].destination);
}

/* In the workspace's pod: it goes out where the workspace does, and counts for its limits. */
static void fetcher_spec(const struct job *job, struct container_spec *spec)
{
	const struct want *want = job->plan->want;
	const struct container_spec *dev = &dev_of(want)->spec;

	spec->name = object_name(want->workspace->slug, ROLE_LIBRARIES);
	spec->image = xstrdup(dev->image);
	spec->pod = xstrdup(dev->pod);
	spec->user = xstrdup("0");
	strv_add(&spec->entrypoint, GUEST);
	strv_add(&spec->command, WIRE_LIBRARIES_ROLE);
	strv_add(&spec->command, WIRE_LIBRARIES_FETCH);
	strv_add_all(&spec->environment, &dev->environment);
	labels_add(&spec->labels, LABEL_SCHEMA, SCHEMA_VERSION);
	labels_add(&spec->labels, LABEL_WORKSPACE, want->workspace->name);
	labels_add(&spec->labels, LABEL_ROLE, ROLE_LIBRARIES);
	fetcher_mounts(dev, spec);
	/* A strict dev container's profile asks the keepers; the engine's own does for this. */
	if (want->workspace->gate != GATE_STRICT)
		spec->seccomp_profile_path = xstrdup_or_null(dev->seccomp_profile_path);
	spec->no_new_privileges = true;
	spec->stop_timeout_s = REMOVE_TIMEOUT_S;
	spec->log_size_bytes = LOG_BYTES;
}

/* Members of an archive, in the order of the calls; texts may be NULL: no such file. */
struct texts {
	const char *list;
	const char *lock;
	const struct buf *netrc;
};

static int add_text(struct tar_writer *w, const char *path, mode_t mode, const char *text,
		    size_t len, struct error *err)
{
	return tar_add_file(w, path + 1, mode, 0, 0, text, len, err);
}

static int put_texts(struct podman *podman, const char *container, const struct texts *t,
		     struct error *err)
{
	DEFER(tar_writer_freep) struct tar_writer *w = NULL;
	DEFER(buf_release) struct buf tar;

	buf_init(&tar, 2 * TEXT_MAX);
	w = tar_writer_new(&tar, err);
	if (!w || tar_add_dir(w, "etc/winalux", 0755, 0, 0, err) < 0 ||
	    add_text(w, WIRE_LIBRARIES_LIST, 0644, t->list, strlen(t->list), err) < 0 ||
	    add_text(w, WIRE_LIBRARIES_LOCK, 0644, t->lock, strlen(t->lock), err) < 0 ||
	    (t->netrc &&
	     add_text(w, WIRE_LIBRARIES_NETRC, 0600, t->netrc->data, t->netrc->len, err) < 0) ||
	    tar_finish(w, err) < 0)
		return -1;
	return container_put_archive(podman, container, "/", tar.data, tar.len, err);
}

static bool keep_line(const char *line, size_t len, bool is_stderr, void *context)
{
	struct buf *text = context;

	(void)is_stderr;
	buf_add(text, line, len);
	buf_add_char(text, '\n');
	return true;
}

static int read_output(struct podman *podman, const char *id, bool is_stderr, struct buf *ret,
		       struct error *err)
{
	const struct log_options options = {
		.with_stdout = !is_stderr,
		.with_stderr = is_stderr,
		.tail = -1,
		.timeout_ms = -1,
	};

	buf_init(ret, TEXT_MAX);
	return container_logs(podman, id, &options, keep_line, ret, err);
}

static void tell_fetch_failed(struct podman *podman, const char *id, int status)
{
	DEFER(buf_release) struct buf said = { 0 };
	DEFER(buf_release) struct buf line = { 0 };

	buf_init(&line, TEXT_MAX);
	if (read_output(podman, id, true, &said, NULL) == 0)
		library_fold(said.data ? said.data : "", &line);
	log_debug("the cache of packages was not filled (status %d): %s", status,
		  line.data ? line.data : "");
}

/* ret_lock stays empty where there are no wheels of everything, say. */
static int run_fetcher(struct podman *podman, const char *id, const struct texts *t,
		       struct buf *ret_lock, struct error *err)
{
	int status;

	if (put_texts(podman, id, t, err) < 0 || container_start(podman, id, err) < 0 ||
	    container_wait(podman, id, FETCH_TIMEOUT_MS, &status, err) < 0)
		return -1;
	if (status == 0)
		return read_output(podman, id, false, ret_lock, err);
	tell_fetch_failed(podman, id, status);
	return 0;
}

static int read_netrc(const struct job *job, struct buf *ret, struct error *err)
{
	if (!job->config->library_netrc)
		return 0;
	if (file_read(job->config->library_netrc, NETRC_MAX, ret, err) < 0)
		return error_add(err, "setting 'library_netrc'");
	return 0;
}

static int fetch(struct job *job, struct podman *podman, const char *had_lock, struct buf *ret_lock,
		 struct error *err)
{
	DEFER(container_spec_release) struct container_spec spec = { 0 };
	DEFER(buf_release) struct buf netrc = { 0 };
	DEFER(freep) char *id = NULL;
	int status;

	if (read_netrc(job, &netrc, err) < 0)
		return -1;
	const struct texts texts = { job->plan->want->libraries, had_lock,
				     netrc.len ? &netrc : NULL };
	fetcher_spec(job, &spec);
	/* Whatever it was, an earlier one of the name is none of a running deploy: the lock is
	 * ours. */
	if (container_remove(job->firm, spec.name, true, REMOVE_TIMEOUT_S, err) < 0 ||
	    container_create(job->firm, &spec, &id, err) < 0)
		return -1;
	status = run_fetcher(podman, id, &texts, ret_lock, err);
	container_remove(job->firm, id, true, REMOVE_TIMEOUT_S, NULL);
	return status;
}

/* Does the cache have, or can the account's container resolve, what the list says? */
static bool is_fetched(const struct job *job)
{
	const struct want *want = job->plan->want;
	const struct workspace_facts *facts = job->plan->facts;
	const char *had = facts ? facts->state.libraries : NULL;

	return want->libraries && !(had && !strcmp(had, want->libraries_digest)) &&
	       !strstr(want->libraries, "-r /home/");
}

static int prepare(struct job *job, struct podman *podman, const char *dev, struct buf *ret_lock,
		   struct error *err)
{
	DEFER(answer_release) struct answer had = { 0 };
	DEFER(buf_release) struct buf versions;
	struct error why = { 0 };

	buf_init(&versions, TEXT_MAX);

	if (!is_fetched(job))
		return 0;
	if (run_guest(job, podman, dev, WIRE_LIBRARIES_SHOW, SHOW_TIMEOUT_MS, &had, err) < 0)
		return -1;
	if (had.status != 0)
		return 0; /* an older guest: the next step says so */
	library_versions(had.output.data ? had.output.data : "", &versions);
	if (fetch(job, podman, versions.data ? versions.data : "", ret_lock, &why) == 0)
		return 0;
	if (why.kind == ERROR_INTERRUPTED || job->config->library_netrc) {
		*err = why;
		return -1;
	}
	log_debug("%s", why.text);
	return 0;
}

/* --- the whole --- */

static int explain(const struct answer *a, const char *workspace, struct error *err)
{
	DEFER(buf_release) struct buf line = { 0 };

	if (a->status == STATUS_UNKNOWN_ROLE)
		return error_set(err, ERROR_CONFLICT,
				 "its guest is older than libraries; `winalux deploy "
				 "--upgrade-guest` replaces it, which ends the sessions of '%s'",
				 workspace);
	buf_init(&line, sizeof(err->text));
	library_fold(a->said.data ? a->said.data : "", &line);
	if (line.len)
		return error_set(err, ERROR_PODMAN, "libraries: %s", line.data);
	return error_set(err, ERROR_PODMAN, "libraries: the guest ended with status %d", a->status);
}

int library_sync(struct job *job, struct podman *podman, const char *dev, struct error *err)
{
	const struct want *want = job->plan->want;
	DEFER(answer_release) struct answer answer = { 0 };
	DEFER(buf_release) struct buf lock = { 0 };

	if (prepare(job, podman, dev, &lock, err) < 0)
		return -1;
	const struct texts texts = { want->libraries ? want->libraries : NO_LIST,
				     lock.data ? lock.data : "", NULL };
	if (put_texts(job->firm, dev, &texts, err) < 0 ||
	    run_guest(job, podman, dev, WIRE_LIBRARIES_SYNC, SYNC_TIMEOUT_MS, &answer, err) < 0)
		return -1;
	log_debug("%s: %s", dev, answer.output.data ? answer.output.data : "");
	return answer.status == 0 ? 0 : explain(&answer, want->workspace->name, err);
}

static bool is_mounted_by(const struct plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct workspace_plan *w = &plan->items[i];

		for (size_t k = 0; k < w->step_count; k++) {
			if (w->steps[k].kind == STEP_SYNC_LIBRARIES)
				return true;
			if (w->steps[k].kind == STEP_CREATE_CONTAINER &&
			    w->steps[k].index + 1 == w->want->container_count)
				return true;
		}
	}
	return false;
}

int library_ensure_volume(struct podman *podman, const struct facts *facts, const struct plan *plan,
			  struct error *err)
{
	DEFER(labels_release) struct labels labels = { 0 };
	struct error why;

	if (facts->libraries || !is_mounted_by(plan))
		return 0;
	labels_add(&labels, LABEL_SCHEMA, SCHEMA_VERSION);
	labels_add(&labels, LABEL_ROLE, ROLE_LIBRARIES);
	if (volume_create(podman, LIBRARIES_VOLUME, &labels, NULL, &why) == 0 ||
	    why.kind == ERROR_CONFLICT) /* made by Podman itself, without labels */
		return 0;
	*err = why;
	return -1;
}
