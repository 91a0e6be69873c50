/* SPDX-License-Identifier: MIT */
/*
 * The value of "libraries": requirements, and files of them. A file of the inventory's folder gives
 * its lines now, so that what is deployed is what was checked; one of the workspace's home ("-r
 * ~/app/requirements.txt") stays a name, and is read inside whenever the list is installed.
 */
#include "fields.h"

#include <string.h>

#include "requirement.h"
#include "schema_types.h"
#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/base/parse.h"
#include "winalux/base/strv.h"
#include "winalux/base/utf8.h"
#include "winalux/format/json.h"
#include "winalux/format/yaml.h"
#include "winalux/inventory/diagnostics.h"

#define HOME "/home/developer/"
#define FILE_PATTERN "^-r +[^ ].*$"

enum { FILE_MAX = 256 << 10, PATH_MAX_SHOWN = 200 };

struct libraries {
	const struct schema_reader *r;
	const struct schema_field *f;
	struct strv *lines;
};

static void libraries_expect(const struct schema_field *f, struct buf *b)
{
	(void)f;
	buf_add_str(b, "a list of PyPI requirements such as 'celery[redis]>=5' and of files of "
		       "them such as '-r requirements.txt', or one text of requirements with "
		       "blanks between");
}

static bool refuse(const struct libraries *l, const struct yaml_node *at, const char *text)
{
	diagnostics_error(
		l->r->diags, l->r->file, at,
		"'%s' has '%.*s', which is no requirement; write a package name with optional "
		"[extras] and version, such as 'celery[redis]>=5', without blanks in a text and "
		"without options, URLs and markers, or '-r FILE' as an item of a list",
		l->f->key, (int)utf8_cut(text, strlen(text) < 40 ? strlen(text) : 40), text);
	return false;
}

/* A name in the inventory's folder. The caller frees it. */
static char *path_beside(const char *inventory, const char *name)
{
	const char *slash = strrchr(inventory, '/');

	if (*name == '/' || !slash)
		return xstrdup(name);
	return xasprintf("%.*s/%s", (int)(slash - inventory), inventory, name);
}

/* Requirements, their continuations ("    --hash=…") and nothing that leads elsewhere. */
static bool line_is_plain(const char *line, size_t len)
{
	const size_t blanks = strspn(line, " \t");

	if (blanks >= len || line[blanks] != '-')
		return true;
	return len - blanks > 7 && strncmp(line + blanks, "--hash=", 7) == 0;
}

static bool is_blank(const char *line, size_t len)
{
	const size_t blanks = strspn(line, " \t");

	return blanks >= len || line[blanks] == '#';
}

static bool add_lines(const struct libraries *l, const struct yaml_node *at, const char *path,
		      const char *text)
{
	unsigned number = 1;

	for (const char *line = text; *line; number++) {
		size_t len = strcspn(line, "\n");
		const char *next = line + len + (line[len] == '\n');

		if (len && line[len - 1] == '\r')
			len--;
		DEFER(freep) char *copy = xstrndup(line, len);
		if (!text_is_printable(copy + strspn(copy, "\t")) || !line_is_plain(copy, len)) {
			diagnostics_error(l->r->diags, l->r->file, at,
					  "'%s': %s:%u: only requirements and their hashes can "
					  "stand in such a file; 'library_index' names another "
					  "index",
					  l->f->key, path, number);
			return false;
		}
		if (!is_blank(copy, len))
			strv_add(l->lines, copy);
		line = next;
	}
	return true;
}

static bool add_file(const struct libraries *l, const struct yaml_node *at, const char *name)
{
	DEFER(freep) char *path = path_beside(l->r->file, name);
	DEFER(buf_release) struct buf text = { 0 };
	struct error err;

	if (file_read(path, FILE_MAX, &text, &err) < 0) {
		diagnostics_error(l->r->diags, l->r->file, at,
				  "'%s' names a file that cannot be read: %s", l->f->key, err.text);
		return false;
	}
	if (strlen(text.data ? text.data : "") != text.len) {
		diagnostics_error(l->r->diags, l->r->file, at, "'%s': '%.*s' is no text", l->f->key,
				  PATH_MAX_SHOWN, path);
		return false;
	}
	return add_lines(l, at, path, text.data ? text.data : "");
}

static bool add_item(const struct libraries *l, const struct yaml_node *at, const char *text)
{
	const char *name = text;

	if (requirement_is_valid(text)) {
		strv_add(l->lines, text);
		return true;
	}
	if (!parse_literal(&name, "-r ") || !text_is_printable(text))
		return refuse(l, at, text);
	name += strspn(name, " ");
	if (!*name)
		return refuse(l, at, text);
	if (parse_literal(&name, "~/")) {
		strv_addf(l->lines, "-r " HOME "%s", name);
		return true;
	}
	return add_file(l, at, name);
}

static bool read_words(const struct libraries *l, const struct yaml_node *node)
{
	DEFER(strv_release) struct strv words = { 0 };
	bool is_ok = true;

	strv_add_split(&words, node->text, " \t\r\n");
	if (!schema_count_fits(l->r, l->f, node, words.count))
		return false;
	for (size_t i = 0; i < words.count; i++) {
		if (requirement_is_valid(words.items[i]))
			strv_add(l->lines, words.items[i]);
		else
			is_ok = refuse(l, node, words.items[i]);
	}
	return is_ok;
}

static bool libraries_read(const struct schema_reader *r, const struct schema_field *f,
			   const struct yaml_node *node, void *object)
{
	const struct libraries l = { r, f, schema_member(f, object) };
	bool is_ok = true;

	if (node->kind == YAML_SCALAR)
		return read_words(&l, node);
	if (node->kind != YAML_SEQUENCE)
		return schema_refuse(r, f, node);
	if (!schema_count_fits(r, f, node, node->count))
		return false;
	for (size_t i = 0; i < node->count; i++) {
		const struct yaml_node *item = node->items[i];

		if (item->kind == YAML_SCALAR)
			is_ok = add_item(&l, item, item->text) && is_ok;
		else
			is_ok = schema_refuse_item(r, f, item, "a PyPI requirement");
	}
	return is_ok;
}

static void libraries_describe(const struct schema_field *f, struct json *object)
{
	struct json *choices = json_add_array(object, "oneOf");
	struct json *list = json_append_object(choices);
	struct json *items = json_add_array(describe_array(f, list), "anyOf");

	describe_pattern(json_append_object(items), REQUIREMENT_PATTERN);
	describe_pattern(json_append_object(items), FILE_PATTERN);
	json_add_text(json_append_object(choices), "type", "string");
}

const struct schema_type field_libraries = { libraries_expect, libraries_read, libraries_describe };
