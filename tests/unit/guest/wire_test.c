/* SPDX-License-Identifier: MIT */
#include "winalux/guest/wire.h"

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

/* The caller frees it. */
static struct wire_config *decode(const char *text, struct error *err)
{
	struct wire_config *config = xcalloc(1, sizeof(*config));

	if (wire_decode(text, strlen(text), config, err) == 0)
		return config;
	free(config);
	return NULL;
}

static void a_whole_configuration_is_read(void **state)
{
	struct error err = { 0 };
	DEFER(freep)
	struct wire_config *c =
		decode("winalux\t1\n"
		       "name\talice\n"
		       "user\tdeveloper\n"
		       "nonce\t00112233445566778899aabbccddeeff\n"
		       "profile\tweb\n"
		       "port\t8000\tWeb Server\n"
		       "port\t7420\t\n"
		       "check\tredis\tredis\t6379\n"
		       "check\tweb\ttcp\t80\n"
		       "service\tapp\tdeveloper\t/home/developer\tsh\t-c\ta\\tb\\nc\\\\d\n"
		       "service\tidle\tnobody\t\ttrue\n",
		       &err);

	(void)state;
	assert_non_null(c);
	assert_string_equal(c->name, "alice");
	assert_string_equal(c->user, "developer");
	assert_string_equal(c->nonce, "00112233445566778899aabbccddeeff");
	assert_string_equal(c->profile, "web");
	assert_int_equal(c->port_count, 2);
	assert_int_equal(c->ports[0].number, 8000);
	assert_string_equal(c->ports[0].label, "Web Server");
	assert_string_equal(c->ports[1].label, "");
	assert_int_equal(c->check_count, 2);
	assert_string_equal(c->checks[0].name, "redis");
	assert_int_equal(c->checks[0].kind, WIRE_CHECK_REDIS);
	assert_int_equal(c->checks[0].port, 6379);
	assert_int_equal(c->checks[1].kind, WIRE_CHECK_TCP);
	assert_int_equal(c->service_count, 2);
	assert_int_equal(c->services[0].arg_count, 3);
	assert_string_equal(c->services[0].args[2], "a\tb\nc\\d");
	assert_null(c->services[0].args[3]);
	assert_string_equal(c->services[1].user, "nobody");
	assert_string_equal(c->services[1].directory, "");
	assert_string_equal(c->services[1].args[0], "true");
	assert_null(c->services[1].args[1]);
}

static void a_version_line_alone_means_the_defaults(void **state)
{
	struct error err = { 0 };
	DEFER(freep) struct wire_config *c = decode("winalux\t1\n", &err);

	(void)state;
	assert_non_null(c);
	assert_string_equal(c->name, "");
	assert_string_equal(c->user, "developer");
	assert_string_equal(c->nonce, "");
	assert_int_equal(c->check_count, 0);
	assert_int_equal(c->service_count, 0);
	assert_int_equal(c->port_count, 0);
	assert_string_equal(c->profile, "");
}

