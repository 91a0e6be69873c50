/* SPDX-License-Identifier: MIT */
/*
 * Programs of another architecture, over the REST API alone. First a try: the guest of that
 * architecture says its version. Where it can, what is registered belongs to an administrator, and
 * nothing is done. Else a container of the image "emulator" is started; the command held in it
 * (src/guest/emulator.c) registers QEMU and ends with the connection that it is held by, and the
 * container with it: when the builder is freed, or when this process is killed.
 *
 * While another such container is there a try says nothing, since that one may go at any moment:
 * each winalux then has one of its own.
 */
#include "image/internal.h"

#include <stdlib.h>
#include <string.h>

#include "winalux/base/arch.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/base/resource.h"
#include "winalux/base/strv.h"
#include "winalux/format/json.h"
#include "winalux/podman/container.h"
#include "winalux/podman/exec.h"
#include "winalux/podman/podman.h"

#define GUEST "/usr/lib/winalux/winalux-guest"

enum { TRY_TIMEOUT_MS = 30000, READY_TIMEOUT_MS = 30000, RUN_LIMIT_MS = 60 * 60 * 1000 };

struct emulation {
	const char *arch;
	struct podman *podman; /* a connection of its own, which an interrupt does not end */
	bool is_ours;          /* the registration */
	char *container;       /* NULL: an administrator has registered it, and none was needed */
	int held_fd;
};

/* Of mmdebstrap, which unpacks packages as root would; the first is what mounting needs. */
static const char *const capabilities[] = {
	"SYS_ADMIN", "CHOWN",  "DAC_OVERRIDE", "FOWNER",  "FSETID",     "KILL",
	"MKNOD",     "SETGID", "SETUID",       "SETFCAP", "SYS_CHROOT",
};

void emulation_freep(struct emulation **emulation)
{
	struct emulation *e = TAKE(*emulation);

	if (e == NULL)
		return;
	fd_closep(&e->held_fd);
	if (e->container != NULL)
		container_remove(e->podman, e->container, true, 1, NULL);
	free(e->container);
	podman_free(e->podman);
	free(e);
}

/* --- the try --- */

static void try_spec(const char *guest, struct container_spec *spec)
{
	char number[HASH_HEX_SIZE];

	hash_random_hex(number);
	spec->name = xasprintf("winalux-try-%.8s", number);
	spec->image = xstrdup(guest);
	spec->user = xstrdup("0");
	strv_add(&spec->entrypoint, "/winalux-guest");
	strv_add(&spec->command, "version");
	spec->no_new_privileges = true;
	spec->stop_timeout_s = 1;
	spec->log_size_bytes = 64 << 10;
}

static int run_try(struct podman *podman, const char *id, int *ret_status, struct error *err)
{
	struct error why = { 0 };

	*ret_status = -1;
	if (container_start(podman, id, &why) < 0) {
		if (why.kind != ERROR_INTERRUPTED && why.kind != ERROR_HOST)
			return 0; /* "exec format error" in the runtime's words */
		*err = why;
		return -1;
	}
	return container_wait(podman, id, TRY_TIMEOUT_MS, ret_status, err);
}

/* Whether the guest of that architecture runs. */
static int try_guest(struct podman *podman, const char *guest, bool *ret_runs, struct error *err)
{
	DEFER(container_spec_release) struct container_spec spec = { 0 };
	DEFER(freep) char *id = NULL;
	int status, result;

	try_spec(guest, &spec);
	if (container_create(podman, &spec, &id, err) < 0)
		return -1;
	result = run_try(podman, id, &status, err);
	container_remove(podman, id, true, 1, NULL);
	*ret_runs = result == 0 && status == 0;
	return result;
}

static int others_emulate(struct podman *podman, bool *ret, struct error *err)
{
	DEFER(containers_release) struct containers all = { 0 };

	if (container_list(podman, IMAGE_LABEL_EMULATOR, &all, err) < 0)
		return -1;
	*ret = all.count > 0;
	return 0;
}

/* --- the container --- */

