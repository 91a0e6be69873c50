/* SPDX-License-Identifier: MIT */
#include "scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/image/builder.h"
#include "winalux/inventory/diagnostics.h"
#include "winalux/plan/names.h"

const char scene_key[] =
	"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl me@here";

static void die(const char *what, const struct error *err)
{
	fprintf(stderr, "%s: %s\n", what, err->text);
	abort();
}

static bool port_is_free(const char *host_ip, uint16_t port, void *context)
{
	const struct scene *s = context;

	(void)host_ip;
	return port != s->busy_port;
}

void scene_init(struct scene *s, const char *inventory_text)
{
	struct diagnostics diags = { 0 };
	struct error err = { 0 };

	*s = (struct scene){ 0 };
	s->facts.version = (struct podman_version){ 5, 4, 2 };
	if (profiles_load(NULL, &s->profiles, &diags, &err) < 0)
		die("profiles", &err);
	if (inventory_parse(inventory_text, strlen(inventory_text), "i.yml", &s->profiles,
			    &s->inventory, &diags, &err) < 0)
		die(diags.count ? diags.items[0].text : "inventory", &err);
	diagnostics_release(&diags);
}

static void forget_plan(struct scene *s)
{
	plan_release(&s->plan);
	wants_free(s->wants, s->want_count);
	s->wants = NULL;
	s->want_count = 0;
}

void scene_release(struct scene *s)
{
	forget_plan(s);
	facts_release(&s->facts);
	inventory_release(&s->inventory);
	profiles_release(&s->profiles);
	strv_release(&s->environment);
}

int scene_plan(struct scene *s, const struct plan_options *options, struct error *err)
{
	static const struct plan_options none;
	static char seccomp[] = "/volumes/account/seccomp.json",
		    strict[] = "/volumes/account/seccomp-strict.json",
		    receiver[] = "/volumes/account/gate/notify", telemetry[] = "/volumes/account";
	static const struct server_paths paths = { seccomp, strict, receiver, telemetry };
	const struct want_context context = {
		.profiles = &s->profiles,
		.facts = &s->facts,
		.environment = &s->environment,
		.guest_image = "localhost/winalux/guest:1",
		.guest_digest = "1",
		.emulated_guest_image = "localhost/winalux/guest:2",
		.emulated_guest_digest = "2",
		.paths = s->paths ? s->paths : &paths,
		.names = options ? options->names : NULL,
		.port_is_free = port_is_free,
		.context = s,
		.bind_gate = s->bind_gate,
		.gates = s->gates,
		.registry = s->registry,
	};

	forget_plan(s);
	if (wants_make(&s->inventory, &context, &s->wants, err) < 0)
		return -1;
	s->want_count = s->inventory.count;
	return plan_deploy(s->wants, s->want_count, &s->facts, options ? options : &none, &s->plan,
			   err);
}

static char *fake_id(const char *name)
{
	char hex[HASH_HEX_SIZE];

	hash_text(name, hex);
	return xasprintf("%s%s", hex, hex);
}

static void copy_labels(struct labels *to, const struct labels *from)
{
	for (size_t i = 0; i < from->count; i++)
		labels_add(to, from->items[i].key, from->items[i].value);
}

static void label_object(struct labels *labels, const struct want *want, const char *role)
{
	labels_add(labels, LABEL_SCHEMA, SCHEMA_VERSION);
	labels_add(labels, LABEL_WORKSPACE, want->workspace->name);
	labels_add(labels, LABEL_ROLE, role);
}

static void add_container(struct facts *facts, const struct want *want,
			  const struct want_container *wanted, struct buf *objects)
{
	struct containers *list = &facts->containers;
	struct container *c;

	c = xgrow(&list->items, &list->cap, list->count++, sizeof(*c));
	c->id = fake_id(wanted->spec.name);
	c->name = xstrdup(wanted->spec.name);
	c->pod_id = fake_id(want->pod.name);
	c->image = xstrdup(wanted->spec.image);
	c->image_id = xstrdup("");
	c->state = CONTAINER_RUNNING;
	copy_labels(&c->labels, &wanted->spec.labels);
	for (size_t i = 0; i < want->pod.ports.count; i++)
		port_mappings_add(&c->ports, want->pod.ports.items[i].host_ip,
				  want->pod.ports.items[i].host_port,
				  want->pod.ports.items[i].container_port);
	buf_addf(objects, " %s=%s", wanted->role, c->id);
}

static void add_pod(struct facts *facts, const struct want *want, struct buf *objects)
{
	struct pods *list = &facts->pods;
	struct pod *pod;

	pod = xgrow(&list->items, &list->cap, list->count++, sizeof(*pod));
	pod->id = fake_id(want->pod.name);
	pod->name = xstrdup(want->pod.name);
	pod->status = xstrdup("Running");
	pod->infra_id = xstrdup("");
	copy_labels(&pod->labels, &want->pod.labels);
	buf_addf(objects, "pod=%s", pod->id);
}

static void add_network(struct facts *facts, const struct want *want, struct buf *objects)
{
	struct networks *list = &facts->networks;
	struct network *network;

	network = xgrow(&list->items, &list->cap, list->count++, sizeof(*network));
	network->id = fake_id(want->network);
	network->name = xstrdup(want->network);
	label_object(&network->labels, want, ROLE_NETWORK);
	buf_addf(objects, " net=%s", network->id);
}

