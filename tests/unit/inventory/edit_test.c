/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"
#include "winalux/inventory/edit.h"

static const struct {
	const char *what, *before, *after;
} changes[] = {
	{ "a line behind the name",
	  "version: 1 # one\nworkspaces:\n  - name: bob\n  - name: alice # she\n    profile: web\n",
	  "version: 1 # one\nworkspaces:\n  - name: bob\n  - name: alice # she\n"
	  "    stacks: [golang, rust]\n    profile: web\n" },
	{ "a list in brackets", "workspaces:\n- name: alice\n  stacks: [ nodejs ] # tools\n",
	  "workspaces:\n- name: alice\n  stacks: [ nodejs, golang, rust ] # tools\n" },
	{ "an empty list", "workspaces:\n- name: alice\n  stacks: []\n",
	  "workspaces:\n- name: alice\n  stacks: [golang, rust]\n" },
	{ "a block of lines",
	  "workspaces:\n- name: alice\n  stacks:\n    - nodejs # why\n    # end\n  profile: web\n",
	  "workspaces:\n- name: alice\n  stacks:\n    - nodejs # why\n    - golang\n    - rust\n"
	  "    # end\n  profile: web\n" },
	{ "braces", "workspaces: [{name: 'alice', profile: web}]\n",
	  "workspaces: [{name: 'alice', stacks: [golang, rust], profile: web}]\n" },
	{ "only what is not there", "workspaces:\n- name: alice\n  stacks: [golang]\n",
	  "workspaces:\n- name: alice\n  stacks: [golang, rust]\n" },
	{ "nothing", "workspaces:\n- name: alice\n  stacks: [rust, golang]\n",
	  "workspaces:\n- name: alice\n  stacks: [rust, golang]\n" },
	{ "those of the defaults too",
	  "defaults: { stacks: [nodejs] }\nworkspaces:\n- profile: web\n  name: alice\n",
	  "defaults: { stacks: [nodejs] }\nworkspaces:\n- profile: web\n  name: alice\n"
	  "  stacks: [nodejs, golang, rust]\n" },
	{ "the last line without its end", "workspaces:\n- name: alice",
	  "workspaces:\n- name: alice\n  stacks: [golang, rust]" },
	{ "characters of many bytes", "workspaces: [{profile: \"ü€\", name: alice}]\n",
	  "workspaces: [{profile: \"ü€\", name: alice, stacks: [golang, rust]}]\n" },
};

static int add(const char *text, struct buf *ret, struct error *err)
{
	DEFER(strv_release) struct strv stacks = { 0 };

	strv_add_split(&stacks, "golang rust", " ");
	return inventory_add_stacks(text, strlen(text), "i.yml", "alice", &stacks, ret, err);
}

static void stacks_are_added_and_the_rest_stays(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		DEFER(buf_release) struct buf text = { 0 };
		struct error err = { 0 };

		if (add(changes[i].before, &text, &err) < 0)
			fail_msg("%s: %s", changes[i].what, err.text);
		if (strcmp(text.data, changes[i].after) != 0)
			fail_msg("%s: %s", changes[i].what, text.data);
	}
}

static const struct {
	const char *text, *problem;
} refused[] = {
	{ "workspaces:\n- name: bob\n", "no workspace 'alice' in 'i.yml'" },
	{ "", "no workspace 'alice'" },
	{ "all: {}\n", "no workspace 'alice'" },
	{ "a: [", "i.yml:2:1: did not find" },
	{ "workspaces:\n- name: alice\n  stacks: golang\n", "i.yml:3:11: 'stacks' of 'alice'" },
	{ "workspaces:\n- name: alice\n  stacks:\n  - >-\n    nodejs\n", "by hand" },
	{ "x: &s [nodejs]\nworkspaces:\n- name: alice\n  stacks: *s\n", "by hand" },
	{ "x: &s\n  stacks: [nodejs]\nworkspaces:\n- <<: *s\n  name: alice\n", "by hand" },
	{ "workspaces:\n- name: \"al\\x69ce\"\n", "by hand" },
};

static void what_only_a_person_should_change_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		DEFER(buf_release) struct buf text = { 0 };
		struct error err = { 0 };

		if (add(refused[i].text, &text, &err) == 0)
			fail_msg("%s became %s", refused[i].text, text.data);
		if (!strstr(err.text, refused[i].problem))
			fail_msg("%s: %s", refused[i].problem, err.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stacks_are_added_and_the_rest_stays),
		cmocka_unit_test(what_only_a_person_should_change_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
