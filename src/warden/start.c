/* SPDX-License-Identifier: MIT */
/*
 * One holder starts at a time (a lock, which ends with the process). It connects to who is there
 * and takes all they have. Nobody there: sessions that the table still has are lost, as is what was
 * half entered. Then, and only then, what an earlier life of this holder has left is finished,
 * others are let in and those that are there are told.
 *
 * It can end at any point of this: the others treat it as absent until it is ready, and lists of
 * what is lost are made before the table forgets it.
 */
#include "holder.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "guest/event.h"
#include "lost.h"
#include "winalux/base/clock.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"

enum { START_LIMIT_MS = 10000, LOCK_STEP_MS = 20 };

static const char *const lock_names[HOLDER_COUNT] = { "a.lock", "b.lock", "w.lock" };

static void path_in(const struct holder *h, const char *name, char ret[static PATH_MAX])
{
	snprintf(ret, PATH_MAX, "%s/%s", h->directory, name);
}

/* on_busy, where there is one, is called at each try that fails. */
static int lock(struct holder *h, const char *name, void (*on_busy)(struct peers *p),
		struct error *err)
{
	const int64_t end_ms = clock_mono_ms() + START_LIMIT_MS;
	char path[PATH_MAX];

	path_in(h, name, path);
	DEFER(fd_closep) int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	while (fd >= 0) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return TAKE_FD(fd);
		if (errno != EWOULDBLOCK || clock_mono_ms() >= end_ms)
			break;
		if (on_busy)
			on_busy(&h->peers);
		clock_sleep_ms(LOCK_STEP_MS);
	}
	return error_set_errno(err, ERROR_HOST, errno, "cannot lock '%s'", path);
}

/* False when nobody has given all it had. */
static bool is_complete(const struct holder *h)
{
	for (size_t i = 0; i < HOLDER_COUNT; i++)
		if (h->peers.items[i].source.fd >= 0 && h->peers.items[i].gave_all)
			return true;
	return false;
}

static int await_others(struct holder *h, struct error *err)
{
	const int64_t end_ms = clock_mono_ms() + START_LIMIT_MS;

	while (peers_wait_for_any(&h->peers)) {
		if (fd_wait(h->loop.fd, POLLIN, clock_left_ms(end_ms)) <= 0)
			break;
		loop_turn(&h->loop);
	}
	if (peers_wait_for_any(&h->peers) && !is_complete(h))
		return error_set(err, ERROR_TIMEOUT, "the other keepers do not answer");
	peers_drop_waited_for(&h->peers);
	return 0;
}

static void report_lost(struct holder *h, unsigned containers, unsigned execs)
{
	struct event e;

	event_start(&e, "lost");
	event_number(&e, "containers", containers);
	event_number(&e, "execs", execs);
	report_send(&h->report, &e);
}

/* An entry that nobody holds: what is lost for good of it, counted. */
static void lose(struct holder *h, unsigned index, struct lost *lost, unsigned counts[static 2])
{
	const struct session_word word = table_word(h->table, index);
	struct table_entry *e = &h->table->entries[index];
	char id[CONTAINER_ID_SIZE];

	if (word.state == SESSION_FREE || h->held[index].is_used)
		return;
	if (word.state != SESSION_NEW) {
		counts[e->kind == PAYLOAD_START ? PAYLOAD_START : PAYLOAD_EXEC]++;
		snprintf(id, sizeof(id), "%.*s", (int)sizeof(e->container) - 1, e->container);
		if (e->kind == PAYLOAD_START)
			lost_add(lost, id);
	}
}

static int note_lost(struct holder *h, struct error *err)
{
	unsigned counts[2] = { 0 };
	struct lost lost;

	if (!lost_open(&lost, h->directory))
		return error_set_errno(err, ERROR_HOST, errno, "cannot read 'lost'");
	for (unsigned i = 0; i < h->table->end && i < TABLE_SIZE; i++)
		lose(h, i, &lost, counts);
	if (lost_close(&lost) < 0)
		return error_set_errno(err, ERROR_HOST, errno, "cannot write 'lost'");
	if (counts[PAYLOAD_START] || counts[PAYLOAD_EXEC])
		report_lost(h, counts[PAYLOAD_START], counts[PAYLOAD_EXEC]);
	return 0;
}

/* is_alone: what we do not hold nobody does. Otherwise another may just be entering it. */
static void free_unheld(struct holder *h, bool is_alone)
{
	for (unsigned i = 0; i < h->table->end && i < TABLE_SIZE; i++) {
		const struct session_word word = table_word(h->table, i);
		const bool is_ours = word.state == SESSION_NEW && word.role == h->role;

		table_unlock(h->table, i, h->role);
		if (!h->held[i].is_used && word.state != SESSION_FREE && (is_alone || is_ours))
			table_set_state(h->table, i, word, SESSION_FREE);
	}
}

static int open_door(struct holder *h, struct error *err)
{
	char path[PATH_MAX];

	path_in(h, "notify", path);
	return h->door.listener.fd >= 0 ? 0 : door_bind(&h->door, path, err);
}

static void report_ready(struct holder *h)
{
	static const char *const names[HOLDER_COUNT] = { "a", "b", "warden" };
	struct event e;

	event_start(&e, "ready");
	event_text(&e, "role", names[h->role]);
	report_send(&h->report, &e);
}

/*
 * Takes what the others have. 1: who is there has given all; 0: nobody is there. Others that are
 * there and give nothing, of another version perhaps, are not to be taken for dead.
 */
static int gather(struct holder *h, struct error *err)
{
	const int others = peers_connect(&h->peers, err);
	char path[PATH_MAX];

	path_in(h, "table", path);
	if (others < 0 || table_open(path, others == 0, &h->table, err) < 0 ||
	    await_others(h, err) < 0)
		return -1;
	if (others == 0 || is_complete(h))
		return others > 0;
	const int again = peers_connect(&h->peers, err);
	return again <= 0 ? again : error_set(err, ERROR_HOST, "the other keepers give us nothing");
}

int holder_start(struct holder *h, struct error *err)
{
	/* The first one is kept for life: one of this role at a time. */
	const int role_lock = lock(h, lock_names[h->role], peers_announce, err);
	DEFER(fd_closep) int start_lock = role_lock < 0 ? -1 : lock(h, "lock", NULL, err);
	const int gathered = start_lock < 0 ? -1 : gather(h, err);

	if (gathered < 0 || (gathered == 0 && note_lost(h, err) < 0))
		return -1;
	free_unheld(h, gathered == 0);
	if (open_door(h, err) < 0 || peers_serve(&h->peers, err) < 0)
		return -1;
	holder_take_part(h);
	report_ready(h);
	return 0;
}
