/* SPDX-License-Identifier: MIT */
/*
 * The lock is a volume winalux-lock-<n> that is alive: its expiry lies ahead, and its holder is not
 * a process of this machine that has ended. Taking, renewing and taking over are one move: create
 * the number after the highest, which fails for all but one.
 *
 * That alone would let two in: a taker that was held up between its list and its create may come
 * with a number that was given back and left behind meanwhile. So who has created looks again, and
 * withdraws when another one is alive. Of two takers the one that looks last sees the other; at
 * worst both withdraw and try again after pauses of different length. Only who has looked twice
 * removes what is dead.
 *
 * The holder renews by creating the next number and removing its own. When that fails because
 * somebody else has created it, or when the expiry has passed, the lock is lost: the holder must
 * stop, and must not remove a volume that may be another's by now.
 */
#include "winalux/workspace/lock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "winalux/format/process_mark.h"
#include "winalux/base/clock.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/base/parse.h"
#include "winalux/format/hash.h"
#include "winalux/plan/names.h"
#include "winalux/podman/volume.h"

enum { DEFAULT_LIFETIME_S = 120, POLL_MS = 200, POLL_JITTER_MS = 100, HOLDER_SIZE = 128 };
#define ROLE_LOCK "lock"
#define PREFIX "winalux-lock-"

struct lock {
	unsigned number; /* of the volume that is ours; 0: none */
	uint32_t lifetime_s;
	int64_t renew_at_ms;
	int64_t expires_s; /* as its label says */
	char mark[PROCESS_MARK_SIZE];
};

/* What one list shows. */
struct scene {
	struct volumes volumes;
	unsigned highest;           /* number, of ours or others, dead or alive */
	const struct volume *alive; /* the highest that is alive and not ours, or NULL */
	const struct volume *own;   /* the highest of ours, or NULL */
};

static void scene_release(struct scene *s)
{
	volumes_release(&s->volumes);
}

static unsigned lock_number(const struct volume *v)
{
	const char *role = labels_get(&v->labels, LABEL_ROLE);
	uint64_t number;

	if (!role || strcmp(role, ROLE_LOCK) || strncmp(v->name, PREFIX, sizeof(PREFIX) - 1) != 0 ||
	    !parse_whole_u64(v->name + sizeof(PREFIX) - 1, 1, UINT32_MAX - 1, &number))
		return 0;
	return (unsigned)number;
}

static int64_t expiry_of(const struct volume *v)
{
	const char *expires = labels_get(&v->labels, LABEL_EXPIRES);
	int64_t expires_s = 0;

	if (expires)
		parse_rfc3339(expires, &expires_s);
	return expires_s;
}

static const char *holder_of(const struct volume *v)
{
	const char *text = labels_get(&v->labels, LABEL_HOLDER);

	return text && *text ? text : "unknown";
}

static bool is_own(const struct lock *lock, const struct volume *v)
{
	const char *mark = labels_get(&v->labels, LABEL_PROCESS);

	return mark && !strcmp(mark, lock->mark);
}

static bool is_alive(const struct volume *v)
{
	const char *mark = labels_get(&v->labels, LABEL_PROCESS);

	return expiry_of(v) > clock_wall_s() && !(mark && process_mark_has_ended(mark));
}

static int look(const struct lock *lock, struct podman *podman, struct scene *ret,
		struct error *err)
{
	struct scene s = { 0 };

	if (volume_list(podman, LABEL_HOLDER, &s.volumes, err) < 0)
		return -1;
	for (size_t i = 0; i < s.volumes.count; i++) {
		const struct volume *v = &s.volumes.items[i];
		const unsigned number = lock_number(v);

		if (!number)
			continue;
		if (number > s.highest)
			s.highest = number;
		if (is_own(lock, v) && (!s.own || number > lock_number(s.own)))
			s.own = v;
		else if (!is_own(lock, v) && is_alive(v) &&
			 (!s.alive || number > lock_number(s.alive)))
			s.alive = v;
	}
	*ret = s;
	return 0;
}

