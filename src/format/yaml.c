/* SPDX-License-Identifier: MIT */
#include "winalux/format/yaml.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "winalux/base/error.h"
#include "winalux/base/mem.h"

#include "yaml_check.h"
#include "yaml_pairs.h"

/*
 * libyaml's events become a tree by recursive descent, at most YAML_MAX_DEPTH deep.
 *
 * - The text is looked through first: libyaml reports bytes that are not UTF-8 and control
 *   characters without a line, and would detect UTF-16 by itself.
 * - An alias becomes a second pointer to the anchored node, so a tree walk may meet a node more
 *   than once. The builder counts what such a walk would see (visits) and how deep it would go;
 *   both are limited, which bounds what every reader of the tree can be made to do.
 * - At the end of a mapping its pairs, with those of merge keys behind them, are reduced to one for
 *   each key (yaml_pairs.c).
 */

enum {
	YAML_MAX_DEPTH = 64,
	YAML_MAX_VISITS = 200000,
	YAML_MAX_ANCHORS = 1000, /* looked up one by one */
};

/* What the builder knows of a node besides what the reader sees. */
struct box {
	struct yaml_node node; /* first: a struct yaml_node * of ours is a struct box * */
	size_t visits;         /* nodes that a walk over it meets, itself included */
	unsigned height;       /* levels of collections, 0 for a scalar */
	bool is_open;          /* its end has not been seen: an alias to it would be a circle */
	bool is_key;           /* stays text even where the text means null */
};

struct anchor {
	char *name;
	struct box *box;
};

struct yaml_document {
	struct box **boxes;
	size_t count, cap;
	struct yaml_node *root;
};

struct builder {
	yaml_parser_t *parser;
	const char *text;
	size_t len;
	const char *file_name;
	struct yaml_document *doc;
	struct anchor *anchors;
	size_t anchor_count, anchor_cap;
	size_t visits;
	struct error *err;
};

/* --- errors --- */

static int __attribute__((format(printf, 4, 5)))
fail_at(struct builder *b, size_t line, size_t column, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	DEFER(freep) char *text = xvasprintf(fmt, ap);
	va_end(ap);
	return error_set(b->err, ERROR_INVENTORY, "%s:%zu:%zu: %s", b->file_name, line, column,
			 text);
}

static int fail_limit(struct builder *b, const yaml_mark_t *mark, const char *what, int limit)
{
	return fail_at(b, mark->line + 1, mark->column + 1, "%s, the limit is %d", what, limit);
}

/* The first byte of a line (from 0) that is no blank, or NUL. */
static char first_of_line(const struct builder *b, size_t line)
{
	const char *at = b->text, *end = b->text + b->len;

	for (; at && line > 0; line--) {
		at = memchr(at, '\n', (size_t)(end - at));
		at = at ? at + 1 : NULL;
	}
	while (at && at < end && *at == ' ')
		at++;
	return at && at < end ? *at : '\0';
}

/* What libyaml says. Its marks count from 0. */
static int fail_parser(struct builder *b)
{
	const yaml_parser_t *parser = b->parser;
	const yaml_mark_t *mark = &parser->problem_mark;
	const char *problem = parser->problem ? parser->problem : "not YAML";

	if (parser->error == YAML_MEMORY_ERROR)
		return error_set(b->err, ERROR_INTERNAL, "%s: out of memory", b->file_name);
	if (first_of_line(b, mark->line) == '\t')
		return fail_at(b, mark->line + 1, mark->column + 1,
			       "a tab cannot indent; use blanks");
	return fail_at(b, mark->line + 1, mark->column + 1, "%s%s%s", problem,
		       parser->context ? " " : "", parser->context ? parser->context : "");
}

static int check_text(struct builder *b)
{
	char what[YAML_CHECK_SIZE];
	struct yaml_place place;

	if (yaml_check_text(b->text, b->len, &place, what) == 0)
		return 0;
	return fail_at(b, place.line, place.column, "%s", what);
}

/* --- nodes --- */

static struct box *box_of(struct yaml_node *node)
{
	return (struct box *)(void *)node;
}

/* Counts visits; each new node and each use of an alias comes by here. */
static int count_visits(struct builder *b, const yaml_mark_t *mark, size_t visits)
{
	b->visits += visits;
	if (b->visits > YAML_MAX_VISITS)
		return fail_limit(b, mark, "too many nodes, aliases included", YAML_MAX_VISITS);
	return 0;
}

static struct box *new_box(struct builder *b, const yaml_event_t *event, enum yaml_kind kind)
{
	struct yaml_document *doc = b->doc;

