/* SPDX-License-Identifier: MIT */
#include "image/internal.h"

#include <string.h>

#include "image/pem.h"
#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/base/resource.h"
#include "winalux/format/tar.h"
#include "winalux/inventory/stack.h"

static int add_folder(struct tar_writer *w, const char *folder, struct error *err)
{
	DEFER(freep) char *prefix = xasprintf("Containerfiles/%s/", folder);
	size_t len = strlen(prefix);

	for (const struct resource *r = resources; r->name != NULL; r++) {
		if (strncmp(r->name, prefix, len) != 0 ||
		    strcmp(r->name + len, "Containerfile") == 0)
			continue;
		if (tar_add_file(w, r->name + len, r->mode, 0, 0, r->data, r->size, err) < 0)
			return -1;
	}
	return 0;
}

static int add_stack_files(struct tar_writer *w, const struct stack *s, struct error *err)
{
	for (size_t i = 0; s != NULL && i < s->files.count; i++) {
		DEFER(freep) char *name = xasprintf("files/%s", s->files.items[i]);
		const char *text = s->file_texts.items[i];

		if (tar_add_file(w, name, 0644, 0, 0, text, strlen(text), err) < 0)
			return -1;
	}
	return 0;
}

/* update-ca-certificates wants one certificate in each file. The directory is there when empty, for
 * COPY. */
static int add_certificates(struct tar_writer *w, const char *text, struct error *err)
{
	struct pem pem;

	if (tar_add_dir(w, "ca", 0755, 0, 0, err) < 0)
		return -1;
	for (unsigned n = 1; pem_next(&text, &pem); n++) {
		DEFER(freep) char *name = xasprintf("ca/winalux-%02u.crt", n);
		DEFER(freep) char *data = xasprintf("%.*s\n", (int)pem.len, pem.start);

		if (tar_add_file(w, name, 0644, 0, 0, data, pem.len + 1, err) < 0)
			return -1;
	}
	return 0;
}

int context_write(const struct builder *b, const struct recipe *r, struct buf *ret_tar,
		  struct error *err)
{
	DEFER(tar_writer_freep) struct tar_writer *w = tar_writer_new(ret_tar, err);

	if (!w ||
	    tar_add_file(w, "Containerfile", 0644, 0, 0, r->containerfile, strlen(r->containerfile),
			 err) < 0 ||
	    add_folder(w, r->folder, err) < 0 || add_stack_files(w, r->stack, err) < 0 ||
	    add_certificates(w, b->ca_pem, err) < 0)
		return -1;
	return tar_finish(w, err);
}
