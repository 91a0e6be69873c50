/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_BASE_ERROR_H
#define WINALUX_BASE_ERROR_H

#include <stdarg.h>
#include <stdbool.h>

/*
 * One error type for the whole program. It needs no allocation and nothing is to be freed: text
 * longer than the array is cut and ends in "…". A function that can fail takes a struct error *
 * as its last parameter, returns 0 or -1 (or NULL), and touches the error only on failure. NULL
 * is allowed for a caller that does not want the reason.
 *
 * Text: lower case, no full stop, what failed first, the subject in single quotes, then the
 * reason; the remedy last, after "; ". Errors in an inventory start with "file:line:column: ".
 */
enum error_kind {
	ERROR_INTERNAL,    /* our own mistake, or a resource of this machine is exhausted */
	ERROR_USAGE,       /* the command line */
	ERROR_INVENTORY,   /* inventory, profile or configuration file */
	ERROR_PODMAN,      /* Podman refused or answered nonsense */
	ERROR_HOST,        /* the host lacks something: podman, subuid, a free port, disk space */
	ERROR_SSH,         /* ssh or a key */
	ERROR_BUILD,       /* an image build failed */
	ERROR_TIMEOUT,     /* a limit named in the text passed */
	ERROR_NOT_FOUND,   /* no such workspace, profile, sidecar or object */
	ERROR_CONFLICT,    /* name or port is taken by something that is not ours */
	ERROR_LOCKED,      /* another winalux works on this account */
	ERROR_PARTIAL,     /* some workspaces failed; each was reported on its own */
	ERROR_INTERRUPTED, /* a signal asked us to stop */
	ERROR_KIND_COUNT
};

struct error {
	enum error_kind kind;
	int os_errno;    /* errno of the failed call, or 0 */
	int http_status; /* status of the failed REST call, or 0 */
	char text[1024];
};

/* Sets kind and text; returns -1, so that "return error_set(…)" is one statement. */
int error_set(struct error *err, enum error_kind kind, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The same with ": " and the text of os_errno (strerror) behind it. */
int error_set_errno(struct error *err, enum error_kind kind, int os_errno, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * Puts the outer context in front: "cannot deploy 'alice'" gives "cannot deploy 'alice': " + text
 * (a context that ends in ": " already gets no second one). What does not fit is cut at the end of
 * the text, never from the context. Returns -1.
 */
int error_add(struct error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Exit status of the program for a kind (usage 2, inventory 3, podman 4, host 5, ssh 6, …). */
int error_exit_status(enum error_kind kind);

/* Name of a kind in JSON output: "usage", "inventory", … Never NULL. */
const char *error_kind_name(enum error_kind kind);

/* One line on what the kind means, for the manual's table of exit statuses. Never NULL. */
const char *error_kind_doc(enum error_kind kind);

#endif
