/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_PODMAN_CONTAINER_H
#define WINALUX_PODMAN_CONTAINER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "winalux/base/strv.h"
#include "winalux/podman/object.h"

struct buf;
struct error;
struct json;
struct podman;

enum container_state {
	CONTAINER_UNKNOWN,
	CONTAINER_CREATED,
	CONTAINER_RUNNING,
	CONTAINER_PAUSED,
	CONTAINER_STOPPED, /* stopped by us or by itself: "exited" and "stopped" */
	CONTAINER_BROKEN,  /* "removing", "unhealthy", … whatever cannot be used as it is */
};

struct container {
	char *id;
	char *name;
	char *pod_id; /* "" without a pod */
	char *image;  /* as named at creation */
	char *image_id;
	enum container_state state;
	int exit_code;
	bool is_infra;
	int64_t created_s;
	int64_t started_s; /* 0 when never */
	unsigned restarts;
	struct labels labels;
	struct port_mappings ports;
};

struct containers {
	struct container *items;
	size_t count;
	size_t cap;
};
void containers_release(struct containers *c);

struct volume_mount {
	char *volume;
	char *destination;
	bool is_read_only;
};
struct bind_mount {
	char *source; /* a path on the server */
	char *destination;
	bool is_read_only;
};
struct image_mount {
	char *image;
	char *destination; /* always read-only */
};

/* A file system of the kernel's, new for this container. */
struct kernel_mount {
	char *type;        /* "tmpfs"; "proc", whose destination lies in the root directory: crun */
	char *destination; /* absolute */
	char *options;     /* of mount(8), parted by commas */
};

/*
 * What a container is made from. The encoded form is also what spec digests are made of, so it has
 * no clock, no random and no order that depends on anything but the struct. User namespace: the
 * plain rootless mapping; network, uts: the pod's; pid and ipc: its own.
 */
struct container_spec {
	char *name;
	char *image;                /* reference or id */
	char *pod;                  /* name of the pod; NULL: none, with network "none" */
	char *hostname;             /* NULL: the pod's */
	char *user;                 /* NULL: the image's */
	char *workdir;              /* NULL: the image's */
	char *seccomp_profile_path; /* on the server; NULL: the engine's default */
	struct strv entrypoint;     /* empty: the image's */
	struct strv command;        /* empty: the image's */
	struct strv environment;    /* "K=V", sorted by the encoder */
	struct strv cap_add;        /* with cap_drop ALL always */
	struct labels labels;
	struct labels annotations; /* of the OCI runtime's configuration */
	struct volume_mount
		*volumes; /* sorted by the encoder: docs/design/podman.md, deadlock before 4.8 */
	size_t volume_count;
	struct bind_mount *binds;
	size_t bind_count;
	struct image_mount *image_mounts;
	size_t image_mount_count;
	struct kernel_mount *kernel_mounts;
	size_t kernel_mount_count;
	struct strv devices;  /* paths on the server, the same inside */
	struct strv unmasked; /* paths that the engine would cover or make read-only */
	struct resource_limits limits;
	uint32_t stop_signal; /* 0: the image's */
	uint32_t stop_timeout_s;
	uint32_t restart_tries;   /* restart policy on-failure; 0: no */
	bool restarts_on_failure; /* restart policy on-failure, however often */
	uint64_t log_size_bytes;  /* k8s-file, rotated by conmon at this size */
	bool no_new_privileges;
	bool sees_host_processes; /* the host's pid namespace */
	bool sees_host_network;   /* of the account; only without a pod */
	bool goes_when_it_ends;   /* removed by the engine */
	bool sees_host_cgroups;   /* the host's cgroup namespace, and so the tree of all cgroups */
};
void container_spec_release(struct container_spec *spec);

/* The body of POST /containers/create. The caller frees it with json_free. */
struct json *container_spec_encode(const struct container_spec *spec);

/*
 * GET /containers/json?all=true&filters={"label":[label]}; label NULL: all. With infra containers,
 * which carry their pod's labels; every member of a pod shows the ports of its infra container;
 * restarts is 0 before 5.x, which do not tell (tried on 4.3.1 and 5.4.2).
 */
