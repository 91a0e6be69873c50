/* SPDX-License-Identifier: MIT */
/*
 * The steps of a plan, one small function each in a table by kind. A step either has its effect or
 * fails; what is removed already, started already or stopped already counts as done, so that a plan
 * made a moment ago still works.
 *
 * Steps that make or change something are not interrupted in the middle of their call: the caller
 * looks at the flag between steps. Those that only wait, and those that end something and may take
 * a stop timeout, are.
 */
#include "job.h"

#include <stdlib.h>
#include <string.h>

#include "port_probe.h"
#include "library_sync.h"
#include "winalux/base/buf.h"
#include "winalux/base/clock.h"
#include "winalux/base/error.h"
#include "winalux/base/log.h"
#include "winalux/base/mem.h"
#include "winalux/base/parse.h"
#include "winalux/format/tar.h"
#include "winalux/inventory/config.h"
#include "winalux/format/token_hash.h"
#include "winalux/guest/wire.h"
#include "winalux/plan/names.h"
#include "winalux/podman/container.h"
#include "winalux/podman/network.h"
#include "winalux/podman/pod.h"
#include "winalux/podman/volume.h"
#include "winalux/workspace/ready.h"
#include "winalux/workspace/ssh_client.h"

enum { FILES_TAR_MAX = 2 << 20 };

#define NAME_TAKEN(kind)                                                                           \
	"a " kind " that winalux did not make has this name: `podman " kind " inspect %s` shows "  \
	"it, remove or rename it"
#define VOLUME_TAKEN                                                                               \
	"a volume that winalux did not make has this name: save what you need of it, then "        \
	"`podman volume rm %s`"
#define VOLUME_IN_USE                                                                              \
	"containers outside of this workspace use it: `podman ps -a --filter volume=%s` shows "    \
	"them, remove them first"
#define NETWORK_IN_USE                                                                             \
	"containers outside of this workspace are attached: `podman ps -a --filter network=%s` "   \
	"shows them, remove them first"
#define PORT_TAKEN                                                                                 \
	"another program holds a port that this workspace publishes: end it, or choose another "   \
	"port in the inventory"

void job_release(struct job *job)
{
	strv_release(&job->objects);
	free(job->host_key);
}

static void label_object(struct labels *labels, const struct job *job, const char *role)
{
	labels_add(labels, LABEL_SCHEMA, SCHEMA_VERSION);
	labels_add(labels, LABEL_WORKSPACE, job->plan->name);
	labels_add(labels, LABEL_ROLE, role);
}

static int stop_container(struct job *job, struct podman *podman, const struct step *step,
			  struct error *err)
{
	return container_stop(podman, step->object, job->config->stop_timeout_s, err);
}

static int remove_container(struct job *job, struct podman *podman, const struct step *step,
			    struct error *err)
{
	return container_remove(podman, step->object, true, job->config->stop_timeout_s, err);
}

static int remove_pod(struct job *job, struct podman *podman, const struct step *step,
		      struct error *err)
{
	return pod_remove(podman, step->object, job->config->stop_timeout_s, err);
}

static int remove_network(struct job *job, struct podman *podman, const struct step *step,
			  struct error *err)
{
	(void)job;
	return network_remove(podman, step->object, err);
}

static int remove_volume(struct job *job, struct podman *podman, const struct step *step,
			 struct error *err)
{
	(void)job;
	return volume_remove(podman, step->object, err);
}

static int create_network(struct job *job, struct podman *podman, const struct step *step,
			  struct error *err)
{
	DEFER(labels_release) struct labels labels = { 0 };
	DEFER(freep) char *id = NULL;

	label_object(&labels, job, ROLE_NETWORK);
	if (network_create(podman, step->object, &labels, &id, err) < 0)
		return -1;
	strv_addf(&job->objects, "%s=%s", ROLE_NETWORK, id);
	return 0;
}

static int create_volume(struct job *job, struct podman *podman, const struct step *step,
			 struct error *err)
{
	DEFER(labels_release) struct labels labels = { 0 };

	label_object(&labels, job, job->plan->want->volumes[step->index].role);
	return volume_create(podman, step->object, &labels, NULL, err);
}