static void recipe_init_emulator(struct recipe *r)
{
	static char package[] = "mmdebstrap";
	static char *package_list[] = { package, NULL };
	static const struct strv packages = { .items = package_list, .count = 1 };
	const struct resource *file = resource_find("Containerfiles/emulator/Containerfile");

	*r = (struct recipe){
		.name = "emulator",
		.role = "emulator",
		.folder = "emulator",
		.base = IMAGE_BASE_NAME,
		.containerfile = file == NULL ? "" : (const char *)file->data,
		.packages = &packages,
		.reference = xstrdup(IMAGE_EMULATOR_REFERENCE),
	};
}

enum image_state builder_emulator_state(struct builder *b, const struct images *images)
{
	DEFER(recipe_release) struct recipe recipe;
	const char *arch = b->arch;
	enum image_state state;

	recipe_init_emulator(&recipe);
	builder_set_arch(b, arch_own());
	state = recipe_state(b, &recipe, images);
	builder_set_arch(b, arch);
	return state;
}

/* A tool: what is asked to be built anew is something else. */
static int ensure_image(struct builder *b, const struct images *images, char **ret_id,
			struct error *err)
{
	DEFER(recipe_release) struct recipe recipe;
	const struct builder_options options = b->options;
	const char *arch = b->arch;
	bool was_built;
	int result;

	recipe_init_emulator(&recipe);
	b->options.no_cache = b->options.with_base = false;
	builder_set_arch(b, arch_own());
	result = builder_ensure(b, images, &recipe, ret_id, &was_built, err);
	builder_set_arch(b, arch);
	b->options = options;
	return result;
}

static void container_spec_of(const char *arch, const char *image, const char *guest,
			      struct builder *b, struct container_spec *spec)
{
	char number[HASH_HEX_SIZE];

	hash_random_hex(number);
	spec->name = xasprintf("winalux-emulator-%.8s", number);
	spec->image = xstrdup(image);
	spec->user = xstrdup("0");
	strv_add(&spec->entrypoint, GUEST);
	strv_add(&spec->command, "emulator");
	strv_add(&spec->command, "lease");
	for (size_t i = 0; i < ARRAY_SIZE(capabilities); i++)
		strv_add(&spec->cap_add, capabilities[i]);
	labels_add(&spec->labels, IMAGE_LABEL_EMULATOR, arch);
	builder_add_environment(b, &spec->environment);
	spec->image_mounts = xcalloc(1, sizeof(spec->image_mounts[0]));
	spec->image_mount_count = 1;
	spec->image_mounts[0].image = xstrdup(guest);
	spec->image_mounts[0].destination = xstrdup("/usr/lib/winalux");
	spec->sees_host_network = true; /* as builds do: packages are downloaded */
	spec->goes_when_it_ends = true;
	spec->stop_timeout_s = 1;
	spec->log_size_bytes = 64 << 10;
}

/* What Podman's own /info says, for people; "" where it does not. */
static char *kernel_of(struct podman *podman)
{
	DEFER(json_freep) struct json *info = NULL;
	const struct json *kernel;

	if (podman_info(podman, &info, NULL) < 0)
		return xstrdup("");
	kernel = json_path(info, "host.kernel");
	return xstrdup(kernel != NULL && json_text(kernel) != NULL ? json_text(kernel) : "");
}

static int refuse(struct podman *podman, const char *arch, const char *reason, struct error *err)
{
	DEFER(freep) char *kernel = kernel_of(podman);

	return error_set(err, ERROR_HOST,
			 "this host cannot run programs for %s: %s (Linux %s; from 6.7 on that "
			 "needs no root). An administrator makes it able to with Debian's package "
			 "qemu-user-binfmt, before Debian 13 qemu-user-static",
			 arch, reason, kernel);
}

static int hold(struct emulation *e, bool registers, struct error *err)
{
	DEFER(strv_release) struct strv command = { 0 };
	DEFER(freep) char *line = NULL;

	strv_add(&command, GUEST);
	strv_add(&command, "emulator");
	strv_add(&command, "hold");
	if (registers)
		strv_add(&command, e->arch);
	if (exec_hold(e->podman, e->container, &command, READY_TIMEOUT_MS, &line, &e->held_fd,
		      err) < 0)
		return -1;
	return strcmp(line, "ready") == 0 ? 0 : refuse(e->podman, e->arch, line, err);
}

