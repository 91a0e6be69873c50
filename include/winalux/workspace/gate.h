/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_WORKSPACE_GATE_H
#define WINALUX_WORKSPACE_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include "winalux/format/token_hash.h"
#include "winalux/inventory/inventory.h"
#include "winalux/plan/want.h"
#include "winalux/workspace/key.h"

struct error;
struct facts;
struct token;
struct workspace_facts;
struct workspace_state;

/*
 * Tokens of workspaces: who has one, from which key, and what of it is written where
 * (docs/design/gate.md).
 */

/* Is there a whole record of a token? (Damaged labels are none.) */
bool gate_has_token(const struct workspace_state *state);
enum gate_mode gate_mode(const struct workspace_state *state);
bool gate_is_on(const struct workspace_state *state);
void gate_keep_mode(const struct workspace_state *state, struct want_gate *ret);

/*
 * The token of a workspace, and (ret_hash may be NULL) the hash that its guest knows.
 * ERROR_NOT_FOUND when it has none; ERROR_HOST names the key that is needed when key is another
 * one.
 */
int gate_token(const struct key *key, const struct workspace_facts *w, struct token *ret,
	       uint8_t *ret_hash, struct error *err);

/* What gives one session its way in without typing. */
void gate_ticket(const uint8_t hash[static 32], int64_t now_s, char ret[static TICKET_TEXT_SIZE]);

/* The same for the hash as it is recorded, "SALT HASH"; false when it is none. */
bool gate_ticket_for(const char *hash_text, int64_t now_s, char ret[static TICKET_TEXT_SIZE]);

/* A new token for a workspace whose id is known, recorded in ret with everything but is_on. */
void gate_renew(const struct key *key, const char *id, struct want_gate *ret);

/* The recorded token, with an unlock that ends the guest's lockout. */
void gate_unlock(const struct workspace_state *state, struct want_gate *ret);

/*
 * Decides about the gates of a deploy. The key file is only read when a new token needs it. When
 * there is none, and no workspace of the account has a token, a key is made: in memory (is_unsaved)
 * until gates_save, so that a dry run leaves nothing behind.
 */
struct gates {
	const char *key_file;
	struct key key;
	bool has_key;
	bool is_unsaved;
	bool has_tokens; /* some workspace of the account has one */
	bool upgrades_guest;
};
/* Begins anew for what was observed. */
void gates_begin(struct gates *gates, const struct facts *facts);
void gates_release(struct gates *gates);
/* struct want_context's bind_gate; context is a struct gates. */
int gates_bind(const struct workspace *w, const struct workspace_facts *facts,
	       struct want_gate *ret, char **ret_refusal, void *context, struct error *err);
/*
 * Writes the key that was made. Somebody else's, written meanwhile, is taken instead; the wants are
 * to be made again in any case.
 */
int gates_save(struct gates *gates, struct error *err);

#endif
