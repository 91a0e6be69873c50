/* SPDX-License-Identifier: MIT */
/* What PID 1 reads from sshd and writes for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "guest/hostkey.h"
#include "guest/sshd_config.h"
#include "guest/sshd_log.h"
#include "winalux/base/mem.h"

#define KEY "SHA256:F2IQJFolPX94sDIeEPZHmffwam86jJDqnQj/aW52HiQ"

static void a_login_gives_user_key_and_address(void **state)
{
	static const struct {
		const char *line;
		struct sshd_login login;
	} cases[] = {
		{ "Accepted publickey for developer from 10.89.0.2 port 40002 ssh2: ED25519 " KEY,
		  { "developer", "10.89.0.2", 40002, KEY } },
		{ "Accepted publickey for developer from fd00::1%eth0 port 1 ssh2: RSA-CERT " KEY
		  " ID x (serial 0) CA ED25519 SHA256:other",
		  { "developer", "fd00::1%eth0", 1, KEY } },
		{ "Accepted none for developer from ::1 port 65535 ssh2",
		  { "developer", "::1", 65535, "" } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sshd_login login;

		assert_int_equal(sshd_log_parse(cases[i].line, &login), SSHD_LOG_LOGIN);
		assert_string_equal(login.user, cases[i].login.user);
		assert_string_equal(login.from, cases[i].login.from);
		assert_string_equal(login.key, cases[i].login.key);
		assert_int_equal(login.port, cases[i].login.port);
	}
}

static void the_ordinary_end_of_a_connection_is_noise(void **state)
{
	static const char *const lines[] = {
		"Connection closed by 10.0.2.100 port 51974 [preauth]",
		"Connection closed by invalid user x 10.0.2.100 port 51974 [preauth]",
		"Connection reset by 10.0.2.100 port 1",
		"Received disconnect from 10.0.2.100 port 1:11: disconnected by user",
		"Disconnected from user developer 10.0.2.100 port 1",
		"kex_exchange_identification: Connection closed by remote host",
		"banner exchange: Connection from 10.0.2.100 port 1: invalid format",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct sshd_login login;

		assert_int_equal(sshd_log_parse(lines[i], &login), SSHD_LOG_NOISE);
	}
}

static void a_client_cannot_forge_a_login(void **state)
{
	static const char *const lines[] = {
		"Invalid user Accepted publickey for developer from 1.2.3.4 port 5",
		" Accepted publickey for developer from 1.2.3.4 port 5",
		"Accepted publickey for developer from 1.2.3.4 port 70000",
		"Accepted publickey for developer from 1.2.3.4",
		"Accepted publickey for  from 1.2.3.4 port 5",
		"Accepted",
		"",
		"User root from 10.0.2.100 not allowed because not listed in AllowUsers",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct sshd_login login = { .user = "before" };

		assert_int_equal(sshd_log_parse(lines[i], &login), SSHD_LOG_REPORT);
		assert_string_equal(login.user, "before");
	}
}

static void words_that_do_not_fit_are_no_login(void **state)
{
	char line[256] = "Accepted publickey for ";
	struct sshd_login login;

	(void)state;
	memset(line + strlen(line), 'u', sizeof(login.user));
	memcpy(line + strlen(line), " from ::1 port 1", sizeof(" from ::1 port 1"));
	assert_int_equal(sshd_log_parse(line, &login), SSHD_LOG_REPORT);
}

static void the_environment_is_quoted_for_sshd(void **state)
{
	static const struct {
		const char *pair, *wanted;
	} cases[] = {
		{ "A=b", " \"A=b\"" },
		{ "A=", " \"A=\"" },
		{ "A=b c # d", " \"A=b c # d\"" },
		{ "A=it's \"q\" \\n", " \"A=it's \\\"q\\\" \\\\n\"" },
		{ "_A1=\xc3\xa4", " \"_A1=\xc3\xa4\"" },
		{ "HOMEBREW=1", " \"HOMEBREW=1\"" },
		{ "A=x\ny", "" },
		{ "A=x\ty", "" },
		{ "HOME=/root", "" },
		{ "PATHLESS", "" },
		{ "1A=x", "" },
		{ "A.B=x", "" },
		{ "=x", "" },
		{ "container=podman", "" },
		{ "TERM=xterm", "" },
		{ "SSH_AUTH_SOCK=/x", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char line[64] = "SetEnv";

		assert_int_equal(sshd_config_add_env(line, sizeof(line), cases[i].pair),
				 *cases[i].wanted != '\0');
		assert_string_equal(line + strlen("SetEnv"), cases[i].wanted);
	}
}

static void a_pair_that_does_not_fit_changes_nothing(void **state)
{
	(void)state;
	for (size_t size = 8; size < 32; size++) {
		char line[32] = "SetEnv";
		bool fits = size > strlen("SetEnv \"NAME=value\"");

		assert_int_equal(sshd_config_add_env(line, size, "NAME=value"), fits);
		assert_string_equal(line, fits ? "SetEnv \"NAME=value\"" : "SetEnv");
	}
}

static void a_public_key_loses_its_comment(void **state)
{
	static const struct {
		const char *line, *wanted;
	} cases[] = {
		{ "ssh-ed25519 AAAA winalux\n", "ssh-ed25519 AAAA" },
		{ "ssh-ed25519 AAAA\n", "ssh-ed25519 AAAA" },
		{ "ssh-ed25519 AAAA", "ssh-ed25519 AAAA" },
		{ "ssh-ed25519 \n", NULL },
		{ "ssh-ed25519", NULL },
		{ "-----BEGIN OPENSSH PRIVATE KEY-----", NULL },
		{ "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char line[64];

		memcpy(line, cases[i].line, strlen(cases[i].line) + 1);
		assert_int_equal(hostkey_trim(line), cases[i].wanted != NULL);
		if (cases[i].wanted)
			assert_string_equal(line, cases[i].wanted);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_login_gives_user_key_and_address),
		cmocka_unit_test(the_ordinary_end_of_a_connection_is_noise),
		cmocka_unit_test(a_client_cannot_forge_a_login),
		cmocka_unit_test(words_that_do_not_fit_are_no_login),
		cmocka_unit_test(the_environment_is_quoted_for_sshd),
		cmocka_unit_test(a_pair_that_does_not_fit_changes_nothing),
		cmocka_unit_test(a_public_key_loses_its_comment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