int container_list(struct podman *podman, const char *label, struct containers *ret,
		   struct error *err);
/* The same with filters={"volume":[volumes]}: those that mount any of them by its name. */
int container_list_mounting(struct podman *podman, const struct strv *volumes,
			    struct containers *ret, struct error *err);

/*
 * POST /containers/create. *ret_id is the full id, the caller frees it. ERROR_CONFLICT when the
 * name is taken (libpod says 500 up to 5.8), ERROR_NOT_FOUND when the image is missing (500
 * before 4.8, 404 since).
 */
int container_create(struct podman *podman, const struct container_spec *spec, char **ret_id,
		     struct error *err);

/* POST /containers/{id}/start: 304 (already running) is success. */
int container_start(struct podman *podman, const char *id, struct error *err);
/* POST /containers/{id}/stop?timeout=: 304 and 404 are success. */
int container_stop(struct podman *podman, const char *id, uint32_t timeout_s, struct error *err);
/* POST /containers/{id}/kill?signal= ("HUP"). */
int container_kill(struct podman *podman, const char *id, const char *signal, struct error *err);
/* DELETE /containers/{id}?force=&v=true&timeout=: 404 is success. */
int container_remove(struct podman *podman, const char *id, bool is_forced, uint32_t timeout_s,
		     struct error *err);
/* POST /containers/{id}/wait?condition=stopped; the exit code. Within timeout_ms. */
int container_wait(struct podman *podman, const char *id, int timeout_ms, int *ret_exit_code,
		   struct error *err);
/* GET /containers/{id}/json. The caller frees it with json_free. */
int container_inspect(struct podman *podman, const char *id, struct json **ret, struct error *err);

/*
 * PUT /containers/{id}/archive?path=&copyUIDGID=false. A missing directory is created by libpod, so
 * a typo does not fail. Only into the root file system of a container, never below a volume of a
 * stopped one (docs/design/podman.md). owner is what the tar says.
 */
int container_put_archive(struct podman *podman, const char *id, const char *path, const void *tar,
			  size_t len, struct error *err);
/* The same from a descriptor, streamed (cp). */
int container_put_archive_fd(struct podman *podman, const char *id, const char *path, int fd,
			     struct error *err);
/*
 * GET /containers/{id}/archive?path= to a descriptor, streamed. ERROR_NOT_FOUND on 404. ERROR_HOST
 * where more than max_bytes come; 0: as many as there are (cp).
 */
int container_get_archive_fd(struct podman *podman, const char *id, const char *path, int fd,
			     uint64_t max_bytes, struct error *err);
/*
 * HEAD …/archive: *ret_exists, *ret_is_dir. Not an error when it is missing. Of a symbolic link,
 * what it leads to counts (at most 8 hops, then ERROR_CONFLICT).
 */
int container_stat_path(struct podman *podman, const char *id, const char *path, bool *ret_exists,
			bool *ret_is_dir, struct error *err);

/*
 * GET /containers/{id}/logs. on_line gets each whole line without its newline (cut at 64 KiB) and
 * ends the stream early by returning false, which is success. since_s 0: from the beginning;
 * tail < 0: all. Without follow it returns at the end of the log; with follow when the container
 * ends, when on_line says so, or with ERROR_TIMEOUT at timeout_ms (-1: none). With follow libpod
 * looks for new lines every 250 ms (4.3.1 and 5.4.2): to wait for something quickly, look at the
 * thing itself.
 */
struct log_options {
	bool follow;
	bool with_stdout;
	bool with_stderr;
	bool with_timestamps; /* each line begins with RFC 3339 and a blank */
	int64_t since_s;
	int tail;
	int timeout_ms;
};
typedef bool (*log_line_fn)(const char *line, size_t len, bool is_stderr, void *context);
int container_logs(struct podman *podman, const char *id, const struct log_options *options,
		   log_line_fn fn, void *context, struct error *err);

#endif
