/* SPDX-License-Identifier: MIT */
#include "keepers.h"

#include <stdlib.h>
#include <string.h>

#include "attendant.h"
#include "container_files.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/plan/facts.h"
#include "winalux/plan/names.h"
#include "winalux/podman/container.h"

#define DIRECTORY "/account/gate"

enum { LOST_MAX_BYTES = 1 << 20 };

/* What each is told, and what it may: only the warden looks into the processes of others. */
static const struct attendant keepers[KEEPER_COUNT] = {
	[KEEPER_A] = { .role = ROLE_KEEPER_A,
		       .arguments = { "keeper", "a", DIRECTORY },
		       .purpose = "strict gates need" },
	[KEEPER_B] = { .role = ROLE_KEEPER_B,
		       .arguments = { "keeper", "b", DIRECTORY },
		       .purpose = "strict gates need" },
	[KEEPER_WARDEN] = { .role = ROLE_WARDEN,
			    .arguments = { "warden", DIRECTORY },
			    .capabilities = { "SYS_PTRACE", "DAC_READ_SEARCH" },
			    .purpose = "strict gates need",
			    .sees_host_processes = true },
};

static const struct container *first_running(const struct facts *facts)
{
	for (size_t i = 0; i < KEEPER_COUNT; i++) {
		if (attendant_runs(facts->keepers[i]))
			return facts->keepers[i];
	}
	return NULL;
}

bool keepers_are_missed(const struct facts *facts)
{
	bool are_all_running = true;

	for (size_t i = 0; i < KEEPER_COUNT; i++)
		are_all_running &= attendant_runs(facts->keepers[i]);
	return facts_need_keepers(facts) && !are_all_running;
}

/* --- making them --- */

static bool is_fit(const struct container *c, enum keeper keeper, bool renews_warden,
		   const char *guest)
{
	const char *has = c ? labels_get(&c->labels, LABEL_GUEST) : NULL;

	if (!attendant_runs(c))
		return false;
	return keeper != KEEPER_WARDEN || !renews_warden || (has && !strcmp(has, guest));
}

int keepers_ensure(struct podman *podman, const struct facts *facts, bool renews_warden,
		   bool *ret_changed, struct error *err)
{
	DEFER(freep) char *guest = attendant_find_guest(facts, workspace_facts_is_strict, err);

	*ret_changed = false;
	if (!guest)
		return -1;
	for (enum keeper i = 0; i < KEEPER_COUNT; i++) {
		const struct container *c = facts->keepers[i];

		if (is_fit(c, i, renews_warden, guest))
			continue;
		*ret_changed = true;
		if ((c && attendant_remove(podman, c->id, err) < 0) ||
		    attendant_make(podman, &keepers[i], guest, err) < 0)
			return -1;
	}
	return 0;
}

int keepers_dismiss(struct podman *podman, const struct facts *facts, struct error *err)
{
	if (facts_need_keepers(facts))
		return 0;
	for (enum keeper i = KEEPER_COUNT; i-- > 0;) {
		if (facts->keepers[i] && attendant_remove(podman, facts->keepers[i]->id, err) < 0)
			return -1;
	}
	return 0;
}

/* --- what they have lost --- */

static void on_lost_file(const char *name, const char *data, size_t len, void *lost)
{
	DEFER(freep) char *text = xstrndup(data, len);

	(void)name;
	strv_add_split(lost, text, "\n");
}

int keepers_find_lost(struct podman *podman, struct facts *facts, struct error *err)
{
	DEFER(strv_release) struct strv lost = { 0 };
	const struct container *keeper = first_running(facts);

	if (!facts_need_keepers(facts))
		return 0;
	if (!keeper) {
		facts_mark_lost(facts, NULL);
		return 0;
	}
	/* Any of the three will do: their volume is the same. */
	if (container_files_read(podman, keeper->id, DIRECTORY "/lost", LOST_MAX_BYTES,
				 on_lost_file, &lost, err) < 0)
		return -1;
	facts_mark_lost(facts, &lost);
	return 0;
}
