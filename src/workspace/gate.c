/* SPDX-License-Identifier: MIT */
/*
 * A token is derived from the key file, the workspace's id and a salt, so it is stored nowhere.
 * What is stored are the labels of the state volume: the salt, the key's fingerprint, and the
 * salted hash that the guest compares with, so that a dev container that is made anew gets the same
 * file even where the key is not at hand.
 */
#include "winalux/workspace/gate.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "winalux/base/clock.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/base/parse.h"
#include "winalux/base/token.h"
#include "winalux/format/hash.h"
#include "winalux/format/token_hash.h"
#include "winalux/inventory/inventory.h"
#include "winalux/plan/facts.h"
#include "winalux/plan/names.h"

enum {
	SALT_HEX = 2 * TOKEN_SALT_SIZE,
	HASH_HEX = 2 * TOKEN_HASH_SIZE,
};

/* "SALT HASH" as in the label. */
static bool parse_hash(const char *text, uint8_t salt[static TOKEN_SALT_SIZE],
		       uint8_t hash[static TOKEN_HASH_SIZE])
{
	return text && hex_parse(&text, salt, TOKEN_SALT_SIZE) && parse_char(&text, ' ') &&
	       hex_parse(&text, hash, TOKEN_HASH_SIZE) && parse_end(&text);
}

static bool is_hex(const char *text, size_t len)
{
	return text && strlen(text) == len && strspn(text, "0123456789abcdef") == len;
}

bool gate_has_token(const struct workspace_state *state)
{
	uint8_t salt[TOKEN_SALT_SIZE], hash[TOKEN_HASH_SIZE];
	int64_t since_s;

	return state->id && is_hex(state->salt, SALT_HEX) &&
	       is_hex(state->key, KEY_FINGERPRINT_SIZE - 1) && state->token_since &&
	       parse_rfc3339(state->token_since, &since_s) &&
	       parse_hash(state->gate_hash, salt, hash);
}

static bool is_recorded_as(const struct workspace_state *state, enum gate_mode mode)
{
	return state->gate && !strcmp(state->gate, gate_mode_name(mode));
}

enum gate_mode gate_mode(const struct workspace_state *state)
{
	if (is_recorded_as(state, GATE_STRICT))
		return GATE_STRICT;
	return is_recorded_as(state, GATE_SHELL) ? GATE_SHELL : GATE_OFF;
}

bool gate_is_on(const struct workspace_state *state)
{
	return gate_mode(state) != GATE_OFF;
}

/* --- one token --- */

int gate_token(const struct key *key, const struct workspace_facts *w, struct token *ret,
	       uint8_t *ret_hash, struct error *err)
{
	uint8_t salt[TOKEN_SALT_SIZE], hash_salt[TOKEN_SALT_SIZE], hash[TOKEN_HASH_SIZE];
	char fingerprint[KEY_FINGERPRINT_SIZE];
	const char *salt_text = w->state.salt;

	if (!gate_has_token(&w->state))
		return error_set(err, ERROR_NOT_FOUND,
				 "workspace '%s' has no token; a deploy makes one where its gate "
				 "is on",
				 w->name);
	key_fingerprint(key, fingerprint);
	if (strcmp(fingerprint, w->state.key))
		return error_set(err, ERROR_HOST,
				 "the token of '%s' was made with key %s, and the key file at hand "
				 "is %s; `winalux token rotate %s` makes a new token with this one",
				 w->name, w->state.key, fingerprint, w->name);
	hex_parse(&salt_text, salt, sizeof(salt));
	parse_hash(w->state.gate_hash, hash_salt, hash);
	key_derive_token(key, w->state.id, salt, ret);
	if (ret_hash)
		memcpy(ret_hash, hash, sizeof(hash));
	return 0;
}

void gate_ticket(const uint8_t hash[static 32], int64_t now_s, char ret[static TICKET_TEXT_SIZE])
{
	struct ticket ticket = { .expiry_s = (uint64_t)now_s + TICKET_LIFE_S };

	hash_random_bytes(ticket.nonce, sizeof(ticket.nonce));
	ticket_format(&ticket, hash, ret);
}

bool gate_ticket_for(const char *hash_text, int64_t now_s, char ret[static TICKET_TEXT_SIZE])
{
	uint8_t salt[TOKEN_SALT_SIZE], hash[TOKEN_HASH_SIZE];

	if (!parse_hash(hash_text, salt, hash))
		return false;
	gate_ticket(hash, now_s, ret);
	return true;
}

static char *hash_text_of(const struct token *token)
{
	uint8_t salt[TOKEN_SALT_SIZE], hash[TOKEN_HASH_SIZE];
	char salt_hex[SALT_HEX + 1], hash_hex[HASH_HEX + 1];

	hash_random_bytes(salt, sizeof(salt));
	token_hash(token, salt, hash);
	hex_format(salt, sizeof(salt), salt_hex);
	hex_format(hash, sizeof(hash), hash_hex);
	return xasprintf("%s %s", salt_hex, hash_hex);
}

