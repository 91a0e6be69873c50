/* SPDX-License-Identifier: MIT */
#include "winalux/workspace/gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "unit/base/scratch.h"
#include "unit/plan/scene.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/base/parse.h"
#include "winalux/plan/names.h"

#define KEY                                                                                        \
	"    public_key: \"ssh-ed25519 "                                                           \
	"AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl me@here\"\n"
#define ALICE "  - name: alice\n    ssh_port: 2201\n" KEY
#define BOB "  - name: bob\n    ssh_port: 2202\n" KEY

static const char alice[] = "version: 1\nworkspaces:\n" ALICE;
static const char alice_open[] = "version: 1\nworkspaces:\n" ALICE "    gate: off\n";
static const char both[] = "version: 1\nworkspaces:\n" ALICE BOB;

/* An account and the key file of its administrator, in the test's own directory. */
struct house {
	struct scene scene;
	struct gates gates;
	char *key_file;
	struct error err;
};

static void house_open(struct house *h, void **state, const char *inventory)
{
	*h = (struct house){ .key_file = inside(state, "key") };
	h->gates.key_file = h->key_file;
	scene_init(&h->scene, inventory);
	h->scene.bind_gate = gates_bind;
	h->scene.gates = &h->gates;
}

static void house_close(struct house *h)
{
	scene_release(&h->scene);
	gates_release(&h->gates);
	free(h->key_file);
}

static int plan(struct house *h)
{
	gates_begin(&h->gates, &h->scene.facts);
	return scene_plan(&h->scene, NULL, &h->err);
}

static void plan_well(struct house *h)
{
	if (plan(h) < 0)
		fail_msg("%s", h->err.text);
}

/* The inventory of the house becomes another one; what is deployed stays. */
static void change_inventory(struct house *h, const char *inventory)
{
	struct scene scene;

	scene_init(&scene, inventory);
	plan_release(&h->scene.plan);
	wants_free(h->scene.wants, h->scene.want_count);
	h->scene.wants = NULL;
	h->scene.want_count = 0;
	inventory_release(&h->scene.inventory);
	h->scene.inventory = scene.inventory;
	scene.inventory = (struct inventory){ 0 };
	scene_release(&scene);
}

/* alice with a gate, deployed, and the key saved. */
static void deploy_alice(struct house *h, void **state)
{
	house_open(h, state, alice);
	plan_well(h);
	assert_int_equal(gates_save(&h->gates, &h->err), 0);
	plan_well(h);
	scene_deploy(&h->scene);
}

static const struct want *want_of(const struct house *h, const char *name)
{
	return scene_find(&h->scene, name)->want;
}

static void the_first_key_is_made_in_memory_until_it_is_saved(void **state)
{
	DEFER(house_close) struct house h;

	house_open(&h, state, alice);
	plan_well(&h);
	assert_true(h.gates.is_unsaved);
	assert_true(want_of(&h, "alice")->gate.is_on);
	assert_true(want_of(&h, "alice")->gate.is_new);
	assert_int_equal(access(h.key_file, F_OK), -1);
	assert_int_equal(gates_save(&h.gates, &h.err), 0);
	plan_well(&h);
	assert_false(h.gates.is_unsaved);
	assert_int_equal(access(h.key_file, F_OK), 0);
}

/* Of two first deploys one makes the key. */
static void a_key_that_was_made_meanwhile_is_taken(void **state)
{
	DEFER(house_close) struct house h;
	struct key other;

	house_open(&h, state, alice);
	plan_well(&h);
	key_random(&other);
	assert_int_equal(key_save(&other, h.key_file, &h.err), 0);
	assert_int_equal(gates_save(&h.gates, &h.err), 0);
	assert_memory_equal(&h.gates.key, &other, sizeof(other));
}

static void the_token_is_the_one_whose_hash_is_inside(void **state)
{
	DEFER(house_close) struct house h;
	struct token token;
	struct ticket ticket;
	uint8_t hash[TOKEN_HASH_SIZE], salt[TOKEN_SALT_SIZE], wanted[TOKEN_HASH_SIZE];
	char text[TICKET_TEXT_SIZE];
	const struct workspace_facts *w;
	const char *at;

	deploy_alice(&h, state);
	w = facts_find(&h.scene.facts, "alice");
	assert_int_equal(gate_token(&h.gates.key, w, &token, hash, &h.err), 0);
	at = w->state.gate_hash;
	assert_true(hex_parse(&at, salt, sizeof(salt)));
	token_hash(&token, salt, wanted);
	assert_memory_equal(hash, wanted, sizeof(hash));
	gate_ticket(hash, 1000, text);
	assert_true(ticket_parse(text, hash, &ticket));
	assert_in_range(ticket.expiry_s, 1001, 1060);
}

