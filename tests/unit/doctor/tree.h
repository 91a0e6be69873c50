/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_DOCTOR_TREE_H
#define TESTS_UNIT_DOCTOR_TREE_H

/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "doctor/probe.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/format/json.h"

/* A fake host: the files of a case below a temporary directory, looked at by one probe. */

enum { TREE_MAX_FILES = 6, TREE_UID = 1000 };

struct tree_file {
	const char *path; /* one that ends in "/" is a directory */
	const char *text; /* NULL: empty */
	mode_t mode;      /* 0: 0644 */
};

struct probe_case {
	const char *name; /* the claim that the case proves */
	const char *probe;
	struct tree_file files[TREE_MAX_FILES];
	const char *info;        /* JSON of /info, or NULL */
	const char *runtime_dir; /* NULL: unset */
	const char *service_error;
	const char *program_version;
	struct podman_version version; /* of the service; zero: no service */
	uid_t uid;                     /* 0: TREE_UID */
	uint32_t min_free_gb;
	enum finding_level level;
	const char *found;  /* substring */
	const char *remedy; /* substring; NULL: there must be none */
	bool needs_admin;
};

static inline void tree_write(const char *root, const struct tree_file *file)
{
	char *path = xasprintf("%s%s", root, file->path);
	char *slash = strrchr(path, '/');
	const char *text = file->text != NULL ? file->text : "";

	*slash = '\0';
	assert_int_equal(dir_make_all(path, 0755, NULL), 0);
	*slash = '/';
	if (slash[1] != '\0') {
		mode_t mode = file->mode != 0 ? file->mode : 0644;

		assert_int_equal(file_write_atomic(path, text, strlen(text), 0644, NULL), 0);
		assert_int_equal(chmod(path, mode), 0);
	}
	free(path);
}

static inline int tree_remove_one(const char *path, const struct stat *st, int type,
				  struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline void tree_remove(const char *root)
{
	nftw(root, tree_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static inline const struct probe *tree_find_probe(const struct probe *table, const char *name)
{
	while (table->name != NULL && strcmp(table->name, name) != 0)
		table++;
	assert_non_null(table->name);
	return table;
}

static inline void tree_expect(const struct probe_case *test, const char *what, const char *actual,
			       const char *wanted)
{
	if (wanted == NULL ? actual == NULL : (actual != NULL && strstr(actual, wanted) != NULL))
		return;
	fail_msg("%s: %s is '%s', wanted '%s'", test->name, what,
		 actual != NULL ? actual : "(none)", wanted != NULL ? wanted : "(none)");
}

static inline void tree_check(const struct probe_case *test, const struct finding *f)
{
	if (f->level != test->level)
		fail_msg("%s: level is '%s', wanted '%s'; found '%s'", test->name,
			 finding_level_name(f->level), finding_level_name(test->level),
			 f->found != NULL ? f->found : "(none)");
	if (test->found != NULL)
		tree_expect(test, "found", f->found, test->found);
	tree_expect(test, "remedy", f->remedy, test->remedy);
	if (f->level == FINDING_PROBLEM || f->level == FINDING_NOTE)
		tree_expect(test, "meaning", f->meaning, "");
	else if (f->level == FINDING_OK)
		tree_expect(test, "meaning", f->meaning, NULL);
	if (f->needs_admin != test->needs_admin)
		fail_msg("%s: needs_admin is %d", test->name, f->needs_admin);
}

static inline void tree_run_case(const struct probe *table, const struct probe_case *test)
{
	char root[] = "/tmp/winalux-tree-XXXXXX";
	DEFER(json_freep) struct json *info = NULL;
	struct finding f = { .level = FINDING_UNKNOWN };
	struct probe_context c = {
		.root = root,
		.uid = test->uid != 0 ? test->uid : TREE_UID,
		.user = "alice",
		.home = "/home/alice",
		.runtime_dir = test->runtime_dir,
		.service_error = test->service_error,
		.program_version = test->program_version,
		.has_version = test->version.major != 0,
		.version = test->version,
		.min_free_gb = test->min_free_gb,
		.now_s = 1800000000,
	};

	assert_non_null(mkdtemp(root));
	for (size_t i = 0; i < TREE_MAX_FILES && test->files[i].path != NULL; i++)
		tree_write(root, &test->files[i]);
	if (test->info != NULL)
		assert_int_equal(json_parse(test->info, strlen(test->info), &info, NULL), 0);
	c.info = info;
	tree_find_probe(table, test->probe)->look(&c, &f);
	tree_remove(root);
	tree_check(test, &f);
	finding_release(&f);
}

static inline void tree_run_cases(const struct probe *table, const struct probe_case *cases,
				  size_t count)
{
	for (size_t i = 0; i < count; i++)
		tree_run_case(table, &cases[i]);
}

/*
 * Gives up root for good, so that a case sees what an ordinary user sees. Leak detection needs the
 * process to stay dumpable.
 */
static inline void tree_become_ordinary(void)
{
	enum { NOBODY = 65534 };

	if (getuid() != 0)
		return;
	assert_int_equal(setresgid(NOBODY, NOBODY, NOBODY), 0);
	assert_int_equal(setresuid(NOBODY, NOBODY, NOBODY), 0);
	assert_int_equal(prctl(PR_SET_DUMPABLE, 1), 0);
}

#endif
