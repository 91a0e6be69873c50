/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_IMAGE_BUILDER_H
#define WINALUX_IMAGE_BUILDER_H

#include <stdbool.h>
#include <stddef.h>

#include "winalux/format/hash.h"
#include "winalux/image/reference.h"

struct config;
struct error;
struct images;
struct podman;
struct profile;
struct profiles;
struct sidecar_kind;
struct stack_list;
struct strv;

/*
 * From profiles and sidecar kinds to images, without a registry and without root. An image of ours
 * carries the label io.winalux.input: the digest of everything that went into its build
 * (Containerfile and the files beside it, packages, base image's own input, host CA bundle).
 * Equal digest: nothing to do.
 * Proxies only change the way there and the guest is mounted at run time: neither counts.
 *
 *   localhost/winalux/guest:<digest>   FROM scratch, made by import from embedded files
 *   localhost/winalux/base:latest      pulled and tagged, or mmdebstrap + import
 *   localhost/winalux/<profile>:latest, localhost/winalux/sidecar-<kind>:latest
 *   localhost/winalux/<profile>.<stack>.<stack>:latest, one on top of the other
 *   localhost/winalux/emulator:latest  what builds for another architecture need
 *
 * An image for another architecture has that at the end of its tag (reference.h).
 */
#define IMAGE_LABEL_INPUT "io.winalux.input"
/* "guest", "base", "profile", "sidecar", "stack", "emulator" */
#define IMAGE_LABEL_ROLE "io.winalux.image"

/* On containers that register QEMU; its value is the architecture. */
#define IMAGE_LABEL_EMULATOR "io.winalux.emulator"

enum image_state { IMAGE_MISSING, IMAGE_STALE, IMAGE_CURRENT };

struct builder;

struct builder_options {
	struct podman *podman; /* borrowed; used by one thread */
	const struct config *config;
	const struct profiles *profiles;
	bool no_cache;  /* --no-cache: build again from the first layer */
	bool with_base; /* --base: make the base anew too */
	/* One line of progress; image is the short name ("base", "web", "sidecar-redis"). */
	void (*on_line)(const char *image, const char *line, void *context);
	void *context;
	const volatile bool
		*cancelled; /* polled while something is made; true ends it. NULL: never */
};

/* Finds the host's certificates and mirror: reads files, makes no call. */
struct builder *builder_new(const struct builder_options *options, struct error *err);
void builder_freep(struct builder **builder);

/* "localhost/winalux/guest:<digest>" of the guest of an architecture that this program carries. */
char *image_guest_reference(const char *arch, char ret_digest[static HASH_HEX_SIZE]);
/* A program that was built without a cross compiler carries that of its own architecture alone. */
bool image_has_guest(const char *arch);
/* Version of the wire between host and guest that this program speaks. */
const char *image_guest_wire(void);
/* Digest of the seccomp profiles, "seccomp.json" and "seccomp-strict.json" inside the guest image.
 */
void image_seccomp_digest(char ret[static HASH_HEX_SIZE]);

/* What states and builds are about from now on; the own architecture at first. */
void builder_set_arch(struct builder *b, const char *arch);

/*
 * Lets this account run programs of an architecture until the builder is freed or this process
 * ends, however it does: by what the server's administrator has registered, else by a container of
 * ours that registers QEMU in Podman's own user namespace (Linux 6.7; src/guest/emulator.c).
 * Nothing to do for the own architecture. ERROR_HOST with what an administrator would do.
 */
int emulation_ensure(struct builder *b, const struct images *images, const char *arch,
		     struct error *err);

/*
 * Whether programs of an architecture run here without a container of ours. The guest of that
 * architecture must be there; the emulator's image is made where they do not.
 */
int emulation_is_needed(struct builder *b, const struct images *images, const char *arch, bool *ret,
			struct error *err);
#define IMAGE_EMULATOR_REFERENCE "localhost/winalux/emulator:latest"

/* Pure: is what stands in images what a build would make? stacks may be NULL; version NULL: the
 * kind's default. */
enum image_state builder_profile_state(struct builder *b, const struct images *images,
				       const struct profile *p, const struct stack_list *stacks);
enum image_state builder_sidecar_state(struct builder *b, const struct images *images,
				       const struct sidecar_kind *k, const char *version);

enum image_state builder_base_state(const struct builder *b, const struct images *images);
enum image_state builder_emulator_state(struct builder *b, const struct images *images);

/*
 * Make an image current with everything below it; do nothing (no call but the list) when it is.
 * images is the list as known now (GET /images/json). *ret_id: the image's id, the caller frees it.
 * *ret_built: whether something was done.
 * Errors, each with the image's name: ERROR_BUILD with the step and the last lines, ERROR_HOST
 * (mmdebstrap missing, no space).
 */
int builder_ensure_profile(struct builder *b, const struct images *images, const struct profile *p,
			   const struct stack_list *stacks, char **ret_id, bool *ret_built,
			   struct error *err);
int builder_ensure_sidecar(struct builder *b, const struct images *images,
			   const struct sidecar_kind *k, const char *version, char **ret_id,
			   bool *ret_built, struct error *err);
int builder_ensure_guest(struct builder *b, const struct images *images, const char *arch,
			 char **ret_id, bool *ret_built, struct error *err);

/*
 * One name for all architectures of an image: the manifest list image_list_reference(reference) of
 * those that are here. Made where the last build has made one of them anew, or where it is missing
 * and is_wanted; a list that is there is kept up in any case.
 */
int builder_ensure_list(struct builder *b, const struct images *images, const char *reference,
			bool is_wanted, bool was_built, struct error *err);

/*
 * Environment that builds and workspaces need behind proxies: http_proxy, https_proxy, no_proxy,
 * all_proxy in both cases as found in ours, and the CA variables when a host CA is trusted
 * (SSL_CERT_FILE, REQUESTS_CA_BUNDLE, NODE_EXTRA_CA_CERTS, … pointing at the image's bundle).
 * "K=V", sorted.
 */
void builder_add_environment(struct builder *b, struct strv *environment);

/*
 * The certificates that this host trusts beyond its distribution's: those in the system bundle
 * (/etc/ssl/certs/ca-certificates.crt, /etc/pki/tls/certs/ca-bundle.crt, /etc/ssl/ca-bundle.pem)
 * that are in no file of the distribution's package (/usr/share/ca-certificates/mozilla, …), or
 * host_ca_file as a whole. PEM text, "" when there are none. The caller frees *ret_pem.
 */
int host_ca_find(const struct config *config, char **ret_pem, size_t *ret_count, struct error *err);

#endif
