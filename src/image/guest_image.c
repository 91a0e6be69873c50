/* SPDX-License-Identifier: MIT */
/*
 * The guest image holds a few files and no system. Containers mount it read-only at
 * /usr/lib/winalux; its pages are shared by all of them. The guest itself has no read bit: nobody
 * inside can copy it, and a process that runs it is not dumpable.
 */
#include "image/internal.h"

#include <string.h>

#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/base/resource.h"
#include "winalux/base/strv.h"
#include "winalux/format/tar.h"
#include "winalux/guest/wire.h"
#include "winalux/podman/image.h"

enum { GUEST_MAX_BYTES = 32 << 20 };

/* What is compiled comes in one resource for each architecture. */
static const struct guest_file {
	const char *resource; /* NULL: "guest/ARCH/NAME" */
	const char *name;
	mode_t mode;
} files[] = {
	{ NULL, "winalux-guest", 0111 },
	{ "guest/sshd_config", "sshd_config", 0444 },
	{ "guest/Taskfile.yml", "Taskfile.yml", 0444 },
	{ "seccomp.json", "seccomp.json", 0444 },
	{ "seccomp-strict.json", "seccomp-strict.json", 0444 },
};

/* Comes first in PATH (Containerfiles/profile), and is the guest under another name. */
#define TASK_NAME "bin/task"
#define TASK_TARGET "../winalux-guest"

const char *image_guest_wire(void)
{
	_Static_assert(WIRE_VERSION == 1, "WIRE_VERSION_TEXT says the same");
	return WIRE_VERSION_TEXT;
}

static const struct resource *find_file(const struct guest_file *file, const char *arch)
{
	DEFER(freep) char *compiled = xasprintf("guest/%s/%s", arch, file->name);

	return resource_find(file->resource != NULL ? file->resource : compiled);
}

bool image_has_guest(const char *arch)
{
	return find_file(&files[0], arch) != NULL;
}

char *image_guest_reference(const char *arch, char ret_digest[static HASH_HEX_SIZE])
{
	struct hash *h = hash_new();

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		const struct resource *r = find_file(&files[i], arch);

		hash_add_text(h, files[i].name);
		hash_add_text(h, r != NULL ? r->digest : NULL);
	}
	hash_add_text(h, TASK_NAME);
	hash_end(h, ret_digest);
	return xasprintf("localhost/winalux/guest:%s", ret_digest);
}

void image_seccomp_digest(char ret[static HASH_HEX_SIZE])
{
	static const char *const names[] = { "seccomp.json", "seccomp-strict.json" };
	struct hash *h = hash_new();

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const struct resource *r = resource_find(names[i]);

		hash_add_text(h, r == NULL ? NULL : r->digest);
	}
	hash_end(h, ret);
}

static int write_guest(const char *arch, struct buf *tar, struct error *err)
{
	DEFER(tar_writer_freep) struct tar_writer *w = tar_writer_new(tar, err);

	if (!w)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		const struct resource *r = find_file(&files[i], arch);

		if (r == NULL)
			return error_set(err, ERROR_HOST,
					 "this winalux was built without '%s' for %s; "
					 "`tools/setup.sh build && make` builds one with it",
					 files[i].name, arch);
		if (tar_add_file(w, files[i].name, files[i].mode, 0, 0, r->data, r->size, err) < 0)
			return -1;
	}
	if (tar_add_dir(w, "bin", 0755, 0, 0, err) < 0 ||
	    tar_add_symlink(w, TASK_NAME, TASK_TARGET, err) < 0)
		return -1;
	return tar_finish(w, err);
}

int builder_ensure_guest(struct builder *b, const struct images *images, const char *arch,
			 char **ret_id, bool *ret_built, struct error *err)
{
	char digest[HASH_HEX_SIZE];
	DEFER(freep) char *reference = image_guest_reference(arch, digest);
	DEFER(buf_release) struct buf tar = { 0 };
	struct import_options options = { .reference = reference, .arch = arch };
	const struct image *image = images_find(images, reference);
	int result;

	*ret_built = false;
	if (image != NULL) { /* the name is the digest */
		*ret_id = xstrdup(image->id);
		return 0;
	}
	buf_init(&tar, GUEST_MAX_BYTES);
	if (write_guest(arch, &tar, err) < 0)
		return -1;
	strv_addf(&options.changes, "LABEL %s=guest", IMAGE_LABEL_ROLE);
	strv_addf(&options.changes, "LABEL %s=%s", IMAGE_LABEL_INPUT, digest);
	strv_addf(&options.changes, "LABEL io.winalux.wire=%s", image_guest_wire());
	progress_say(b, "guest", "importing %zu KiB", tar.len >> 10);
	result = image_import(b->options.podman, tar.data, tar.len, &options, ret_id, err);
	strv_release(&options.changes);
	if (result < 0)
		return error_add(err, "cannot import the guest image");
	*ret_built = true;
	return 0;
}