static struct volume *add_volume(struct facts *facts, const struct want *want, const char *name,
				 const char *role)
{
	struct volumes *list = &facts->volumes;
	struct volume *v;

	v = xgrow(&list->items, &list->cap, list->count++, sizeof(*v));
	v->name = xstrdup(name);
	v->mountpoint = xasprintf("/volumes/%s", name);
	label_object(&v->labels, want, role);
	return v;
}

static void add_gate(struct labels *labels, const struct want_gate *gate)
{
	labels_add(labels, LABEL_GATE, gate->is_on ? "shell" : "off");
	if (gate->id)
		labels_add(labels, LABEL_ID, gate->id);
	if (!gate->salt)
		return;
	labels_add(labels, LABEL_SALT, gate->salt);
	labels_add(labels, LABEL_KEY, gate->key);
	labels_add(labels, LABEL_TOKEN_SINCE, gate->since);
	labels_add(labels, LABEL_GATE_HASH, gate->hash);
}

static void add_state(struct facts *facts, const struct want *want, const char *objects)
{
	DEFER(freep) char *name = state_volume_name(want->workspace->slug, 1);
	struct volume *v = add_volume(facts, want, name, ROLE_STATE);
	char ports[64];

	snprintf(ports, sizeof(ports), "app=%u ssh=%u", want->app_port, want->ssh_port);
	labels_add(&v->labels, LABEL_GENERATION, "1");
	labels_add(&v->labels, LABEL_ID, "0123456789abcdef");
	labels_add(&v->labels, LABEL_OBJECTS, objects);
	labels_add(&v->labels, LABEL_LIVE, want->live_digest);
	if (want->libraries)
		labels_add(&v->labels, LABEL_LIBRARIES, want->libraries_digest);
	labels_add(&v->labels, LABEL_PORTS, ports);
	labels_add(&v->labels, LABEL_HOST_KEY, "ssh-ed25519 AAAA");
	add_gate(&v->labels, &want->gate);
}

void scene_deploy(struct scene *s)
{
	struct error err = { 0 };

	if (!s->wants && scene_plan(s, NULL, &err) < 0)
		die("plan", &err);
	for (size_t i = 0; i < s->want_count; i++) {
		const struct want *want = &s->wants[i];
		struct buf objects;

		buf_init(&objects, 4096);
		add_pod(&s->facts, want, &objects);
		add_network(&s->facts, want, &objects);
		for (size_t k = 0; k < want->container_count; k++)
			add_container(&s->facts, want, &want->containers[k], &objects);
		for (size_t k = 0; k < want->volume_count; k++)
			add_volume(&s->facts, want, want->volumes[k].name, want->volumes[k].role);
		add_state(&s->facts, want, objects.data);
		buf_release(&objects);
	}
	facts_index(&s->facts);
}

void scene_reindex(struct scene *s)
{
	const struct facts lists = { .version = s->facts.version,
				     .containers = s->facts.containers,
				     .pods = s->facts.pods,
				     .volumes = s->facts.volumes,
				     .networks = s->facts.networks,
				     .images = s->facts.images };

	s->facts.containers = (struct containers){ 0 };
	s->facts.pods = (struct pods){ 0 };
	s->facts.volumes = (struct volumes){ 0 };
	s->facts.networks = (struct networks){ 0 };
	s->facts.images = (struct images){ 0 };
	facts_release(&s->facts);
	s->facts = lists;
	facts_index(&s->facts);
}

static void label_by_hand(struct labels *labels, const char *workspace, const char *role)
{
	labels_add(labels, LABEL_SCHEMA, SCHEMA_VERSION);
	labels_add(labels, LABEL_WORKSPACE, workspace);
	labels_add(labels, LABEL_ROLE, role);
}

struct container *scene_add_container(struct scene *s, const char *workspace, const char *role,
				      const char *name)
{
	struct containers *list = &s->facts.containers;
	struct container *c = xgrow(&list->items, &list->cap, list->count++, sizeof(*c));

	c->id = xasprintf("by-hand-%s", name);
	c->name = xstrdup(name);
	c->pod_id = xstrdup("");
	c->image = xstrdup("image");
	c->image_id = xstrdup("");
	c->state = CONTAINER_RUNNING;
	label_by_hand(&c->labels, workspace, role);
	return c;
}

struct container *scene_add_infra(struct scene *s, const char *workspace)
{
	DEFER(freep) char *name = xasprintf("winalux-%s-infra", workspace);
	DEFER(freep) char *pod = xasprintf("winalux-%s-pod", workspace);
	struct container *c = scene_add_container(s, workspace, ROLE_POD, name);

	free(c->pod_id);
	c->pod_id = fake_id(pod);
	c->is_infra = true;
	return c;
}

struct volume *scene_add_volume(struct scene *s, const char *workspace, const char *role,
				const char *name)
{
	struct volumes *list = &s->facts.volumes;
	struct volume *v = xgrow(&list->items, &list->cap, list->count++, sizeof(*v));

	v->name = xstrdup(name);
	v->mountpoint = xstrdup("/v");
	label_by_hand(&v->labels, workspace, role);
	return v;
}

const struct workspace_plan *scene_find(const struct scene *s, const char *name)
{
	for (size_t i = 0; i < s->plan.count; i++) {
		if (!strcmp(s->plan.items[i].name, name))
			return &s->plan.items[i];
	}
	return NULL;
}

char *scene_steps(const struct workspace_plan *w)
{
	struct buf b;

	buf_init(&b, 64 << 10);
	for (size_t i = 0; i < w->step_count; i++) {
		DEFER(freep) char *text = step_text(&w->steps[i]);

		buf_addf(&b, "%s\n", text);
	}
	return buf_take(&b);
}
