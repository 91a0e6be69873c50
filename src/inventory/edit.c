/* SPDX-License-Identifier: MIT */
/*
 * The tree of nodes says where each of them begins, so a change is one insertion into the text: the
 * place behind a scalar is its beginning and its length, as long as it stands there as it is. What
 * does not (block scalars, escapes, aliases) is left to a person. Whoever calls reads the result
 * again: a wrong insertion would not be what was asked for.
 */
#include "winalux/inventory/edit.h"

#include <string.h>

#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"
#include "winalux/format/yaml.h"
#include "winalux/inventory/inventory.h"

#include "schema.h"

/* Where the text begins that stands at a node; NULL beyond the end. Columns count characters. */
static const char *place_of(const char *text, const struct yaml_node *node)
{
	for (unsigned line = 1; text && line < node->line; line++) {
		text = strchr(text, '\n');
		if (text)
			text++;
	}
	for (unsigned column = 1; text && *text && column < node->column; column++) {
		text++;
		while (((unsigned char)*text & 0xc0) == 0x80)
			text++;
	}
	return text;
}

/* Behind a scalar that stands on its line as it is, or NULL. */
static const char *end_of_scalar(const char *text, const struct yaml_node *node)
{
	const char *at = node->kind == YAML_SCALAR ? place_of(text, node) : NULL;
	const size_t len = at ? strlen(node->text) : 0;
	const char quote = at && node->is_quoted ? *at : '\0';

	if (!at || (node->is_quoted && quote != '"' && quote != '\''))
		return NULL;
	at += node->is_quoted;
	if (strncmp(at, node->text, len) != 0 || (quote && at[len] != quote))
		return NULL;
	return at + len + node->is_quoted;
}

static const struct yaml_node *find_workspace(const struct yaml_node *root, const char *name)
{
	const struct yaml_node *list =
		root->kind == YAML_MAPPING ? yaml_get(root, "workspaces") : NULL;

	for (size_t i = 0; list && list->kind == YAML_SEQUENCE && i < list->count; i++) {
		const struct yaml_node *item = list->items[i];
		const struct yaml_node *own =
			item->kind == YAML_MAPPING ? yaml_get(item, "name") : NULL;

		if (own && own->kind == YAML_SCALAR && strcmp(own->text, name) == 0)
			return item;
	}
	return NULL;
}

struct edit {
	const char *text;
	const char *at;   /* where to insert */
	struct buf added; /* what */
};

static void begin_list(struct buf *b, const struct strv *names, const struct yaml_node *defaults)
{
	size_t count = 0;

	buf_add_str(b, "stacks: [");
	for (size_t i = 0; defaults && defaults->kind == YAML_SEQUENCE && i < defaults->count; i++)
		buf_addf(b, "%s%s", count++ ? ", " : "", defaults->items[i]->text);
	for (size_t i = 0; i < names->count; i++)
		buf_addf(b, "%s%s", count++ ? ", " : "", names->items[i]);
	buf_add_char(b, ']');
}

/* A new key behind the name: on a line of its own in a block, behind a comma in braces. */
static bool add_key(struct edit *e, const struct yaml_node *item, const struct yaml_node *defaults,
		    const struct strv *names)
{
	const char *start = place_of(e->text, item);
	const char *end = end_of_scalar(e->text, yaml_get(item, "name"));

	if (!start || !end)
		return false;
	e->at = end;
	if (*start == '{') {
		buf_add_str(&e->added, ", ");
		begin_list(&e->added, names, defaults);
		return true;
	}
	e->at += strcspn(end, "\n"); /* a comment behind the name stays there */
	buf_addf(&e->added, "\n%*s", (int)item->column - 1, "");
	begin_list(&e->added, names, defaults);
	return true;
}

static bool extend_brackets(struct edit *e, const struct yaml_node *list, const struct strv *names)
{
	e->at = list->count ? end_of_scalar(e->text, list->items[list->count - 1])
			    : place_of(e->text, list) + 1;
	for (size_t i = 0; i < names->count; i++)
		buf_addf(&e->added, "%s%s", list->count || i ? ", " : "", names->items[i]);
	return e->at != NULL;
}

static bool extend_block(struct edit *e, const struct yaml_node *list, const struct strv *names)
{
	const struct yaml_node *last = list->items[list->count - 1];

	e->at = end_of_scalar(e->text, last);
	if (!e->at || list->column < 1)
		return false;
	e->at += strcspn(e->at, "\n");
	for (size_t i = 0; i < names->count; i++)
		buf_addf(&e->added, "\n%*s- %s", (int)list->column - 1, "", names->items[i]);
	return true;
}

/* An alias or a merge key leads to a list before the workspace, which others have too. */
static bool extend(struct edit *e, const struct yaml_node *item, const struct yaml_node *list,
		   const struct strv *names)
{
	const char *start = place_of(e->text, list);

	if (list->kind != YAML_SEQUENCE || !start || start < place_of(e->text, item))
		return false;
	if (*start == '[')
		return extend_brackets(e, list, names);
	return *start == '-' && list->count > 0 && extend_block(e, list, names);
}

static void collect_new(const struct yaml_node *list, const struct strv *names, struct strv *ret)
{
	for (size_t i = 0; i < names->count; i++) {
		bool is_there = strv_contains(ret, names->items[i]);

		for (size_t k = 0; list && list->kind == YAML_SEQUENCE && k < list->count; k++) {
			const struct yaml_node *item = list->items[k];

			is_there = is_there || (item->kind == YAML_SCALAR &&
						strcmp(item->text, names->items[i]) == 0);
		}
		if (!is_there)
			strv_add(ret, names->items[i]);
	}
}

int inventory_add_stacks(const char *text, size_t len, const char *file, const char *workspace,
			 const struct strv *stacks, struct buf *ret, struct error *err)
{
	DEFER(yaml_freep) struct yaml_document *doc = NULL;
	DEFER(strv_release) struct strv names = { 0 };
	struct edit e = { .text = text, .at = text };

	if (yaml_parse(text, len, file, &doc, err) < 0)
		return -1;
	const struct yaml_node *root = yaml_root(doc);
	const struct yaml_node *defaults = schema_value(root, NULL, "defaults");
	const struct yaml_node *item = find_workspace(root, workspace);
	if (!item)
		return error_set(err, ERROR_NOT_FOUND, "no workspace '%s' in '%s'", workspace,
				 file);
	const struct yaml_node *own = yaml_get(item, "stacks");
	const struct yaml_node *effective = schema_value(item, defaults, "stacks");
	collect_new(effective, stacks, &names);
	DEFER(buf_release) struct buf added = { 0 };
	buf_init(&e.added, INVENTORY_MAX_BYTES);
	bool is_done = names.count == 0 ||
		       (own ? extend(&e, item, own, &names) : add_key(&e, item, effective, &names));
	added = e.added;
	if (!is_done)
		return error_set(err, ERROR_INVENTORY,
				 "%s:%u:%u: 'stacks' of '%s' is written in a way that is not "
				 "changed here; add to it by hand",
				 file, (own ? own : item)->line, (own ? own : item)->column,
				 workspace);
	buf_init(ret, INVENTORY_MAX_BYTES);
	buf_add(ret, text, (size_t)(e.at - text));
	buf_add(ret, added.data, added.len);
	buf_add(ret, e.at, len - (size_t)(e.at - text));
	return 0;
}
