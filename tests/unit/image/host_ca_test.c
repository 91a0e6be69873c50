/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "image/host_ca.h"
#include "image/pem.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/inventory/config.h"

#define PEM(body) "-----BEGIN CERTIFICATE-----\n" body "\n-----END CERTIFICATE-----\n"

/* A host in a temporary directory: bundle.pem and distribution/. */
struct host {
	char directory[32];
	char bundle[64];
	char distribution[64];
	const char *bundles[2];
	const char *distributions[2];
	struct host_ca_paths paths;
	struct config config;
};

static void write_text(const char *path, const char *text)
{
	assert_int_equal(file_write_atomic(path, text, strlen(text), 0644, NULL), 0);
}

static void add_distribution_file(const struct host *host, const char *name, const char *text)
{
	DEFER(freep) char *path = xasprintf("%s/%s", host->distribution, name);

	write_text(path, text);
}

static int set_up(void **state)
{
	struct host *host = xcalloc(1, sizeof(*host));

	snprintf(host->directory, sizeof(host->directory), "/tmp/host-ca-XXXXXX");
	assert_non_null(mkdtemp(host->directory));
	snprintf(host->bundle, sizeof(host->bundle), "%s/bundle.pem", host->directory);
	snprintf(host->distribution, sizeof(host->distribution), "%s/distribution",
		 host->directory);
	mkdir(host->distribution, 0755);
	host->bundles[0] = host->bundle;
	host->distributions[0] = host->distribution;
	host->paths = (struct host_ca_paths){ host->bundles, host->distributions };
	*state = host;
	return 0;
}

static int tear_down(void **state)
{
	struct host *host = *state;
	DEFER(freep) char *file = xasprintf("%s/a.crt", host->distribution);

	unlink(file);
	unlink(host->bundle);
	rmdir(host->distribution);
	rmdir(host->directory);
	free(host);
	return 0;
}

static void check(struct host *host, size_t expected_count, const char *expected_pem)
{
	DEFER(freep) char *pem = NULL;
	struct error err = { 0 };
	size_t count = 99;

	assert_int_equal(host_ca_find_in(&host->paths, &host->config, &pem, &count, &err), 0);
	assert_string_equal(pem, expected_pem);
	assert_int_equal(count, expected_count);
}

static void a_certificate_beyond_the_distribution_is_found(void **state)
{
	struct host *host = *state;

	add_distribution_file(host, "a.crt", PEM("AAAA\nBBBB"));
	write_text(host->bundle, "# comment\n" PEM("AAAABBBB") PEM("OURS"));
	check(host, 1, PEM("OURS"));
}

static void a_host_with_nothing_of_its_own_has_none(void **state)
{
	struct host *host = *state;

	add_distribution_file(host, "a.crt", PEM("AAAA") "text between\n" PEM("BBBB"));
	write_text(host->bundle, PEM("BBBB") PEM("AAAA"));
	check(host, 0, "");
}

static void the_same_certificate_twice_counts_once(void **state)
{
	struct host *host = *state;

	add_distribution_file(host, "a.crt", PEM("AAAA"));
	write_text(host->bundle, PEM("OURS") PEM("OU\nRS"));
	check(host, 1, PEM("OURS"));
}

static void without_a_distribution_list_only_on_takes_the_bundle(void **state)
{
	struct host *host = *state;

	write_text(host->bundle, PEM("AAAA"));
	check(host, 0, "");
	host->config.trust_host_ca = CONFIG_ON;
	check(host, 1, PEM("AAAA"));
}

static void off_finds_nothing(void **state)
{
	struct host *host = *state;

	host->config.trust_host_ca = CONFIG_OFF;
	host->config.host_ca_file = host->bundle;
	add_distribution_file(host, "a.crt", PEM("AAAA"));
	write_text(host->bundle, PEM("OURS"));
	check(host, 0, "");
}

static void no_bundle_is_no_error(void **state)
{
	check(*state, 0, "");
}

static void a_named_file_is_taken_whole(void **state)
{
	struct host *host = *state;

	add_distribution_file(host, "a.crt", PEM("AAAA"));
	write_text(host->bundle, PEM("AAAA") PEM("OURS"));
	host->config.host_ca_file = host->bundle;
	check(host, 2, PEM("AAAA") PEM("OURS"));
}

static void a_named_file_without_a_certificate_is_refused(void **state)
{
	struct host *host = *state;
	DEFER(freep) char *pem = NULL;
	struct error err = { 0 };
	size_t count = 99;

	host->config.host_ca_file = host->bundle;
	assert_int_equal(host_ca_find_in(&host->paths, &host->config, &pem, &count, &err), -1);
	assert_non_null(strstr(err.text, host->bundle));
	write_text(host->bundle, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
	assert_int_equal(host_ca_find_in(&host->paths, &host->config, &pem, &count, &err), -1);
	assert_int_equal(err.kind, ERROR_HOST);
	assert_non_null(strstr(err.text, "no certificate"));
	assert_null(pem);
}

static void a_block_without_an_end_is_passed_over(void **state)
{
	const char *text =
		"-----BEGIN CERTIFICATE-----\nHALF\n" PEM("GOOD") "-----BEGIN CERTIFICATE-----\nX";
	struct pem pem;
	char *body;

	(void)state;
	assert_true(pem_next(&text, &pem));
	body = pem_body(&pem);
	assert_string_equal(body, "GOOD");
	free(body);
	assert_false(pem_next(&text, &pem));
}

#define WITH_HOST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_HOST(a_certificate_beyond_the_distribution_is_found),
		WITH_HOST(a_host_with_nothing_of_its_own_has_none),
		WITH_HOST(the_same_certificate_twice_counts_once),
		WITH_HOST(without_a_distribution_list_only_on_takes_the_bundle),
		WITH_HOST(off_finds_nothing),
		WITH_HOST(no_bundle_is_no_error),
		WITH_HOST(a_named_file_is_taken_whole),
		WITH_HOST(a_named_file_without_a_certificate_is_refused),
		cmocka_unit_test(a_block_without_an_end_is_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
