/* SPDX-License-Identifier: MIT */
/* Requirements files that an inventory names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/inventory/diagnostics.h"
#include "winalux/inventory/inventory.h"

#define ALICE                                                                                      \
	"version: 1\nworkspaces:\n  - name: alice\n    public_key: \"ssh-ed25519 "                 \
	"AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl me@here\"\n"         \
	"    libraries: [idna, \"-r requirements.txt\"]\n"

struct folder {
	char path[64];
	char *inventory;
	char *requirements;
};

static struct folder folder_make(const char *requirements)
{
	struct folder f = { .path = "/tmp/winalux-libraries-test.XXXXXX" };

	assert_non_null(mkdtemp(f.path));
	f.inventory = xasprintf("%s/inventory.yml", f.path);
	f.requirements = xasprintf("%s/requirements.txt", f.path);
	assert_int_equal(file_write_atomic(f.inventory, ALICE, strlen(ALICE), 0600, NULL), 0);
	assert_int_equal(
		file_write_atomic(f.requirements, requirements, strlen(requirements), 0600, NULL),
		0);
	return f;
}

static void folder_release(struct folder *f)
{
	unlink(f->inventory);
	unlink(f->requirements);
	rmdir(f->path);
	free(f->inventory);
	free(f->requirements);
}

static void a_file_beside_the_inventory_gives_its_lines(void **state)
{
	DEFER(folder_release)
	struct folder f = folder_make("# ours\n\nsix==1.16.0 ; python_version >= \"3\"\r\n"
				      "zipp==3.1 \\\n    --hash=sha256:00\n  # more\n");
	DEFER(inventory_release) struct inventory inventory = { 0 };
	DEFER(diagnostics_release) struct diagnostics diags = { 0 };
	DEFER(freep) char *lines = NULL;

	(void)state;
	assert_int_equal(inventory_load(f.inventory, NULL, &inventory, &diags, NULL), 0);
	lines = strv_join(&inventory.workspaces[0].libraries, "\n");
	assert_string_equal(lines, "idna\nsix==1.16.0 ; python_version >= \"3\"\nzipp==3.1 \\\n"
				   "    --hash=sha256:00");
}

static void what_leads_elsewhere_is_refused_by_its_line(void **state)
{
	static const char *const files[] = { "six\n-e .\n", "six\n  --index-url https://x/\n",
					     "six\n-r other.txt\n", "six\n\x01\n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		DEFER(folder_release) struct folder f = folder_make(files[i]);
		DEFER(inventory_release) struct inventory inventory = { 0 };
		DEFER(diagnostics_release) struct diagnostics diags = { 0 };
		DEFER(freep) char *wanted = xasprintf("%s:2: only requirements", f.requirements);

		assert_int_equal(inventory_load(f.inventory, NULL, &inventory, &diags, NULL), -1);
		assert_int_equal(diags.error_count, 1);
		assert_non_null(strstr(diags.items[0].text, wanted));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_beside_the_inventory_gives_its_lines),
		cmocka_unit_test(what_leads_elsewhere_is_refused_by_its_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
