/* SPDX-License-Identifier: MIT */
#include "winalux/base/arch.h"

#include <string.h>

#include "winalux/base/mem.h"

const char *const arch_names[] = { "amd64", "arm64", NULL };

static const struct {
	const char *other;
	const char *name;
} aliases[] = {
	{ "x86_64", "amd64" },
	{ "x86-64", "amd64" },
	{ "aarch64", "arm64" },
};

const char *arch_platform(const char *arch)
{
	return strcmp(arch, arch_names[0]) == 0 ? "linux/amd64" : "linux/arm64";
}

const char *arch_own(void)
{
#if defined(__aarch64__)
	return arch_names[1];
#else
	return arch_names[0];
#endif
}

const char *arch_other(void)
{
	return arch_own() == arch_names[0] ? arch_names[1] : arch_names[0];
}

const char *arch_find(const char *name)
{
	static const char linux_prefix[] = "linux/";

	if (strncmp(name, linux_prefix, strlen(linux_prefix)) == 0)
		name += strlen(linux_prefix);
	for (size_t i = 0; arch_names[i] != NULL; i++)
		if (strcmp(arch_names[i], name) == 0)
			return arch_names[i];
	for (size_t i = 0; i < ARRAY_SIZE(aliases); i++)
		if (strcmp(aliases[i].other, name) == 0)
			return aliases[i].name;
	return NULL;
}