	if (count_visits(b, &event->start_mark, 1) < 0)
		return NULL;
	struct box **slot = xgrow(&doc->boxes, &doc->cap, doc->count, sizeof(*slot));
	*slot = xcalloc(1, sizeof(**slot));
	doc->count++;
	(*slot)->node = (struct yaml_node){
		.kind = kind,
		.line = (unsigned)event->start_mark.line + 1,
		.column = (unsigned)event->start_mark.column + 1,
	};
	(*slot)->visits = 1;
	(*slot)->height = kind == YAML_SCALAR ? 0 : 1;
	return *slot;
}

static int add_anchor(struct builder *b, const yaml_event_t *event, const yaml_char_t *name,
		      struct box *box)
{
	if (!name)
		return 0;
	if (b->anchor_count == YAML_MAX_ANCHORS)
		return fail_limit(b, &event->start_mark, "too many anchors", YAML_MAX_ANCHORS);
	struct anchor *anchor =
		xgrow(&b->anchors, &b->anchor_cap, b->anchor_count, sizeof(*anchor));
	anchor->name = xstrdup((const char *)name);
	anchor->box = box;
	b->anchor_count++;
	return 0;
}

static bool is_one_of(const char *text, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(text, words[i]) == 0)
			return true;
	return false;
}

static bool is_null_word(const char *text)
{
	static const char *const words[] = { "", "~", "null", "Null", "NULL" };

	return is_one_of(text, words, ARRAY_SIZE(words));
}

/* Quotes, blocks and tags such as !!str or Ansible's !vault and !unsafe make a string. */
static bool is_string_by_form(const yaml_event_t *event)
{
	static const char *const plain_tags[] = {
		YAML_NULL_TAG,
		YAML_BOOL_TAG,
		YAML_INT_TAG,
		YAML_FLOAT_TAG,
	};
	const char *tag = (const char *)event->data.scalar.tag;

	if (tag)
		return !is_one_of(tag, plain_tags, ARRAY_SIZE(plain_tags));
	return event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
}

static struct box *build_scalar(struct builder *b, const yaml_event_t *event)
{
	const char *value = (const char *)event->data.scalar.value;
	size_t len = event->data.scalar.length;
	struct box *box = new_box(b, event, YAML_SCALAR);

	if (!box)
		return NULL;
	if (memchr(value, '\0', len)) {
		fail_at(b, box->node.line, box->node.column, "a NUL character is not allowed");
		return NULL;
	}
	box->node.text = xstrndup(value, len);
	box->node.is_quoted = is_string_by_form(event);
	if (add_anchor(b, event, event->data.scalar.anchor, box) < 0)
		return NULL;
	return box;
}

static struct box *find_anchor(const struct builder *b, const char *name)
{
	/* Backwards: a later anchor of the same name hides the earlier one (YAML 1.1, 3.2.2.2). */
	for (size_t i = b->anchor_count; i > 0; i--)
		if (strcmp(b->anchors[i - 1].name, name) == 0)
			return b->anchors[i - 1].box;
	return NULL;
}

static struct box *build_alias(struct builder *b, const yaml_event_t *event, unsigned depth)
{
	const char *name = (const char *)event->data.alias.anchor;
	const yaml_mark_t *mark = &event->start_mark;
	struct box *box = find_anchor(b, name);

	if (!box)
		fail_at(b, mark->line + 1, mark->column + 1, "alias '*%s' has no anchor '&%s'",
			name, name);
	else if (box->is_open)
		fail_at(b, mark->line + 1, mark->column + 1, "alias '*%s' contains itself", name);
	else if (depth + box->height - 1 > YAML_MAX_DEPTH)
		fail_limit(b, mark, "nested too deeply", YAML_MAX_DEPTH);
	else if (count_visits(b, mark, box->visits) == 0)
		return box;
	return NULL;
}

/* --- mappings --- */

static bool is_merge_key(const struct yaml_node *key)
{
	return !key->is_quoted && strcmp(key->text, "<<") == 0;
}

/* The pairs of one mapping that a merge key names. They are visited again at their new place. */
static int merge_mapping(struct builder *b, struct yaml_pairs *pairs,
			 const struct yaml_node *source, const yaml_mark_t *mark)
{
	if (source->kind != YAML_MAPPING)
		return fail_at(b, source->line, source->column,
			       "'<<' needs a mapping or a list of mappings, this is a %s",
			       yaml_kind_name(source));
	for (size_t i = 0; i < source->count; i++) {
		if (count_visits(b, mark, 1 + box_of(source->items[i])->visits) < 0)
			return -1;
		yaml_pairs_add(pairs, source->keys[i], source->items[i], true);
	}
	return 0;
}

