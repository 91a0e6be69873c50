/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_WARDEN_TABLE_H
#define WINALUX_WARDEN_TABLE_H

#include <linux/seccomp.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "payload.h"

struct error;

/*
 * What the holders know of every filter ("session"), in one file that all of them have mapped: so
 * whoever is left knows what the others had decided and received. Descriptors are not in it.
 */
enum holder_role { HOLDER_A, HOLDER_B, HOLDER_WARDEN, HOLDER_COUNT };

enum { TABLE_SIZE = 4096 };

enum session_state {
	SESSION_FREE,
	SESSION_NEW, /* being entered by one holder */
	SESSION_UNDECIDED,
	SESSION_ACCEPTED,
	SESSION_REFUSED
};

/* Serial, role of who entered it and state, in one word: no change can hit a later session. */
struct session_word {
	uint64_t serial; /* 56 bits, never used twice in the life of a table */
	enum holder_role role;
	enum session_state state;
};

struct table_entry {
	_Atomic uint64_t word;     /* see table_word() */
	_Atomic uint32_t receiver; /* who is receiving, its role + 1; 0: nobody */
	uint32_t kind;             /* enum payload_kind */
	char container[CONTAINER_ID_SIZE];
	char workspace[WORKSPACE_NAME_SIZE];
	/* Where each holder lets the kernel write what it receives; id 0: answered. */
	struct seccomp_notif flight[HOLDER_COUNT];
};

struct table {
	char magic[16];
	char boot_id[40]; /* of the kernel under which the sessions began */
	_Atomic uint64_t last_serial;
	_Atomic uint32_t end; /* no entry from here on was ever in use */
	uint32_t reserved;
	struct table_entry entries[TABLE_SIZE];
};

/*
 * Maps the file until the process ends. is_alone: nobody else has it mapped, so it is made where it
 * is missing, and emptied where it is of another shape or an earlier boot. ERROR_HOST; otherwise
 * such a file is one too.
 */
int table_open(const char *path, bool is_alone, struct table **ret, struct error *err);

struct session_word table_word(const struct table *t, unsigned index);

/* The index of a free entry that is now SESSION_NEW and the role's; -1: none is free. */
int table_claim(struct table *t, enum holder_role role, const struct payload *payload);

/* False, and nothing changed, when the entry is not what word says any more. */
bool table_set_state(struct table *t, unsigned index, struct session_word word,
		     enum session_state state);

/* At most one holder receives from a session at a time: receiving waits where another was faster.
 */
bool table_lock(struct table *t, unsigned index, enum holder_role role);
void table_unlock(struct table *t, unsigned index, enum holder_role role);

#endif