static void a_redeploy_changes_nothing_whichever_key_is_at_hand(void **state)
{
	DEFER(house_close) struct house h;
	struct key other;

	deploy_alice(&h, state);
	plan_well(&h);
	assert_int_equal(scene_find(&h.scene, "alice")->action, ACTION_UNCHANGED);
	unlink(h.key_file);
	plan_well(&h);
	assert_int_equal(scene_find(&h.scene, "alice")->action, ACTION_UNCHANGED);
	assert_false(h.gates.is_unsaved);
	key_random(&other);
	assert_int_equal(key_save(&other, h.key_file, &h.err), 0);
	plan_well(&h);
	assert_int_equal(scene_find(&h.scene, "alice")->action, ACTION_UNCHANGED);
}

static void another_key_shows_no_token_and_names_the_one_that_is_needed(void **state)
{
	DEFER(house_close) struct house h;
	struct key other;
	struct token token;
	const struct workspace_facts *w;

	deploy_alice(&h, state);
	w = facts_find(&h.scene.facts, "alice");
	key_random(&other);
	assert_int_equal(gate_token(&other, w, &token, NULL, &h.err), -1);
	assert_int_equal(h.err.kind, ERROR_HOST);
	assert_non_null(strstr(h.err.text, w->state.key));
}

/* A second key on one account must not come about by accident. */
static void a_missing_key_refuses_the_new_one_where_others_have_tokens(void **state)
{
	DEFER(house_close) struct house h;

	deploy_alice(&h, state);
	unlink(h.key_file);
	change_inventory(&h, both);
	plan_well(&h);
	assert_int_equal(scene_find(&h.scene, "alice")->action, ACTION_UNCHANGED);
	assert_int_equal(scene_find(&h.scene, "bob")->action, ACTION_REFUSE);
	assert_non_null(strstr(scene_find(&h.scene, "bob")->reason, "there is no key file"));
	assert_false(h.gates.is_unsaved);
}

static void a_key_file_that_is_open_to_others_is_an_error(void **state)
{
	DEFER(house_close) struct house h;
	struct key key;

	house_open(&h, state, alice);
	key_random(&key);
	assert_int_equal(key_save(&key, h.key_file, &h.err), 0);
	assert_int_equal(chmod(h.key_file, 0644), 0);
	assert_int_equal(plan(&h), -1);
	assert_non_null(strstr(h.err.text, "chmod 600"));
}

static void without_a_gate_there_is_no_token_and_no_key(void **state)
{
	DEFER(house_close) struct house h;

	house_open(&h, state, alice_open);
	plan_well(&h);
	assert_null(want_of(&h, "alice")->gate.salt);
	assert_false(h.gates.has_key);
	assert_non_null(strstr(want_of(&h, "alice")->guest_conf, "\ngate\toff\n"));
}

static void turning_the_gate_off_and_on_is_a_live_change_that_keeps_the_token(void **state)
{
	DEFER(house_close) struct house h;
	DEFER(freep) char *salt = NULL;

	deploy_alice(&h, state);
	salt = xstrdup(facts_find(&h.scene.facts, "alice")->state.salt);
	change_inventory(&h, alice_open);
	plan_well(&h);
	assert_int_equal(scene_find(&h.scene, "alice")->action, ACTION_LIVE);
	assert_false(want_of(&h, "alice")->gate.is_on);
	assert_string_equal(want_of(&h, "alice")->gate.salt, salt);
	change_inventory(&h, alice);
	plan_well(&h);
	assert_int_equal(scene_find(&h.scene, "alice")->action, ACTION_UNCHANGED);
}

