/* SPDX-License-Identifier: MIT */
/*
 * Profiles and sidecar kinds are read the same way from two places: first what the program carries,
 * then the user's directory, where an equal name replaces. A shelf says what differs between the
 * two: folder, table of keys, and where in the struct name, containerfile and origin are.
 */
#include "winalux/inventory/profile.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/base/resource.h"
#include "winalux/format/yaml.h"
#include "winalux/inventory/diagnostics.h"

#include "profile_fields.h"
#include "source.h"

enum { CONTAINERFILE_MAX = 256 << 10, STACK_FILE_MAX = 1 << 20 };

const char *check_kind_name(enum check_kind kind)
{
	static const char *const names[CHECK_KIND_COUNT] = {
		[CHECK_NONE] = "none",         [CHECK_TCP] = "tcp",
		[CHECK_REDIS] = "redis",       [CHECK_MEMCACHED] = "memcached",
		[CHECK_POSTGRES] = "postgres", [CHECK_AMQP] = "amqp",
		[CHECK_HTTP] = "http",         [CHECK_FAKTORY] = "faktory",
	};

	return kind < CHECK_KIND_COUNT ? names[kind] : "unknown";
}

/* --- lifetimes --- */

static void profile_release(void *object)
{
	struct profile *p = object;

	free(p->name);
	free(p->summary);
	free(p->base);
	strv_release(&p->packages);
	strv_release(&p->python);
	strv_release(&p->stacks);
	free(p->port_label);
	strv_release(&p->environment);
	service_list_release(&p->services);
	free(p->containerfile);
	free(p->origin);
}

static void kind_release(void *object)
{
	struct sidecar_kind *k = object;

	free(k->name);
	free(k->summary);
	free(k->base);
	strv_release(&k->packages);
	strv_release(&k->command);
	strv_release(&k->emulated);
	free(k->user);
	free(k->data);
	strv_release(&k->environment);
	free(k->containerfile);
	free(k->folder);
	free(k->default_version);
	free(k->share);
	strv_release(&k->config_arguments);
	free(k->config_variable);
	free(k->config_file);
	free(k->passwords);
	free(k->origin);
}

static void stack_entry_release(void *object)
{
	stack_release(object);
}

bool sidecar_kind_has_port(const struct sidecar_kind *kind)
{
	const struct strv *const lists[] = { &kind->command, &kind->environment };

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		for (size_t k = 0; k < lists[i]->count; k++)
			if (strstr(lists[i]->items[k], "{port}"))
				return true;
	return false;
}

void profiles_release(struct profiles *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->stack_count; i++)
		stack_release(&p->stacks[i]);
	free(p->stacks);
	for (size_t i = 0; i < p->count; i++)
		profile_release(&p->items[i]);
	for (size_t i = 0; i < p->kind_count; i++)
		kind_release(&p->kinds[i]);
	free(p->items);
	free(p->kinds);
	*p = (struct profiles){ 0 };
}

/* --- one file --- */

union entry {
	struct profile profile;
	struct sidecar_kind kind;
	struct stack stack;
};

/* Where a text comes from. */
struct text_source {
	const char *file; /* for messages */
	const char *stem; /* its name without folder and ".yml" */
	const char *dir;  /* NULL: carried by the program */
	const char *text;
	size_t len;
};

struct loader {
	struct profiles *profiles;
	struct diagnostics *diags;
};

struct shelf {
	const char *resources;     /* prefix of their names: "profiles/" */
	const char *subdir;        /* in the user's directory */
	const char *containerfile; /* the generic one; NULL: it has none to name */
	const struct schema *schema;
	size_t containerfile_offset,
		origin_offset; /* char * in the struct; name is its first member */
	size_t folder_offset;  /* likewise; 0: it has no files of its own */
	/* Checks beyond the table; returns what is wrong and the key that says it, or NULL. */
	const char *(*check)(const union entry *e, const char **ret_key);
	/* Reads the files that it names; NULL: none but a Containerfile. */
	int (*load_files)(union entry *e, const struct text_source *source, struct error *err);
	void (*store)(struct profiles *p, union entry *e); /* takes e */
	void (*release)(void *object);
};

