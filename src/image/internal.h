/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_IMAGE_INTERNAL_H
#define WINALUX_IMAGE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "winalux/base/strv.h"
#include "winalux/format/hash.h"
#include "winalux/image/builder.h"

struct buf;
struct build_mark;
struct error;
struct images;
struct labels;
struct stack;
struct stack_list;

/*
 * Labels that tie an image to the one of ours that it was built on: each carries a random
 * IMAGE_LABEL_BUILD, what is built on it repeats that as IMAGE_LABEL_BASE. Ids would not do: they
 * change when an image is saved in one format and loaded from another.
 */
#define IMAGE_LABEL_BUILD "io.winalux.build"
#define IMAGE_LABEL_BASE "io.winalux.base"

#define IMAGE_BASE_REFERENCE "localhost/winalux/base:latest"
#define IMAGE_BASE_NAME "debian" /* how profiles name the base of ours */

struct emulation; /* emulation.c */

struct builder {
	struct builder_options options;
	const char *arch;      /* what is built for now; builder_set_arch */
	char *base_reference;  /* of the base for it */
	const char *made_arch; /* another one, whose base's build is made_build */
	char made_build[HASH_HEX_SIZE];
	struct emulation *emulation; /* NULL: not needed so far */
	char *ca_pem;                /* never NULL */
	size_t ca_count;
	char *mirror; /* as configured or the host's own; NULL: Debian's */
	char *pulled; /* reference of the image that the base is pulled as; "" is never */
	struct build_mark *mark;
	char base_input[HASH_HEX_SIZE];
	char base_build[HASH_HEX_SIZE]; /* of the base that this builder made or found current; or
					   "" */
	struct strv made;               /* references of what was built in this run */
};

/* What an image is built from. Texts are borrowed but for reference and generated. */
struct recipe {
	const struct recipe *parent; /* the image of ours below, whose reference is base; or NULL */
	const char *name;            /* for people: "web", "web.golang", "sidecar-redis", "base" */
	const char *role;            /* value of IMAGE_LABEL_ROLE */
	const char *folder; /* its helper files are the resources "Containerfiles/<folder>/…" */
	const char *base;   /* IMAGE_BASE_NAME or a reference */
	const char *containerfile;   /* text */
	const struct strv *packages; /* or NULL */
	const struct strv *python;   /* or NULL */
	const struct strv *npm;      /* or NULL */
	const struct stack *stack;   /* whose files the context carries, or NULL */
	const char *version;         /* or NULL */
	const char *mirror;          /* or NULL */
	char *reference;
	char *arch_name; /* or NULL: name, where it is made for another architecture */
	char *generated; /* containerfile and name of a stack; or NULL */
	char *generated_name;
	char build[HASH_HEX_SIZE]; /* IMAGE_LABEL_BUILD, once it is built; else "" */
};

/* --- input.c: digests of what goes into an image --- */
void input_base(const struct builder *b, char ret[static HASH_HEX_SIZE]);
void input_recipe(const struct builder *b, const struct recipe *r, char ret[static HASH_HEX_SIZE]);
bool recipe_is_on_our_base(const struct recipe *r);

/* --- context.c --- */
enum { CONTEXT_MAX_BYTES = 64 << 20 };
/* The build context of a recipe: Containerfile, the files beside it, and ca/NN.crt. */
int context_write(const struct builder *b, const struct recipe *r, struct buf *ret_tar,
		  struct error *err);

/* --- environment.c --- */
/* The proxy variables that a build knows without an ARG instruction and leaves out of the history.
 */
void environment_add_build_args(struct labels *args);

/* --- progress.c --- */
struct progress {
	const struct builder *builder;
	const char *name;
	char step[96];    /* the last step that began, "step 3/8: RUN install packages" */
	struct strv tail; /* the last lines that were no progress, PROGRESS_TAIL at most */
};
enum { PROGRESS_TAIL = 4 };
void progress_release(struct progress *p);
void progress_say(const struct builder *b, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* image_line_fn for a build; context is a struct progress. */
bool progress_build_line(const char *line, void *context);
/* Says what failed of a build: image, step, reason, last lines. Disk space is ERROR_HOST. Returns
 * -1. */
int progress_explain(const struct progress *p, struct error *err);
/* Puts an error that is about a full disk into plain words; leaves any other. Returns -1. */
int progress_explain_disk(const char *name, struct error *err);

/* --- base.c --- */
/* Makes the base current, or anew with with_base; b->base_build is set. */
int base_ensure(struct builder *b, const struct images *images, bool *ret_built, struct error *err);

/* --- bootstrap.c --- */
/* Writes the base's root file system as a tar, made by mmdebstrap, to fd. */
int bootstrap_run(const struct builder *b, int fd, struct error *err);
/* The same for another architecture, in the container that emulates. */
int bootstrap_foreign(struct builder *b, const struct images *images, int fd, struct error *err);
/* Arguments for mmdebstrap, from its name on. mirror may be NULL. */
void bootstrap_arguments(const char *suite, const char *mirror, struct strv *ret);

/* --- mirror.c --- */
/* The mirror that a Debian host installs from; NULL for any other host and for Debian's own. The
 * caller frees it. */
char *mirror_find(const char *os_release, const char *apt_directory);
/* Build arguments stay in an image's history, so an address with a name or password cannot be used.
 */
bool mirror_has_password(const char *mirror);

/* --- builder.c --- */
bool builder_is_foreign(const struct builder *b);
/* Makes a recipe current for the builder's architecture. */
int builder_ensure(struct builder *b, const struct images *images, struct recipe *r, char **ret_id,
		   bool *ret_built, struct error *err);

/* --- emulation.c --- */
/* Ends what emulation_ensure began. */
void emulation_freep(struct emulation **emulation);
/* A command in the container of the emulator's image, after emulation_ensure. */
int emulation_run(struct builder *b, const struct images *images, const struct strv *command,
		  int stdout_fd, int stderr_fd, int *ret_status, struct error *err);

/* --- recipe.c --- */
void recipe_init_profile(struct recipe *r, const struct profile *p);
void recipe_init_sidecar(struct recipe *r, const struct sidecar_kind *k, const char *version,
			 char **ret_name);
/* parent is borrowed. */
void recipe_init_stack(struct recipe *r, const struct recipe *parent, const char *profile,
		       const struct stack_list *stacks, size_t count);
void recipe_release(struct recipe *r);
/* The Containerfile of a stack's layer; the caller frees it. */
char *stack_containerfile(const struct stack *s);
/* Builds and tags; removes the image that had the tag when nothing else needs it. build is that of
 * a base; NULL: any other image. */
int recipe_build(const struct builder *b, struct recipe *r, const struct images *images,
		 const char *build, char **ret_id, struct error *err);
/*
 * Removes what had the tag before, and images of ours that lost their name earlier (an old base,
 * layers of a build that failed), as known in images; Podman keeps what a container or another
 * image needs. While another process builds, images without a name may be its layers and stay.
 */
void recipe_remove_replaced(const struct builder *b, const struct images *images,
			    const char *reference, const char *id);
enum image_state recipe_state(const struct builder *b, const struct recipe *r,
			      const struct images *images);

#endif