static int create_pod(struct job *job, struct podman *podman, const struct step *step,
		      struct error *err)
{
	struct pod_spec spec = job->plan->want->pod;
	DEFER(freep) char *id = NULL;

	(void)step;
	spec.limits = limits_mask(&spec.limits, &job->limits);
	if (pod_create(podman, &spec, &id, err) < 0)
		return -1;
	strv_addf(&job->objects, "%s=%s", ROLE_POD, id);
	return 0;
}

static int create_container(struct job *job, struct podman *podman, const struct step *step,
			    struct error *err)
{
	const struct want_container *want = &job->plan->want->containers[step->index];
	struct container_spec spec = want->spec;
	DEFER(freep) char *id = NULL;

	spec.limits = limits_mask(&spec.limits, &job->limits);
	if (container_create(podman, &spec, &id, err) < 0)
		return -1;
	strv_addf(&job->objects, "%s=%s", want->role, id);
	return 0;
}

static int add_gate(struct tar_writer *w, const struct want_gate *gate, struct error *err)
{
	DEFER(freep) char *text = NULL;

	if (!gate->hash)
		return 0;
	text = want_gate_file(gate);
	return tar_add_file(w, GATE_FILE_PATH, 0400, 0, 0, text, strlen(text), err);
}

static int pack_files(const struct want *want, const char *conf, struct buf *tar, struct error *err)
{
	DEFER(tar_writer_freep) struct tar_writer *w = tar_writer_new(tar, err);

	if (!w || tar_add_dir(w, "etc/winalux", 0755, 0, 0, err) < 0 ||
	    add_gate(w, &want->gate, err) < 0 ||
	    tar_add_dir(w, "etc/winalux/keys", 0755, 0, 0, err) < 0 ||
	    tar_add_file(w, "etc/winalux/keys/developer", 0644, 0, 0, want->authorized_keys,
			 strlen(want->authorized_keys), err) < 0 ||
	    tar_add_file(w, WIRE_CONFIG_PATH, 0644, 0, 0, conf, strlen(conf), err) < 0)
		return -1;
	return tar_finish(w, err);
}

/* The nonce comes back in the guest's "ready", which so belongs to these files and no earlier ones.
 */
static int put_files(struct job *job, struct podman *podman, const struct step *step,
		     struct error *err)
{
	const struct want *want = job->plan->want;
	DEFER(freep) char *conf = NULL;
	DEFER(buf_release) struct buf tar;

	hash_random_hex(job->nonce);
	conf = xasprintf("%snonce\t%s\n", want->guest_conf, job->nonce);
	buf_init(&tar, FILES_TAR_MAX);
	if (pack_files(want, conf, &tar, err) < 0)
		return -1;
	return container_put_archive(podman, step->object, "/", tar.data, tar.len, err);
}

static int put_gate(struct job *job, struct podman *podman, const struct step *step,
		    struct error *err)
{
	DEFER(tar_writer_freep) struct tar_writer *w = NULL;
	DEFER(buf_release) struct buf tar;

	buf_init(&tar, FILES_TAR_MAX);
	w = tar_writer_new(&tar, err);
	if (!w || tar_add_dir(w, "etc/winalux", 0755, 0, 0, err) < 0 ||
	    add_gate(w, job->plan->gate, err) < 0 || tar_finish(w, err) < 0)
		return -1;
	return container_put_archive(podman, step->object, "/", tar.data, tar.len, err);
}

static int put_reload(struct podman *podman, const char *id, struct error *err)
{
	DEFER(tar_writer_freep) struct tar_writer *w = NULL;
	DEFER(buf_release) struct buf tar;
	DEFER(freep) char *line = NULL;
	char nonce[HASH_HEX_SIZE];

	hash_random_hex(nonce);
	line = xasprintf("%s\n", nonce);
	buf_init(&tar, FILES_TAR_MAX);
	w = tar_writer_new(&tar, err);
	if (!w || tar_add_file(w, WIRE_RELOAD_PATH, 0644, 0, 0, line, strlen(line), err) < 0 ||
	    tar_finish(w, err) < 0)
		return -1;
	return container_put_archive(podman, id, "/", tar.data, tar.len, err);
}

