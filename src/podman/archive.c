/* SPDX-License-Identifier: MIT */
#include "winalux/podman/container.h"

#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/format/hash.h"
#include "winalux/format/json.h"

enum { ARCHIVE_IDLE_MS = 300000, STAT_MAX = 64 << 10, LINK_HOPS_MAX = 8 };

/* Go's file modes (os.ModeDir, os.ModeSymlink), which libpod puts into its stat header. */
#define GO_MODE_DIR (INT64_C(1) << 31)
#define GO_MODE_SYMLINK (INT64_C(1) << 27)

static void archive_request(struct request *rq, const char *method, const char *what,
			    const char *id, const char *path)
{
	request_init(rq, method, what, id);
	request_path(rq, "containers", id, "archive", NULL);
	request_query(rq, "path", path);
	rq->timeout_ms = -1;
	rq->idle_timeout_ms = ARCHIVE_IDLE_MS;
}

static void put_request(struct request *rq, const char *id, const char *path)
{
	archive_request(rq, "PUT", "copy into container", id, path);
	request_query(rq, "copyUIDGID", "false"); /* else the owner is the container's user */
}

int container_put_archive(struct podman *podman, const char *id, const char *path, const void *tar,
			  size_t len, struct error *err)
{
	DEFER(request_release) struct request rq;

	put_request(&rq, id, path);
	rq.body = tar;
	rq.body_len = len;
	return podman_call(podman, &rq, NULL, err);
}

int container_put_archive_fd(struct podman *podman, const char *id, const char *path, int fd,
			     struct error *err)
{
	DEFER(request_release) struct request rq;

	put_request(&rq, id, path);
	rq.body_fd = fd;
	return podman_call(podman, &rq, NULL, err);
}

struct file_sink {
	int fd;
	uint64_t left; /* bytes that may come */
	bool has_failed;
	struct error why;
};

static bool on_data(const char *data, size_t len, void *context)
{
	struct file_sink *sink = context;

	if (len > sink->left)
		error_set(&sink->why, ERROR_HOST, "it is larger than what is read of it");
	else if (fd_write_all(sink->fd, data, len, &sink->why) == 0) {
		sink->left -= len;
		return true;
	}
	sink->has_failed = true;
	return false;
}

int container_get_archive_fd(struct podman *podman, const char *id, const char *path, int fd,
			     uint64_t max_bytes, struct error *err)
{
	DEFER(request_release) struct request rq;
	struct file_sink sink = { .fd = fd, .left = max_bytes ? max_bytes : UINT64_MAX };

	archive_request(&rq, "GET", "copy from container", id, path);
	rq.on_data = on_data;
	rq.context = &sink;
	if (podman_call(podman, &rq, NULL, err) < 0)
		return -1;
	if (!sink.has_failed)
		return 0;
	return error_set(err, ERROR_HOST, "cannot copy from container '%s': %s", id, sink.why.text);
}

struct path_stat {
	bool exists;
	bool is_dir;
	char *link_target; /* where a symbolic link leads; NULL: it is none */
};

static void path_stat_release(struct path_stat *stat)
{
	free(stat->link_target);
	*stat = (struct path_stat){ 0 };
}

/* X-Docker-Container-Path-Stat: base64 of {"name","size","mode","mtime","linkTarget"}. */
static int read_stat(const char *header, struct path_stat *ret)
{
	DEFER(json_freep) struct json *stat = NULL;
	DEFER(buf_release) struct buf text = { 0 };

	buf_init(&text, STAT_MAX);
	if (!header || !base64_decode(header, strlen(header), &text) ||
	    json_parse(text.data, text.len, &stat, NULL) < 0)
		return -1;
	int64_t mode = json_get_int(stat, "mode", 0);
	ret->is_dir = (mode & GO_MODE_DIR) != 0;
	/* Of what is no link the engine gives its own path here. */
	if (mode & GO_MODE_SYMLINK)
		ret->link_target = xstrdup_or_null(json_get_text(stat, "linkTarget"));
	return 0;
}

static int stat_once(struct podman *podman, const char *id, const char *path, struct path_stat *ret,
		     struct error *err)
{
	DEFER(request_release) struct request rq;
	struct response response;

	path_stat_release(ret);
	archive_request(&rq, "HEAD", "look into container", id, path);
	rq.flags = REQUEST_OK_404;
	if (podman_call(podman, &rq, &response, err) < 0)
		return -1;
	ret->exists = response.status != 404;
	if (ret->exists &&
	    read_stat(podman_header(podman, "X-Docker-Container-Path-Stat"), ret) < 0)
		return error_set(err, ERROR_PODMAN,
				 "cannot look into container '%s': Podman's answer has no stat",
				 id);
	return 0;
}

int container_stat_path(struct podman *podman, const char *id, const char *path, bool *ret_exists,
			bool *ret_is_dir, struct error *err)
{
	DEFER(path_stat_release) struct path_stat stat = { 0 };

	if (stat_once(podman, id, path, &stat, err) < 0)
		return -1;
	for (int hops = 0; stat.exists && stat.link_target; hops++) {
		DEFER(freep) char *target = TAKE(stat.link_target);

		if (hops == LINK_HOPS_MAX)
			return error_set(err, ERROR_CONFLICT,
					 "'%s' in container '%s' is a link that leads nowhere",
					 path, id);
		if (*target != '/')
			break; /* the engine gives whole paths; nothing is guessed */
		if (stat_once(podman, id, target, &stat, err) < 0)
			return -1;
	}
	*ret_exists = stat.exists;
	*ret_is_dir = stat.is_dir;
	return 0;
}