/* Names of images of winalux itself; those that end in '-' are beginnings (docs/design/images.md).
 */
static bool is_reserved(const char *name)
{
	static const char *const reserved[] = { "base", "emulator", "guest", "push-", "sidecar-" };

	for (size_t i = 0; i < ARRAY_SIZE(reserved); i++) {
		const size_t len = strlen(reserved[i]);

		if (strncmp(name, reserved[i], len) == 0 &&
		    (!name[len] || reserved[i][len - 1] == '-'))
			return true;
	}
	return false;
}

static const char *check_profile(const union entry *e, const char **ret_key)
{
	const char *name = e->profile.name;

	*ret_key = "name";
	if (is_reserved(name))
		return "the name stands for an image of winalux itself; choose another";
	if (name[strlen(name) - 1] == '-')
		return "a name does not end in '-'";
	return NULL;
}

static const char *check_sidecar_kind(const union entry *e, const char **ret_key)
{
	*ret_key = "config_arguments";
	if ((e->kind.config_arguments.count > 0) + (e->kind.config_variable != NULL) +
		    (e->kind.config_file != NULL) >
	    1)
		return "config_arguments, config_variable and config_file exclude each other";
	*ret_key = "check";
	if (e->kind.check != CHECK_NONE && !e->kind.port)
		return "a check needs 'port'";
	return NULL;
}

static const char *check_stack(const union entry *e, const char **ret_key)
{
	*ret_key = "environment";
	for (size_t i = 0; i < e->stack.environment.count; i++) {
		if (strncmp(e->stack.environment.items[i], "PATH=", strlen("PATH=")) == 0)
			return "PATH would take the place of the profile's; use 'path'";
	}
	return NULL;
}

static void store_profile(struct profiles *p, union entry *e)
{
	for (size_t i = 0; i < p->count; i++) {
		if (strcmp(p->items[i].name, e->profile.name) == 0) {
			profile_release(&p->items[i]);
			p->items[i] = e->profile;
			return;
		}
	}
	struct profile *place = xgrow(&p->items, &p->cap, p->count, sizeof(p->items[0]));
	*place = e->profile;
	p->count++;
}

static void store_kind(struct profiles *p, union entry *e)
{
	if (!e->kind.folder)
		e->kind.folder = xstrdup("sidecar");
	for (size_t i = 0; i < p->kind_count; i++) {
		if (strcmp(p->kinds[i].name, e->kind.name) == 0) {
			kind_release(&p->kinds[i]);
			p->kinds[i] = e->kind;
			return;
		}
	}
	struct sidecar_kind *place =
		xgrow(&p->kinds, &p->kind_cap, p->kind_count, sizeof(p->kinds[0]));
	*place = e->kind;
	p->kind_count++;
}

/* "DIR/STACK/FILE", or the embedded one of the same place. */
static int load_stack_file(const struct text_source *source, const char *name, struct strv *texts,
			   struct error *err)
{
	DEFER(freep)
	char *path = xasprintf("%s/%s/%s", source->dir ? source->dir : "profiles/stacks",
			       source->stem, name);
	const struct resource *found = source->dir ? NULL : resource_find(path);
	DEFER(buf_release) struct buf text = { 0 };

	if (found) {
		strv_add_owned(texts, xstrndup((const char *)found->data, found->size));
		return 0;
	}
	if (file_read(path, STACK_FILE_MAX, &text, err) < 0)
		return -1;
	if (memchr(text.data, '\0', text.len))
		return error_set(err, ERROR_INVENTORY, "'%s' is no text", path);
	strv_add_owned(texts, buf_take(&text));
	return 0;
}

