/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/inventory/ssh_key.h"

/* Keys made for these tests; the private halves were thrown away. */
#define ED25519 "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAoctBQlPRuubaAulPWjQHtj8T1Jhxh9ixniyqeEmIUh"
#define RSA_BLOB                                                                                   \
	"AAAAB3NzaC1yc2EAAAADAQABAAABgQDogLBEfb86hwZkg7Kai+v0MBAtD42BC4842sLkE8+Hpxs8W1TIl4CO"     \
	"n++qfYySlR1GxFLNIPeZEs+SUemq6JHEQ8Ku1JxdWQnrBO2uP0FahaIUcW+DWb2O1QYhgevC36t5Do8rLcqy"     \
	"HoPrwkH+lh5RqmKQ69HyZaESmfCtiY7a1Wx3bCFWG/PDuI9aCEr+LiJBfeGHhMb7O6CPdkytWi4faNYHEnbj"     \
	"/JSH+6Rc4bIJP1jPuV6fdFi2ZhEMaTrRRlwhgyuVW6DSRY3+/vn5/BQnUnmDRnyQVlJsIYnmk7bcnfutlppe"     \
	"GOT8ewa/ARnGitU2op3xYPkstnmUL/w84kBhO7IaXrfGnqbvU5HlYGSSZcnqMN9Cv2MLRk8ki7LNXQIbHPVv"     \
	"3jsXVkdZEEwv77fjabqWa5MBvslW3HXYJBCEWIwH5S7Nuu4rE+OoS8JM8Or/482eZOeRcn46ekVR26aMA522"     \
	"vt8zZvmeYk5j/M3OATE4p9zxc//77DO4vCQXPGs="
#define RSA_1024                                                                                   \
	"ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDYiz2VeTLHpqxBaNLwhmtcbYYOLxxlMGrAqlHaLcM7jF/s"     \
	"zPkCl7Kfq1OOZ0Ofk59ZBvBExRBIfTI1BTBPgEOTo0Q1COSuNICM4uOYs8R1zKQcXTRA8n5wgztf6U0bOs+n"     \
	"Txva7kAmCSk2/ghUe9DVVKqTA0hPmreUytck5M8trQ=="
#define P256                                                                                       \
	"ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBJrdykZBoMOw"     \
	"5t0433IxvOr67tfZTiQVPgvSIESIRCozuaFwz2aYDQSfJ6kq1y6QODj8AGwGVWf7DQDdioU7b78="
#define P384                                                                                       \
	"ecdsa-sha2-nistp384 AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAABhBBqCZz0x8XI7"     \
	"0WdpegzCBmB4X9tbzcQFCq9HbfgBOn2//iE+AqNG7pzcjF7Z3PwWrVGDS38X12YVkRiezZPqCYOl8y9lDj5E"     \
	"Fn7MA2PjSyoc8VSMOMz2feNPWIvKkZ14pA=="
#define P521                                                                                       \
	"ecdsa-sha2-nistp521 AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbmlzdHA1MjEAAACFBACJFQoJg88e"     \
	"tvAe2rSWHFat48DQJ4gANIaqi+TIeuxS+I8Fhy9gRPbrxu6enm/pzQGHBib0V0PMxWKdLo06u0lIhwHXQKsb"     \
	"pGFcDYXPaIrCHXFd9oO7rZXT0TJYCcdXmtQhzve48/SeBSowHmrLixUGofYKZuc4dUUYZaEncETuD5rtXg=="
/* PROTOCOL.u2f: the same fields and an application, here "ssh:". */
#define SK_ED25519                                                                                 \
	"sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIAoctBQlPRuub"     \
	"aAulPWjQHtj8T1Jhxh9ixniyqeEmIUhAAAABHNzaDo="
#define SK_P256                                                                                    \
	"sk-ecdsa-sha2-nistp256@openssh.com AAAAInNrLWVjZHNhLXNoYTItbmlzdHAyNTZAb3BlbnNzaC5jb"     \
	"20AAAAIbmlzdHAyNTYAAABBBJrdykZBoMOw5t0433IxvOr67tfZTiQVPgvSIESIRCozuaFwz2aYDQSfJ6kq1"     \
	"y6QODj8AGwGVWf7DQDdioU7b78AAAAEc3NoOg=="
#define ED25519_AND_MORE                                                                           \
	"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAoctBQlPRuubaAulPWjQHtj8T1Jhxh9ixniyqeEmIUheA=="
#define P256_COMPRESSED                                                                            \
	"ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBAprdykZBoMOw"     \
	"5t0433IxvOr67tfZTiQVPgvSIESIRCozuaFwz2aYDQSfJ6kq1y6QODj8AGwGVWf7DQDdioU7b78="

