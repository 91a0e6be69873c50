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

/*
 * Writes SSHD_CONFIG_RUNNING: the static file of the guest image, the sftp server of this image,
 * and one SetEnv line (sshd heeds only the first) with environment. Allocates nothing.
 */
int sshd_config_write(const char *const *environment, struct error *err);

#endif
