/* SPDX-License-Identifier: MIT */
#include "task_program.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_program(const char *file, struct stat *ret)
{
	return stat(file, ret) == 0 && S_ISREG(ret->st_mode) && access(file, X_OK) == 0;
}

bool task_program_find(const char *path, const char *self, char ret[static PATH_MAX])
{
	struct stat ours, st;
	const bool is_known = stat(self, &ours) == 0;

	for (const char *at = path; at && *at; at += strcspn(at, ":"), at += *at == ':') {
		const int len = (int)strcspn(at, ":");

		if (len == 0 || snprintf(ret, PATH_MAX, "%.*s/task", len, at) >= PATH_MAX ||
		    !is_program(ret, &st))
			continue;
		if (!is_known || st.st_ino != ours.st_ino || st.st_dev != ours.st_dev)
			return true;
	}
	return false;
}