static const struct {
	const char *line, *type, *comment;
} good[] = {
	{ ED25519 " alice@example", "ssh-ed25519", "alice@example" },
	{ "  " ED25519 "\t two  words \r\n", "ssh-ed25519", "two  words" },
	{ ED25519, "ssh-ed25519", "" },
	{ "ssh-rsa " RSA_BLOB " carol", "ssh-rsa", "carol" },
	{ P256 " a", "ecdsa-sha2-nistp256", "a" },
	{ P384 " b", "ecdsa-sha2-nistp384", "b" },
	{ P521 " c", "ecdsa-sha2-nistp521", "c" },
	{ SK_ED25519 " token", "sk-ssh-ed25519@openssh.com", "token" },
	{ SK_P256 " token", "sk-ecdsa-sha2-nistp256@openssh.com", "token" },
};

static const struct {
	const char *line, *reason;
} bad[] = {
	{ "", "is empty" },
	{ " \n", "is empty" },
	{ "XXXXXXX\"", "no public key" },
	{ "-----BEGIN OPENSSH PRIVATE KEY-----\nsecret", "private key" },
	{ "---- BEGIN SSH2 PUBLIC KEY ----\nAAAA", "RFC 4716" },
	{ "PuTTY-User-Key-File-3: ssh-ed25519", "PuTTY" },
	{ "ssh-dss AAAAB3NzaC1kc3MAAACB", "DSA" },
	{ "ssh-ed25519-cert-v01@openssh.com AAAA", "certificate" },
	{ "~/.ssh/id_ed25519.pub", "file name" },
	{ "/home/alice/.ssh/id_ed25519.pub", "file name" },
	{ "no-pty,command=\"/bin/sh\" " ED25519, "options" },
	{ "environment=\"X=1\"\t" ED25519, "options" },
	{ "ssh-ed25519", "no key behind" },
	{ "ssh-ed25519 %%%", "no base64" },
	{ "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAoctBQlPRuubaAulPWj", "cut or damaged" },
	{ "ssh-ed25519 AAAA", "cut or damaged" },
	{ "ssh-ed25519 " RSA_BLOB, "another type" },
	{ RSA_1024, "1024 bits" },
	{ ED25519_AND_MORE, "1 bytes too many" },
	{ P256_COMPRESSED, "cut or damaged" },
	{ ED25519 " bell\a", "control characters" },
	{ ED25519 " two\nlines", "control characters" },
	{ ED25519 " \xff", "UTF-8" },
};

static void every_kind_of_key_is_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		DEFER(ssh_key_release) struct ssh_key key = { 0 };
		struct error err = { 0 };

		if (ssh_key_parse(good[i].line, &key, &err) < 0)
			fail_msg("%s: %s", good[i].line, err.text);
		assert_string_equal(key.type, good[i].type);
		assert_string_equal(key.comment, good[i].comment);
	}
}

static void what_is_wrong_with_a_line_is_said(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct ssh_key key = { 0 };
		struct error err = { 0 };

		if (ssh_key_parse(bad[i].line, &key, &err) == 0)
			fail_msg("accepted: %s", bad[i].line);
		assert_int_equal(err.kind, ERROR_INVENTORY);
		if (!strstr(err.text, bad[i].reason))
			fail_msg("%s: '%s' lacks '%s'", bad[i].line, err.text, bad[i].reason);
		assert_null(key.type);
	}
}

static void a_message_never_repeats_the_line(void **state)
{
	struct ssh_key key = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(ssh_key_parse("-----BEGIN PRIVATE KEY----- c2VjcmV0", &key, &err), -1);
	assert_null(strstr(err.text, "c2VjcmV0"));
	assert_int_equal(ssh_key_parse("hunter2", &key, &err), -1);
	assert_null(strstr(err.text, "hunter2"));
}

/* The values are those of ssh-keygen -l. */
static void fingerprints_are_those_of_openssh(void **state)
{
	DEFER(ssh_key_release) struct ssh_key ed = { 0 };
	DEFER(ssh_key_release) struct ssh_key rsa = { 0 };

	(void)state;
	assert_int_equal(ssh_key_parse(ED25519, &ed, NULL), 0);
	assert_string_equal(ed.fingerprint, "SHA256:0/QbWpfizTIq2TwdAQvS1R+ERRrGFyMmAsVDRxV9duY");
	assert_int_equal(ssh_key_parse("ssh-rsa " RSA_BLOB, &rsa, NULL), 0);
	assert_string_equal(rsa.fingerprint, "SHA256:09jL6JBlKM0B7xzBhywXy4CItMgSr5deNRy3WvEkGAE");
}

static void a_key_of_any_length_prefix_is_refused_without_reading_past_it(void **state)
{
	char line[sizeof(ED25519)];

	(void)state;
	for (size_t len = 0; len < sizeof(ED25519) - 1; len++) {
		struct ssh_key key = { 0 };

		memcpy(line, ED25519, len);
		line[len] = '\0';
		assert_int_equal(ssh_key_parse(line, &key, NULL), -1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_key_is_read),
		cmocka_unit_test(what_is_wrong_with_a_line_is_said),
		cmocka_unit_test(a_message_never_repeats_the_line),
		cmocka_unit_test(fingerprints_are_those_of_openssh),
		cmocka_unit_test(a_key_of_any_length_prefix_is_refused_without_reading_past_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
