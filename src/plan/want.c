/* SPDX-License-Identifier: MIT */
/*
 * From an inventory to the bodies of the REST calls. Ports come first, because the pod's digest
 * holds them; then the containers, sidecars in the order of the file and dev last, which is the
 * order in which they start.
 */
#include "winalux/plan/want.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "want_internal.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/guest/wire.h"
#include "winalux/plan/digest.h"
#include "winalux/plan/facts.h"
#include "winalux/plan/names.h"

enum {
	LOG_SIZE_BYTES = 1 << 20,
	STOP_TIMEOUT_S = 10,
	RESTART_TRIES = 5,
};

void want_common(struct want *want, const char *role, struct want_container *ret)
{
	struct container_spec *spec = &ret->spec;

	ret->role = xstrdup(role);
	spec->name = object_name(want->workspace->slug, role);
	spec->pod = object_name(want->workspace->slug, ROLE_POD);
	labels_add(&spec->labels, LABEL_SCHEMA, SCHEMA_VERSION);
	labels_add(&spec->labels, LABEL_WORKSPACE, want->workspace->name);
	labels_add(&spec->labels, LABEL_ROLE, role);
	spec->stop_timeout_s = STOP_TIMEOUT_S;
	spec->restart_tries = RESTART_TRIES;
	spec->log_size_bytes = LOG_SIZE_BYTES;
	spec->no_new_privileges = true;
}

void want_guest_mount(const struct want *want, struct want_container *c,
		      const struct want_context *context)
{
	const bool is_emulated = workspace_is_emulated(want->workspace);

	c->spec.image_mounts = xcalloc(1, sizeof(c->spec.image_mounts[0]));
	c->spec.image_mount_count = 1;
	c->spec.image_mounts[0].image =
		xstrdup(is_emulated ? context->emulated_guest_image : context->guest_image);
	c->spec.image_mounts[0].destination = xstrdup("/usr/lib/winalux");
	labels_add(&c->spec.labels, LABEL_GUEST,
		   is_emulated ? context->emulated_guest_digest : context->guest_digest);
	if (is_emulated)
		labels_add(&c->spec.labels, LABEL_ARCH, workspace_arch(want->workspace));
	labels_add(&c->spec.labels, LABEL_WIRE, WIRE_VERSION_TEXT);
	labels_add(&c->spec.labels, LABEL_GUEST_CAN, GUEST_CAN_GATE " " GUEST_CAN_RELOAD);
	c->spec.stop_signal =
		SIGTERM; /* an image's own STOPSIGNAL would mean nothing to the guest */
	c->spec.seccomp_profile_path = xstrdup_or_null(context->paths->seccomp);
}

/* Of two values of a variable the later one counts: what the inventory says stays above the host's.
 */
static void put_below(struct strv *environment, const struct strv *of_host)
{
	struct strv both = { 0 };

	strv_add_all(&both, of_host);
	strv_add_all(&both, environment);
	strv_release(environment);
	*environment = both;
}

/* For people: an image by the same id may come by several manifests. */
static void record_digest(struct want_container *c, const struct image *image)
{
	const char *digest = image_digest_of(image, c->spec.image);

	if (digest)
		labels_add(&c->spec.labels, LABEL_PULLED, digest);
}

/* Digests the spec; then adds what a digest must not see: the environment of the host. */
void want_seal(struct want_container *c, const struct want_context *context)
{
	const struct image *image = images_find(&context->facts->images, c->spec.image);

	c->image_id = xstrdup_or_null(image ? image->id : NULL);
	digest_container(&c->spec, c->image_id, c->digest);
	if (image && c->is_pulled)
		record_digest(c, image);
	if (context->environment && !c->is_foreign)
		put_below(&c->spec.environment, context->environment);
}

static void add_volume(struct want *want, const char *role)
{
	struct want_volume *v;

	want->volumes = xreallocarray(want->volumes, want->volume_count + 1, sizeof(*v));
	v = &want->volumes[want->volume_count++];
	v->role = xstrdup(role);
	v->name = object_name(want->workspace->slug, role);
}

static void want_volumes(struct want *want, const struct want_context *context)
{
	const struct workspace *w = want->workspace;

	add_volume(want, ROLE_HOME);
	add_volume(want, ROLE_KEYS);
	add_volume(want, ROLE_AUDIT);
	for (size_t i = 0; i < w->sidecar_count; i++) {
		const char *share = want_share(&w->sidecars[i], context);

		if (w->sidecars[i].has_volume)
			add_volume(want, w->sidecars[i].name);
		if (share)
			add_volume(want, share);
	}
}

/*
 * Limits belong to the pod, so that sidecars count. Podman keeps a pod's limits over a reboot only
 * since 4.7; before, the dev container carries them.
 */
static bool limits_are_the_pods(const struct want_context *context)
{
	return podman_version_at_least(&context->facts->version, 4, 7);
}