static int load_stack_files(union entry *e, const struct text_source *source, struct error *err)
{
	for (size_t i = 0; i < e->stack.files.count; i++) {
		if (load_stack_file(source, e->stack.files.items[i], &e->stack.file_texts, err) < 0)
			return -1;
	}
	return 0;
}

static void store_stack(struct profiles *p, union entry *e)
{
	for (size_t i = 0; i < p->stack_count; i++) {
		if (strcmp(p->stacks[i].name, e->stack.name) == 0) {
			stack_release(&p->stacks[i]);
			p->stacks[i] = e->stack;
			return;
		}
	}
	struct stack *place =
		xgrow(&p->stacks, &p->stack_cap, p->stack_count, sizeof(p->stacks[0]));
	*place = e->stack;
	p->stack_count++;
}

static const struct shelf shelves[] = {
	{ "profiles/", "", "Containerfiles/profile/Containerfile", &profile_schema,
	  offsetof(struct profile, containerfile), offsetof(struct profile, origin), 0,
	  check_profile, NULL, store_profile, profile_release },
	{ "profiles/sidecars/", "sidecars", "Containerfiles/sidecar/Containerfile", &kind_schema,
	  offsetof(struct sidecar_kind, containerfile), offsetof(struct sidecar_kind, origin),
	  offsetof(struct sidecar_kind, folder), check_sidecar_kind, NULL, store_kind,
	  kind_release },
	{ "profiles/stacks/", "stacks", NULL, &stack_schema, 0, offsetof(struct stack, origin), 0,
	  check_stack, load_stack_files, store_stack, stack_entry_release },
};

static char **entry_text(union entry *e, size_t offset)
{
	return (char **)((char *)e + offset);
}

/*
 * Replaces the file name that was read, or NULL, by the text of the file. *folder, where there is
 * one, becomes that of an embedded file's.
 */
static int load_containerfile(const struct shelf *shelf, const struct text_source *source,
			      char **containerfile, char **folder, struct error *err)
{
	DEFER(buf_release) struct buf text = { 0 };
	DEFER(freep) char *path = NULL;

	if (*containerfile && source->dir) {
		path = xasprintf("%s/%s", source->dir, *containerfile);
		if (file_read(path, CONTAINERFILE_MAX, &text, err) < 0)
			return -1;
		free(*containerfile);
		*containerfile = buf_take(&text);
		return 0;
	}
	path = *containerfile ? xasprintf("Containerfiles/%s/Containerfile", *containerfile)
			      : xstrdup(shelf->containerfile);
	const struct resource *found = resource_find(path);
	if (!found)
		return error_set(err, ERROR_INTERNAL, "this program carries no '%s'", path);
	if (folder)
		*folder = xstrdup_or_null(*containerfile);
	free(*containerfile);
	*containerfile = xstrndup((const char *)found->data, found->size);
	return 0;
}

/* What the table cannot say. node is the document's root. */
static bool check_entry(const struct loader *l, const struct shelf *shelf,
			const struct text_source *source, const struct yaml_node *root,
			union entry *e)
{
	const char *key = "name", *name = *entry_text(e, 0), *wrong = NULL;
	struct error err;

	if (strcmp(name, source->stem) != 0) {
		diagnostics_error(l->diags, source->file, schema_value(root, NULL, "name"),
				  "'name' is '%s' in a file called '%s.yml'; make them the same",
				  name, source->stem);
		return false;
	}
	char **folder = shelf->folder_offset ? entry_text(e, shelf->folder_offset) : NULL;
	wrong = shelf->check(e, &key);
	if (!wrong && shelf->containerfile &&
	    load_containerfile(shelf, source, entry_text(e, shelf->containerfile_offset), folder,
			       &err) < 0) {
		key = "containerfile";
		wrong = err.text;
	}
	if (!wrong && shelf->load_files && shelf->load_files(e, source, &err) < 0) {
		key = "files";
		wrong = err.text;
	}
	if (!wrong)
		return true;
	const struct yaml_node *value = schema_value(root, NULL, key);
	diagnostics_error(l->diags, source->file, value ? value : root, "'%s': %s", key, wrong);
	return false;
}

