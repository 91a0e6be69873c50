/* SPDX-License-Identifier: MIT */
#include "emulator.h"

#include <string.h>

#include "attendant.h"
#include "winalux/base/arch.h"
#include "winalux/base/mem.h"
#include "winalux/image/builder.h"
#include "winalux/inventory/inventory.h"
#include "winalux/plan/facts.h"
#include "winalux/plan/names.h"
#include "winalux/plan/plan.h"
#include "winalux/podman/container.h"

static bool is_emulated(const struct workspace_facts *w)
{
	const struct container *dev = workspace_facts_container(w, ROLE_DEV);

	return dev && labels_get(&dev->labels, LABEL_ARCH);
}

static bool is_used(const struct facts *facts)
{
	for (size_t i = 0; i < facts->count; i++) {
		if (is_emulated(&facts->workspaces[i]))
			return true;
	}
	return false;
}

static bool is_wanted(const struct plan *plan)
{
	for (size_t i = 0; plan && i < plan->count; i++) {
		const struct workspace_plan *w = &plan->items[i];

		if (w->want && w->step_count && workspace_is_emulated(w->want->workspace))
			return true;
	}
	return false;
}

bool emulator_is_missed(const struct facts *facts, const struct plan *plan)
{
	if (attendant_runs(facts->emulator))
		return false;
	return is_wanted(plan) || (facts->emulator && is_used(facts));
}

int emulator_ensure(struct podman *podman, const struct facts *facts, struct builder *builder,
		    struct error *err)
{
	const struct attendant emulator = {
		.role = ROLE_EMULATOR,
		.arguments = { "emulator", "serve", arch_other() },
		.capabilities = { "SYS_ADMIN" },
		.purpose = "runs programs of another architecture",
		.label = IMAGE_LABEL_EMULATOR,
		.value = arch_other(),
		.image = IMAGE_EMULATOR_REFERENCE,
	};
	DEFER(freep) char *guest = attendant_find_guest(facts, is_emulated, err);
	bool is_needed = true;

	if (!guest || (builder && emulation_is_needed(builder, &facts->images, arch_other(),
						      &is_needed, err) < 0))
		return -1;
	if (facts->emulator && attendant_remove(podman, facts->emulator->id, err) < 0)
		return -1;
	return is_needed ? attendant_make(podman, &emulator, guest, err) : 0;
}

int emulator_dismiss(struct podman *podman, const struct facts *facts, struct error *err)
{
	if (!facts->emulator || is_used(facts))
		return 0;
	return attendant_remove(podman, facts->emulator->id, err);
}
