/* SPDX-License-Identifier: MIT */
/* A whole inventory, ours or Ansible's, with the built-in profiles; and each line as a public key.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/inventory/diagnostics.h"
#include "winalux/inventory/inventory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Read once: they are the same for every input. */
static const struct profiles *built_in_profiles(void)
{
	static struct profiles profiles;
	DEFER(diagnostics_release) struct diagnostics diags = { 0 };

	if (profiles.count == 0 &&
	    (profiles_load(NULL, &profiles, &diags, NULL) < 0 || diags.count))
		abort();
	return &profiles;
}

static void parse_inventory(const char *text, size_t len)
{
	const struct profiles *profiles = built_in_profiles();
	DEFER(diagnostics_release) struct diagnostics diags = { 0 };
	DEFER(inventory_release) struct inventory inventory = { 0 };
	struct error err;

	int result = inventory_parse(text, len, "f.yml", profiles, &inventory, &diags, &err);
	if ((result < 0) != (diags.error_count > 0))
		abort(); /* an error that nobody is told, or one without consequence */
	for (size_t i = 0; i < inventory.count; i++) {
		const struct workspace *w = &inventory.workspaces[i];

		if (!w->name || !w->slug || !w->profile || !w->bind || !w->ssh_bind ||
		    !w->key_count)
			abort();
		for (size_t k = 0; k < w->sidecar_count; k++) {
			if (!w->sidecars[k].name ||
			    w->sidecars[k].has_volume != !!w->sidecars[k].volume_path)
				abort();
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	DEFER(freep) char *text = xmalloc(size + 1);
	DEFER(ssh_key_release) struct ssh_key key = { 0 };

	memcpy(text, data, size);
	text[size] = '\0';
	parse_inventory(text, size);
	ssh_key_parse(text, &key, NULL);
	return 0;
}
