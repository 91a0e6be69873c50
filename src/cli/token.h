/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_CLI_TOKEN_H
#define WINALUX_CLI_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

struct app;
struct error;
struct key;
struct strv;
struct token;
struct workspace_facts;

struct token_flags {
	bool is_ssh_config;
	bool is_kick;
};

/* The key file, with what to do about it when it is not there. */
int token_load_key(struct app *app, struct key *ret, struct error *err);

/*
 * The token of a workspace for a way in that goes on without it too, and the hash that its guest
 * knows (may be NULL). False when it cannot be had: silent where the gate is off or there is no key
 * file here, with a note where one is that does not fit.
 */
bool token_at_hand(struct app *app, const struct workspace_facts *w, struct token *ret,
		   uint8_t *ret_hash);

/* New tokens from key; names empty: for all that have one. Prints the outcomes. */
int token_rotate(struct app *app, const struct key *key, const struct strv *names, bool is_kick,
		 struct error *err);

/* `token key …` */
int token_key(struct app *app, const void *options, const struct strv *args, struct error *err);

#endif
