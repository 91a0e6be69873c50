/* SPDX-License-Identifier: MIT */
#include "sshd_log.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "winalux/base/mem.h"
#include "winalux/base/parse.h"

#define BASE64 "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

static const char *const noise[] = {
	"Connection closed by ",
	"Connection reset by ",
	"Close session: ",
	"Disconnected from ",
	"Postponed ",
	"Received disconnect from ",
	"Received signal 15; terminating.",
	"Starting session: ",
	"User child is on pid ",
	"banner exchange: ",
	"kex_exchange_identification: ",
	"mm_reap: ",
	"ssh_dispatch_run_fatal: Connection from ",
	"syslogin_perform_logout: ", /* there is no wtmp */
};

/* One word into a fixed array. */
static bool parse_word(const char **cursor, char *ret, size_t size)
{
	size_t len = strcspn(*cursor, " ");

	if (len == 0 || len >= size)
		return false;
	memcpy(ret, *cursor, len);
	ret[len] = '\0';
	*cursor += len;
	return true;
}

static void find_key(const char *text, struct sshd_login *login)
{
	const char *fingerprint = strstr(text, " SHA256:"), *start;
	size_t len;

	login->key[0] = '\0';
	if (!fingerprint)
		return;
	const char *at = fingerprint + strlen(" SHA256:");
	if (!parse_span(&at, BASE64, &start, &len) || len + sizeof("SHA256:") > sizeof(login->key))
		return;
	memcpy(login->key, fingerprint + 1, (size_t)(at - fingerprint) - 1);
	login->key[at - fingerprint - 1] = '\0';
}

/* "Accepted publickey for developer from 10.89.0.2 port 40002 ssh2: ED25519 SHA256:…" */
static bool parse_accepted(const char *line, struct sshd_login *login)
{
	char method[32];
	uint64_t port;

	if (!parse_literal(&line, "Accepted ") || !parse_word(&line, method, sizeof(method)) ||
	    !parse_literal(&line, " for ") ||
	    !parse_word(&line, login->user, sizeof(login->user)) ||
	    !parse_literal(&line, " from ") ||
	    !parse_word(&line, login->from, sizeof(login->from)) ||
	    !parse_literal(&line, " port ") || !parse_u64(&line, 0, UINT16_MAX, &port))
		return false;
	login->port = (uint16_t)port;
	find_key(line, login);
	return true;
}

enum sshd_log_kind sshd_log_parse(const char *line, struct sshd_login *ret_login)
{
	struct sshd_login login;

	if (parse_accepted(line, &login)) {
		*ret_login = login;
		return SSHD_LOG_LOGIN;
	}
	for (size_t i = 0; i < ARRAY_SIZE(noise); i++)
		if (strncmp(line, noise[i], strlen(noise[i])) == 0)
			return SSHD_LOG_NOISE;
	return SSHD_LOG_REPORT;
}
