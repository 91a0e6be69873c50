/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "winalux/base/arch.h"
#include "winalux/base/mem.h"
#include "winalux/base/version.h"
#include "winalux/format/json.h"
#include "winalux/image/builder.h"

#include "app.h"
#include "command.h"

/* Must stay fast: nothing here reads a file or connects. */
static int run_version(struct app *app, const void *options, const struct strv *args,
		       struct error *err)
{
	char digest[HASH_HEX_SIZE];
	DEFER(freep) char *reference = image_guest_reference(arch_own(), digest);

	(void)options, (void)args, (void)err;
	if (app->global.is_json) {
		struct json *root = json_new_object();
		json_add_text(root, "version", winalux_version);
		struct json *guest = json_add_object(root, "guest");
		json_add_text(guest, "image", reference);
		json_add_text(guest, "digest", digest);
		json_add_text(guest, "wire", image_guest_wire());
		app_print_json(app, root);
		return 0;
	}
	printf("winalux %s\nguest %.12s, wire %s\n", winalux_version, digest, image_guest_wire());
	return 0;
}

const struct command cmd_version = {
	.name = "version",
	.summary = "Print the version of winalux and of the guest it carries",
	.args = "",
	.run = run_version,
};