static void describe_self(char text[static HOLDER_SIZE])
{
	char host[65] = "";
	const char *user = getenv("USER");

	gethostname(host, sizeof(host) - 1);
	if (user)
		snprintf(text, HOLDER_SIZE, "%s@%s pid %ld", user, host, (long)getpid());
	else
		snprintf(text, HOLDER_SIZE, "uid %ld@%s pid %ld", (long)geteuid(), host,
			 (long)getpid());
}

static void remove_number(struct podman *podman, unsigned number)
{
	DEFER(freep) char *name = xasprintf(PREFIX "%u", number);

	volume_remove(podman, name, NULL);
}

/* The number becomes ours. ERROR_CONFLICT when somebody else was first. */
static int create_number(struct lock *lock, struct podman *podman, unsigned number,
			 struct error *err)
{
	DEFER(labels_release) struct labels labels = { 0 };
	DEFER(freep) char *name = xasprintf(PREFIX "%u", number);
	const int64_t expires_s = clock_wall_s() + lock->lifetime_s;
	char expires[CLOCK_RFC3339_SIZE], self[HOLDER_SIZE];

	describe_self(self);
	clock_format_rfc3339(expires_s, expires);
	labels_add(&labels, LABEL_SCHEMA, SCHEMA_VERSION);
	labels_add(&labels, LABEL_ROLE, ROLE_LOCK);
	labels_add(&labels, LABEL_HOLDER, self);
	labels_add(&labels, LABEL_EXPIRES, expires);
	labels_add(&labels, LABEL_PROCESS, lock->mark);
	if (volume_create(podman, name, &labels, NULL, err) < 0)
		return -1;
	lock->number = number;
	lock->expires_s = expires_s;
	lock->renew_at_ms = clock_mono_ms() + (int64_t)lock->lifetime_s * 500;
	return 0;
}

static void remove_dead(const struct lock *lock, struct podman *podman, const struct scene *s)
{
	for (size_t i = 0; i < s->volumes.count; i++) {
		const unsigned number = lock_number(&s->volumes.items[i]);

		if (number && number != lock->number)
			remove_number(podman, number);
	}
}

/* Our volume is there; is it the only one alive? Withdraws when not. */
static int confirm(struct lock *lock, struct podman *podman, bool *ret_taken, struct error *err)
{
	DEFER(scene_release) struct scene s = { 0 };

	if (look(lock, podman, &s, err) < 0 || s.alive) {
		const int status = s.alive ? 0 : -1;

		remove_number(podman, lock->number);
		lock->number = 0;
		return status;
	}
	remove_dead(lock, podman, &s);
	*ret_taken = true;
	return 0;
}

/* A create without an answer may have had its effect. */
static void withdraw(struct lock *lock, struct podman *podman)
{
	DEFER(scene_release) struct scene s = { 0 };

	if (look(lock, podman, &s, NULL) == 0 && s.own)
		remove_number(podman, lock_number(s.own));
}

/* Taken; or not, and holder says who has it ("" for who was faster a moment ago). */
static int try_take(struct lock *lock, struct podman *podman, char holder[static HOLDER_SIZE],
		    int64_t *ret_expires_s, bool *ret_taken, struct error *err)
{
	DEFER(scene_release) struct scene s = { 0 };
	struct error failure = { 0 };

	*ret_taken = false;
	holder[0] = '\0';
	if (look(lock, podman, &s, err) < 0)
		return -1;
	if (s.alive) {
		snprintf(holder, HOLDER_SIZE, "%s", holder_of(s.alive));
		*ret_expires_s = expiry_of(s.alive);
		return 0;
	}
	if (create_number(lock, podman, s.highest + 1, &failure) == 0)
		return confirm(lock, podman, ret_taken, err);
	if (failure.kind == ERROR_CONFLICT)
		return 0;
	withdraw(lock, podman);
	*err = failure;
	return -1;
}

static int give_up(const struct lock_options *options, const char *holder, int64_t expires_s,
		   struct error *err)
{
	char until[CLOCK_RFC3339_SIZE];

	if (!*holder)
		return error_set(err, ERROR_LOCKED,
				 "others took the lock of this account first for %d s",
				 options->timeout_ms / 1000);
	clock_format_rfc3339(expires_s, until);
	return error_set(
		err, ERROR_LOCKED,
		"another winalux (%s) works on this account; waited %d s, its lock expires "
		"at %s",
		holder, options->timeout_ms / 1000, until);
}

