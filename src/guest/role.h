/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_GUEST_ROLE_H
#define WINALUX_GUEST_ROLE_H

#include <stdbool.h>

/*
 * What the guest program can be: chosen by its first argument or, where can_be_name says so, by the
 * name it was started under. run gets the arguments from the role's name on and returns an exit
 * status.
 */
struct role {
	const char *name;
	bool can_be_name;
	const char *usage;
	const char *summary;
	int (*run)(int argc, char **argv);
};

enum {
	EXIT_ROLE_FAILED = 1,
	EXIT_ROLE_USAGE = 2,
};

extern const struct role role_init;
extern const struct role role_sidecar;
extern const struct role role_sidecar_restart;
extern const struct role role_install;
extern const struct role role_task;
extern const struct role role_telemetry;
extern const struct role role_warning;
extern const struct role role_emulator;
extern const struct role role_libraries;
extern const struct role role_keeper; /* src/warden/roles.c */
extern const struct role role_warden;

/* Both go to stderr, and are the exit status: "return role_fails(&err)". */
struct error;
int role_fails(const struct error *err);
int role_misused(const struct role *role);

#endif
