/* SPDX-License-Identifier: MIT */
#include "cgroup.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "proc_file.h"
#include "winalux/base/mem.h"
#include "winalux/base/parse.h"

#define HEX "0123456789abcdef"
#define UNIFIED "0::/"

enum { ID_DIGITS = 64, TEXT_MAX = 1024 };

static bool has_id(const char *component, size_t len)
{
	for (size_t at = 0; at < len;) {
		const size_t run = strspn(component + at, HEX);

		if (run >= ID_DIGITS && at + ID_DIGITS <= len)
			return true;
		at += run + 1;
	}
	return false;
}

bool cgroup_of_container(const char *text, char ret[static CGROUP_PATH_SIZE])
{
	const char *line = strstr(text, UNIFIED);

	if (!line || (line != text && line[-1] != '\n'))
		return false;
	const char *const path = line + strlen(UNIFIED) - 1;
	const size_t path_len = strcspn(path, "\n");

	for (size_t at = 1; at < path_len;) {
		size_t len = strcspn(path + at, "/\n");

		if (has_id(path + at, len) && at + len < CGROUP_PATH_SIZE) {
			snprintf(ret, CGROUP_PATH_SIZE, "%.*s", (int)(at + len), path);
			return true;
		}
		at += len + 1;
	}
	return false;
}

static bool read_text(const char *mount, const char *path, const char *name,
		      char ret[static TEXT_MAX])
{
	char file[PATH_MAX];

	return snprintf(file, sizeof(file), "%s%s/%s", mount, path, name) < (int)sizeof(file) &&
	       proc_file_read_path(file, ret, TEXT_MAX);
}

bool cgroup_cpu_us(const char *mount, const char *path, uint64_t *ret)
{
	char text[TEXT_MAX];

	return read_text(mount, path, "cpu.stat", text) &&
	       proc_file_number(text, "usage_usec", ret);
}

bool cgroup_memory_peak(const char *mount, const char *path, uint64_t *ret)
{
	char text[TEXT_MAX];
	const char *at = text;

	return read_text(mount, path, "memory.peak", text) && parse_u64(&at, 0, UINT64_MAX, ret);
}

bool cgroup_pressure(const char *mount, const char *path, const char *name, uint32_t *ret)
{
	char text[TEXT_MAX], file[32];
	const char *at = text;
	uint64_t whole, hundredths;

	snprintf(file, sizeof(file), "%s.pressure", name);
	if (!read_text(mount, path, file, text) || !parse_literal(&at, "some avg10=") ||
	    !parse_u64(&at, 0, 100, &whole) || !parse_char(&at, '.') ||
	    !parse_u64(&at, 0, 99, &hundredths))
		return false;
	*ret = (uint32_t)(whole * 100 + hundredths);
	return true;
}
