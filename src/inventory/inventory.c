/* SPDX-License-Identifier: MIT */
/*
 * From text to a checked inventory: YAML tree; its form, ours or Ansible's, which gives a list of
 * items and defaults; each item by the table into a struct workspace; then the checks that need
 * more than one value. Each stage goes on after errors, so that all of them show at once.
 */
#include "winalux/inventory/inventory.h"

#include <stdlib.h>
#include <string.h>

#include "winalux/base/arch.h"
#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/format/yaml.h"
#include "winalux/inventory/diagnostics.h"

#include "ansible.h"
#include "check.h"
#include "fields.h"
#include "source.h"

const char *gate_mode_name(enum gate_mode mode)
{
	static const char *const names[GATE_MODE_COUNT] = {
		[GATE_SHELL] = "shell", [GATE_STRICT] = "strict", [GATE_OFF] = "off"
	};

	return mode < GATE_MODE_COUNT ? names[mode] : "unknown";
}

const char *disk_policy_name(enum disk_policy policy)
{
	static const char *const names[DISK_POLICY_COUNT] = {
		[DISK_WARN] = "warn", [DISK_FREEZE] = "freeze"
	};

	return policy < DISK_POLICY_COUNT ? names[policy] : "unknown";
}

const char *arch_choice_name(enum arch_choice choice)
{
	static const char *const names[ARCH_CHOICE_COUNT] = {
		[ARCH_OF_HOST] = "host", [ARCH_AMD64] = "amd64", [ARCH_ARM64] = "arm64"
	};

	return choice < ARCH_CHOICE_COUNT ? names[choice] : "unknown";
}

const char *workspace_arch(const struct workspace *w)
{
	return w->arch == ARCH_OF_HOST ? arch_own() : arch_find(arch_choice_name(w->arch));
}

bool workspace_is_emulated(const struct workspace *w)
{
	return workspace_arch(w) != arch_own();
}

const char *forwarding_name(enum forwarding forwarding)
{
	static const char *const names[FORWARDING_COUNT] = {
		[FORWARDING_OPEN] = "open", [FORWARDING_CLOSED] = "closed"
	};

	return forwarding < FORWARDING_COUNT ? names[forwarding] : "unknown";
}

bool inventory_name_is_valid(const char *name)
{
	static const struct text_shape shape = { "a-z0-9", "a-z0-9_-", NULL, NULL };

	return shape_fits(&shape, name, INVENTORY_NAME_MAX);
}

bool inventory_version_is_valid(const char *version)
{
	return shape_fits(&shape_version, version, VERSION_MAX);
}

static void workspace_release(struct workspace *w)
{
	free(w->name);
	free(w->slug);
	free(w->profile);
	strv_release(&w->stacks);
	free(w->bind);
	free(w->ssh_bind);
	for (size_t i = 0; i < w->key_count; i++)
		ssh_key_release(&w->keys[i]);
	free(w->keys);
	strv_release(&w->libraries);
	free(w->library_index);
	free(w->extra_ports);
	for (size_t i = 0; i < w->sidecar_count; i++)
		sidecar_release(&w->sidecars[i]);
	free(w->sidecars);
	strv_release(&w->environment);
	*w = (struct workspace){ 0 };
}

void inventory_release(struct inventory *inventory)
{
	if (!inventory)
		return;
	for (size_t i = 0; i < inventory->count; i++)
		workspace_release(&inventory->workspaces[i]);
	free(inventory->workspaces);
	free(inventory->registry);
	free(inventory->file);
	*inventory = (struct inventory){ 0 };
}

const struct workspace *inventory_find(const struct inventory *inventory, const char *name)
{
	for (size_t i = 0; i < inventory->count; i++) {
		if (strcmp(inventory->workspaces[i].name, name) == 0)
			return &inventory->workspaces[i];
	}
	return NULL;
}

/* --- reading --- */

char *inventory_slug(const char *name)
{
	char *slug = xstrdup(name);

	for (char *c = slug; *c; c++) {
		if (*c == '_')
			*c = '-';
	}
	return slug;
}

/* Errors in the defaults show even where every workspace has its own value. */
static void check_defaults(const struct schema_reader *r, const struct yaml_node *defaults)
{
	struct schema_reader reader = *r;
	struct workspace scratch = { 0 };

	reader.is_defaults = true;
	if (defaults)
		schema_read(&reader, &workspace_schema, defaults, NULL, &scratch);
	workspace_release(&scratch);
}

