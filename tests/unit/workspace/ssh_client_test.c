/* SPDX-License-Identifier: MIT */
#include "winalux/workspace/ssh_client.h"

#include <string.h>

#include "stage.h"
#include "winalux/base/buf.h"
#include "winalux/base/mem.h"

static const struct workspace_facts *alice_of(struct scene *s)
{
	scene_init(s, stage_two);
	scene_deploy(s);
	return facts_find(&s->facts, "alice");
}

static void a_host_entry_pins_the_recorded_key(void **state)
{
	DEFER(scene_release) struct scene s;
	DEFER(buf_release) struct buf config;
	DEFER(buf_release) struct buf known;
	const struct workspace_facts *alice = alice_of(&s);
	struct error err = { 0 };

	(void)state;
	buf_init(&config, 4096);
	buf_init(&known, 4096);
	assert_int_equal(ssh_config_add(&config, &alice, 1, "/home/me/known hosts", &err), 0);
	assert_string_equal(config.data, "Host alice.winalux\n"
					 "\tHostName 127.0.0.1\n"
					 "\tPort 2201\n"
					 "\tUser developer\n"
					 "\tHostKeyAlias winalux-alice\n"
					 "\tUserKnownHostsFile \"/home/me/known hosts\"\n"
					 "\tStrictHostKeyChecking yes\n");
	ssh_known_hosts_add(&known, &alice, 1);
	assert_string_equal(known.data, "winalux-alice ssh-ed25519 AAAA\n");
}

static void the_published_port_counts_before_the_recorded_one(void **state)
{
	DEFER(scene_release) struct scene s;
	const struct workspace_facts *alice = alice_of(&s);
	const char *host_ip = NULL;

	(void)state;
	s.facts.containers.items[0].ports.items[0].host_port = 2299;
	assert_int_equal(ssh_published_port(alice, &host_ip), 2299);
	assert_string_equal(host_ip, "");
}

static void a_stopped_workspace_is_reached_at_its_recorded_port(void **state)
{
	DEFER(scene_release) struct scene s;
	DEFER(buf_release) struct buf config;
	const struct workspace_facts *alice = alice_of(&s);
	struct error err = { 0 };
	const char *host_ip = NULL;

	(void)state;
	port_mappings_release(&s.facts.containers.items[0].ports);
	s.facts.containers.items[0].ports = (struct port_mappings){ 0 };
	assert_int_equal(ssh_published_port(alice, &host_ip), 0);
	buf_init(&config, 4096);
	assert_int_equal(ssh_config_add(&config, &alice, 1, "/k", &err), 0);
	assert_non_null(strstr(config.data, "\tPort 2201\n"));
}

static void without_a_recorded_key_there_is_no_entry(void **state)
{
	DEFER(scene_release) struct scene s;
	DEFER(buf_release) struct buf config;
	const struct workspace_facts *alice = alice_of(&s);
	struct error err = { 0 };

	(void)state;
	s.facts.workspaces[0].state.host_key = NULL;
	buf_init(&config, 4096);
	assert_error(&err, ssh_config_add(&config, &alice, 1, "/k", &err), ERROR_NOT_FOUND,
		     "workspace 'alice' has no recorded ssh port and host key; `winalux deploy`");
	ssh_known_hosts_add(&config, &alice, 1);
	assert_string_equal(config.data, "");
}

static void all_addresses_are_reached_through_the_loopback(void **state)
{
	static const char *const table[][2] = {
		{ "", "127.0.0.1" }, { "0.0.0.0", "127.0.0.1" },   { "::", "::1" },
		{ "::1", "::1" },    { "192.0.2.7", "192.0.2.7" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		assert_string_equal(ssh_client_address(table[i][0]), table[i][1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_host_entry_pins_the_recorded_key),
		cmocka_unit_test(the_published_port_counts_before_the_recorded_one),
		cmocka_unit_test(a_stopped_workspace_is_reached_at_its_recorded_port),
		cmocka_unit_test(without_a_recorded_key_there_is_no_entry),
		cmocka_unit_test(all_addresses_are_reached_through_the_loopback),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