/*
 * A signal is the last resort. Podman 5.4.2 notes of a container that it sends one that the user
 * has stopped it, and does not start it again when it fails; 4.3.1 does, seen with both. But a file
 * needs room, and a token that was revoked must not go on because there is none.
 */
static int reload_guest(struct job *job, struct podman *podman, const struct step *step,
			struct error *err)
{
	const bool knows_file = step->index == 0;

	(void)job;
	if (knows_file && put_reload(podman, step->object, err) == 0)
		return 0;
	if (knows_file)
		log_debug("'%s' gets a signal: %s", step->object, err->text);
	return container_kill(podman, step->object, "HUP", err);
}

/*
 * A port of the pod that somebody has taken since makes libpod fail with "internal libpod error"
 * and the like (its network is made with the first container that starts): say which port.
 */
static int explain_start(const struct job *job, struct error *err)
{
	const struct workspace_facts *facts = job->plan->facts;
	const struct container *infra = facts ? facts->infra : NULL;

	if (!infra || infra->state == CONTAINER_RUNNING || err->kind == ERROR_INTERRUPTED)
		return -1;
	for (size_t i = 0; i < infra->ports.count; i++) {
		const struct port_mapping *p = &infra->ports.items[i];

		if (!port_is_free(p->host_ip, p->host_port))
			return error_set(err, ERROR_CONFLICT,
					 "port %u is in use by another program of this host",
					 p->host_port);
	}
	return -1;
}

static int start_container(struct job *job, struct podman *podman, const struct step *step,
			   struct error *err)
{
	if (!job->started_s)
		job->started_s = clock_wall_s();
	if (container_start(podman, step->object, err) == 0)
		return 0;
	return explain_start(job, err);
}

/* Where sshd is published: as wanted, or as it is for a plan over what is there. */
static uint16_t ssh_endpoint(const struct job *job, const char **ret_host_ip)
{
	const struct workspace_plan *plan = job->plan;
	uint16_t port;

	if (plan->want) {
		*ret_host_ip = plan->want->pod.ports.items[0].host_ip;
		return plan->want->ssh_port;
	}
	*ret_host_ip = "";
	port = ssh_published_port(plan->facts, ret_host_ip);
	return port ? port : plan->facts->state.ssh_port;
}

/* Names in the "check" lines of the guest's configuration. */
static void list_checks(const struct want *want, struct strv *ret)
{
	static const char start[] = "check\t";

	for (const char *line = want->guest_conf; *line;) {
		const size_t len = strcspn(line, "\n");
		const char *name = line;

		if (parse_literal(&name, start))
			strv_addf(ret, "%.*s", (int)strcspn(name, "\t\n"), name);
		line += len + (line[len] == '\n');
	}
}

static int wait_ready(struct job *job, struct podman *podman, const struct step *step,
		      struct error *err)
{
	DEFER(strv_release) struct strv checks = { 0 };
	const char *host_ip;
	const uint16_t port = ssh_endpoint(job, &host_ip);
	const struct ready_options options = {
		.container_id = step->object,
		.address = port ? host_ip : NULL,
		.port = port,
		.nonce = job->nonce[0] ? job->nonce : NULL,
		.slug = job->plan->want ? job->plan->want->workspace->slug : NULL,
		.checks = job->plan->want ? &checks : NULL,
		.since_s = job->started_s,
		.timeout_ms = (int)job->config->ready_timeout_s * 1000,
		.cancelled = job->cancelled,
	};

	if (job->plan->want)
		list_checks(job->plan->want, &checks);
	free(TAKE(job->host_key));
	if (ready_wait(podman, &options, &job->host_key, err) == 0)
		return 0;
	if (err->kind == ERROR_TIMEOUT && !job->plan->want) {
		const struct error why = *err;

		error_set(
			err, why.kind,
			"%s; `winalux stop %s` and `winalux start %s` make its pod's network anew",
			why.text, job->plan->name, job->plan->name);
	}
	return -1;
}

static int sync_libraries(struct job *job, struct podman *podman, const struct step *step,
			  struct error *err)
{
	return library_sync(job, podman, step->object, err);
}

