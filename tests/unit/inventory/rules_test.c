/* SPDX-License-Identifier: MIT */
/* Each rule on the value of one key, with values that pass and values that do not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "winalux/base/arch.h"
#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/inventory/diagnostics.h"
#include "winalux/inventory/inventory.h"

#define KEY "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAoctBQlPRuubaAulPWjQHtj8T1Jhxh9ixniyqeEmIUh"

struct rule {
	const char *line;    /* of a workspace */
	const char *problem; /* part of the only message; NULL: it passes */
};

static const struct rule rules[] = {
	{ "profile: web", NULL },
	{ "profile: nope", "unknown profile 'nope'" },
	{ "profile: full", "'full' is not part of this version" },
	{ "profile:", NULL },
	{ "arch: host", NULL },
	{ "arch: amd64", NULL },
	{ "arch: arm64", NULL },
	{ "arch: riscv64", "riscv64" },
	{ "ssh_port: 1024", NULL },
	{ "ssh_port: 65535", NULL },
	{ "ssh_port: \"2201\"", NULL },
	{ "ssh_port: auto", NULL },
	{ "ssh_port: none", "or auto, not 'none'" },
	{ "ssh_port: 1023", "rootless Podman cannot bind ports below 1024" },
	{ "ssh_port: 0", "a port from 1024" },
	{ "ssh_port: 65536", "a port from 1024" },
	{ "ssh_port: 2_201", "a port from 1024" },
	{ "ssh_port: 2201.0", "a port from 1024" },
	{ "ssh_port: 02201", "a port from 1024" },
	{ "ssh_port: -2201", "a port from 1024" },
	{ "ssh_port: 99999999999999999999", "a port from 1024" },
	{ "app_port: none", NULL },
	{ "app_port: auto", NULL },
	{ "app_port: 8001", NULL },
	{ "app_port: off", "auto or none, not 'off'" },
	{ "bind: 127.0.0.1", NULL },
	{ "bind: all", NULL },
	{ "bind: \"::1\"", NULL },
	{ "bind: 127.0.0.256", "an IP address" },
	{ "bind: example.org", "an IP address" },
	{ "ssh_bind: 192.0.2.1", NULL },
	{ "ssh_bind: []", "an IP address" },
	{ "libraries: celery redis", NULL },
	{ "libraries: \"\"", NULL },
	{ "libraries: [\"Django>=4.2,<5\", \"x.y-z_1[a,b]==1.*\"]", NULL },
	{ "libraries: $(reboot)", "is no requirement" },
	{ "libraries: \"celery,\"", "is no requirement" },
	{ "libraries: [\"a\\nb\"]", "is no requirement" },
	{ "libraries: [--index-url]", "is no requirement" },
	{ "libraries: 'a==1`id`'", "is no requirement" },
	{ "libraries: [\"-r ~/app/requirements.txt\"]", NULL },
	{ "libraries: [\"-r \"]", "is no requirement" },
	{ "libraries: [\"-r /nonexistent/requirements.txt\"]", "cannot be read" },
	{ "libraries: [[celery]]", "a PyPI requirement" },
	{ "library_index: https://packages.example/simple", NULL },
	{ "library_index: http://packages.example:8080/a@b", NULL },
	{ "library_index: httpx://packages.example/", "an https:// or http:// URL" },
	{ "library_index: ftp://packages.example/", "an https:// or http:// URL" },
	{ "library_index: https://me:pw@packages.example/", "has a login in it" },
	{ "disk_limit_gb: 10", NULL },
	{ "disk_limit_gb: 0", "from 1 to 65536" },
	{ "disk_limit_gb: 1.5", "a whole number" },
	{ "disk_policy: freeze", NULL },
	{ "disk_policy: stop", "'warn' or 'freeze'" },
	{ "cpus: 0.1", NULL },
	{ "cpus: 1024", NULL },
	{ "cpus: 0.09", "from 0.1 to 1024" },
	{ "cpus: 1025", "from 0.1 to 1024" },
	{ "cpus: 1e3", "from 0.1 to 1024" },
	{ "cpus: .5", "from 0.1 to 1024" },
	{ "memory_limit_gb: 2.5", NULL },
	{ "memory_limit_gb: 4.0", NULL },
	{ "memory_limit_gb: 0.01", "from 0.1 to" },
	{ "memory_limit_gb: 2G", "from 0.1 to" },
	{ "pids_limit: 64", NULL },
	{ "pids_limit: 63", "from 64 to" },
	{ "extra_ports: []", NULL },
	{ "extra_ports: [7430:7420]", NULL },
	{ "extra_ports: [\"7430:7420/tcp\"]", NULL },
	{ "extra_ports: [\"127.0.0.1:7430:7420\"]", NULL },
	{ "extra_ports: [\"[2001:db8::1]:7430:7420\"]", NULL },
	{ "extra_ports: [\"all:7430:22\"]", NULL },
	{ "extra_ports: [\"7430:7420/udp\"]", "HOST:CONTAINER" },
	{ "extra_ports: [\"::1:7430:7420\"]", "HOST:CONTAINER" },
	{ "extra_ports: [\"[::1:7430:7420\"]", "HOST:CONTAINER" },
	{ "extra_ports: [\"[127.0.0.1]:7430:7420\"]", "HOST:CONTAINER" },
	{ "extra_ports: [\"7430:\"]", "HOST:CONTAINER" },
	{ "extra_ports: [7430]", "HOST:CONTAINER" },
	{ "extra_ports: [\"7430:65536\"]", "HOST:CONTAINER" },
	{ "extra_ports: [\":7420\"]", "HOST:CONTAINER" },
	{ "extra_ports: [\"\"]", "HOST:CONTAINER" },
	{ "extra_ports: [{7430: 7420}]", "HOST:CONTAINER" },
	{ "extra_ports: [\"1023:7420\"]", "below 1024" },
	{ "extra_ports: [\"7430:1\", \"7430:2\"]", "clashes with" },
	{ "sidecars: [redis, memcached]", NULL },
	{ "sidecars: [{name: redis, volume: true}]", NULL },
	{ "sidecars: [{name: a0, image: localhost/a-b_c.d/e@sha256:00}]", NULL },
	{ "sidecars: [{name: abcdefghijklmnopqrstuvwx, image: x}]", NULL },
	{ "sidecars: [{name: abcdefghijklmnopqrstuvwxy, image: x}]", "at most 24 bytes" },
	{ "sidecars: [{name: 0a, image: x}]", "small letters and digits" },
	{ "sidecars: [nothing]", "unknown sidecar 'nothing'" },
	{ "sidecars: [mysql]", "'mysql' is not part of this version" },
	{ "sidecars: [redis, redis]", "stands here twice" },
	{ "sidecars: [redis, valkey]", "like redis in" },
	{ "sidecars: [redis, {name: valkey, port: 6380}]", NULL },
	{ "sidecars: [{name: faktory, version: 1.9.0}]", NULL },
	{ "sidecars: [{name: faktory, version: latest}]", "a version such as" },
	{ "sidecars: [{name: redis, version: 8.0}]", "from Debian's packages" },
	{ "sidecars: [{name: a, image: x, version: 8.0}]", "stands in its name" },
	{ "sidecars: [{name: redis, config: {maxmemory: 64mb}}]", NULL },
	{ "sidecars: [{name: redis, config: {-x: 1}}]", "has the setting '-x'" },
	{ "sidecars: [{name: faktory, config: {a: 1}}]", "no settings but" },
	{ "sidecars: [{name: redis, config: {a: 1}, command: [x]}]", "write them into 'command'" },
	{ "sidecars: [{name: a, image: x, config: {a: 1}}]", "takes its settings is not known" },
	{ "sidecars: [{name: redis, after: memcached}, memcached]", NULL },
	{ "sidecars: [{name: redis, after: [mem]}]", "there is no sidecar 'mem'" },
	{ "sidecars: [{name: redis, after: redis}]", "starts after itself" },
	{ "sidecars: [{name: redis, after: memcached}, {name: memcached, after: redis}]",
	  "starts after itself" },
	{ "sidecars: [airflow, {name: dags, image: x}]", "the name of another sidecar" },
	{ "sidecars: [faktory, {name: redis, port: 7420}]",
	  "'redis' listens on port 7420 like faktory" },
	{ "sidecars: [{name: redis, port: 7420}, faktory]",
	  "'faktory' listens on port 7420 like redis" },
	{ "sidecars: [{name: airflow, version: 3.1.0rc1}]", NULL },
	{ "sidecars: [{name: airflow, version: \"3.1.\"}]", "a version such as" },
	{ "sidecars: [{name: airflow, version: 3..1}]", "a version such as" },
	{ "sidecars: [{name: airflow, version: 3.-1}]", "a version such as" },
	{ "sidecars: [{name: pod, image: x}]", "part of winalux itself" },
	{ "sidecars: [{name: infra, image: x}]", "part of winalux itself" },
	{ "sidecars: [{name: net, image: x}]", "part of winalux itself" },
	{ "sidecars: [{name: home, image: x}]", "part of winalux itself" },
	{ "sidecars: [{name: keys, image: x}]", "part of winalux itself" },
	{ "sidecars: [{name: a, image: x, port: 0}]", "from 1 to 65535" },
	{ "sidecars: [{name: a, image: x, port: 2222}]", "like sshd" },
	{ "sidecars: [{name: a, image: x, port: 8000}]", "the profile's main service" },
	{ "sidecars: [{name: a, image: x, port: 1}, {name: b, image: x, port: 1}]", "like a in" },
	{ "sidecars: [{name: a, image: -x}]", "an image reference" },
	{ "sidecars: [{name: a, image: x, volume: /d, check: none, user: 1000}]", NULL },
	{ "sidecars: [{name: a, image: x, volume: \"/a b\"}]", "an absolute path" },
	{ "sidecars: [{name: a, image: x, check: smtp}]", "'faktory', not 'smtp'" },
	{ "sidecars: [{name: a, image: x, command: run}]", "a list" },
	{ "sidecars: [{name: a, image: x, command: []}]", "has 0 items" },
	{ "sidecars: [{name: a, image: x, user: \"a b\"}]", "a user or uid:gid" },
	{ "gate: strict", NULL },
	{ "gate: shell", NULL },
	{ "gate: off", NULL },
	{ "gate_forwarding: closed", NULL },
	{ "gate_forwarding: off", "'open' or 'closed'" },
	{ "cpu_affinity: no", NULL },
	{ "cpu_affinity: 2", "true or false" },
	{ "gate: no", "'shell', 'strict' or 'off'" },
	{ "environment: {A: 1}", NULL },
	{ "environment: [A=]", NULL },
	{ "environment: [1A=x]", "its name must be" },
	{ "environment: {A: \"x\\ty\"}", "control characters" },
	{ "environment: [A=1, A=2]", "given twice" },
	{ "environment: text", "a mapping of names" },
	{ "nmae: x", "did you mean 'name'?" },
	{ "zzzzzzzz: x", "the keys are: name, profile" },
	{ "public_keys: [\"" KEY "\"]", "stands beside 'public_key'" },
};

