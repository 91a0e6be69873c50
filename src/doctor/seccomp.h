/* SPDX-License-Identifier: MIT */
#ifndef DOCTOR_SECCOMP_H
#define DOCTOR_SECCOMP_H

#include <stddef.h>

struct error;

struct seccomp_summary {
	const char *arch; /* "x86_64"; static */
	char library_version[32];
	unsigned rule_count; /* rules that hold for this machine and a workspace's capabilities */
	unsigned unknown_count; /* system call names that this libseccomp does not know; it skips
				   them */
};

/*
 * Compiles a container seccomp profile (containers-common's JSON form) for this machine into a BPF
 * program and throws it away: what libpod and the runtime will do with it. ERROR_HOST names the
 * rule that is wrong.
 */
int seccomp_check(const char *text, size_t len, struct seccomp_summary *ret, struct error *err);

#endif
