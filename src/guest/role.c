/* SPDX-License-Identifier: MIT */
#include "role.h"

#include <stdio.h>
#include <unistd.h>

#include "winalux/base/error.h"

int role_fails(const struct error *err)
{
	dprintf(STDERR_FILENO, "winalux: %s\n", err->text);
	return EXIT_ROLE_FAILED;
}

int role_misused(const struct role *role)
{
	dprintf(STDERR_FILENO, "winalux: usage: winalux-guest %s %s\n", role->name, role->usage);
	return EXIT_ROLE_USAGE;
}
