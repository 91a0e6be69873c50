/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_GUEST_SSHD_CONFIG_H
#define WINALUX_GUEST_SSHD_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

struct error;

#define SSHD_CONFIG_STATIC "/usr/lib/winalux/sshd_config"
#define SSHD_CONFIG_RUNNING "/run/winalux/sshd_config"

/*
 * Appends to line (with its NUL within size) ` "NAME=value"`, quoted as OpenSSH's argv_split() in
 * misc.c takes it. False, and nothing appended, for what sessions must not inherit from PID 1, what
 * sshd cannot express (control characters, broken names) and what does not fit.
 */
bool sshd_config_add_env(char *line, size_t size, const char *pair);

struct sshd_settings {
	const char *const *environment; /* of sessions, NULL-terminated */
	bool is_gated;
	bool is_forwarding_closed, is_socket_forwarding_closed;
};

/*
 * Writes SSHD_CONFIG_RUNNING: the static file of the guest image, the sftp server of this image,
 * what the gate asks for, and one SetEnv line (sshd heeds only the first) with environment. sshd
 * reads it for each connection; those that stand keep what they have. Allocates nothing.
 */
int sshd_config_write(const struct sshd_settings *settings, struct error *err);

#endif