struct fixture {
	struct profiles profiles;
};

static int load(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));
	DEFER(diagnostics_release) struct diagnostics diags = { 0 };

	*state = f;
	return profiles_load(NULL, &f->profiles, &diags, NULL);
}

static int unload(void **state)
{
	struct fixture *f = *state;

	profiles_release(&f->profiles);
	free(f);
	return 0;
}

static void check_rule(const struct fixture *f, const struct rule *rule)
{
	DEFER(diagnostics_release) struct diagnostics diags = { 0 };
	DEFER(inventory_release) struct inventory inventory = { 0 };
	DEFER(freep)
	char *text = xasprintf("version: 1\nworkspaces:\n  - name: alice\n"
			       "    public_key: \"" KEY "\"\n    %s\n",
			       rule->line);

	int result = inventory_parse(text, strlen(text), "x.yml", &f->profiles, &inventory, &diags,
				     NULL);
	if (!rule->problem && result < 0)
		fail_msg("%s: %s", rule->line, diags.items[0].text);
	if (!rule->problem)
		return;
	if (result == 0 || diags.count != 1)
		fail_msg("%s: %zu messages", rule->line, diags.count);
	if (!strstr(diags.items[0].text, rule->problem))
		fail_msg("%s: %s", rule->line, diags.items[0].text);
	assert_memory_equal(diags.items[0].text, "x.yml:5:", strlen("x.yml:5:"));
}

