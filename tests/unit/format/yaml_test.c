/* SPDX-License-Identifier: MIT */
#include "winalux/format/yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"

/* Parses what must parse. The caller frees it. */
static struct yaml_document *parse(const char *text)
{
	struct yaml_document *doc = NULL;
	struct error err = { 0 };

	if (yaml_parse(text, strlen(text), "f.yml", &doc, &err) < 0)
		fail_msg("%s", err.text);
	return doc;
}

static void assert_refused(const char *text, size_t len, const char *wanted)
{
	struct yaml_document *doc = NULL;
	struct error err = { 0 };

	if (yaml_parse(text, len, "f.yml", &doc, &err) == 0) {
		yaml_document_free(doc);
		fail_msg("accepted; it should say: %s", wanted);
	}
	assert_null(doc);
	assert_int_equal(err.kind, ERROR_INVENTORY);
	assert_string_equal(err.text, wanted);
}

/* A tree as compact text: scalars bare, quoted ones in quotes, null as ~. */
static void add_tree(struct buf *b, const struct yaml_node *node)
{
	static const char *const marks[] = {
		[YAML_NULL] = "~",
		[YAML_SCALAR] = "",
		[YAML_SEQUENCE] = "[]",
		[YAML_MAPPING] = "{}",
	};
	const char *mark = marks[node->kind];

	if (node->kind == YAML_SCALAR)
		buf_addf(b, node->is_quoted ? "'%s'" : "%s", node->text);
	else
		buf_add(b, mark, 1);
	for (size_t i = 0; i < node->count; i++) {
		buf_addf(b, "%s%s%s", i ? "," : "", node->keys ? node->keys[i]->text : "",
			 node->keys ? ":" : "");
		add_tree(b, node->items[i]);
	}
	if (strlen(mark) == 2)
		buf_add_char(b, mark[1]);
}

struct tree_case {
	const char *text;
	const char *wanted;
};

static void check_trees(const struct tree_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		DEFER(yaml_freep) struct yaml_document *doc = parse(cases[i].text);
		DEFER(buf_release) struct buf b = { 0 };

		buf_init(&b, 1 << 20);
		add_tree(&b, yaml_root(doc));
		assert_string_equal(b.data, cases[i].wanted);
	}
}

static void documents_become_trees(void **state)
{
	static const struct tree_case cases[] = {
		{ "", "~" },
		{ "# only a comment\n", "~" },
		{ "---\n", "~" },
		{ "--- x\n...\n", "x" },
		{ "%YAML 1.1\n--- x\n", "x" },
		{ "\xef\xbb\xbf"
		  "a: 1",
		  "{a:1}" },
		{ "a: 1\nb: two words\n", "{a:1,b:two words}" },
		{ "a: [1, 'x', {b: c}]\n", "{a:[1,'x',{b:c}]}" },
		{ "- a\n- - b\n  - c\n-\n", "[a,[b,c],~]" },
		{ "a: ~\nb: null\nc:\nd: Null\ne: NULL\nf: nULL\n",
		  "{a:~,b:~,c:~,d:~,e:~,f:nULL}" },
		{ "a: ''\nb: \"null\"\nc: '~'\n", "{a:'',b:'null',c:'~'}" },
		{ "a: |\n  one\n  two\nb: >-\n  one\n  two\n", "{a:'one\ntwo\n',b:'one two'}" },
		{ "a: !vault |\n  x\nb: !!str 5\nc: !!int 5\n", "{a:'x\n',b:'5',c:5}" },
		{ "~: a\nnull: b\nyes: c\n1: d\n'': e\n", "{~:a,null:b,yes:c,1:d,:e}" },
		{ "a: \"\\u00e9\\x1b\\n\"", "{a:'é\x1b\n'}" },
		{ "a: 1\r\nb: 2\r\n", "{a:1,b:2}" },
		{ "a:\t1\n", "{a:1}" },
		{ "é漢😀: ü\n", "{é漢😀:ü}" },
		{ "{}", "{}" },
		{ "[]", "[]" },
	};

	(void)state;
	check_trees(cases, ARRAY_SIZE(cases));
}

