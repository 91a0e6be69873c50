/* SPDX-License-Identifier: MIT */
/*
 * The lock is the highest-numbered volume winalux-lock-<n>. It is held while that volume's expiry
 * lies ahead. Taking, renewing and taking over are one move: create n+1, which fails for all but
 * one, then remove the lower ones. Releasing removes the own volume; the number then begins anew.
 *
 * Between a release and the next take there may be no volume at all: two takers then both try to
 * create number 1, and one of them fails. A taker that was overtaken between its list and its
 * create (the holder renewed, so n+1 was n+1 already) fails to create or finds a higher number when
 * it looks again.
 */
#include "winalux/workspace/lock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "winalux/base/clock.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/base/parse.h"
#include "winalux/plan/names.h"
#include "winalux/podman/volume.h"

enum { DEFAULT_LIFETIME_S = 120, POLL_MS = 250 };
#define ROLE_LOCK "lock"
#define PREFIX "winalux-lock-"

struct lock {
	unsigned number; /* of the volume that is ours; 0: none */
	uint32_t lifetime_s;
	int64_t renew_at_ms;
};

struct holder {
	unsigned number; /* 0: nobody */
	char text[128];
	int64_t expires_s;
};

static unsigned lock_number(const struct volume *v)
{
	const char *role = labels_get(&v->labels, LABEL_ROLE);
	uint64_t number;

	if (!role || strcmp(role, ROLE_LOCK) || strncmp(v->name, PREFIX, sizeof(PREFIX) - 1) != 0 ||
	    !parse_whole_u64(v->name + sizeof(PREFIX) - 1, 1, UINT32_MAX, &number))
		return 0;
	return (unsigned)number;
}

static int find_holder(struct podman *podman, struct holder *ret, struct error *err)
{
	DEFER(volumes_release) struct volumes volumes = { 0 };
	struct holder holder = { 0 };

	if (volume_list(podman, LABEL_HOLDER, &volumes, err) < 0)
		return -1;
	for (size_t i = 0; i < volumes.count; i++) {
		const unsigned number = lock_number(&volumes.items[i]);
		const char *text = labels_get(&volumes.items[i].labels, LABEL_HOLDER);
		const char *expires = labels_get(&volumes.items[i].labels, LABEL_EXPIRES);

		if (number <= holder.number)
			continue;
		holder.number = number;
		holder.expires_s = 0;
		snprintf(holder.text, sizeof(holder.text), "%s", text ? text : "unknown");
		if (expires)
			parse_rfc3339(expires, &holder.expires_s);
	}
	*ret = holder;
	return 0;
}

static void describe_self(char *text, size_t size)
{
	char host[65] = "";
	const char *user = getenv("USER");

	gethostname(host, sizeof(host) - 1);
	snprintf(text, size, "%s@%s pid %ld", user ? user : "uid", host, (long)getpid());
}

static void remove_number(struct podman *podman, unsigned number)
{
	DEFER(freep) char *name = xasprintf(PREFIX "%u", number);

	volume_remove(podman, name, NULL);
}

/* Creates one number. -1 with ERROR_CONFLICT when somebody else was first. */
static int create_number(struct lock *lock, struct podman *podman, unsigned number,
			 struct error *err)
{
	DEFER(labels_release) struct labels labels = { 0 };
	DEFER(freep) char *name = xasprintf(PREFIX "%u", number);
	char expires[CLOCK_RFC3339_SIZE], self[128];

	describe_self(self, sizeof(self));
	clock_format_rfc3339(clock_wall_s() + lock->lifetime_s, expires);
	labels_add(&labels, LABEL_SCHEMA, SCHEMA_VERSION);
	labels_add(&labels, LABEL_ROLE, ROLE_LOCK);
	labels_add(&labels, LABEL_HOLDER, self);
	labels_add(&labels, LABEL_EXPIRES, expires);
	if (volume_create(podman, name, &labels, NULL, err) < 0)
		return -1;
	lock->renew_at_ms = clock_mono_ms() + (int64_t)lock->lifetime_s * 500;
	return 0;
}

/* True: taken. False: somebody holds it or was faster (*holder says who). */
static int try_take(struct lock *lock, struct podman *podman, struct holder *holder,
		    bool *ret_taken, struct error *err)
{
	struct error failure;
	unsigned before;

	*ret_taken = false;
	if (find_holder(podman, holder, err) < 0)
		return -1;
	if (holder->number && holder->expires_s > clock_wall_s())
		return 0;
	before = holder->number;
	if (create_number(lock, podman, before + 1, &failure) < 0) {
		if (failure.kind == ERROR_CONFLICT)
			return 0;
		*err = failure;
		return -1;
	}
	lock->number = before + 1;
	if (before)
		remove_number(podman, before);
	*ret_taken = true;
	return 0;
}

static int give_up(const struct lock_options *options, const struct holder *holder,
		   struct error *err)
{
	char until[CLOCK_RFC3339_SIZE];

	clock_format_rfc3339(holder->expires_s, until);
	return error_set(
		err, ERROR_LOCKED,
		"another winalux (%s) works on this account; waited %d s, its lock expires "
		"at %s",
		holder->text, options->timeout_ms / 1000, until);
}

static int wait_turn(struct lock *lock, struct podman *podman, const struct lock_options *options,
		     struct error *err)
{
	const int64_t deadline = clock_mono_ms() + options->timeout_ms;
	bool is_taken = false, has_said = false;
	struct holder holder;

	for (;;) {
		if (try_take(lock, podman, &holder, &is_taken, err) < 0)
			return -1;
		if (is_taken)
			return 0;
		if (options->cancelled && *options->cancelled)
			return error_set(err, ERROR_INTERRUPTED, "interrupted");
		if (clock_mono_ms() >= deadline)
			return give_up(options, &holder, err);
		if (!has_said && holder.number && options->on_wait)
			options->on_wait(options->context, holder.text, holder.expires_s);
		has_said |= holder.number > 0;
		clock_sleep_ms(POLL_MS);
	}
}

int lock_take(struct podman *podman, const struct lock_options *options, struct lock **ret,
	      struct error *err)
{
	DEFER(freep) struct lock *lock = xcalloc(1, sizeof(*lock));

	lock->lifetime_s = options->lifetime_s ? options->lifetime_s : DEFAULT_LIFETIME_S;
	if (wait_turn(lock, podman, options, err) < 0)
		return error_add(err, "cannot lock this account");
	*ret = TAKE(lock);
	return 0;
}

int lock_keep(struct lock *lock, struct podman *podman, struct error *err)
{
	const unsigned before = lock->number;

	if (clock_mono_ms() < lock->renew_at_ms)
		return 0;
	if (create_number(lock, podman, before + 1, err) < 0)
		return error_add(err, "cannot renew the lock of this account");
	lock->number = before + 1;
	remove_number(podman, before);
	return 0;
}

void lock_release(struct lock *lock, struct podman *podman)
{
	if (!lock)
		return;
	if (lock->number)
		remove_number(podman, lock->number);
	free(lock);
}
