/* SPDX-License-Identifier: MIT */
/*
 * The base, in this order: an image of that name that the account has or can pull, with
 * certificates added by Containerfiles/base; else a root file system from Debian packages,
 * imported. Whichever way, its digest is that of the configuration, so it is made once and no
 * registry is asked again.
 *
 * That of another architecture is always made from packages, in the container that emulates: a
 * pulled one would take the name from this architecture's.
 */
#include "image/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "image/build_mark.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/base/process.h"
#include "winalux/base/resource.h"
#include "winalux/base/strv.h"
#include "winalux/inventory/config.h"
#include "winalux/podman/image.h"

enum { PULL_TIMEOUT_MS = 30 * 60 * 1000 };

struct pull {
	const struct builder *builder;
	bool has_begun; /* the registry answered */
};

static bool take_pull_line(const char *line, void *context)
{
	struct pull *pull = context;
	const volatile bool *cancelled = pull->builder->options.cancelled;

	if (strncmp(line, "Trying to pull", strlen("Trying to pull")) != 0)
		pull->has_begun = true;
	progress_say(pull->builder, "base", "%s", line);
	return cancelled == NULL || !*cancelled;
}

/* A registry has registry_timeout_s to begin; a pull that has begun by then may take its time. */
static int pull_base(const struct builder *b, const struct images *images, struct error *err)
{
	struct pull pull = { .builder = b };
	struct error first;
	struct image_transfer transfer = {
		.timeout_ms = (int)b->options.config->registry_timeout_s * 1000,
		.on_line = take_pull_line,
		.context = &pull,
	};

	if (images_find(images, b->pulled) != NULL)
		return 0;
	if (image_pull(b->options.podman, b->pulled, PULL_MISSING, &transfer, NULL, &first) == 0)
		return 0;
	if (first.kind == ERROR_TIMEOUT && pull.has_begun) {
		transfer.timeout_ms = PULL_TIMEOUT_MS;
		return image_pull(b->options.podman, b->pulled, PULL_MISSING, &transfer, NULL, err);
	}
	if (err != NULL)
		*err = first;
	return -1;
}

static int build_pulled(const struct builder *b, const struct images *images, const char *build,
			struct error *err)
{
	const struct resource *file = resource_find("Containerfiles/base/Containerfile");
	DEFER(recipe_release)
	struct recipe recipe = {
		.name = "base",
		.role = "base",
		.folder = "base",
		.base = b->pulled,
		.containerfile = file == NULL ? "" : (const char *)file->data,
		.mirror = b->mirror,
		.reference = xstrdup(b->base_reference),
	};
	DEFER(freep) char *id = NULL;

	return recipe_build(b, &recipe, images, build, &id, err);
}

static int open_temporary(struct error *err)
{
	const char *directory = getenv("TMPDIR");
	DEFER(freep) char *name = NULL;
	int fd;

	if (directory == NULL)
		directory = access("/var/tmp", W_OK | X_OK) == 0 ? "/var/tmp" : "/tmp";
	fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0) { /* not every file system has O_TMPFILE */
		name = xasprintf("%s/winalux-XXXXXX", directory);
		fd = mkostemp(name, O_CLOEXEC);
		if (fd >= 0)
			unlink(name);
	}
	if (fd < 0)
		error_set_errno(err, ERROR_HOST, errno, "cannot make a temporary file in '%s'",
				directory);
	return fd;
}

static int import_base(const struct builder *b, const struct images *images, int fd,
		       const char *build, struct error *err)
{
	struct import_options options = { .reference = b->base_reference };
	DEFER(freep) char *id = NULL;
	int result;

	if (build_mark_set(b->mark, err) < 0)
		return -1;
	options.arch = builder_is_foreign(b) ? b->arch : NULL;
	strv_add(&options.changes, "CMD [\"/bin/bash\"]");
	strv_addf(&options.changes, "LABEL %s=base", IMAGE_LABEL_ROLE);
	strv_addf(&options.changes, "LABEL %s=%s", IMAGE_LABEL_INPUT, b->base_input);
	strv_addf(&options.changes, "LABEL %s=%s", IMAGE_LABEL_BUILD, build);
	result = image_import_fd(b->options.podman, fd, &options, &id, err);
	strv_release(&options.changes);
	if (result < 0)
		return progress_explain_disk("base", err);
	recipe_remove_replaced(b, images, b->base_reference, id);
	return 0;
}