void gate_renew(const struct key *key, const char *id, struct want_gate *ret)
{
	DEFER(token_clear) struct token token = { 0 };
	uint8_t salt[TOKEN_SALT_SIZE];
	char salt_hex[SALT_HEX + 1], fingerprint[KEY_FINGERPRINT_SIZE], now[CLOCK_RFC3339_SIZE];

	hash_random_bytes(salt, sizeof(salt));
	hex_format(salt, sizeof(salt), salt_hex);
	key_fingerprint(key, fingerprint);
	key_derive_token(key, id, salt, &token);
	clock_format_rfc3339(clock_wall_s(), now);
	ret->salt = xstrdup(salt_hex);
	ret->key = xstrdup(fingerprint);
	ret->since = xstrdup(now);
	ret->hash = hash_text_of(&token);
	ret->is_new = true;
}

void gate_keep_mode(const struct workspace_state *state, struct want_gate *ret)
{
	ret->is_on = gate_is_on(state);
	ret->is_strict = gate_mode(state) == GATE_STRICT;
}

static void keep_recorded(const struct workspace_state *state, struct want_gate *ret)
{
	ret->salt = xstrdup(state->salt);
	ret->key = xstrdup(state->key);
	ret->since = xstrdup(state->token_since);
	ret->hash = xstrdup(state->gate_hash);
}

void gate_unlock(const struct workspace_state *state, struct want_gate *ret)
{
	char unlock[HASH_HEX_SIZE];

	hash_random_hex(unlock);
	keep_recorded(state, ret);
	gate_keep_mode(state, ret);
	ret->unlock = xstrdup(unlock);
}

/* --- a deploy --- */

void gates_begin(struct gates *gates, const struct facts *facts)
{
	key_clear(&gates->key);
	gates->has_key = gates->is_unsaved = gates->has_tokens = false;
	for (size_t i = 0; i < facts->count; i++)
		gates->has_tokens |= gate_has_token(&facts->workspaces[i].state);
}

void gates_release(struct gates *gates)
{
	key_clear(&gates->key);
}

static int need_key(struct gates *gates, struct error *err)
{
	struct error reason = { 0 };

	if (gates->has_key)
		return 0;
	if (key_load(gates->key_file, &gates->key, &reason) == 0) {
		gates->has_key = true;
		return 0;
	}
	if (reason.kind == ERROR_NOT_FOUND && !gates->has_tokens) {
		key_random(&gates->key);
		gates->has_key = gates->is_unsaved = true;
		return 0;
	}
	if (err)
		*err = reason;
	return -1;
}

static bool has_old_guest(const struct gates *gates, const struct workspace_facts *facts)
{
	const struct container *dev = facts ? workspace_facts_container(facts, ROLE_DEV) : NULL;

	return dev && !gates->upgrades_guest && !container_guest_can(dev, GUEST_CAN_GATE);
}

static void bind_new(const struct gates *gates, const struct workspace_facts *facts,
		     struct want_gate *ret)
{
	char id[HASH_HEX_SIZE];

	hash_random_hex(id);
	if (!facts || !facts->state.id)
		ret->id = xstrdup(id);
	gate_renew(&gates->key, ret->id ? ret->id : facts->state.id, ret);
}

/* A key file that exists and cannot be used is everybody's trouble, one that is not there that of
 * the workspace which needs it. */
int gates_bind(const struct workspace *w, const struct workspace_facts *facts,
	       struct want_gate *ret, char **ret_refusal, void *context, struct error *err)
{
	struct gates *gates = context;
	struct error reason = { 0 };

	ret->is_strict = w->gate == GATE_STRICT; /* which comes with a new dev container */
	ret->waits = w->gate == GATE_SHELL && has_old_guest(gates, facts);
	ret->is_on = w->gate != GATE_OFF && !ret->waits;
	if (facts && gate_has_token(&facts->state)) {
		keep_recorded(&facts->state, ret);
		return 0;
	}
	if (!ret->is_on)
		return 0;
	if (need_key(gates, &reason) == 0) {
		bind_new(gates, facts, ret);
		return 0;
	}
	ret->is_on = false;
	if (reason.kind == ERROR_NOT_FOUND) {
		*ret_refusal = xasprintf(
			"%s, and other workspaces of this account have tokens of one: fetch it "
			"from there, or `winalux token key new` makes another",
			reason.text);
		return 0;
	}
	if (err)
		*err = reason;
	return -1;
}

int gates_save(struct gates *gates, struct error *err)
{
	struct error reason = { 0 };

	if (key_save(&gates->key, gates->key_file, &reason) < 0) {
		if (reason.kind != ERROR_CONFLICT ||
		    key_load(gates->key_file, &gates->key, &reason) < 0) {
			if (err)
				*err = reason;
			return -1;
		}
	}
	gates->is_unsaved = false;
	return 0;
}
