/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/format/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* A scalar that we write must read back as the same string. */
static void write_and_read(const char *text)
{
	struct yaml_document *doc = NULL;
	struct error err;
	struct buf b;

	buf_init(&b, SIZE_MAX);
	buf_add_str(&b, "- ");
	yaml_add_scalar(&b, text);
	must(yaml_parse(b.data, b.len, "again", &doc, &err) == 0);
	const struct yaml_node *root = yaml_root(doc);
	must(root->kind == YAML_SEQUENCE && root->count == 1);
	must(root->items[0]->kind == YAML_SCALAR && strcmp(root->items[0]->text, text) == 0);
	yaml_document_free(doc);
	buf_release(&b);
}

static size_t walk(const struct yaml_node *node, unsigned depth)
{
	size_t nodes = 1;
	bool truth;

	must(node->line > 0 && node->column > 0 && depth <= 65);
	yaml_as_bool(node, &truth);
	if (node->kind == YAML_SCALAR)
		must(node->text != NULL);
	for (size_t i = 0; i < node->count; i++) {
		if (node->keys)
			must(yaml_get(node, node->keys[i]->text) == node->items[i]);
		nodes += walk(node->items[i], depth + 1);
	}
	return nodes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct yaml_document *doc = NULL;
	struct error err;

	if (yaml_parse((const char *)data, size, "fuzz", &doc, &err) < 0) {
		must(strncmp(err.text, "fuzz:", 5) == 0);
		return 0;
	}
	const struct yaml_node *root = yaml_root(doc);
	must(walk(root, 1) <= 200001);
	if (root->kind == YAML_SCALAR)
		write_and_read(root->text);
	yaml_document_free(doc);
	return 0;
}
