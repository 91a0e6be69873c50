/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_BASE_SCRATCH_H
#define TESTS_UNIT_BASE_SCRATCH_H

#include <stdlib.h>

#include "winalux/base/mem.h"
#include "winalux/base/process.h"

/*
 * An empty directory of its own for each test that is registered with SCRATCH_TEST (after
 * <cmocka.h>). Its path is *state; afterwards it is removed with all that is in it.
 */
static int make_scratch(void **state)
{
	char path[] = "/tmp/winalux-test-XXXXXX";

	if (!mkdtemp(path))
		return -1;
	*state = xstrdup(path);
	return 0;
}

static int remove_scratch(void **state)
{
	DEFER(freep) char *path = *state;
	const char *const open_up[] = { "chmod", "-R", "u+rwx", path, NULL };
	const char *const remove[] = { "rm", "-rf", path, NULL };

	process_run(open_up, NULL, NULL, NULL, NULL); /* fails where the test removed it */
	return process_run(remove, NULL, NULL, NULL, NULL);
}

/* Path of name in the scratch directory. The caller frees it. */
static char *inside(void **state, const char *name)
{
	return xasprintf("%s/%s", (const char *)*state, name);
}

#define SCRATCH_TEST(function)                                                                     \
	cmocka_unit_test_setup_teardown(function, make_scratch, remove_scratch)

#endif
