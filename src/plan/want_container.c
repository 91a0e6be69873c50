/* SPDX-License-Identifier: MIT */
/*
 * The dev container, and the files that the host puts into it. The guest is its PID 1.
 */
#include "want_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "limit_environment.h"
#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/format/token_hash.h"
#include "winalux/guest/wire.h"
#include "winalux/image/reference.h"
#include "winalux/plan/facts.h"
#include "winalux/plan/names.h"
#include "winalux/telemetry/metrics.h"
#include "winalux/telemetry/proc_files.h"

#define HOME "/home/developer"

enum { AUTHORIZED_KEYS_MAX = 1 << 20, NONCE_LINE_MAX = 64, LIBRARIES_MAX = 1 << 20 };

/* sshd's minimum (tried), and KILL for init. */
static const char *const dev_capabilities[] = { "CHOWN", "KILL", "SETGID", "SETUID", "SYS_CHROOT" };

void want_add_texts(struct strv *list, const char *const *texts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		strv_add(list, texts[i]);
}

void want_add_mount(struct container_spec *spec, const char *slug, const char *role,
		    const char *destination)
{
	struct volume_mount *mount;

	spec->volumes = xreallocarray(spec->volumes, spec->volume_count + 1, sizeof(*mount));
	mount = &spec->volumes[spec->volume_count++];
	*mount = (struct volume_mount){ object_name(slug, role), xstrdup(destination), false };
}

/*
 * The strict gate: the kernel asks the keepers about every new program, whom crun gives its
 * descriptor at each start and exec (docs/design/strict.md). Where they listen is, like the
 * profile's path, no part of the digest.
 */
static void make_strict(struct container_spec *spec, const struct want_context *context)
{
	free(spec->seccomp_profile_path);
	spec->seccomp_profile_path = xstrdup_or_null(context->paths->seccomp_strict);
	if (context->paths->receiver)
		labels_add(&spec->annotations, "run.oci.seccomp.receiver",
			   context->paths->receiver);
}

/* Takes over both. */
static void add_bind(struct container_spec *spec, char *source, char *destination)
{
	struct bind_mount *bind;

	spec->binds = xreallocarray(spec->binds, spec->bind_count + 1, sizeof(*bind));
	bind = &spec->binds[spec->bind_count++];
	*bind = (struct bind_mount){ source, destination, true };
}

/* Figures of the whole pod, also in place of the host's in /proc, from the account's daemon. No
 * part of the digest either: a workspace that was made without goes on showing those of its dev
 * container. */
static void show_pod(struct container_spec *spec, const struct workspace *w,
		     const struct want_context *context)
{
	const char *const directory = context->paths->telemetry;

	if (!directory)
		return;
	add_bind(spec, xasprintf("%s/telemetry/%s", directory, w->name),
		 xstrdup(METRICS_POD_DIRECTORY));
	for (enum proc_file i = 0; i < PROC_FILE_COUNT; i++)
		add_bind(spec, xasprintf("%s/proc/%s/%s", directory, w->name, proc_file_name(i)),
			 xasprintf("/proc/%s", proc_file_name(i)));
	labels_add(&spec->labels, LABEL_TELEMETRY, "pod");
}

static void add_kernel_mount(struct container_spec *spec, const char *type, const char *destination,
			     const char *options)
{
	struct kernel_mount *mount;

	spec->kernel_mounts =
		xreallocarray(spec->kernel_mounts, spec->kernel_mount_count + 1, sizeof(*mount));
	mount = &spec->kernel_mounts[spec->kernel_mount_count++];
	*mount = (struct kernel_mount){ xstrdup(type), xstrdup(destination), xstrdup(options) };
}

/*
 * Podman of the developer's own inside (docs/design/nested.md). The kernel lets a new user
 * namespace mount a proc only where one without covers is in sight, and /proc has some; pasta
 * makes its interface from /dev/net/tun; netavark sets what it needs below /proc/sys/net; and what
 * tells of running containers must go when they do, with the workspace's own.
 */