static const char *find_made(const struct job *job, const char *role, size_t role_len)
{
	for (size_t i = 0; i < job->objects.count; i++) {
		const char *pair = job->objects.items[i];

		if (!strncmp(pair, role, role_len) && pair[role_len] == '=')
			return pair + role_len + 1;
	}
	return NULL;
}

/* Id of what was there before and is kept, or NULL. */
static const char *find_kept(const struct workspace_facts *facts, const char *role)
{
	const struct container *c = workspace_facts_container(facts, role);

	if (!facts)
		return NULL;
	if (!strcmp(role, ROLE_NETWORK))
		return facts->network ? facts->network->id : NULL;
	if (!strcmp(role, ROLE_POD))
		return facts->pod ? facts->pod->id : NULL;
	return c ? c->id : NULL;
}

static void list_object(const struct job *job, const char *role, struct strv *list)
{
	const char *id = find_made(job, role, strlen(role));

	if (!id)
		id = find_kept(job->plan->facts, role);
	if (id)
		strv_addf(list, "%s=%s", role, id);
}

/*
 * "role=id" of everything the workspace consists of: made now, or there and kept. Containers stand
 * in the order in which they start, which `winalux start` has from here.
 */
static char *object_list(const struct job *job)
{
	const struct want *want = job->plan->want;
	DEFER(strv_release) struct strv list = { 0 };

	list_object(job, ROLE_NETWORK, &list);
	list_object(job, ROLE_POD, &list);
	for (size_t i = 0; i < want->container_count; i++)
		list_object(job, want->containers[i].role, &list);
	return strv_join(&list, " ");
}

static void label_if(struct labels *labels, const char *key, const char *value)
{
	if (value)
		labels_add(labels, key, value);
}

static void label_gate(struct labels *labels, const struct want_gate *gate)
{
	labels_add(labels, LABEL_GATE, want_gate_mode(gate));
	label_if(labels, LABEL_SALT, gate->salt);
	label_if(labels, LABEL_KEY, gate->key);
	label_if(labels, LABEL_TOKEN_SINCE, gate->since);
	label_if(labels, LABEL_GATE_HASH, gate->hash);
}

/* The state as it was, with another token. */
static void label_rotated(const struct job *job, bool is_open, struct labels *labels)
{
	const struct labels *had = &job->plan->facts->states[0]->labels;

	for (size_t i = 0; i < had->count; i++)
		labels_add(labels, had->items[i].key, had->items[i].value);
	label_gate(labels, job->plan->gate);
	if (is_open)
		labels_add(labels, LABEL_LIVE, "");
}

static const char *choose_id(const struct job *job, const char *fresh)
{
	const struct workspace_facts *facts = job->plan->facts;
	const char *chosen = job->plan->want->gate.id;

	if (facts && facts->state.id)
		return facts->state.id;
	return chosen ? chosen : fresh;
}

/* Of a list that is still to be installed no digest is right. */
static const char *libraries_of(const struct want *want, bool is_early)
{
	if (is_early)
		return LIBRARIES_PENDING;
	return want->libraries ? want->libraries_digest : NULL;
}

static void label_state(struct job *job, bool is_early, struct labels *labels)
{
	const struct want *want = job->plan->want;
	const struct workspace_facts *facts = job->plan->facts;
	DEFER(freep) char *objects = object_list(job);
	DEFER(freep) char *ports = NULL;
	char id[HASH_HEX_SIZE], now[CLOCK_RFC3339_SIZE];
	const char *host_key = job->host_key;

	if (!host_key && facts)
		host_key = facts->state.host_key;
	hash_random_hex(id);
	clock_format_rfc3339(clock_wall_s(), now);
	if (want->app_port)
		ports = xasprintf("app=%u ssh=%u", want->app_port, want->ssh_port);
	else
		ports = xasprintf("ssh=%u", want->ssh_port);
	labels_add(labels, LABEL_ID, choose_id(job, id));
	labels_add(labels, LABEL_OBJECTS, objects);
	labels_add(labels, LABEL_LIVE, want->live_digest);
	labels_add(labels, LABEL_PORTS, ports);
	labels_add(labels, LABEL_PROFILE, want->workspace->profile);
	labels_add(labels, LABEL_DEPLOYED, now);
	label_if(labels, LABEL_HOST_KEY, host_key);
	label_if(labels, LABEL_LIBRARIES, libraries_of(want, is_early));
	label_gate(labels, &want->gate);
}

