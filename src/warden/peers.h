/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_WARDEN_PEERS_H
#define WINALUX_WARDEN_PEERS_H

#include <stdbool.h>
#include <stdint.h>

#include "guest/loop.h"
#include "table.h"

struct error;
struct peers;

/*
 * The other holders. Who starts connects to those that are there; each of them gives it the
 * listening socket and every descriptor it has, then says that this was all. From then on both give
 * the other what they get. A descriptor that was sent is safe: the kernel keeps it in the socket's
 * queue whatever becomes of the sender.
 */
enum { PEERS_STRANGERS = 4, PEERS_WORDS = TABLE_SIZE / 64 };

struct peer {
	struct source source; /* fd -1: not there */
	struct peers *owner;
	enum holder_role role;
	bool is_ready;                /* it has all and does its part */
	bool gave_all;                /* we have got all that it had when it took us in */
	bool owes_all, owes_ready;    /* we have still to say so */
	bool is_watched;              /* for room in its queue */
	uint64_t unsent[PEERS_WORDS]; /* a bit for each session that is still to be sent */
};

struct peers_calls {
	/* The descriptor of a session and its serial; -1: we have none. */
	int (*get)(void *owner, unsigned index, uint64_t *ret_serial);
	/* The door's listening socket, or -1. */
	int (*get_listener)(void *owner);
	/* A descriptor has come, which is the callee's. */
	void (*take)(void *owner, unsigned index, uint64_t serial, int fd);
	void (*take_listener)(void *owner, int fd);
	/* A peer is ready, or has just gone: all that it had sent was taken before. */
	void (*on_change)(void *owner, enum holder_role role, bool is_gone);
	/* Another holder of our own role has come, and waits for us to leave. */
	void (*on_successor)(void *owner);
};

struct peers {
	struct loop *loop;
	const char *directory;
	enum holder_role role; /* ours */
	const struct peers_calls *calls;
	void *owner;
	struct source listener;
	struct peer items[HOLDER_COUNT]; /* ours is never there */
	struct peer strangers[PEERS_STRANGERS];
	size_t next_stranger;
};

/* loop, directory, role, calls and owner are set. */
void peers_init(struct peers *p);

/* Connects to the others. How many were there; -1, ERROR_HOST, when one could not be spoken to. */
int peers_connect(struct peers *p, struct error *err);

/* Tells who has our role that we are here to succeed it, if there is one to tell. */
void peers_announce(struct peers *p);

bool peers_wait_for_any(const struct peers *p); /* somebody has not given all yet */
void peers_drop_waited_for(struct peers *p);

/* Takes in others from now on, and tells those that are there that we are ready. ERROR_HOST. */
int peers_serve(struct peers *p, struct error *err);

bool peers_is_ready(const struct peers *p, enum holder_role role);

/* Sends one session to one peer, or all that we have to all; later where they have no room. */
void peers_offer(struct peers *p, enum holder_role role, unsigned index);
void peers_offer_all(struct peers *p);

#endif