static void each_rule_passes_what_it_should_and_names_the_rest_once(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		check_rule(*state, &rules[i]);
}

/* Which one is emulated depends on the machine. */
static void nested_containers_are_refused_where_programs_are_emulated(void **state)
{
	DEFER(freep)
	char *emulated = xasprintf("arch: %s\n    stacks: [docker]", arch_other());
	DEFER(freep) char *own = xasprintf("arch: %s\n    stacks: [docker]", arch_own());

	check_rule(*state, &(struct rule){ emulated, "which starts no containers inside" });
	check_rule(*state, &(struct rule){ own, NULL });
}

static void a_strict_gate_is_refused_where_programs_are_emulated(void **state)
{
	DEFER(freep) char *emulated = xasprintf("arch: %s\n    gate: strict", arch_other());
	DEFER(freep) char *own = xasprintf("arch: %s\n    gate: strict", arch_own());

	check_rule(*state, &(struct rule){ emulated, "'gate: strict' cannot be had" });
	check_rule(*state, &(struct rule){ own, NULL });
}

static void names_follow_the_grammar(void **state)
{
	(void)state;
	assert_true(inventory_name_is_valid("a"));
	assert_true(inventory_name_is_valid("0_a-b"));
	assert_true(inventory_name_is_valid("a234567890123456789012345678901234567890"));
	assert_false(inventory_name_is_valid("a2345678901234567890123456789012345678901"));
	assert_false(inventory_name_is_valid(""));
	assert_false(inventory_name_is_valid("_a"));
	assert_false(inventory_name_is_valid("-a"));
	assert_false(inventory_name_is_valid("A"));
	assert_false(inventory_name_is_valid("a.b"));
	assert_false(inventory_name_is_valid("a/b"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_rule_passes_what_it_should_and_names_the_rest_once),
		cmocka_unit_test(a_strict_gate_is_refused_where_programs_are_emulated),
		cmocka_unit_test(nested_containers_are_refused_where_programs_are_emulated),
		cmocka_unit_test(names_follow_the_grammar),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