static struct resource_limits limits_of(const struct workspace *w)
{
	return (struct resource_limits){
		.cpu_milli = w->cpu_milli,
		.memory_bytes = (uint64_t)w->memory_limit_mib << 20,
		.pids = w->pids_limit,
	};
}

static void want_pod(struct want *want, const struct want_context *context)
{
	const struct workspace *w = want->workspace;
	const struct profile *profile = profiles_find(context->profiles, w->profile);
	struct pod_spec *pod = &want->pod;

	pod->name = object_name(w->slug, ROLE_POD);
	pod->infra_name = object_name(w->slug, "infra");
	pod->hostname = xstrdup(w->slug);
	pod->network = xstrdup(want->network);
	labels_add(&pod->labels, LABEL_SCHEMA, SCHEMA_VERSION);
	labels_add(&pod->labels, LABEL_WORKSPACE, w->name);
	labels_add(&pod->labels, LABEL_ROLE, ROLE_POD);
	port_mappings_add(&pod->ports, w->ssh_bind ? w->ssh_bind : "", want->ssh_port,
			  SSH_PORT_INSIDE);
	if (want->app_port && profile && profile->port)
		port_mappings_add(&pod->ports, w->bind, want->app_port, profile->port);
	for (size_t i = 0; i < w->extra_port_count; i++)
		port_mappings_add(&pod->ports, w->extra_ports[i].host_ip,
				  w->extra_ports[i].host_port, w->extra_ports[i].container_port);
	if (limits_are_the_pods(context))
		pod->limits = limits_of(w);
	digest_pod(pod, want->pod_digest);
}

static int want_gate(struct want *want, const struct want_context *context, struct error *err)
{
	const char *name = want->workspace->name;
	char *refusal = NULL;

	if (!context->bind_gate || !want_is_selected(context, name))
		return 0;
	if (context->bind_gate(want->workspace, facts_find(context->facts, name), &want->gate,
			       &refusal, context->gates, err) < 0)
		return -1;
	if (!want->refusal)
		want->refusal = TAKE(refusal);
	free(refusal);
	return 0;
}

/* Under a name of a registry this host keeps one image, and that is for its own architecture. */
static void check_source(struct want *want, const struct want_context *context)
{
	const struct workspace *w = want->workspace;

	if (!want->refusal && context->registry && workspace_is_emulated(w))
		want->refusal = xasprintf("arch: %s needs images that are built here, and a "
					  "registry's are for this host's architecture; deploy it "
					  "with --image-source local",
					  workspace_arch(w));
}

static int want_make(struct want *want, const struct want_context *context, struct error *err)
{
	const struct workspace *w = want->workspace;

	check_source(want, context);
	want_volumes(want, context);
	want_pod(want, context);
	want->containers = xcalloc(w->sidecar_count + 1, sizeof(want->containers[0]));
	for (size_t i = 0; i < w->sidecar_count; i++) {
		if (want_sidecar_container(want, &w->sidecars[i], context,
					   &want->containers[want->container_count++], err) < 0)
			return -1;
	}
	if (!limits_are_the_pods(context))
		want->containers[want->container_count].spec.limits = limits_of(w);
	want_dev_container(want, context, &want->containers[want->container_count++]);
	if (want_gate(want, context, err) < 0)
		return -1;
	want_live_files(want, context);
	return 0;
}

int wants_make(const struct inventory *inventory, const struct want_context *context,
	       struct want **ret, struct error *err)
{
	struct want *wants = xcalloc(inventory->count + 1, sizeof(*wants));
	int status = 0;

	for (size_t i = 0; i < inventory->count; i++) {
		wants[i].workspace = &inventory->workspaces[i];
		wants[i].network = object_name(inventory->workspaces[i].slug, ROLE_NETWORK);
	}
	want_ports(wants, inventory->count, context);
	for (size_t i = 0; !status && i < inventory->count; i++)
		status = want_make(&wants[i], context, err);
	if (status < 0) {
		wants_free(wants, inventory->count);
		return -1;
	}
	*ret = wants;
	return 0;
}

void want_gate_release(struct want_gate *gate)
{
	free(gate->id);
	free(gate->salt);
	free(gate->key);
	free(gate->since);
	free(gate->hash);
	free(gate->unlock);
	*gate = (struct want_gate){ 0 };
}

static void want_release(struct want *want)
{
	free(want->network);
	pod_spec_release(&want->pod);
	for (size_t i = 0; i < want->volume_count; i++) {
		free(want->volumes[i].role);
		free(want->volumes[i].name);
	}
	free(want->volumes);
	for (size_t i = 0; i < want->container_count; i++) {
		free(want->containers[i].role);
		free(want->containers[i].image_id);
		container_spec_release(&want->containers[i].spec);
	}
	free(want->containers);
	free(want->guest_conf);
	free(want->authorized_keys);
	free(want->libraries);
	want_gate_release(&want->gate);
	free(want->refusal);
}

void wants_free(struct want *wants, size_t count)
{
	for (size_t i = 0; wants && i < count; i++)
		want_release(&wants[i]);
	free(wants);
}