static void open_for_nesting(struct container_spec *spec)
{
	add_kernel_mount(spec, "proc", "/.proc", "nosuid,nodev,noexec");
	add_kernel_mount(spec, "tmpfs", WIRE_RUNTIME_DIRECTORY, "nosuid,nodev,mode=0700,size=64m");
	strv_add(&spec->devices, "/dev/net/tun");
	strv_add(&spec->unmasked, "/proc/sys");
}

char *want_image(const struct workspace *w, char *reference)
{
	char *image = image_reference_for(reference, workspace_arch(w));

	free(reference);
	return image;
}

/* Of packages, which libraries are installed from. Nor is this part of the digest: a workspace that
 * was made without fetches its packages by itself. */
static void add_cache(struct container_spec *spec)
{
	struct volume_mount *mount;

	spec->volumes = xreallocarray(spec->volumes, spec->volume_count + 1, sizeof(*mount));
	mount = &spec->volumes[spec->volume_count++];
	*mount = (struct volume_mount){ xstrdup(LIBRARIES_VOLUME), xstrdup(WIRE_LIBRARIES_CACHE),
					true };
}

void want_dev_container(struct want *want, const struct want_context *context,
			struct want_container *ret)
{
	const struct workspace *w = want->workspace;
	const struct profile *profile = profiles_find(context->profiles, w->profile);
	DEFER(stack_list_release) struct stack_list stacks = { 0 };
	struct container_spec *spec = &ret->spec;

	want_common(want, ROLE_DEV, ret);
	stacks_of(context->profiles, profile, &w->stacks, &stacks);
	DEFER(freep) char *image = stacks_image_name(w->profile, &stacks, stacks.count);
	spec->image = want_image(w, image_profile_reference_at(context->registry, image));
	ret->is_pulled = context->registry != NULL;
	spec->user = xstrdup("0");
	strv_add(&spec->entrypoint, WANT_GUEST);
	strv_add(&spec->command, "init");
	strv_addf(&spec->environment, "WINALUX_WORKSPACE=%s", w->name);
	strv_addf(&spec->environment, "WINALUX_PROFILE=%s", w->profile);
	strv_add(&spec->environment, "LANG=C.UTF-8");
	if (w->has_limit_environment)
		limit_environment_add(&spec->environment, w->cpu_milli, w->memory_limit_mib);
	if (profile)
		strv_add_all(&spec->environment, &profile->environment);
	strv_add_all(&spec->environment, &w->environment);
	want_add_texts(&spec->cap_add, dev_capabilities, ARRAY_SIZE(dev_capabilities));
	want_add_mount(spec, w->slug, ROLE_HOME, HOME);
	want_add_mount(spec, w->slug, ROLE_KEYS, "/etc/winalux/hostkeys");
	want_add_mount(spec, w->slug, ROLE_AUDIT, WIRE_AUDIT_PATH);
	for (size_t i = 0; i < w->sidecar_count; i++)
		want_add_share(spec, w->slug, &w->sidecars[i], context);
	if (stacks_nest_containers(&stacks))
		open_for_nesting(spec);
	want_guest_mount(want, ret, context);
	if (w->gate == GATE_STRICT) {
		labels_add(&spec->labels, LABEL_GATE, gate_mode_name(w->gate));
		labels_add(&spec->annotations, LABEL_WORKSPACE, w->name);
	}
	want_seal(ret, context);
	if (w->gate == GATE_STRICT)
		make_strict(spec, context);
	add_cache(spec);
	show_pod(spec, w, context);
}

static void add_check(struct buf *b, const struct sidecar *sidecar, const struct sidecar_kind *kind)
{
	enum check_kind check = sidecar->check;
	uint16_t port = sidecar->port;
	char port_text[8];

	if (!sidecar->image && kind && !port)
		port = kind->port;
	if (check == CHECK_NONE || !port)
		return;
	snprintf(port_text, sizeof(port_text), "%u", port);
	wire_add_line(b,
		      (const char *[]){ "check", sidecar->name, check_kind_name(check), port_text },
		      4);
}