static void aliases_share_and_merge_keys_are_applied(void **state)
{
	static const struct tree_case cases[] = {
		{ "a: &x 1\nb: *x\n", "{a:1,b:1}" },
		{ "a: &x [1]\nb: &x [2]\nc: *x\n", "{a:[1],b:[2],c:[2]}" },
		{ "a: &x {p: 1, q: 2}\nb: {<<: *x}\n", "{a:{p:1,q:2},b:{p:1,q:2}}" },
		{ "a: &x {p: 1, q: 2}\nb: {<<: *x, q: 3}\n", "{a:{p:1,q:2},b:{q:3,p:1}}" },
		{ "a: &x {p: 1, q: 2}\nb: {q: 3, <<: *x}\n", "{a:{p:1,q:2},b:{q:3,p:1}}" },
		{ "<<: [{a: 1}, {a: 2, b: 3}]\nc: 4\n", "{c:4,a:1,b:3}" },
		{ "<<: []\na: 1\n", "{a:1}" },
		{ "'<<': 1\n", "{<<:1}" },
		{ "a: &a {x: 1}\nb: &b {<<: *a, y: 2}\nc: {<<: *b}\n",
		  "{a:{x:1},b:{y:2,x:1},c:{y:2,x:1}}" },
	};

	(void)state;
	check_trees(cases, ARRAY_SIZE(cases));
}

static void an_alias_is_the_same_node(void **state)
{
	DEFER(yaml_freep) struct yaml_document *doc = parse("a: &x [1]\nb: *x\n");
	const struct yaml_node *root = yaml_root(doc);

	(void)state;
	assert_ptr_equal(yaml_get(root, "a"), yaml_get(root, "b"));
}