static void the_gate_is_off_unless_said_and_never_opened_by_a_new_word(void **state)
{
	static const struct {
		const char *text;
		enum wire_gate gate;
		bool is_closed, has_no_sockets;
	} cases[] = {
		{ "winalux\t1\n", WIRE_GATE_OFF, false, false },
		{ "winalux\t1\ngate\toff\nforwarding\topen\n", WIRE_GATE_OFF, false, false },
		{ "winalux\t1\nforwarding\tports\n", WIRE_GATE_OFF, false, true },
		{ "winalux\t1\ngate\tshell\nforwarding\tclosed\n", WIRE_GATE_SHELL, true, true },
		{ "winalux\t1\ngate\tstrict\nforwarding\tsome\n", WIRE_GATE_SHELL, true, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		DEFER(freep) struct wire_config *c = decode(cases[i].text, NULL);

		assert_non_null(c);
		assert_int_equal(c->gate, cases[i].gate);
		assert_int_equal(c->is_forwarding_closed, cases[i].is_closed);
		assert_int_equal(c->is_socket_forwarding_closed, cases[i].has_no_sockets);
	}
}

static void shares_are_names_of_folders(void **state)
{
	struct error err = { 0 };
	DEFER(freep) struct wire_config *c = decode("winalux\t1\nshare\tdags\n", &err);

	(void)state;
	assert_non_null(c);
	assert_int_equal(c->share_count, 1);
	assert_string_equal(c->shares[0], "dags");
	assert_null(decode("winalux\t1\nshare\t../x\n", &err));
	assert_null(decode("winalux\t1\nshare\ta/b\n", &err));
	assert_null(decode("winalux\t1\nshare\n", &err));
}

static void affinity_is_on_unless_it_is_off(void **state)
{
	static const struct {
		const char *text;
		bool is_off;
	} cases[] = {
		{ "winalux\t1\n", false },
		{ "winalux\t1\naffinity\toff\n", true },
		{ "winalux\t1\naffinity\tsome\n", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		DEFER(freep) struct wire_config *c = decode(cases[i].text, NULL);

		assert_non_null(c);
		assert_int_equal(c->is_affinity_off, cases[i].is_off);
	}
}

static void limits_say_whether_they_hold(void **state)
{
	DEFER(freep)
	struct wire_config *c = decode("winalux\t1\n"
				       "limit\tcpu\t1500\theld\n"
				       "limit\tmemory\t1048576\tsoft\n"
				       "limit\tdisk\t5\tfreeze\n"
				       "limit\tinodes\t5\theld\n",
				       NULL);

	(void)state;
	assert_non_null(c);
	assert_int_equal(c->limits[WIRE_LIMIT_CPU].number, 1500);
	assert_true(c->limits[WIRE_LIMIT_CPU].is_held);
	assert_int_equal(c->limits[WIRE_LIMIT_MEMORY].number, 1048576);
	assert_false(c->limits[WIRE_LIMIT_MEMORY].is_held);
	assert_int_equal(c->limits[WIRE_LIMIT_DISK].number, 5);
	assert_true(c->limits[WIRE_LIMIT_DISK].freezes);
}

static void what_a_newer_host_says_is_passed_over(void **state)
{
	struct error err = { 0 };
	DEFER(freep)
	struct wire_config *c = decode("winalux\t1\tmore\n"
				       "gate\tstrict\tx\n"
				       "\n"
				       "name\talice\tAlice A.\n"
				       "check\tkafka\tkafka\t9092\textra\n",
				       &err);

	(void)state;
	assert_non_null(c);
	assert_string_equal(c->name, "alice");
	assert_int_equal(c->check_count, 1);
	assert_int_equal(c->checks[0].kind, WIRE_CHECK_TCP);
}

static void mistakes_are_named_with_their_line(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "", "cut short" },
		{ "winalux\t1", "cut short" },
		{ "winalux\n", "line 1: the wire version is missing" },
		{ "winalux\t2\n", "line 1: wire version '2', this guest speaks 1" },
		{ "winalux\t1x\n", "wire version '1x'" },
		{ "name\talice\n", "must begin with 'winalux'" },
		{ "winalux\t1\nname\n", "line 2: the workspace's name is missing" },
		{ "winalux\t1\nlimit\tcpu\t0\theld\n", "line 2: '0' is no limit" },
		{ "winalux\t1\nlimit\tcpu\t5\n", "line 2: the limit's word is missing" },
		{ "winalux\t1\nname\t\n", "line 2: the workspace's name must have 1 to 63 bytes" },
		{ "winalux\t1\n\nuser\ta\\x\n", "line 3: unknown escape" },
		{ "winalux\t1\nuser\ta\\\n", "line 2: unknown escape" },
		{ "winalux\t1\ncheck\tredis\n", "the check's kind is missing" },
		{ "winalux\t1\ncheck\tredis\tredis\n", "the check's port is missing" },
		{ "winalux\t1\ncheck\tredis\tredis\t0\n", "'0' is no port" },
		{ "winalux\t1\ncheck\tredis\tredis\t65536\n", "'65536' is no port" },
		{ "winalux\t1\ncheck\ta\ttcp\t1\ncheck\ta\ttcp\t2\n",
		  "line 3: a second check 'a'" },
		{ "winalux\t1\nport\t80\n", "the port's label is missing" },
		{ "winalux\t1\nport\tx\ty\n", "'x' is no port" },
		{ "winalux\t1\nservice\ta\tu\t/\n", "the service's program is missing" },
		{ "winalux\t1\nservice\ta\tu\t/\t\n", "the service's program is empty" },
		{ "winalux\t1\nservice\ta\tu\t/\tx\nservice\ta\tu\t/\ty\n",
		  "a second service 'a'" },
		{ "winalux\t1\nname\t\xff\n", "not UTF-8" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error err = { 0 };
		DEFER(freep) struct wire_config *c = decode(cases[i].text, &err);

		assert_null(c);
		if (!strstr(err.text, cases[i].message))
			fail_msg("'%s' does not contain '%s'", err.text, cases[i].message);
	}
}

static void a_nul_byte_is_refused(void **state)
{
	static const char text[] = "winalux\t1\nname\ta\0b\n";
	DEFER(freep) struct wire_config *c = xcalloc(1, sizeof(*c));
	struct error err = { 0 };

	(void)state;
	assert_int_equal(wire_decode(text, sizeof(text) - 1, c, &err), -1);
	assert_non_null(strstr(err.text, "not UTF-8"));
}

static void tables_that_are_full_are_errors(void **state)
{
	static const struct {
		const char *line, *message;
		unsigned fits;
	} cases[] = {
		{ "check\tn%u\ttcp\t1\n", "more than 16 checks", WIRE_MAX_CHECKS },
		{ "service\tn%u\tu\t/\tx\n", "more than 16 services", WIRE_MAX_SERVICES },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		for (unsigned more = 0; more < 2; more++) {
			DEFER(buf_release) struct buf b = { 0 };
			struct error err = { 0 };

			buf_init(&b, 1 << 20);
			buf_add_str(&b, "winalux\t1\n");
			for (unsigned n = 0; n < cases[i].fits + more; n++) {
				buf_add(&b, cases[i].line, strcspn(cases[i].line, "%"));
				buf_addf(&b, "%u%s", n, strchr(cases[i].line, '%') + 2);
			}
			DEFER(freep) struct wire_config *c = decode(b.data, &err);
			assert_int_equal(c == NULL, more);
			if (more)
				assert_non_null(strstr(err.text, cases[i].message));
		}
	}
}

static void too_many_arguments_are_an_error(void **state)
{
	DEFER(buf_release) struct buf b = { 0 };
	struct error err = { 0 };

	(void)state;
	buf_init(&b, 1 << 20);
	buf_add_str(&b, "winalux\t1\nservice\ta\tu\t/");
	for (unsigned n = 0; n < WIRE_MAX_ARGS; n++)
		buf_add_str(&b, "\tx");
	buf_add_char(&b, '\n');
	assert_null(decode(b.data, &err));
	assert_non_null(strstr(err.text, "more than 512 arguments"));
}

static void a_text_over_the_limit_is_refused(void **state)
{
	DEFER(buf_release) struct buf b = { 0 };
	struct error err = { 0 };

	(void)state;
	buf_init(&b, 1 << 20);
	buf_add_str(&b, "winalux\t1\n");
	while (b.len <= WIRE_MAX_BYTES)
		buf_add_str(&b, "pad\n");
	assert_null(decode(b.data, &err));
	assert_non_null(strstr(err.text, "the limit is 65536"));
}

static void lines_are_decoded_as_they_were_written(void **state)
{
	static const char *const args[] = { "sh", "-c", "tab\there\nline\\back", "", NULL };
	static const char *const service[] = {
		"service", "app", "developer", "/srv/a\tb", "sh", "-c", "tab\there\nline\\back", ""
	};
	DEFER(buf_release) struct buf b = { 0 };
	struct error err = { 0 };

	(void)state;
	buf_init(&b, WIRE_MAX_BYTES);
	wire_add_line(&b, (const char *[]){ "winalux", "1" }, 2);
	wire_add_line(&b, (const char *[]){ "name", "bob" }, 2);
	wire_add_line(&b, (const char *[]){ "user", "developer" }, 2);
	wire_add_line(&b, (const char *[]){ "nonce", "n1" }, 2);
	wire_add_line(&b, (const char *[]){ "check", "mc", "memcached", "11211" }, 4);
	wire_add_line(&b, service, ARRAY_SIZE(service));
	assert_false(b.is_full);

	DEFER(freep) struct wire_config *out = decode(b.data, &err);
	assert_non_null(out);
	assert_string_equal(out->name, "bob");
	assert_string_equal(out->nonce, "n1");
	assert_int_equal(out->checks[0].kind, WIRE_CHECK_MEMCACHED);
	assert_int_equal(out->checks[0].port, 11211);
	assert_string_equal(out->services[0].directory, "/srv/a\tb");
	assert_int_equal(out->services[0].arg_count, 4);
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(out->services[0].args[i], args[i]);
}

static void text_may_lie_in_the_configuration_itself(void **state)
{
	static const char text[] = "winalux\t1\nname\talice\n";
	DEFER(freep) struct wire_config *c = xcalloc(1, sizeof(*c));
	struct error err = { 0 };

	(void)state;
	memcpy(c->text, text, sizeof(text));
	assert_int_equal(wire_decode(c->text, sizeof(text) - 1, c, &err), 0);
	assert_string_equal(c->name, "alice");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_configuration_is_read),
		cmocka_unit_test(a_version_line_alone_means_the_defaults),
		cmocka_unit_test(the_gate_is_off_unless_said_and_never_opened_by_a_new_word),
		cmocka_unit_test(shares_are_names_of_folders),
		cmocka_unit_test(affinity_is_on_unless_it_is_off),
		cmocka_unit_test(limits_say_whether_they_hold),
		cmocka_unit_test(what_a_newer_host_says_is_passed_over),
		cmocka_unit_test(mistakes_are_named_with_their_line),
		cmocka_unit_test(a_nul_byte_is_refused),
		cmocka_unit_test(tables_that_are_full_are_errors),
		cmocka_unit_test(too_many_arguments_are_an_error),
		cmocka_unit_test(a_text_over_the_limit_is_refused),
		cmocka_unit_test(lines_are_decoded_as_they_were_written),
		cmocka_unit_test(text_may_lie_in_the_configuration_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
