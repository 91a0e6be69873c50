/* SPDX-License-Identifier: MIT */
/*
 * "task sidecar:restart -- NAME": asks the guest of a built-in sidecar of this workspace to run its
 * command anew, and waits until its port is open again.
 */
#include "role.h"

#include <stdio.h>
#include <string.h>

#include "loopback.h"
#include "restart_door.h"
#include "winalux/base/buf.h"
#include "winalux/base/clock.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/guest/wire.h"

enum { ANSWER_MS = 30000, OPEN_MS = 60000, LOOK_EVERY_MS = 50 };

static int read_config(struct wire_config *ret, struct error *err)
{
	DEFER(buf_release) struct buf text = { 0 };

	return file_read(WIRE_CONFIG_PATH, WIRE_MAX_BYTES, &text, err) < 0
		       ? -1
		       : wire_decode(text.data, text.len, ret, err);
}

static const struct wire_check *check_of(const struct wire_config *config, const char *name)
{
	for (size_t i = 0; i < config->check_count; i++)
		if (strcmp(config->checks[i].name, name) == 0)
			return &config->checks[i];
	return NULL;
}

static int wait_open(const char *name, uint16_t port, struct error *err)
{
	const int64_t deadline_ms = clock_mono_ms() + OPEN_MS;

	while (!loopback_is_open(port)) {
		if (!clock_left_ms(deadline_ms))
			return error_set(err, ERROR_TIMEOUT,
					 "'%s' was restarted and does not answer on port %u within "
					 "%d s",
					 name, port, OPEN_MS / 1000);
		clock_sleep_ms(LOOK_EVERY_MS);
	}
	return 0;
}

static int restart(const char *name, const struct wire_config *config, struct error *err)
{
	const struct wire_check *check = check_of(config, name);
	char line[RESTART_LINE_SIZE] = "";

	if (restart_door_ask(name, ANSWER_MS, line, err) < 0)
		return error_add(err,
				 "only built-in sidecars that run can be restarted from inside");
	if (strcmp(line, "restarted") != 0)
		return error_set(err, ERROR_HOST, "'%s' was not restarted: %s", name, line);
	return check ? wait_open(name, check->port, err) : 0;
}

static int run_restart(int argc, char **argv)
{
	DEFER(freep) struct wire_config *config = xcalloc(1, sizeof(*config));
	struct error err;

	if (argc != 2 || !argv[1][0] || strlen(argv[1]) >= WIRE_NAME_SIZE)
		return role_misused(&role_sidecar_restart);
	if (read_config(config, &err) < 0 || restart(argv[1], config, &err) < 0)
		return role_fails(&err);
	printf("%s restarted\n", argv[1]);
	return 0;
}

const struct role role_sidecar_restart = {
	.name = "sidecar-restart",
	.usage = "NAME",
	.summary = "restart a sidecar of this workspace",
	.run = run_restart,
};
