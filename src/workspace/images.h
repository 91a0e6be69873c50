/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_WORKSPACE_IMAGES_H
#define WINALUX_WORKSPACE_IMAGES_H

#include <stdbool.h>

struct builder;
struct error;
struct host;
struct images;
struct plan;
struct profiles;
struct progress_sink;
struct strv;

/*
 * The images that a plan's containers need: ours are built, foreign ones (sidecars with "image:")
 * are pulled. What is there is used as it is; a profile that changed since is only noted, because a
 * rebuild recreates its workspaces. One of another architecture than the host's is an error.
 */

/* References that are needed by steps of the plan and are not there. */
void images_list_missing(const struct plan *plan, const struct images *images,
			 const char *guest_image, struct strv *ret);

/* One note per profile or sidecar image that a build would change. */
void images_note_stale(struct builder *builder, const struct plan *plan,
		       const struct profiles *profiles, const struct images *images,
		       struct strv *notes);

struct images_options {
	struct host *host;
	struct builder *builder;
	const struct profiles *profiles;
	const struct progress_sink *sink;
	bool no_build; /* ERROR_NOT_FOUND instead, naming the command that builds */
	bool no_pull;  /* the same for images that a registry has */
};
int images_ensure(const struct images_options *options, const struct plan *plan,
		  const struct images *images, struct error *err);

/*
 * Asks registries for all images of the plan that are here and come from one, and pulls those of
 * which they have another. *ret_replaced: ids that lost a name by that.
 */
int images_renew(const struct images_options *options, const struct plan *plan,
		 const struct images *images, struct strv *ret_replaced, struct error *err);

/*
 * One note for each of these images of which a registry has another; with_foreign: not only ours.
 * Where a registry cannot be asked, one note says so.
 */
void images_note_newer(const struct images_options *options, const struct plan *plan,
		       const struct images *images, bool with_foreign, struct strv *notes);

/* Removes of the given ids what has no name any more and is used by nothing. */
void images_remove_nameless(struct host *host, const struct strv *ids);

/* builder_options.on_line; context is a struct progress_sink. */
void images_on_line(const char *image, const char *line, void *context);

#endif