static void add_service(struct buf *b, const struct profile_service *service)
{
	const size_t count = 4 + service->command.count;
	const char **fields = xcalloc(count, sizeof(*fields));

	fields[0] = "service";
	fields[1] = service->name;
	fields[2] = service->user;
	fields[3] = service->directory;
	for (size_t i = 0; i < service->command.count; i++)
		fields[4 + i] = service->command.items[i];
	wire_add_line(b, fields, count);
	free((void *)fields);
}

/* Names are the guest's handles, so that two of a profile and its stacks may not share one. */
static void add_services(struct want *want, struct buf *b, struct strv *names,
			 const struct service_list *services)
{
	for (size_t i = 0; i < services->count; i++) {
		const char *name = services->items[i].name;

		if (strv_contains(names, name) && !want->refusal)
			want->refusal =
				xasprintf("its profile and stacks have two services '%s'", name);
		strv_add(names, name);
		add_service(b, &services->items[i]);
	}
}

static void add_limit(struct buf *b, const char *kind, uint64_t number, const char *word)
{
	char text[24];

	if (!number)
		return;
	snprintf(text, sizeof(text), "%" PRIu64, number);
	wire_add_line(b, (const char *[]){ "limit", kind, text, word }, 4);
}

/* Which of them hold decides what the dashboard's shares are of. */
static void add_limits(struct buf *b, const struct workspace *w, const struct want_context *context)
{
	add_limit(b, "cpu", w->cpu_milli, context->cpu_holds ? "held" : "soft");
	add_limit(b, "memory", (uint64_t)w->memory_limit_mib << 20,
		  context->memory_holds ? "held" : "soft");
	add_limit(b, "disk", (uint64_t)w->disk_limit_gb << 30, disk_policy_name(w->disk_policy));
}

static void add_port(struct buf *b, uint16_t port, const char *label)
{
	char text[8];

	snprintf(text, sizeof(text), "%u", port);
	wire_add_line(b, (const char *[]){ "port", text, label ? label : "" }, 3);
}

/* What the dashboard says of the workspace; the guest shows the first of more ports than it can. */
static void add_description(struct buf *b, const struct want *want, const struct profile *profile)
{
	const struct workspace *w = want->workspace;

	wire_add_line(b, (const char *[]){ "profile", w->profile }, 2);
	if (profile && profile->port)
		add_port(b, profile->port, profile->port_label);
	for (size_t i = 0; i < w->extra_port_count && i + 1 < WIRE_MAX_PORTS; i++)
		add_port(b, w->extra_ports[i].container_port, NULL);
}

/* Half a configuration is worse than none. */
static char *take_whole(struct want *want, struct buf *b, const char *what)
{
	if (b->is_full && !want->refusal)
		want->refusal = xasprintf("%s more than %zu bytes", what, b->max);
	return buf_take(b);
}

/* sshd forwards before anybody asks for the token: the socket of the developer's Podman, which
 * runs any program, would be a way past the gate. */
static const char *forwarding_word(const struct want *want, const struct stack_list *stacks)
{
	const struct workspace *w = want->workspace;

	if (w->forwarding == FORWARDING_OPEN && want->gate.is_on && stacks_nest_containers(stacks))
		return WIRE_FORWARDING_PORTS;
	return forwarding_name(w->forwarding);
}