static void read_workspaces(const struct schema_reader *r, const struct check *c)
{
	struct inventory *inventory = c->inventory;

	for (size_t i = 0; i < c->list->count && i < INVENTORY_WORKSPACE_MAX; i++) {
		const struct yaml_node *item = c->list->items[i];
		struct workspace *w = xgrow(&inventory->workspaces, &inventory->cap,
					    inventory->count, sizeof(inventory->workspaces[0]));

		inventory->count++;
		w->line = item->line;
		w->column = item->column;
		schema_read(r, &workspace_schema, item, c->defaults, w);
		if (w->name)
			w->slug = inventory_slug(w->name);
	}
}

static void read_items(const struct schema_reader *r, const struct check *c)
{
	if (c->list->count > INVENTORY_WORKSPACE_MAX)
		diagnostics_error(r->diags, r->file, c->list->items[INVENTORY_WORKSPACE_MAX],
				  "there are %zu workspaces; one inventory may have %d",
				  c->list->count, INVENTORY_WORKSPACE_MAX);
	read_workspaces(r, c);
	check_workspaces(c);
	check_ports(c);
}

static void read_ansible(struct schema_reader *r, const struct yaml_node *root, struct check *c)
{
	struct ansible_source source = { 0 };

	r->is_foreign = true;
	c->inventory->is_ansible = true;
	if (!ansible_read(r, root, &source))
		return;
	c->list = source.list;
	c->defaults = &source.defaults;
	read_items(r, c);
	c->defaults = NULL; /* source ends here */
}

static void read_own(const struct schema_reader *r, const struct yaml_node *root, struct check *c)
{
	struct inventory_document document = { .image_source = IMAGE_SOURCE_COUNT };

	schema_read(r, &inventory_schema, root, NULL, &document);
	c->inventory->registry = document.registry;
	c->inventory->image_source = (enum image_source)document.image_source;
	check_defaults(r, document.defaults);
	c->list = document.workspaces;
	c->defaults = document.defaults;
	if (c->list)
		read_items(r, c);
}

static void read_root(const struct yaml_node *root, struct check *c)
{
	struct schema_reader r = { .file = c->file, .diags = c->diags };

	if (root->kind == YAML_NULL)
		diagnostics_error(c->diags, c->file, root,
				  "the file is empty; it needs 'version: 1' and a list of "
				  "'workspaces', and 'winalux init' writes a first one");
	else if (root->kind == YAML_MAPPING && ansible_is_one(root))
		read_ansible(&r, root, c);
	else
		read_own(&r, root, c);
}

static int count_errors(const struct diagnostics *diags, size_t before, const char *file,
			struct error *err)
{
	size_t count = diags->error_count - before;

	if (count == 0)
		return 0;
	return error_set(err, ERROR_INVENTORY, "%s: %zu error%s", file, count,
			 count == 1 ? "" : "s");
}

int inventory_parse(const char *text, size_t len, const char *file_name,
		    const struct profiles *profiles, struct inventory *ret,
		    struct diagnostics *diags, struct error *err)
{
	DEFER(yaml_freep) struct yaml_document *doc = NULL;
	DEFER(inventory_release)
	struct inventory inventory = { .file = xstrdup(file_name),
				       .image_source = IMAGE_SOURCE_COUNT };
	struct check c = {
		.file = file_name, .diags = diags, .profiles = profiles, .inventory = &inventory
	};
	size_t before = diags->error_count;

	if (source_parse(text, len, file_name, diags, &doc, err) < 0)
		return -1;
	read_root(yaml_root(doc), &c);
	diagnostics_sort(diags);
	if (count_errors(diags, before, file_name, err) < 0)
		return -1;
	*ret = inventory;
	inventory = (struct inventory){ 0 };
	return 0;
}

int inventory_load(const char *path, const struct profiles *profiles, struct inventory *ret,
		   struct diagnostics *diags, struct error *err)
{
	DEFER(buf_release) struct buf text = { 0 };
	struct error reason = { 0 };

	if (source_read(path, &text, &reason) < 0) {
		diagnostics_error(diags, path, NULL, "%s", reason.text);
		if (err)
			*err = reason;
		return -1;
	}
	return inventory_parse(text.data, text.len, strcmp(path, "-") ? path : "<stdin>", profiles,
			       ret, diags, err);
}

const struct sidecar *workspace_sidecar(const struct workspace *w, const char *name)
{
	for (size_t i = 0; i < w->sidecar_count; i++)
		if (strcmp(w->sidecars[i].name, name) == 0)
			return &w->sidecars[i];
	return NULL;
}
