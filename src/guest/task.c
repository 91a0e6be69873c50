/* SPDX-License-Identifier: MIT */
/*
 * "task" alone draws the dashboard, from what was measured already; with arguments it is Task
 * itself, the next one of that name in PATH, with a Taskfile of ours where there is no other.
 */
#include "role.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "figures.h"
#include "task_program.h"
#include "taskfile.h"
#include "telemetry/dashboard.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/base/term.h"

enum { PLAIN_COLUMNS = 100, NOT_FOUND = 127 };

static const char *user_name(void)
{
	const char *name = getenv("USER");

	if (name && *name)
		return name;
	return getuid() == 0 ? "root" : "developer";
}

static int draw(void)
{
	struct dashboard d = { .now_boot_ms = metrics_now_ms() };
	static char text[DASHBOARD_SIZE];
	const time_t now = time(NULL);

	d.result = figures_read(METRICS_POD_PATH, METRICS_OWN_PATH, d.now_boot_ms, &d.metrics);
	localtime_r(&now, &d.now);
	d.user = user_name();
	d.columns = (unsigned)term_width(STDOUT_FILENO, PLAIN_COLUMNS);
	d.has_color = term_wants_color(STDOUT_FILENO);
	d.is_utf8 = term_speaks_utf8();
	const size_t len = dashboard_draw(&d, text, sizeof(text));
	return fd_write_all(STDOUT_FILENO, text, len, NULL) < 0 ? EXIT_ROLE_FAILED : 0;
}

static void become_task(char **argv)
{
	char file[PATH_MAX];

	if (task_program_find(getenv("PATH"), "/proc/self/exe", file))
		execv(file, argv);
}

/* The arguments, after our Taskfile's where the developer has none: on the heap, for an exec. */
static char **with_taskfile(int argc, char **argv)
{
	DEFER(freep) char *directory = getcwd(NULL, 0);
	const char *home = getenv("HOME");
	char **ours;

	if (!taskfile_is_ours((const char *const *)argv, directory ? directory : "/",
			      home ? home : ""))
		return argv;
	ours = xcalloc((size_t)argc + 3, sizeof(*ours));
	ours[0] = argv[0];
	ours[1] = xstrdup("--taskfile");
	ours[2] = xstrdup(TASKFILE_PATH);
	memcpy(&ours[3], &argv[1], (size_t)(argc - 1) * sizeof(*ours));
	return ours;
}

static int run_task(int argc, char **argv)
{
	if (argc == 1)
		return draw();
	become_task(with_taskfile(argc, argv));
	dprintf(STDERR_FILENO, "winalux: Task is not installed here: the package go-task-bin of "
			       "PyPI has it; 'task' alone shows the dashboard\n");
	return NOT_FOUND;
}

const struct role role_task = {
	.name = "task",
	.can_be_name = true,
	.usage = "[TASK…]",
	.summary = "show the dashboard, or run Task itself",
	.run = run_task,
};