static void damaged_labels_are_no_token(void **state)
{
	static const struct {
		const char *label, *value;
	} cases[] = {
		{ LABEL_SALT, "" },           { LABEL_SALT, "zz" },
		{ LABEL_KEY, "0123" },        { LABEL_TOKEN_SINCE, "yesterday" },
		{ LABEL_GATE_HASH, "00 11" }, { LABEL_GATE_HASH, "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		DEFER(house_close) struct house h;
		struct volumes *volumes;

		deploy_alice(&h, state);
		volumes = &h.scene.facts.volumes;
		labels_add(&volumes->items[volumes->count - 1].labels, cases[i].label,
			   cases[i].value);
		scene_reindex(&h.scene);
		assert_false(gate_has_token(&h.scene.facts.workspaces[0].state));
		plan_well(&h);
		assert_true(want_of(&h, "alice")->gate.is_new);
		assert_int_equal(scene_find(&h.scene, "alice")->action, ACTION_LIVE);
		unlink(h.key_file);
	}
}

/* It would be on in the records and not inside. */
static void a_guest_that_is_older_than_the_gate_keeps_it_off(void **state)
{
	DEFER(house_close) struct house h;
	struct containers *list;

	house_open(&h, state, alice_open);
	plan_well(&h);
	scene_deploy(&h.scene);
	list = &h.scene.facts.containers;
	for (size_t i = 0; i < list->count; i++) {
		struct labels kept = { 0 };

		for (size_t k = 0; k < list->items[i].labels.count; k++) {
			const struct label *l = &list->items[i].labels.items[k];

			if (strcmp(l->key, LABEL_GUEST_CAN) != 0)
				labels_add(&kept, l->key, l->value);
		}
		labels_release(&list->items[i].labels);
		list->items[i].labels = kept;
	}
	scene_reindex(&h.scene);
	change_inventory(&h, alice);
	plan_well(&h);
	assert_true(want_of(&h, "alice")->gate.waits);
	assert_false(want_of(&h, "alice")->gate.is_on);
	h.gates.upgrades_guest = true;
	plan_well(&h);
	assert_true(want_of(&h, "alice")->gate.is_on);
}

/* --- rotation --- */

static void assert_steps(const struct house *h, const char *wanted)
{
	DEFER(freep) char *steps = scene_steps(scene_find(&h->scene, "alice"));

	assert_string_equal(steps, wanted);
}

static void rotate(struct house *h, struct want_gate *gate, bool is_kick)
{
	plan_release(&h->scene.plan);
	if (plan_rotate(&h->scene.facts, NULL, gate, is_kick, &h->scene.plan, &h->err) < 0)
		fail_msg("%s", h->err.text);
}

static void a_rotation_records_writes_and_records_again(void **state)
{
	DEFER(house_close) struct house h;
	DEFER(want_gate_release) struct want_gate gate = { .is_on = true };

	deploy_alice(&h, state);
	gate_renew(&h.gates.key, facts_find(&h.scene.facts, "alice")->state.id, &gate);
	rotate(&h, &gate, false);
	assert_steps(&h, "record state 'winalux-alice-state-2'\n"
			 "write the token's hash into 'winalux-alice-dev'\n"
			 "reload 'winalux-alice-dev'\n"
			 "record state 'winalux-alice-state-3'\n"
			 "remove old state 'winalux-alice-state-2'\n"
			 "remove old state 'winalux-alice-state-1'\n");
	assert_false(scene_find(&h.scene, "alice")->ends_sessions);
	rotate(&h, &gate, true);
	assert_steps(&h, "record state 'winalux-alice-state-2'\n"
			 "write the token's hash into 'winalux-alice-dev'\n"
			 "stop container 'winalux-alice-dev'\n"
			 "start container 'winalux-alice-dev'\n"
			 "wait for answers of 'winalux-alice-dev'\n"
			 "record state 'winalux-alice-state-3'\n"
			 "remove old state 'winalux-alice-state-2'\n"
			 "remove old state 'winalux-alice-state-1'\n");
	assert_true(scene_find(&h.scene, "alice")->ends_sessions);
}

/* What a rotation that was killed after its first record has left. */
static void an_unfinished_rotation_is_completed_by_the_next_deploy(void **state)
{
	DEFER(house_close) struct house h;
	DEFER(want_gate_release) struct want_gate gate = { 0 };
	struct volumes *volumes;

	deploy_alice(&h, state);
	gate_renew(&h.gates.key, facts_find(&h.scene.facts, "alice")->state.id, &gate);
	volumes = &h.scene.facts.volumes;
	labels_add(&volumes->items[volumes->count - 1].labels, LABEL_LIVE, "");
	labels_add(&volumes->items[volumes->count - 1].labels, LABEL_SALT, gate.salt);
	labels_add(&volumes->items[volumes->count - 1].labels, LABEL_GATE_HASH, gate.hash);
	scene_reindex(&h.scene);
	plan_well(&h);
	assert_int_equal(scene_find(&h.scene, "alice")->action, ACTION_LIVE);
	assert_string_equal(want_of(&h, "alice")->gate.hash, gate.hash);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCRATCH_TEST(the_first_key_is_made_in_memory_until_it_is_saved),
		SCRATCH_TEST(a_key_that_was_made_meanwhile_is_taken),
		SCRATCH_TEST(the_token_is_the_one_whose_hash_is_inside),
		SCRATCH_TEST(a_redeploy_changes_nothing_whichever_key_is_at_hand),
		SCRATCH_TEST(another_key_shows_no_token_and_names_the_one_that_is_needed),
		SCRATCH_TEST(a_missing_key_refuses_the_new_one_where_others_have_tokens),
		SCRATCH_TEST(a_key_file_that_is_open_to_others_is_an_error),
		SCRATCH_TEST(without_a_gate_there_is_no_token_and_no_key),
		SCRATCH_TEST(turning_the_gate_off_and_on_is_a_live_change_that_keeps_the_token),
		SCRATCH_TEST(damaged_labels_are_no_token),
		SCRATCH_TEST(a_guest_that_is_older_than_the_gate_keeps_it_off),
		SCRATCH_TEST(a_rotation_records_writes_and_records_again),
		SCRATCH_TEST(an_unfinished_rotation_is_completed_by_the_next_deploy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
