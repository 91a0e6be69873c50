/* SPDX-License-Identifier: MIT */
#include "admission.h"

const struct admission admission_default = { .begin = 10, .rate = 30, .full = 60, .total = 128 };

bool admission_refuses(const struct admission *a, unsigned unauthenticated, unsigned total,
		       uint32_t random)
{
	if (total >= a->total || unauthenticated >= a->full)
		return true;
	if (unauthenticated < a->begin)
		return false;
	/* As should_drop_connection() in OpenSSH's sshd.c. */
	unsigned percent =
		a->rate + (100 - a->rate) * (unauthenticated - a->begin) / (a->full - a->begin);
	return random % 100 < percent;
}
