/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_BASE_PROCESS_H
#define WINALUX_BASE_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct buf;
struct error;

/*
 * Runs helpers of the host (podman, mmdebstrap, loginctl, ssh-keygen). argv is NULL-terminated and
 * never passes a shell; argv[0] is looked up in PATH.
 */
struct process_options {
	const char *const *environment; /* "K=V" pairs added to ours, NULL-terminated, or NULL */
	const char *directory;          /* or NULL for ours */
	int stdin_fd;                   /* -1: /dev/null. Not closed */
	int stdout_fd;                  /* -1: to the line callback / collected. Not closed */
	int timeout_ms;          /* 0: no limit; then killed (whole group) with ERROR_TIMEOUT */
	size_t max_output_bytes; /* of the collected text; 0 means 1 MiB */
	/* Called for each line of output (stdout when stdout_fd is -1, and stderr), without
	 * newline. */
	void (*on_line)(const char *line, bool is_stderr, void *context);
	void *context;
	/* Polled; true kills the group with ERROR_INTERRUPTED. NULL: never. */
	const volatile bool *cancelled;
};

/*
 * Runs to the end. Returns 0 when it ran (status in *ret_status as of a shell: 128+n for a signal),
 * -1 when it could not be started (ERROR_HOST; "is not installed" for ENOENT), timed out or was
 * cancelled, or out overflowed (ERROR_HOST). options and out may be NULL; out collects stdout (a
 * zeroed one is initialised with the limit). stderr without on_line goes to the debug log. What the
 * child left running in the background is not waited for. With a terminal as stdin the child stays
 * in our process group, and a limit then ends only the child itself.
 */
int process_run(const char *const *argv, const struct process_options *options, struct buf *out,
		int *ret_status, struct error *err);

/*
 * Starts a background child that dies with us (PR_SET_PDEATHSIG), stdio on /dev/null, in a process
 * group of its own. The kernel means the thread that called: call it from one that stays.
 */
int process_spawn(const char *const *argv, pid_t *ret_pid, struct error *err);

/* TERM, then KILL after timeout_ms; reaps. */
void process_stop(pid_t pid, int timeout_ms);

/* Absolute path of a program in PATH, or NULL. The caller frees it. */
char *process_find(const char *program);

#endif
