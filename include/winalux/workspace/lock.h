/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_WORKSPACE_LOCK_H
#define WINALUX_WORKSPACE_LOCK_H

#include <stdbool.h>
#include <stdint.h>

struct error;
struct podman;

/*
 * One deploy at a time per account, without a file on the host: volumes winalux-lock-<n> carry
 * holder and expiry in labels that nobody can change. Whoever creates number n+1 holds the lock
 * (of two who create the same name one fails), then removes n. To renew, the holder creates the
 * next number; a lock that has expired, or whose holder was a process of this machine that has
 * ended, is taken over the same way.
 *
 * The connection is one that Ctrl-C does not cancel: a create that was sent and not waited for
 * would leave a lock behind. Waiting for another holder ends within a second of *cancelled.
 */
struct lock;

struct lock_options {
	uint32_t lifetime_s; /* of one hold, renewed at half of it; 0: 120 */
	int timeout_ms;      /* waits that long for another holder; ERROR_LOCKED names it */
	const volatile bool *cancelled;
	/* Called once when it begins to wait. holder: "alice@host pid 123". */
	void (*on_wait)(void *context, const char *holder, int64_t expires_s);
	void *context;
};

int lock_take(struct podman *podman, const struct lock_options *options, struct lock **ret,
	      struct error *err);
/*
 * Renews when half of the lifetime has passed; does nothing before. ERROR_LOCKED: it is lost to
 * another, who may be changing things already; other errors: not renewed yet, try again.
 */
int lock_keep(struct lock *lock, struct podman *podman, struct error *err);
/* Gives it back and frees it. Errors are ignored: it expires. Accepts NULL. */
void lock_release(struct lock *lock, struct podman *podman);

#endif
