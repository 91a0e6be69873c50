/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_INVENTORY_STACK_H
#define WINALUX_INVENTORY_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "winalux/base/strv.h"

struct diagnostics;
struct error;
struct profile;
struct profiles;

/* Programs that PID 1 keeps running, of a profile or a stack. */
struct profile_service {
	char *name;
	char *user;      /* default "developer" */
	char *directory; /* default "/home/developer" */
	struct strv command;
};
struct service_list {
	struct profile_service *items;
	size_t count;
};
void service_list_release(struct service_list *list);

/*
 * Tools for any profile: profiles/stacks/NAME.yml, embedded; a profile_dir/stacks adds to them and
 * replaces by name. Each stack is a layer of its own on top of what has a lower place (order, then
 * name), so that workspaces share what they have in common from below.
 */
enum { STACK_ORDER_MAX = 99, STACK_NAME_MAX = 24 };

struct stack {
	char *name;
	char *summary;
	uint32_t order;                    /* place from below, 1 to 99 */
	struct strv needs;                 /* stacks below it, of lower order */
	struct strv packages;              /* Debian packages */
	struct strv python;                /* PyPI requirements for /opt/winalux/venv */
	struct strv npm;                   /* npm packages for /usr/local; needs nodejs */
	struct strv files;                 /* names of files beside it, in a folder of its name */
	struct strv file_texts;            /* of each of them */
	struct strv commands;              /* of sh, run as root in the build */
	struct strv environment;           /* "K=V", of the image; "$PATH" is not for here */
	struct strv path;                  /* directories at the end of PATH */
	struct strv test;                  /* of sh, run by the developer: each ends with 0 */
	char *origin;                      /* "built-in" or the path of the file */
	struct service_list services;      /* of every workspace that has it */
	bool nested_containers;            /* workspaces that have it may start containers */
	unsigned needs_line, needs_column; /* 0: nothing is needed */
};
void stack_release(struct stack *s);

/* In the order of their layers; the stacks are borrowed. */
struct stack_list {
	const struct stack **items;
	size_t count;
	size_t cap;
};
void stack_list_release(struct stack_list *list);

const struct stack *profiles_find_stack(const struct profiles *p, const char *name);
/* "golang, nodejs": for messages. The caller frees it. */
char *profiles_stack_names(const struct profiles *p);

/* What of a list of names is there, with all that it needs, each once. */
void stacks_resolve(const struct profiles *p, const struct strv *names, struct stack_list *ret);
/* The same for a workspace: what its profile has and what it names itself (NULL: nothing). */
void stacks_of(const struct profiles *p, const struct profile *profile, const struct strv *more,
	       struct stack_list *ret);
/* May what has these stacks start containers of its own? */
bool stacks_nest_containers(const struct stack_list *list);
/* "web.nodejs.golang" for the first count layers of the list: the name of an image. The caller
 * frees it. */
char *stacks_image_name(const char *profile, const struct stack_list *list, size_t count);
/*
 * The other way round, of "web" or "web.golang.nodejs" in any order: the profile, and all layers
 * that its image has. ERROR_NOT_FOUND names what there is.
 */
int stacks_parse_image_name(const struct profiles *p, const char *text,
			    const struct profile **ret_profile, struct stack_list *ret_stacks,
			    struct error *err);

/* What stacks need is there and lower, and what profiles have is there: reports what is not. */
void stacks_check(const struct profiles *p, struct diagnostics *diags);

#endif