static void nodes_know_their_places(void **state)
{
	DEFER(yaml_freep)
	struct yaml_document *doc = parse("# comment\na: 1\né: {b:\n  [x, yy]}\nc:\n  - d\n");
	const struct yaml_node *root = yaml_root(doc);
	const struct yaml_node *list = yaml_get(yaml_get(root, "é"), "b");
	const struct {
		const struct yaml_node *node;
		unsigned line, column;
	} cases[] = {
		{ root, 2, 1 },
		{ root->keys[0], 2, 1 },
		{ yaml_get(root, "a"), 2, 4 },
		{ yaml_get(root, "é"), 3, 4 },
		{ list, 4, 3 },
		{ list->items[1], 4, 7 },
		{ yaml_get(root, "c"), 6, 3 },
		{ yaml_get(root, "c")->items[0], 6, 5 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(cases[i].node->line, cases[i].line);
		assert_int_equal(cases[i].node->column, cases[i].column);
	}
}

static void what_is_wrong_is_said_with_its_place(void **state)
{
	static const struct tree_case cases[] = {
		{ "a: 1\nb: 2\na: 3\n", "f.yml:3:1: key 'a' was given before, in line 1" },
		{ "x: {a: 1, 'a': 2}", "f.yml:1:11: key 'a' was given before, in line 1" },
		{ "<<: {a: 1}\n<<: {b: 1}\n", "f.yml:2:1: key '<<' was given before, in line 1" },
		{ "a: 1\n---\nb: 2\n",
		  "f.yml:2:1: a second document begins here; only one is allowed" },
		{ "a:\n\tb: 1\n", "f.yml:2:1: a tab cannot indent; use blanks" },
		{ "a: *x\n", "f.yml:1:4: alias '*x' has no anchor '&x'" },
		{ "a: &x [1, *x]\n", "f.yml:1:11: alias '*x' contains itself" },
		{ "&x {<<: *x}\n", "f.yml:1:9: alias '*x' contains itself" },
		{ "<<: 5\n",
		  "f.yml:1:5: '<<' needs a mapping or a list of mappings, this is a string" },
		{ "<<: [{}, []]\n",
		  "f.yml:1:10: '<<' needs a mapping or a list of mappings, this is a sequence" },
		{ "? [a]\n: b\n", "f.yml:1:3: a key must be text, this is a sequence" },
		{ "{a: 1}: b\n", "f.yml:1:1: a key must be text, this is a mapping" },
		{ "? \n: b\n", "f.yml:1:2: a key is missing" },
		{ "a: b: c\n", "f.yml:1:5: mapping values are not allowed in this context" },
		{ "a: [1, 2\nb: 3\n",
		  "f.yml:2:2: did not find expected ',' or ']' while parsing a flow sequence" },
		{ "a: 'x\n",
		  "f.yml:2:1: found unexpected end of stream while scanning a quoted scalar" },
		{ "a: @x\n",
		  "f.yml:1:4: found character that cannot start any token while scanning "
		  "for the next token" },
		{ "a: \"\\q\"\n",
		  "f.yml:1:5: found unknown escape character while parsing a quoted "
		  "scalar" },
		{ "a: \"x\\0y\"\n", "f.yml:1:4: a NUL character is not allowed" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_refused(cases[i].text, strlen(cases[i].text), cases[i].wanted);
}

static void bytes_that_are_no_text_are_refused(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		const char *wanted;
	} cases[] = {
		{ "a: b\0c: d", 9, "f.yml:1:5: control character U+0000 is not allowed" },
		{ "a: 1\0", 5, "f.yml:1:5: control character U+0000 is not allowed" },
		{ "a: 1\nb: \x1b[31m", 13, "f.yml:2:4: control character U+001B is not allowed" },
		{ "a: é\x7f", 6, "f.yml:1:5: control character U+007F is not allowed" },
		{ "a: \xc2\x9b", 5, "f.yml:1:4: control character U+009B is not allowed" },
		{ "a: \xef\xbb\xbf", 6, "f.yml:1:4: control character U+FEFF is not allowed" },
		{ "a: \xef\xbf\xbf", 6, "f.yml:1:4: control character U+FFFF is not allowed" },
		{ "a: 1\r\nb: \xff", 10, "f.yml:2:4: byte 0xff is not UTF-8" },
		{ "a: 1\rb: \xed\xa0\x80", 11, "f.yml:2:4: byte 0xed is not UTF-8" },
		{ "\xff\xfe"
		  "a\0:\0",
		  6, "f.yml:1:1: byte 0xff is not UTF-8" }, /* UTF-16 */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_refused(cases[i].text, cases[i].len, cases[i].wanted);
}

static void a_billion_laughs_are_refused(void **state)
{
	DEFER(buf_release) struct buf b = { 0 };

	(void)state;
	buf_init(&b, 1 << 20);
	buf_add_str(&b, "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
	for (int i = 1; i <= 9; i++) {
		buf_addf(&b, "a%d: &a%d [", i, i);
		for (int j = 0; j < 10; j++)
			buf_addf(&b, "%s*a%d", j ? "," : "", i - 1);
		buf_add_str(&b, "]\n");
	}
	assert_refused(b.data, b.len,
		       "f.yml:6:10: too many nodes, aliases included, the limit is 200000");
}

static void merging_the_same_mapping_often_is_refused(void **state)
{
	DEFER(buf_release) struct buf b = { 0 };

	(void)state;
	buf_init(&b, 1 << 20);
	buf_add_str(&b, "a: &a {");
	for (int i = 0; i < 1000; i++)
		buf_addf(&b, "k%d: v, ", i);
	buf_add_str(&b, "}\nb:\n");
	for (int i = 0; i < 200; i++)
		buf_add_str(&b, "  - <<: *a\n");
	assert_refused(b.data, b.len,
		       "f.yml:52:9: too many nodes, aliases included, the limit is 200000");
}

static void add_repeated(struct buf *b, const char *text, int count)
{
	for (int i = 0; i < count; i++)
		buf_add_str(b, text);
}

static void nesting_has_a_limit(void **state)
{
	DEFER(buf_release) struct buf b = { 0 };

	(void)state;
	buf_init(&b, 8 << 20);
	add_repeated(&b, "[", 64);
	buf_add_str(&b, "x");
	add_repeated(&b, "]", 64);
	DEFER(yaml_freep) struct yaml_document *doc = parse(b.data);
	buf_clear(&b);
	add_repeated(&b, "[", 100000);
	assert_refused(b.data, b.len, "f.yml:1:65: nested too deeply, the limit is 64");
	buf_clear(&b);
	add_repeated(&b, "- ", 100000);
	assert_refused(b.data, b.len, "f.yml:1:129: nested too deeply, the limit is 64");
	buf_clear(&b);
	add_repeated(&b, "{a: ", 100000);
	assert_refused(b.data, b.len, "f.yml:1:257: nested too deeply, the limit is 64");
}

static void nesting_through_aliases_has_the_same_limit(void **state)
{
	DEFER(buf_release) struct buf b = { 0 };

	(void)state;
	buf_init(&b, 1 << 20);
	buf_add_str(&b, "- &a [[[[[[[[[[x]]]]]]]]]]\n- ");
	add_repeated(&b, "[", 53);
	buf_add_str(&b, "*a");
	add_repeated(&b, "]", 53);
	DEFER(yaml_freep) struct yaml_document *doc = parse(b.data);
	buf_clear(&b);
	buf_add_str(&b, "- &a [[[[[[[[[[x]]]]]]]]]]\n- ");
	add_repeated(&b, "[", 54);
	buf_add_str(&b, "*a");
	add_repeated(&b, "]", 54);
	assert_refused(b.data, b.len, "f.yml:2:57: nested too deeply, the limit is 64");
}

static void anchors_have_a_limit(void **state)
{
	DEFER(buf_release) struct buf b = { 0 };

	(void)state;
	buf_init(&b, 1 << 20);
	for (int i = 0; i < 1001; i++)
		buf_addf(&b, "- &a%d x\n", i);
	assert_refused(b.data, b.len, "f.yml:1001:3: too many anchors, the limit is 1000");
}

static void five_megabytes_are_refused_and_four_are_read(void **state)
{
	DEFER(buf_release) struct buf b = { 0 };

	(void)state;
	buf_init(&b, 8 << 20);
	buf_add_str(&b, "a: '");
	while (b.len < YAML_MAX_BYTES - 1)
		buf_add_char(&b, 'x');
	buf_add_char(&b, '\'');
	DEFER(yaml_freep) struct yaml_document *doc = parse(b.data);
	assert_int_equal(strlen(yaml_get(yaml_root(doc), "a")->text), YAML_MAX_BYTES - 5);
	while (b.len < 5000000)
		buf_add_char(&b, '\n');
	assert_refused(b.data, b.len,
		       "f.yml:1:1: the file has 5000000 bytes, the limit is 4194304");
}

static void a_mapping_of_very_many_keys_is_read(void **state)
{
	DEFER(buf_release) struct buf b = { 0 };

	(void)state;
	buf_init(&b, 4 << 20);
	for (int i = 0; i < 99000; i++)
		buf_addf(&b, "k%d: %d\n", i * 7919 % 99000, i);
	DEFER(yaml_freep) struct yaml_document *doc = parse(b.data);
	const struct yaml_node *root = yaml_root(doc);
	assert_int_equal(root->count, 99000);
	assert_string_equal(root->items[98999]->text, "98999");
	buf_add_str(&b, "k5: 1\n");
	struct yaml_document *none = NULL;
	assert_int_equal(yaml_parse(b.data, b.len, "f", &none, NULL), -1);
}

static void keys_are_looked_up_exactly(void **state)
{
	DEFER(yaml_freep) struct yaml_document *doc = parse("a: 1\nA: 2\nlist: [a]\n");
	const struct yaml_node *root = yaml_root(doc);

	(void)state;
	assert_string_equal(yaml_get(root, "A")->text, "2");
	assert_null(yaml_get(root, "b"));
	assert_null(yaml_get(yaml_get(root, "list"), "a"));
	assert_null(yaml_get(yaml_get(root, "a"), "a"));
	assert_null(yaml_get(NULL, "a"));
}

static void plain_words_are_booleans(void **state)
{
	static const struct {
		const char *text;
		int wanted; /* -1: none */
	} cases[] = {
		{ "true", 1 },       { "True", 1 },    { "TRUE", 1 },     { "yes", 1 },
		{ "Yes", 1 },        { "YES", 1 },     { "on", 1 },       { "On", 1 },
		{ "ON", 1 },         { "false", 0 },   { "False", 0 },    { "FALSE", 0 },
		{ "no", 0 },         { "No", 0 },      { "NO", 0 },       { "off", 0 },
		{ "Off", 0 },        { "OFF", 0 },     { "tRUE", -1 },    { "y", -1 },
		{ "1", -1 },         { "'true'", -1 }, { "~", -1 },       { "[]", -1 },
		{ "!!str yes", -1 }, { "\"no\"", -1 }, { "enabled", -1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		DEFER(yaml_freep) struct yaml_document *doc = parse(cases[i].text);
		bool value = false;

		if (yaml_as_bool(yaml_root(doc), &value) != (cases[i].wanted >= 0))
			fail_msg("'%s'", cases[i].text);
		if (cases[i].wanted >= 0)
			assert_int_equal(value, cases[i].wanted);
	}
	assert_false(yaml_as_bool(NULL, NULL));
}

static void kinds_have_names(void **state)
{
	DEFER(yaml_freep) struct yaml_document *doc = parse("[a, [], {}, ~]");
	const struct yaml_node *root = yaml_root(doc);

	(void)state;
	assert_string_equal(yaml_kind_name(root->items[0]), "string");
	assert_string_equal(yaml_kind_name(root->items[1]), "sequence");
	assert_string_equal(yaml_kind_name(root->items[2]), "mapping");
	assert_string_equal(yaml_kind_name(root->items[3]), "null");
}

static void scalars_are_written_as_they_must_be_read(void **state)
{
	static const struct tree_case cases[] = {
		{ "alice", "alice" },
		{ "/home/x_1.y-z", "/home/x_1.y-z" },
		{ "ssh-ed25519 AAAA+/= alice@laptop", "ssh-ed25519 AAAA+/= alice@laptop" },
		{ "", "\"\"" },
		{ "2201", "\"2201\"" },
		{ "1.5", "\"1.5\"" },
		{ "7430:7420", "\"7430:7420\"" },
		{ "yes", "\"yes\"" },
		{ "Null", "\"Null\"" },
		{ "N", "\"N\"" },
		{ "~", "\"~\"" },
		{ "<<", "\"<<\"" },
		{ "- a", "\"- a\"" },
		{ "a: b", "\"a: b\"" },
		{ "a #b", "\"a #b\"" },
		{ "a ", "\"a \"" },
		{ " a", "\" a\"" },
		{ "*x", "\"*x\"" },
		{ "it's \"it\"\\", "\"it's \\\"it\\\"\\\\\"" },
		{ "a\nb\t\x1b\x7f", "\"a\\nb\\t\\x1b\\x7f\"" },
		{ "é漢", "\"é漢\"" },
		{ "\xc2\x9b\xe2\x80\xa8", "\"\\x9b\\u2028\"" },
		{ "\xff", "\"\\ufffd\"" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		DEFER(buf_release) struct buf b = { 0 };

		buf_init(&b, 200);
		yaml_add_scalar(&b, cases[i].text);
		assert_string_equal(b.data, cases[i].wanted);
		DEFER(yaml_freep) struct yaml_document *doc = parse(b.data);
		if (strcmp(cases[i].text, "\xff") != 0)
			assert_string_equal(yaml_root(doc)->text, cases[i].text);
	}
}

static void freeing_nothing_is_allowed(void **state)
{
	struct yaml_document *doc = NULL;

	(void)state;
	yaml_document_free(NULL);
	yaml_freep(&doc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(documents_become_trees),
		cmocka_unit_test(aliases_share_and_merge_keys_are_applied),
		cmocka_unit_test(an_alias_is_the_same_node),
		cmocka_unit_test(nodes_know_their_places),
		cmocka_unit_test(what_is_wrong_is_said_with_its_place),
		cmocka_unit_test(bytes_that_are_no_text_are_refused),
		cmocka_unit_test(a_billion_laughs_are_refused),
		cmocka_unit_test(merging_the_same_mapping_often_is_refused),
		cmocka_unit_test(nesting_has_a_limit),
		cmocka_unit_test(nesting_through_aliases_has_the_same_limit),
		cmocka_unit_test(anchors_have_a_limit),
		cmocka_unit_test(five_megabytes_are_refused_and_four_are_read),
		cmocka_unit_test(a_mapping_of_very_many_keys_is_read),
		cmocka_unit_test(keys_are_looked_up_exactly),
		cmocka_unit_test(plain_words_are_booleans),
		cmocka_unit_test(kinds_have_names),
		cmocka_unit_test(scalars_are_written_as_they_must_be_read),
		cmocka_unit_test(freeing_nothing_is_allowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
