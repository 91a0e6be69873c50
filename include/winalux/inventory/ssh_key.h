/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_INVENTORY_SSH_KEY_H
#define WINALUX_INVENTORY_SSH_KEY_H

#include "winalux/format/hash.h"

struct error;

/*
 * One OpenSSH public key line, "type base64 comment" (RFC 4253 section 6.6, sshd(8) AUTHORIZED_KEYS
 * FILE FORMAT without options). Options in front are refused, as they could lift what sshd_config
 * forbids.
 */
struct ssh_key {
	char *type;    /* "ssh-ed25519" */
	char *blob;    /* base64 as given */
	char *comment; /* "" when there is none; has no control characters */
	char fingerprint[HASH_FINGERPRINT_SIZE];
};

/*
 * Accepts ssh-ed25519, ssh-rsa (2048 bits and more), ecdsa-sha2-nistp256/384/521 and the sk- forms
 * of ed25519 and ecdsa; the type inside the blob must be the same and the fields must fill it
 * exactly. Says what is wrong: a private key, a cut line, ssh-dss, a certificate. ERROR_INVENTORY.
 */
int ssh_key_parse(const char *line, struct ssh_key *ret, struct error *err);
void ssh_key_release(struct ssh_key *key);

#endif