static int merge_value(struct builder *b, struct yaml_pairs *pairs, const struct yaml_node *value,
		       const yaml_mark_t *mark)
{
	if (value->kind != YAML_SEQUENCE)
		return merge_mapping(b, pairs, value, mark);
	for (size_t i = 0; i < value->count; i++)
		if (merge_mapping(b, pairs, value->items[i], mark) < 0)
			return -1;
	return 0;
}

static int settle_keys(struct builder *b, struct yaml_pairs *pairs)
{
	const struct yaml_node *first, *second;

	if (!yaml_pairs_find_duplicate(pairs, &first, &second))
		return 0;
	return fail_at(b, second->line, second->column, "key '%s' was given before, in line %u",
		       first->text, first->line);
}

static void fill_mapping(struct box *box, const struct yaml_pairs *pairs)
{
	struct yaml_node *node = &box->node;

	node->count = pairs->count;
	node->keys = xcalloc(pairs->count, sizeof(struct yaml_node *));
	node->items = xcalloc(pairs->count, sizeof(struct yaml_node *));
	for (size_t i = 0; i < pairs->count; i++) {
		unsigned below = box_of(pairs->items[i].value)->height;

		node->keys[i] = pairs->items[i].key;
		node->items[i] = pairs->items[i].value;
		if (below + 1 > box->height)
			box->height = below + 1;
	}
}

static struct box *build_node(struct builder *b, yaml_event_t *event, unsigned depth);

/* The next event becomes a node, or NULL where it is of kind end (and no error is set). */
static int next_node(struct builder *b, yaml_event_type_t end, unsigned depth, struct box **ret)
{
	yaml_event_t event;

	if (!yaml_parser_parse(b->parser, &event))
		return fail_parser(b);
	bool is_end = event.type == end;
	*ret = is_end ? NULL : build_node(b, &event, depth);
	yaml_event_delete(&event);
	return is_end || *ret ? 0 : -1;
}

/* Keys are text, whatever the core rules would make of it: "no: 1" has the key "no". */
static int take_key(struct builder *b, struct box *box)
{
	const struct yaml_node *key = &box->node;

	box->is_key = true;
	if (key->kind != YAML_SCALAR)
		return fail_at(b, key->line, key->column, "a key must be text, this is a %s",
			       yaml_kind_name(key));
	if (!*key->text && !key->is_quoted)
		return fail_at(b, key->line, key->column, "a key is missing");
	return 0;
}

static int build_pairs(struct builder *b, struct yaml_pairs *pairs, struct yaml_pairs *merges,
		       unsigned depth)
{
	for (;;) {
		struct box *key, *value;

		if (next_node(b, YAML_MAPPING_END_EVENT, depth, &key) < 0)
			return -1;
		if (!key)
			return 0;
		if (take_key(b, key) < 0 || next_node(b, YAML_NO_EVENT, depth, &value) < 0)
			return -1;
		yaml_pairs_add(is_merge_key(&key->node) ? merges : pairs, &key->node, &value->node,
			       false);
	}
}

static int build_mapping(struct builder *b, struct box *box, const yaml_mark_t *mark,
			 unsigned depth)
{
	DEFER(yaml_pairs_release) struct yaml_pairs pairs = { 0 };
	DEFER(yaml_pairs_release) struct yaml_pairs merges = { 0 };

	if (build_pairs(b, &pairs, &merges, depth) < 0 || settle_keys(b, &merges) < 0)
		return -1;
	for (size_t i = 0; i < merges.count; i++)
		if (merge_value(b, &pairs, merges.items[i].value, mark) < 0)
			return -1;
	if (settle_keys(b, &pairs) < 0)
		return -1;
	fill_mapping(box, &pairs);
	return 0;
}

static int build_sequence(struct builder *b, struct box *box, unsigned depth)
{
	struct yaml_node *node = &box->node;
	size_t cap = 0;

	for (;;) {
		struct box *item;

		if (next_node(b, YAML_SEQUENCE_END_EVENT, depth, &item) < 0)
			return -1;
		if (!item)
			return 0;
		struct yaml_node **slot = xgrow(&node->items, &cap, node->count, sizeof(*slot));
		*slot = &item->node;
		node->count++;
		if (item->height + 1 > box->height)
			box->height = item->height + 1;
	}
}

static struct box *build_collection(struct builder *b, const yaml_event_t *event, unsigned depth)
{
	bool is_mapping = event->type == YAML_MAPPING_START_EVENT;
	const yaml_char_t *anchor =
		is_mapping ? event->data.mapping_start.anchor : event->data.sequence_start.anchor;
	size_t before = b->visits;