static char *guest_conf(struct want *want, const struct want_context *context)
{
	const struct workspace *w = want->workspace;
	const struct profile *profile = profiles_find(context->profiles, w->profile);
	DEFER(stack_list_release) struct stack_list stacks = { 0 };
	DEFER(strv_release) struct strv names = { 0 };
	struct buf b;

	stacks_of(context->profiles, profile, &w->stacks, &stacks);
	buf_init(&b, WIRE_MAX_BYTES - NONCE_LINE_MAX);
	buf_addf(&b, "winalux\t%d\n", WIRE_VERSION);
	wire_add_line(&b, (const char *[]){ "name", w->name }, 2);
	wire_add_line(&b, (const char *[]){ "user", "developer" }, 2);
	wire_add_line(&b, (const char *[]){ "gate", want_gate_mode(&want->gate) }, 2);
	wire_add_line(&b, (const char *[]){ "forwarding", forwarding_word(want, &stacks) }, 2);
	if (!w->has_cpu_affinity)
		wire_add_line(&b, (const char *[]){ "affinity", "off" }, 2);
	add_description(&b, want, profile);
	add_limits(&b, w, context);
	for (size_t i = 0; i < w->sidecar_count; i++)
		add_check(&b, &w->sidecars[i],
			  profiles_find_sidecar(context->profiles, w->sidecars[i].name));
	for (size_t i = 0; i < w->sidecar_count; i++) {
		const char *share = want_share(&w->sidecars[i], context);

		if (share)
			wire_add_line(&b, (const char *[]){ "share", share }, 2);
	}
	if (profile)
		add_services(want, &b, &names, &profile->services);
	for (size_t i = 0; i < stacks.count; i++)
		add_services(want, &b, &names, &stacks.items[i]->services);
	return take_whole(want, &b, "its sidecars and the services of its profile take");
}

static char *authorized_keys(struct want *want)
{
	const struct workspace *w = want->workspace;
	struct buf b;

	buf_init(&b, AUTHORIZED_KEYS_MAX);
	for (size_t i = 0; i < w->key_count; i++) {
		const struct ssh_key *key = &w->keys[i];

		buf_addf(&b, "%s %s%s%s\n", key->type, key->blob, *key->comment ? " " : "",
			 key->comment);
	}
	return take_whole(want, &b, "its public keys take");
}

const char *want_gate_mode(const struct want_gate *gate)
{
	if (!gate->is_on)
		return gate_mode_name(GATE_OFF);
	return gate_mode_name(gate->is_strict ? GATE_STRICT : GATE_SHELL);
}

/* A line of two hexadecimal fields, parted by a tab where the label has a blank. */
char *want_gate_file(const struct want_gate *gate)
{
	const size_t salt_len = strcspn(gate->hash, " ");
	const char *hash = gate->hash + salt_len + (gate->hash[salt_len] == ' ');
	DEFER(freep)
	char *unlock = gate->unlock ? xasprintf("unlock\t%s\n", gate->unlock) : xstrdup("");

	return xasprintf(GATE_FILE_FIRST_LINE "\ntoken\t%.*s\t%s\n%s", (int)salt_len, gate->hash,
			 hash, unlock);
}

/* Requirements as pip and uv read them. What -r names in the inventory's folder stands here. */
static void want_libraries(struct want *want)
{
	const struct workspace *w = want->workspace;
	struct hash *h;
	struct buf b;

	if (!w->libraries.count)
		return;
	buf_init(&b, LIBRARIES_MAX);
	buf_add_str(&b, "# libraries of the inventory; a deploy writes this file\n");
	if (w->library_index)
		buf_addf(&b, "--index-url %s\n", w->library_index);
	for (size_t i = 0; i < w->libraries.count; i++)
		buf_addf(&b, "%s\n", w->libraries.items[i]);
	want->libraries = take_whole(want, &b, "its libraries take");
	h = hash_new();
	hash_add_text(h, want->libraries);
	hash_end(h, want->libraries_digest);
}

void want_live_files(struct want *want, const struct want_context *context)
{
	struct hash *h = hash_new();

	want_libraries(want);

	want->guest_conf = guest_conf(want, context);
	want->authorized_keys = authorized_keys(want);
	hash_add_text(h, want->guest_conf);
	hash_add_text(h, want->authorized_keys);
	hash_end(h, want->live_digest);
}