static int wait_turn(struct lock *lock, struct podman *podman, const struct lock_options *options,
		     struct error *err)
{
	const int64_t deadline = clock_mono_ms() + options->timeout_ms;
	bool is_taken = false, has_said = false;
	char holder[HOLDER_SIZE];
	int64_t expires_s = 0;

	for (;;) {
		if (options->cancelled && *options->cancelled)
			return error_set(err, ERROR_INTERRUPTED, "interrupted");
		if (try_take(lock, podman, holder, &expires_s, &is_taken, err) < 0)
			return -1;
		if (is_taken)
			return 0;
		if (clock_mono_ms() >= deadline)
			return give_up(options, holder, expires_s, err);
		if (!has_said && *holder && options->on_wait)
			options->on_wait(options->context, holder, expires_s);
		has_said |= *holder != '\0';
		clock_sleep_ms(POLL_MS + (int)hash_random_below(POLL_JITTER_MS));
	}
}

int lock_take(struct podman *podman, const struct lock_options *options, struct lock **ret,
	      struct error *err)
{
	DEFER(freep) struct lock *lock = xcalloc(1, sizeof(*lock));

	lock->lifetime_s = options->lifetime_s ? options->lifetime_s : DEFAULT_LIFETIME_S;
	process_mark_make(lock->mark);
	if (wait_turn(lock, podman, options, err) < 0)
		return error_add(err, "cannot lock this account");
	*ret = TAKE(lock);
	return 0;
}

/*
 * Half of the lifetime has passed, by either clock: a machine that slept, or whose wall clock was
 * set forward, has less of it left than the monotonic clock says.
 */
static bool is_due(const struct lock *lock)
{
	return clock_mono_ms() >= lock->renew_at_ms ||
	       lock->expires_s - clock_wall_s() <= lock->lifetime_s / 2;
}

static bool has_expired(const struct lock *lock)
{
	return clock_wall_s() >= lock->expires_s;
}

static int lose(struct lock *lock, struct error *err)
{
	lock->number = 0;
	return error_set(err, ERROR_LOCKED,
			 "another winalux has taken over the lock of this account");
}

/* The next number exists already: made by our own last try, whose answer was lost, or by another.
 */
static int settle_conflict(struct lock *lock, struct podman *podman, struct error *err)
{
	DEFER(scene_release) struct scene s = { 0 };

	if (look(lock, podman, &s, err) < 0)
		return -1;
	if (!s.own || lock_number(s.own) <= lock->number || s.alive)
		return lose(lock, err);
	lock->number = lock_number(s.own);
	lock->expires_s = expiry_of(s.own);
	remove_dead(lock, podman, &s);
	return 0;
}

/* An expired lock is still ours as long as nobody has removed it to take its place. */
static int check_expired(struct lock *lock, struct podman *podman, struct error *err)
{
	DEFER(scene_release) struct scene s = { 0 };

	if (look(lock, podman, &s, NULL) < 0 || !s.own || s.alive)
		return lose(lock, err);
	return 0;
}

static int renew(struct lock *lock, struct podman *podman, struct error *err)
{
	const unsigned before = lock->number;

	if (has_expired(lock) && check_expired(lock, podman, err) < 0)
		return -1;
	if (create_number(lock, podman, before + 1, err) < 0)
		return err->kind == ERROR_CONFLICT ? settle_conflict(lock, podman, err) : -1;
	remove_number(podman, before);
	return 0;
}

int lock_keep(struct lock *lock, struct podman *podman, struct error *err)
{
	struct error failure = { 0 };

	if (!lock->number)
		return lose(lock, err);
	if (!is_due(lock) || renew(lock, podman, &failure) == 0)
		return 0;
	if (err)
		*err = failure;
	return error_add(err, "cannot renew the lock of this account");
}

void lock_release(struct lock *lock, struct podman *podman)
{
	if (!lock)
		return;
	if (lock->number && !has_expired(lock))
		remove_number(podman, lock->number);
	free(lock);
}