static int write_state(struct job *job, struct podman *podman, const struct step *step,
		       struct error *err)
{
	DEFER(labels_release) struct labels labels = { 0 };
	const unsigned before = job->plan->facts ? job->plan->facts->state.generation : 0;
	const unsigned generation = (job->generation ? job->generation : before) + 1;
	DEFER(freep) char *text = xasprintf("%u", generation);

	if (job->plan->want)
		label_state(job, step->index, &labels);
	else
		label_rotated(job, step->index, &labels);
	label_object(&labels, job, ROLE_STATE);
	labels_add(&labels, LABEL_GENERATION, text);
	if (volume_create(podman, step->object, &labels, NULL, err) < 0)
		return -1;
	job->generation = generation;
	job->has_recorded = true;
	return 0;
}

typedef int (*step_fn)(struct job *job, struct podman *podman, const struct step *step,
		       struct error *err);

static const struct {
	step_fn run;
	bool is_cancellable;
	const char *conflict; /* what ERROR_CONFLICT means here; %s is the object's name */
} step_kinds[STEP_KIND_COUNT] = {
	[STEP_STOP_CONTAINER] = { stop_container, true, NULL },
	[STEP_REMOVE_CONTAINER] = { remove_container, true, NULL },
	[STEP_REMOVE_POD] = { remove_pod, true, NULL },
	[STEP_REMOVE_NETWORK] = { remove_network, true, NETWORK_IN_USE },
	[STEP_REMOVE_VOLUME] = { remove_volume, true, VOLUME_IN_USE },
	[STEP_CREATE_NETWORK] = { create_network, false, NAME_TAKEN("network") },
	[STEP_CREATE_VOLUME] = { create_volume, false, VOLUME_TAKEN },
	[STEP_CREATE_POD] = { create_pod, false, NAME_TAKEN("pod") },
	[STEP_CREATE_CONTAINER] = { create_container, false, NAME_TAKEN("container") },
	[STEP_PUT_FILES] = { put_files, false, NULL },
	[STEP_PUT_GATE] = { put_gate, false, NULL },
	[STEP_RELOAD_GUEST] = { reload_guest, false, NULL },
	[STEP_START_CONTAINER] = { start_container, false, PORT_TAKEN },
	[STEP_WAIT_READY] = { wait_ready, true, NULL },
	[STEP_SYNC_LIBRARIES] = { sync_libraries, true, NULL },
	[STEP_WRITE_STATE] = { write_state, false, VOLUME_TAKEN },
	[STEP_REMOVE_STATE] = { remove_volume, true, VOLUME_IN_USE },
};

bool step_is_mutating(enum step_kind kind)
{
	return kind != STEP_WAIT_READY && kind != STEP_SYNC_LIBRARIES;
}

/* "%s" in a hint is the object. */
static void add_hint(const char *hint, const char *object, struct error *err)
{
	DEFER(freep) char *before = xstrdup(err->text);
	struct buf text;

	buf_init(&text, sizeof(err->text));
	for (const char *at; (at = strstr(hint, "%s")); hint = at + 2) {
		buf_add(&text, hint, (size_t)(at - hint));
		buf_add_str(&text, object);
	}
	buf_add_str(&text, hint);
	error_set(err, err->kind, "%s; %s", before, text.data);
	buf_release(&text);
}

int job_step(struct job *job, const struct step *step, struct error *err)
{
	struct podman *podman = step_kinds[step->kind].is_cancellable ? job->podman : job->firm;
	const char *hint = step_kinds[step->kind].conflict;
	DEFER(freep) char *text = NULL;

	if (step_kinds[step->kind].run(job, podman, step, err) == 0)
		return 0;
	if (err->kind == ERROR_CONFLICT && hint)
		add_hint(hint, step->object, err);
	if (!strncmp(err->text, "cannot ", strlen("cannot ")))
		return -1; /* it says what and on which object already */
	text = step_text(step);
	return error_add(err, "cannot %s", text);
}
