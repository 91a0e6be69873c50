/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_GUEST_ADMISSION_H
#define WINALUX_GUEST_ADMISSION_H

#include <stdbool.h>
#include <stdint.h>

/*
 * sshd_config(5) MaxStartups "begin:rate:full": from begin connections that have not authenticated
 * on, a new one is refused with a probability of rate percent, which grows to certainty at full.
 * sshd -i never applies its own, since each connection has its own sshd.
 */
struct admission {
	unsigned begin;
	unsigned rate;
	unsigned full;
	unsigned total; /* with those that have authenticated */
};

/* 10:30:60, and room for as many sessions again while somebody floods the port. */
extern const struct admission admission_default;

/* random is a uniform number; the same one gives the same answer. */
bool admission_refuses(const struct admission *a, unsigned unauthenticated, unsigned total,
		       uint32_t random);

#endif