static void load_text(const struct loader *l, const struct shelf *shelf,
		      const struct text_source *source)
{
	DEFER(yaml_freep) struct yaml_document *doc = NULL;
	struct schema_reader r = { .file = source->file, .diags = l->diags };
	union entry e;

	memset(&e, 0, sizeof(e));
	if (source_parse(source->text, source->len, source->file, l->diags, &doc, NULL) < 0)
		return;
	const struct yaml_node *root = yaml_root(doc);
	if (!schema_read(&r, shelf->schema, root, NULL, &e) ||
	    !check_entry(l, shelf, source, root, &e)) {
		shelf->release(&e);
		return;
	}
	*entry_text(&e, shelf->origin_offset) = xstrdup(source->dir ? source->file : "built-in");
	shelf->store(l->profiles, &e);
}

/* --- all files --- */

/* "web" of "web.yml" or "web.yaml"; NULL for other names. The caller frees it. */
static char *stem_of(const char *name)
{
	static const char *const endings[] = { ".yml", ".yaml" };
	size_t len = strlen(name);

	for (size_t i = 0; *name != '.' && i < ARRAY_SIZE(endings); i++) {
		size_t ending = strlen(endings[i]);

		if (len > ending && strcmp(name + len - ending, endings[i]) == 0)
			return xstrndup(name, len - ending);
	}
	return NULL;
}

static void load_resources(const struct loader *l, const struct shelf *shelf)
{
	size_t prefix = strlen(shelf->resources);

	for (const struct resource *r = resources; r->name; r++) {
		if (strncmp(r->name, shelf->resources, prefix) || strchr(r->name + prefix, '/'))
			continue;
		DEFER(freep) char *stem = stem_of(r->name + prefix);
		if (stem)
			load_text(l, shelf,
				  &(struct text_source){ r->name, stem, NULL, (const char *)r->data,
							 r->size });
	}
}

static int load_file(const struct loader *l, const struct shelf *shelf, const char *dir,
		     const char *name, struct error *err)
{
	DEFER(freep) char *stem = stem_of(name);
	DEFER(freep) char *path = xasprintf("%s/%s", dir, name);
	DEFER(buf_release) struct buf text = { 0 };

	if (!stem)
		return 0;
	if (source_read(path, &text, err) < 0)
		return -1;
	load_text(l, shelf, &(struct text_source){ path, stem, dir, text.data, text.len });
	return 0;
}

static int load_dir(const struct loader *l, const struct shelf *shelf, const char *user_dir,
		    struct error *err)
{
	bool is_top = !*shelf->subdir;
	DEFER(freep)
	char *dir = is_top ? xstrdup(user_dir) : xasprintf("%s/%s", user_dir, shelf->subdir);
	struct dirent **entries = NULL;
	int result = 0, count = scandir(dir, &entries, NULL, alphasort);

	if (count < 0 && errno == ENOENT && !is_top)
		return 0;
	if (count < 0)
		return error_set_errno(err, ERROR_INVENTORY, errno, "cannot read profiles in '%s'",
				       dir);
	for (int i = 0; i < count; i++) {
		if (result == 0)
			result = load_file(l, shelf, dir, entries[i]->d_name, err);
		free(entries[i]);
	}
	free(entries);
	return result;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b); /* name is the first member */
}

int profiles_load(const char *user_dir, struct profiles *ret, struct diagnostics *diags,
		  struct error *err)
{
	DEFER(profiles_release) struct profiles p = { 0 };
	struct loader l = { &p, diags };

