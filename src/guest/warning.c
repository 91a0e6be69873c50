/* SPDX-License-Identifier: MIT */
/* What somebody who begins to work should know, in a line; as a rule there is nothing. */
#include "role.h"

#include <stdio.h>
#include <unistd.h>

#include "figures.h"
#include "telemetry/storage_warning.h"
#include "winalux/base/term.h"

static int run_warning(int argc, char **argv)
{
	static struct metrics m;
	char text[STORAGE_TEXT_SIZE];

	(void)argv;
	if (argc != 1)
		return role_misused(&role_warning);
	if (figures_read(METRICS_POD_PATH, METRICS_OWN_PATH, metrics_now_ms(), &m) != METRICS_FINE)
		return 0;
	const enum storage_level level = storage_warning(&m, text);
	if (level == STORAGE_FINE)
		return 0;
	if (term_wants_color(STDOUT_FILENO))
		dprintf(STDOUT_FILENO, "\033[%sm%s\033[0m\n", level == STORAGE_ALARM ? "31" : "33",
			text);
	else
		dprintf(STDOUT_FILENO, "%s\n", text);
	return 0;
}

const struct role role_warning = {
	.name = "warning",
	.usage = "",
	.summary = "print a line where storage is nearly used up",
	.run = run_warning,
};
