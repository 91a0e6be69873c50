/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "role.h"
#include "shell.h"
#include "winalux/base/mem.h"
#include "winalux/base/version.h"
#include "winalux/guest/wire.h"

static int run_version(int argc, char **argv);
static int run_help(int argc, char **argv);

static const struct role role_version = {
	.name = "version",
	.usage = "",
	.summary = "print the version, and that of the wire to the host",
	.run = run_version,
};

static const struct role role_help = {
	.name = "help",
	.usage = "",
	.summary = "print this",
	.run = run_help,
};

static const struct role *const roles[] = {
	&role_init,   &role_sidecar,   &role_sidecar_restart, &role_install,
	&role_task,   &role_telemetry, &role_warning,         &role_keeper,
	&role_warden, &role_emulator,  &role_libraries,       &role_version,
	&role_help,
};

static int run_version(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	printf("winalux-guest %s wire %d\n", winalux_version, WIRE_VERSION);
	return 0;
}

static void print_roles(FILE *to)
{
	for (size_t i = 0; i < ARRAY_SIZE(roles); i++)
		fprintf(to, "winalux-guest %s%s%s\n\t%s\n", roles[i]->name,
			*roles[i]->usage ? " " : "", roles[i]->usage, roles[i]->summary);
}

static int run_help(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	print_roles(stdout);
	return 0;
}

static const struct role *find_role(const char *name, bool is_program_name)
{
	for (size_t i = 0; i < ARRAY_SIZE(roles); i++)
		if ((!is_program_name || roles[i]->can_be_name) &&
		    strcmp(roles[i]->name, name) == 0)
			return roles[i];
	return NULL;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

int main(int argc, char **argv)
{
	const char *shell = shell_called_here(argc, argv);

	if (shell)
		return shell_run(shell, argc, argv);
	const struct role *role = argc > 0 ? find_role(base_name(argv[0]), true) : NULL;

	if (role)
		return role->run(argc, argv);
	role = argc > 1 ? find_role(argv[1], false) : NULL;
	if (role)
		return role->run(argc - 1, argv + 1);
	print_roles(stderr);
	return EXIT_ROLE_USAGE;
}