static int start(struct builder *b, const struct images *images, struct emulation *e,
		 bool registers, struct error *err)
{
	DEFER(container_spec_release) struct container_spec spec = { 0 };
	char digest[HASH_HEX_SIZE];
	DEFER(freep) char *guest = image_guest_reference(arch_own(), digest);
	DEFER(freep) char *guest_id = NULL;
	DEFER(freep) char *image_id = NULL;
	bool is_new;

	if (builder_ensure_guest(b, images, arch_own(), &guest_id, &is_new, err) < 0 ||
	    ensure_image(b, images, &image_id, err) < 0)
		return -1;
	container_spec_of(e->arch, image_id, guest, b, &spec);
	if (container_create(e->podman, &spec, &e->container, err) < 0 ||
	    container_start(e->podman, e->container, err) < 0)
		return -1;
	return hold(e, registers, err);
}

/* Registers, and sees that it works. */
static int emulate(struct builder *b, const struct images *images, struct emulation *e,
		   const char *guest, struct error *err)
{
	bool runs;

	progress_say(b, "emulator", "running programs for %s by QEMU while this lasts", e->arch);
	if (start(b, images, e, true, err) < 0 || try_guest(e->podman, guest, &runs, err) < 0)
		return -1;
	return runs ? 0 : refuse(e->podman, e->arch, "QEMU is registered and not used", err);
}

/* Looks whether an administrator has registered what is needed. */
static int look(struct builder *b, const struct images *images, const char *arch, bool *ret_runs,
		struct error *err)
{
	char digest[HASH_HEX_SIZE];
	DEFER(freep) char *guest = image_guest_reference(arch, digest);
	DEFER(freep) char *guest_id = NULL;
	bool is_new, others;

	*ret_runs = false;
	if (builder_ensure_guest(b, images, arch, &guest_id, &is_new, err) < 0 ||
	    others_emulate(b->options.podman, &others, err) < 0 ||
	    (!others && try_guest(b->options.podman, guest, ret_runs, err) < 0))
		return error_add(err, "cannot see whether programs for %s run here", arch);
	return 0;
}

int emulation_ensure(struct builder *b, const struct images *images, const char *arch,
		     struct error *err)
{
	char digest[HASH_HEX_SIZE];
	DEFER(freep) char *guest = image_guest_reference(arch, digest);
	DEFER(emulation_freep) struct emulation *e = NULL;
	bool runs;

	if (b->emulation != NULL || arch_find(arch) == arch_own())
		return 0;
	if (look(b, images, arch, &runs, err) < 0)
		return -1;
	e = xcalloc(1, sizeof(*e));
	e->arch = arch_find(arch);
	e->podman = podman_clone(b->options.podman);
	e->held_fd = -1;
	e->is_ours = !runs;
	if (!runs && emulate(b, images, e, guest, err) < 0)
		return -1;
	b->emulation = TAKE(e);
	return 0;
}

int emulation_is_needed(struct builder *b, const struct images *images, const char *arch, bool *ret,
			struct error *err)
{
	DEFER(freep) char *id = NULL;
	bool runs = false;

	if (b->emulation != NULL)
		runs = !b->emulation->is_ours;
	else if (look(b, images, arch, &runs, err) < 0)
		return -1;
	if (!runs && ensure_image(b, images, &id, err) < 0)
		return -1;
	*ret = !runs;
	return 0;
}

int emulation_run(struct builder *b, const struct images *images, const struct strv *command,
		  int stdout_fd, int stderr_fd, int *ret_status, struct error *err)
{
	const struct exec_options options = { .command = *command,
					      .user = "0",
					      .stdin_fd = -1,
					      .stdout_fd = stdout_fd,
					      .stderr_fd = stderr_fd,
					      .cancelled = b->options.cancelled,
					      .timeout_ms = RUN_LIMIT_MS };
	struct emulation *e = b->emulation;

	if (e->container == NULL && start(b, images, e, false, err) < 0)
		return -1;
	return exec_run(b->options.podman, e->container, &options, ret_status, err);
}
