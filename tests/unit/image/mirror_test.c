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

#include "image/internal.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"

static const char debian[] = "PRETTY_NAME=\"Debian\"\nID=debian\n";

static const struct {
	const char *name;
	const char *os_release;
	const char *file; /* below the apt directory */
	const char *text;
	const char *expected;
} cases[] = {
	{ "one-line form", debian, "sources.list",
	  "# deb http://no.example/debian x main\ndeb [arch=amd64] http://m.example/debian/ trixie "
	  "main\n",
	  "http://m.example/debian" },
	{ "deb822 form", debian, "sources.list.d/debian.sources",
	  "Types: deb\nURIs: https://m.example/debian\nSuites: trixie\n",
	  "https://m.example/debian" },
	{ "security before main", debian, "sources.list.d/debian.sources",
	  "URIs: http://m.example/debian-security\n\nURIs: http://m.example/debian\n",
	  "http://m.example/debian" },
	{ "Debian's own name", debian, "sources.list",
	  "deb http://deb.debian.org/debian trixie main\n", NULL },
	{ "other vendors only", debian, "sources.list",
	  "deb https://deb.example/node trixie main\n", NULL },
	{ "source packages only", debian, "sources.list",
	  "deb-src http://m.example/debian t main\n", NULL },
	{ "a mirror with a password", debian, "sources.list",
	  "deb https://me:secret@m.example/debian trixie main\n", NULL },
	{ "another distribution", "ID=ubuntu\nID_LIKE=debian\n", "sources.list",
	  "deb http://m.example/debian trixie main\n", NULL },
	{ "a file apt does not read", debian, "sources.list.d/debian.sources.old",
	  "URIs: http://m.example/debian\n", NULL },
};

static void the_hosts_own_mirror_is_found(void **state)
{
	char directory[] = "/tmp/mirror-XXXXXX";
	DEFER(freep) char *parts = NULL;
	DEFER(freep) char *os_release = NULL;

	(void)state;
	assert_non_null(mkdtemp(directory));
	parts = xasprintf("%s/sources.list.d", directory);
	os_release = xasprintf("%s/os-release", directory);
	mkdir(parts, 0755);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		DEFER(freep) char *path = xasprintf("%s/%s", directory, cases[i].file);
		DEFER(freep) char *mirror = NULL;

		file_write_atomic(path, cases[i].text, strlen(cases[i].text), 0644, NULL);
		file_write_atomic(os_release, cases[i].os_release, strlen(cases[i].os_release),
				  0644, NULL);
		mirror = mirror_find(os_release, directory);
		unlink(path);
		if ((mirror == NULL) != (cases[i].expected == NULL) ||
		    (mirror != NULL && strcmp(mirror, cases[i].expected) != 0))
			fail_msg("%s: got %s", cases[i].name, mirror == NULL ? "none" : mirror);
	}
	unlink(os_release);
	rmdir(parts);
	rmdir(directory);
}

static char *arguments_of(const char *suite, const char *mirror)
{
	DEFER(strv_release) struct strv arguments = { 0 };

	bootstrap_arguments(suite, mirror, &arguments);
	return strv_join(&arguments, "\n");
}

static void a_mirror_brings_updates_and_security(void **state)
{
	DEFER(freep) char *none = arguments_of("trixie", NULL);
	DEFER(freep) char *own = arguments_of("trixie", "http://m.example/debian");
	DEFER(freep) char *odd = arguments_of("trixie", "http://m.example/packages");
	DEFER(freep) char *rolling = arguments_of("sid", "http://m.example/debian");

	(void)state;
	assert_non_null(strstr(none, "\ntrixie\n-"));
	assert_null(strstr(none, "deb "));
	assert_non_null(strstr(own, "\ntrixie\n-\ndeb http://m.example/debian trixie main\n"
				    "deb http://m.example/debian trixie-updates main\n"
				    "deb http://m.example/debian-security trixie-security main"));
	assert_null(strstr(odd, "-security"));
	assert_non_null(strstr(rolling, "deb http://m.example/debian sid main"));
	assert_null(strstr(rolling, "sid-updates"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_hosts_own_mirror_is_found),
		cmocka_unit_test(a_mirror_brings_updates_and_security),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
