/* SPDX-License-Identifier: MIT */
/*
 * tests/data/inventory/NAME.yml is read with the built-in profiles; what is said about it, and what
 * came out of it, must be NAME.txt. WINALUX_GOLDEN=write writes the files anew, for a look at the
 * difference.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/inventory/diagnostics.h"
#include "winalux/inventory/inventory.h"

#define FOLDER "tests/data/inventory"

enum { TEXT_MAX = 1 << 20 };

static void add_diagnostics(struct buf *b, const struct diagnostics *diags)
{
	for (size_t i = 0; i < diags->count; i++)
		buf_addf(b, "%s %s\n", diags->items[i].is_warning ? "warning" : "error",
			 diags->items[i].text);
}

static void add_list(struct buf *b, const char *title, const struct strv *list)
{
	DEFER(freep) char *joined = strv_join(list, " | ");

	if (list->count > 0)
		buf_addf(b, "  %s: %s\n", title, joined);
}

static void add_sidecar(struct buf *b, const struct sidecar *s)
{
	buf_addf(b, "  sidecar %s: image %s, volume %s, port %u, check %s, user %s\n", s->name,
		 s->image ? s->image : "-", s->has_volume ? s->volume_path : "-", s->port,
		 check_kind_name(s->check), s->user ? s->user : "-");
	add_list(b, "  command", &s->command);
	add_list(b, "  environment", &s->environment);
}

static void add_workspace(struct buf *b, const struct workspace *w)
{
	buf_addf(b, "%s (%s, line %u): profile %s, ssh %d on '%s', app %d on '%s', gate %s%s%s%s\n",
		 w->name, w->slug, w->line, w->profile, w->ssh_port, w->ssh_bind, w->app_port,
		 w->bind, gate_mode_name(w->gate),
		 w->forwarding == FORWARDING_CLOSED ? ", forwarding closed" : "",
		 w->has_cpu_affinity ? "" : ", no affinity",
		 w->has_limit_environment ? "" : ", no variables");
	buf_addf(b, "  limits: disk %u%s, cpu %u, memory %u, pids %u\n", w->disk_limit_gb,
		 w->disk_policy == DISK_FREEZE ? " freeze" : "", w->cpu_milli, w->memory_limit_mib,
		 w->pids_limit);
	for (size_t i = 0; i < w->key_count; i++)
		buf_addf(b, "  key %s %s %s\n", w->keys[i].type, w->keys[i].fingerprint,
			 w->keys[i].comment);
	for (size_t i = 0; i < w->extra_port_count; i++)
		buf_addf(b, "  port '%s' %u:%u\n", w->extra_ports[i].host_ip,
			 w->extra_ports[i].host_port, w->extra_ports[i].container_port);
	for (size_t i = 0; i < w->sidecar_count; i++)
		add_sidecar(b, &w->sidecars[i]);
	add_list(b, "libraries", &w->libraries);
	if (w->library_index)
		buf_addf(b, "  index %s\n", w->library_index);
	add_list(b, "environment", &w->environment);
}

/* The caller frees it. */
static char *describe(const char *name, const struct buf *text)
{
	DEFER(profiles_release) struct profiles profiles = { 0 };
	DEFER(diagnostics_release) struct diagnostics diags = { 0 };
	DEFER(inventory_release) struct inventory inventory = { 0 };
	struct error err = { 0 };
	struct buf b;

	buf_init(&b, TEXT_MAX);
	assert_int_equal(profiles_load(NULL, &profiles, &diags, &err), 0);
	assert_int_equal(diags.count, 0);
	int result =
		inventory_parse(text->data, text->len, name, &profiles, &inventory, &diags, &err);
	add_diagnostics(&b, &diags);
	if (result < 0)
		buf_addf(&b, "failed: %s\n", err.text);
	for (size_t i = 0; i < inventory.count; i++)
		add_workspace(&b, &inventory.workspaces[i]);
	return buf_take(&b);
}

static void file_is_read_as_recorded(void **state)
{
	const char *name = *state;
	DEFER(freep) char *path = xasprintf(FOLDER "/%s", name);
	DEFER(freep) char *golden = xasprintf(FOLDER "/%.*s.txt", (int)strlen(name) - 4, name);
	DEFER(buf_release) struct buf text = { 0 };
	DEFER(buf_release) struct buf expected = { 0 };
	const char *mode = getenv("WINALUX_GOLDEN");
	struct error err = { 0 };

	assert_int_equal(file_read(path, TEXT_MAX, &text, &err), 0);
	DEFER(freep) char *found = describe(name, &text);
	if (mode && strcmp(mode, "write") == 0)
		file_write_atomic(golden, found, strlen(found), 0644, &err);
	assert_int_equal(file_read(golden, TEXT_MAX, &expected, &err), 0);
	assert_string_equal(found, expected.data);
}

static int is_yaml(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return len > 4 && strcmp(entry->d_name + len - 4, ".yml") == 0;
}

int main(void)
{
	struct dirent **files = NULL;
	int count = scandir(FOLDER, &files, is_yaml, alphasort);

	if (count <= 0) {
		print_error("no files in " FOLDER "; run it from the top of the tree\n");
		return 1;
	}
	struct CMUnitTest *tests = xcalloc((size_t)count, sizeof(*tests));
	for (int i = 0; i < count; i++) {
		tests[i].name = files[i]->d_name;
		tests[i].test_func = file_is_read_as_recorded;
		tests[i].initial_state = files[i]->d_name;
	}
	int failed = _cmocka_run_group_tests("golden", tests, (size_t)count, NULL, NULL);
	for (int i = 0; i < count; i++)
		free(files[i]);
	free(files);
	free(tests);
	return failed;
}