static int bootstrap_base(struct builder *b, const struct images *images, const char *build,
			  struct error *err)
{
	DEFER(fd_closep) int fd = open_temporary(err);
	off_t size;

	if (fd < 0 || (builder_is_foreign(b) ? bootstrap_foreign(b, images, fd, err)
					     : bootstrap_run(b, fd, err)) < 0)
		return -1;
	size = lseek(fd, 0, SEEK_CUR);
	if (size < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return error_set_errno(err, ERROR_INTERNAL, errno,
				       "cannot rewind the base's archive");
	progress_say(b, "base", "importing %lld MiB", (long long)size >> 20);
	return import_base(b, images, fd, build, err);
}

/* The innermost reason of a chain "a: b: c", without what the client adds of the output. */
static const char *last_cause(char *text)
{
	char *output = strstr(text, "; the output ended with");
	const char *cause = text;

	if (output != NULL)
		*output = '\0';
	for (const char *at = text; (at = strstr(at, ": ")) != NULL; at += 2)
		cause = at + 2;
	return cause;
}

static int make_base(struct builder *b, const struct images *images, const char *build,
		     struct error *err)
{
	DEFER(freep) char *program = NULL;
	struct error pull_error = { .text = "no base_image is configured" };

	if (builder_is_foreign(b))
		return bootstrap_base(b, images, build, err) < 0
			       ? error_add(err, "cannot make the base image for %s", b->arch)
			       : 0;
	if (b->pulled[0] != '\0' && pull_base(b, images, &pull_error) == 0)
		return build_pulled(b, images, build, err);
	if (pull_error.kind == ERROR_INTERRUPTED) {
		if (err != NULL)
			*err = pull_error;
		return -1;
	}
	program = process_find("mmdebstrap");
	if (program == NULL)
		return error_set(
			err, ERROR_HOST,
			"cannot make the base image: %.600s, and mmdebstrap is not installed; "
			"install mmdebstrap or make a registry reachable",
			pull_error.text);
	progress_say(b, "base", "not pulled (%s): making it from Debian packages",
		     last_cause(pull_error.text));
	if (bootstrap_base(b, images, build, err) < 0)
		return error_add(err, "cannot make the base image");
	return 0;
}

enum image_state builder_base_state(const struct builder *b, const struct images *images)
{
	const struct image *image = images_find(images, b->base_reference);
	const char *input = image == NULL ? NULL : labels_get(&image->labels, IMAGE_LABEL_INPUT);
	const char *build = image == NULL ? NULL : labels_get(&image->labels, IMAGE_LABEL_BUILD);

	if (image == NULL)
		return IMAGE_MISSING;
	return input != NULL && build != NULL && strcmp(input, b->base_input) == 0 &&
			       strlen(build) == HASH_HEX_SIZE - 1
		       ? IMAGE_CURRENT
		       : IMAGE_STALE;
}

int base_ensure(struct builder *b, const struct images *images, bool *ret_built, struct error *err)
{
	const struct image *image = images_find(images, b->base_reference);
	char made[HASH_HEX_SIZE];

	if (b->base_build[0] != '\0') /* earlier in this run */
		return 0;
	if (!b->options.with_base && builder_base_state(b, images) == IMAGE_CURRENT) {
		memcpy(b->base_build, labels_get(&image->labels, IMAGE_LABEL_BUILD), HASH_HEX_SIZE);
		return 0;
	}
	hash_random_hex(made);
	if (make_base(b, images, made, err) < 0)
		return -1;
	memcpy(b->base_build, made, HASH_HEX_SIZE);
	*ret_built = true;
	return 0;
}
