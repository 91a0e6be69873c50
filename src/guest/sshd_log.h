/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_GUEST_SSHD_LOG_H
#define WINALUX_GUEST_SSHD_LOG_H

#include <stdint.h>

/*
 * What sshd -e says on stderr at LogLevel INFO, OpenSSH 9.2 to 10.x (auth.c auth_log). sshd escapes
 * control characters of what clients send (log.c), and a line that quotes a client never begins
 * with "Accepted ", so a client cannot forge a login. The session's own processes do not have this
 * stderr.
 */
enum sshd_log_kind {
	SSHD_LOG_LOGIN,  /* authenticated; the struct is filled */
	SSHD_LOG_NOISE,  /* the ordinary ends of connections, port scans and readiness probes */
	SSHD_LOG_REPORT, /* refused logins and everything unknown */
};

struct sshd_login {
	char user[64];
	char from[64]; /* address: behind a published port it is the pod's own for everyone */
	uint16_t port;
	char key[64]; /* "SHA256:…", "" when not by key */
};

enum sshd_log_kind sshd_log_parse(const char *line, struct sshd_login *ret_login);

#endif