	if (depth > YAML_MAX_DEPTH) {
		fail_limit(b, &event->start_mark, "nested too deeply", YAML_MAX_DEPTH);
		return NULL;
	}
	struct box *box = new_box(b, event, is_mapping ? YAML_MAPPING : YAML_SEQUENCE);
	if (!box || add_anchor(b, event, anchor, box) < 0)
		return NULL;
	box->is_open = true;
	int failed = is_mapping ? build_mapping(b, box, &event->start_mark, depth + 1)
				: build_sequence(b, box, depth + 1);
	box->is_open = false;
	box->visits = b->visits - before;
	return failed ? NULL : box;
}

static struct box *build_node(struct builder *b, yaml_event_t *event, unsigned depth)
{
	const yaml_mark_t *mark = &event->start_mark;

	if (event->type == YAML_SCALAR_EVENT)
		return build_scalar(b, event);
	if (event->type == YAML_ALIAS_EVENT)
		return build_alias(b, event, depth);
	if (event->type == YAML_MAPPING_START_EVENT || event->type == YAML_SEQUENCE_START_EVENT)
		return build_collection(b, event, depth);
	fail_at(b, mark->line + 1, mark->column + 1, "a value is missing");
	return NULL;
}

/* --- documents --- */

/* Reads two events that carry nothing but their type; the second is told. */
static int skip_two(struct builder *b, yaml_event_type_t *ret_type, yaml_mark_t *ret_mark)
{
	for (int i = 0; i < 2; i++) {
		yaml_event_t event;

		if (!yaml_parser_parse(b->parser, &event))
			return fail_parser(b);
		*ret_type = event.type;
		*ret_mark = event.start_mark;
		yaml_event_delete(&event);
	}
	return 0;
}

/* Plain words that mean null lose their text only now: as keys they were text. */
static void settle_nulls(struct yaml_document *doc)
{
	for (size_t i = 0; i < doc->count; i++) {
		struct yaml_node *node = &doc->boxes[i]->node;

		if (node->kind != YAML_SCALAR || node->is_quoted || doc->boxes[i]->is_key ||
		    !is_null_word(node->text))
			continue;
		node->kind = YAML_NULL;
		freep(&node->text);
	}
}

static int build_document(struct builder *b)
{
	yaml_event_type_t type = YAML_NO_EVENT;
	yaml_mark_t mark = { 0 };
	struct box *root;

	if (skip_two(b, &type, &mark) < 0) /* stream start, then document start or stream end */
		return -1;
	if (type == YAML_STREAM_END_EVENT) {
		root = new_box(b, &(yaml_event_t){ 0 }, YAML_NULL);
	} else {
		/* Behind the root: document end, then stream end or one document more. */
		if (next_node(b, YAML_NO_EVENT, 1, &root) < 0 || skip_two(b, &type, &mark) < 0)
			return -1;
		if (type != YAML_STREAM_END_EVENT)
			return fail_at(b, mark.line + 1, mark.column + 1,
				       "a second document begins here; only one is allowed");
	}
	b->doc->root = &root->node;
	return 0;
}

static void builder_release(struct builder *b)
{
	for (size_t i = 0; i < b->anchor_count; i++)
		free(b->anchors[i].name);
	free(b->anchors);
	yaml_freep(&b->doc);
}

int yaml_parse(const char *text, size_t len, const char *file_name, struct yaml_document **ret,
	       struct error *err)
{
	static const char byte_order_mark[] = "\xef\xbb\xbf";
	DEFER(builder_release)
	struct builder b = {
		.text = text,
		.len = len,
		.file_name = file_name,
		.err = err,
	};
	DEFER(yaml_parser_delete) yaml_parser_t parser = { 0 };

	b.doc = xcalloc(1, sizeof(*b.doc));
	if (len > YAML_MAX_BYTES)
		return fail_at(&b, 1, 1, "the file has %zu bytes, the limit is %d", len,
			       YAML_MAX_BYTES);
	if (len >= 3 && memcmp(text, byte_order_mark, 3) == 0) {
		b.text += 3;
		b.len -= 3;
	}
	if (check_text(&b) < 0)
		return -1;
	if (!yaml_parser_initialize(&parser))
		return error_set(err, ERROR_INTERNAL, "out of memory");
	b.parser = &parser;
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)b.text, b.len);
	if (build_document(&b) < 0)
		return -1;
	settle_nulls(b.doc);
	*ret = TAKE(b.doc);
	return 0;
}

void yaml_document_free(struct yaml_document *doc)
{
	if (!doc)
		return;
	for (size_t i = 0; i < doc->count; i++) {
		struct yaml_node *node = &doc->boxes[i]->node;

		free(node->text);
		free(node->keys);
		free(node->items);
		free(doc->boxes[i]);
	}
	free(doc->boxes);
	free(doc);
}

void yaml_freep(struct yaml_document **doc)
{
	yaml_document_free(*doc);
	*doc = NULL;
}

const struct yaml_node *yaml_root(const struct yaml_document *doc)
{
	return doc->root;
}