	for (size_t i = 0; i < ARRAY_SIZE(shelves); i++) {
		load_resources(&l, &shelves[i]);
		if (user_dir && load_dir(&l, &shelves[i], user_dir, err) < 0)
			return -1;
	}
	if (p.count > 1)
		qsort(p.items, p.count, sizeof(p.items[0]), compare_names);
	if (p.kind_count > 1)
		qsort(p.kinds, p.kind_count, sizeof(p.kinds[0]), compare_names);
	if (p.stack_count > 1)
		qsort(p.stacks, p.stack_count, sizeof(p.stacks[0]), compare_names);
	stacks_check(&p, diags);
	*ret = p;
	p = (struct profiles){ 0 };
	return 0;
}

/* The shelf of a file is told by its folder, as in a profile directory. */
static const struct shelf *shelf_of(const char *dir)
{
	DEFER(freep) char *full = realpath(dir, NULL);
	const char *name = full ? strrchr(full, '/') : NULL;

	for (size_t i = 0; name && i < ARRAY_SIZE(shelves); i++) {
		if (*shelves[i].subdir && strcmp(name + 1, shelves[i].subdir) == 0)
			return &shelves[i];
	}
	return &shelves[0];
}

static int check_file(const struct loader *l, const char *path, struct error *err)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	DEFER(freep) char *dir = slash ? xstrndup(path, (size_t)(slash - path) + 1) : xstrdup(".");
	DEFER(freep) char *stem = stem_of(name);
	DEFER(buf_release) struct buf text = { 0 };

	if (!stem)
		return error_set(err, ERROR_INVENTORY,
				 "'%s' is no profile: its name does not end in .yml or .yaml",
				 path);
	if (source_read(path, &text, err) < 0)
		return -1;
	load_text(l, shelf_of(dir), &(struct text_source){ path, stem, dir, text.data, text.len });
	return 0;
}

int profiles_check(const char *path, struct profiles *ret, struct diagnostics *diags,
		   struct error *err)
{
	DEFER(profiles_release) struct profiles p = { 0 };
	DEFER(diagnostics_release) struct diagnostics embedded = { 0 };
	struct loader l = { &p, &embedded };
	struct stat st;

	if (stat(path, &st) < 0)
		return error_set_errno(err, ERROR_INVENTORY, errno, "cannot read '%s'", path);
	for (size_t i = 0; i < ARRAY_SIZE(shelves); i++)
		load_resources(&l, &shelves[i]);
	l.diags = diags;
	for (size_t i = 0; S_ISDIR(st.st_mode) && i < ARRAY_SIZE(shelves); i++) {
		if (load_dir(&l, &shelves[i], path, err) < 0)
			return -1;
	}
	if (!S_ISDIR(st.st_mode) && check_file(&l, path, err) < 0)
		return -1;
	stacks_check(&p, diags);
	*ret = p;
	p = (struct profiles){ 0 };
	return 0;
}

const struct profile *profiles_find(const struct profiles *p, const char *name)
{
	for (size_t i = 0; i < p->count; i++) {
		if (strcmp(p->items[i].name, name) == 0)
			return &p->items[i];
	}
	return NULL;
}

const struct sidecar_kind *profiles_find_sidecar(const struct profiles *p, const char *name)
{
	for (size_t i = 0; i < p->kind_count; i++) {
		if (strcmp(p->kinds[i].name, name) == 0)
			return &p->kinds[i];
	}
	return NULL;
}

char *profiles_names(const struct profiles *p)
{
	DEFER(strv_release) struct strv names = { 0 };

	for (size_t i = 0; i < p->count; i++)
		strv_add(&names, p->items[i].name);
	return strv_join(&names, ", ");
}

char *profiles_sidecar_names(const struct profiles *p)
{
	DEFER(strv_release) struct strv names = { 0 };

	for (size_t i = 0; i < p->kind_count; i++)
		strv_add(&names, p->kinds[i].name);
	return strv_join(&names, ", ");
}
