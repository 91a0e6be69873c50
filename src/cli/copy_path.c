/* SPDX-License-Identifier: MIT */
#include "copy_path.h"

#include <stdlib.h>
#include <string.h>

#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/inventory/inventory.h"

#define HOME_DIRECTORY "/home/developer"

void copy_end_release(struct copy_end *end)
{
	free(end->workspace);
	free(end->path);
	*end = (struct copy_end){ 0 };
}

void copy_target_release(struct copy_target *target)
{
	free(target->directory);
	free(target->name);
	*target = (struct copy_target){ 0 };
}

void copy_end_parse(const char *text, struct copy_end *ret)
{
	const char *colon = strchr(text, ':');
	DEFER(freep) char *name = colon ? xstrndup(text, (size_t)(colon - text)) : NULL;

	*ret = (struct copy_end){ 0 };
	if (!name || !inventory_name_is_valid(name)) {
		ret->path = xstrdup(text);
		return;
	}
	ret->workspace = TAKE(name);
	if (colon[1] == '/')
		ret->path = xstrdup(colon + 1);
	else if (colon[1])
		ret->path = xasprintf("%s/%s", HOME_DIRECTORY, colon + 1);
	else
		ret->path = xstrdup(HOME_DIRECTORY);
}

/* Length without trailing slashes; "/" keeps its one. */
static size_t trimmed_len(const char *path)
{
	size_t len = strlen(path);

	while (len > 1 && path[len - 1] == '/')
		len--;
	return len;
}

char *copy_basename(const char *path)
{
	size_t len = trimmed_len(path), start = len;

	while (start > 0 && path[start - 1] != '/')
		start--;
	return xstrndup(path + start, len - start);
}

char *copy_dirname(const char *path)
{
	size_t len = trimmed_len(path);

	while (len > 0 && path[len - 1] != '/')
		len--;
	while (len > 1 && path[len - 1] == '/')
		len--;
	return len > 0 ? xstrndup(path, len) : xstrdup(".");
}

char *copy_without_dot(const char *path)
{
	size_t len = trimmed_len(path);

	while (len > 1 && path[len - 1] == '.' && path[len - 2] == '/') {
		len--;
		while (len > 1 && path[len - 1] == '/')
			len--;
	}
	return xstrndup(path, len);
}

/* "SRC/.", "." and ".." have no name of their own: their content is meant. */
static bool means_content(const char *source)
{
	DEFER(freep) char *name = copy_basename(source);

	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || *name == '\0' ||
	       strcmp(name, "/") == 0;
}

static bool ends_in_slash(const char *path)
{
	size_t len = strlen(path);

	return len > 1 && path[len - 1] == '/';
}

static int plan_new_name(const char *target, struct copy_target *ret)
{
	ret->directory = copy_dirname(target);
	ret->name = copy_basename(target);
	return 0;
}

int copy_plan(const char *source, const struct copy_status *source_status, const char *target,
	      const struct copy_status *target_status, struct copy_target *ret, struct error *err)
{
	if (!source_status->exists)
		return error_set(err, ERROR_NOT_FOUND, "'%s' does not exist", source);
	if (!source_status->is_dir && ends_in_slash(source))
		return error_set(err, ERROR_NOT_FOUND, "'%s' is not a directory", source);
	if (target_status->exists && target_status->is_dir) {
		ret->directory = xstrdup(target);
		ret->name = means_content(source) ? xstrdup("") : copy_basename(source);
		return 0;
	}
	if (target_status->exists && (source_status->is_dir || ends_in_slash(target)))
		return error_set(err, ERROR_CONFLICT, "'%s' is a file, not a directory", target);
	if (!target_status->exists && !target_status->parent_is_dir) {
		DEFER(freep) char *parent = copy_dirname(target);
		return error_set(err, ERROR_NOT_FOUND, "there is no directory '%s' to copy into",
				 parent);
	}
	if (!target_status->exists && !source_status->is_dir && ends_in_slash(target))
		return error_set(err, ERROR_NOT_FOUND, "there is no directory '%s'", target);
	return plan_new_name(target, ret);
}
