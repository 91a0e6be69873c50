/* SPDX-License-Identifier: MIT */
/*
 * The steps of a plan, one small function each in a table by kind. A step either has its effect or
 * fails; what is removed already, started already or stopped already counts as done, so that a plan
 * made a moment ago still works.
 */
#include "job.h"

#include <stdlib.h>
#include <string.h>

#include "winalux/base/buf.h"
#include "winalux/base/clock.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/format/tar.h"
#include "winalux/inventory/config.h"
#include "winalux/plan/names.h"
#include "winalux/podman/container.h"
#include "winalux/podman/network.h"
#include "winalux/podman/pod.h"
#include "winalux/podman/volume.h"
#include "winalux/workspace/ready.h"
#include "winalux/workspace/ssh_client.h"

enum { FILES_TAR_MAX = 2 << 20, STATE_LABEL_MAX = 4096, UNDO_TIMEOUT_S = 1 };

void job_release(struct job *job)
{
	strv_release(&job->made_volumes);
	strv_release(&job->made_containers);
	strv_release(&job->objects);
	free(job->host_key);
}

static void label_object(struct labels *labels, const struct job *job, const char *role)
{
	labels_add(labels, LABEL_SCHEMA, SCHEMA_VERSION);
	labels_add(labels, LABEL_WORKSPACE, job->plan->name);
	labels_add(labels, LABEL_ROLE, role);
}

static int stop_container(struct job *job, const struct step *step, struct error *err)
{
	return container_stop(job->podman, step->object, job->config->stop_timeout_s, err);
}

static int remove_container(struct job *job, const struct step *step, struct error *err)
{
	return container_remove(job->podman, step->object, true, job->config->stop_timeout_s, err);
}

static int stop_pod(struct job *job, const struct step *step, struct error *err)
{
	return pod_stop(job->podman, step->object, job->config->stop_timeout_s, err);
}

static int remove_pod(struct job *job, const struct step *step, struct error *err)
{
	return pod_remove(job->podman, step->object, job->config->stop_timeout_s, err);
}

static int remove_network(struct job *job, const struct step *step, struct error *err)
{
	return network_remove(job->podman, step->object, err);
}

static int remove_volume(struct job *job, const struct step *step, struct error *err)
{
	return volume_remove(job->podman, step->object, err);
}

static int create_network(struct job *job, const struct step *step, struct error *err)
{
	DEFER(labels_release) struct labels labels = { 0 };
	DEFER(freep) char *id = NULL;

	label_object(&labels, job, ROLE_NETWORK);
	if (network_create(job->podman, step->object, &labels, &id, err) < 0)
		return -1;
	job->has_made_network = true;
	strv_addf(&job->objects, "%s=%s", ROLE_NETWORK, id);
	return 0;
}

static int create_volume(struct job *job, const struct step *step, struct error *err)
{
	DEFER(labels_release) struct labels labels = { 0 };

	label_object(&labels, job, job->plan->want->volumes[step->index].role);
	if (volume_create(job->podman, step->object, &labels, NULL, err) < 0)
		return -1;
	strv_add(&job->made_volumes, step->object);
	return 0;
}

static int create_pod(struct job *job, const struct step *step, struct error *err)
{
	struct pod_spec spec = job->plan->want->pod;
	DEFER(freep) char *id = NULL;

	(void)step;
	spec.limits = limits_mask(&spec.limits, &job->limits);
	if (pod_create(job->podman, &spec, &id, err) < 0)
		return -1;
	job->has_made_pod = true;
	strv_addf(&job->objects, "%s=%s", ROLE_POD, id);
	return 0;
}

static int create_container(struct job *job, const struct step *step, struct error *err)
{
	const struct want_container *want = &job->plan->want->containers[step->index];
	struct container_spec spec = want->spec;
	DEFER(freep) char *id = NULL;

	spec.limits = limits_mask(&spec.limits, &job->limits);
	if (container_create(job->podman, &spec, &id, err) < 0)
		return -1;
	strv_add(&job->made_containers, step->object);
	strv_addf(&job->objects, "%s=%s", want->role, id);
	return 0;
}

static int pack_files(const struct want *want, const char *conf, struct buf *tar, struct error *err)
{
	DEFER(tar_writer_freep) struct tar_writer *w = tar_writer_new(tar);

	if (tar_add_dir(w, "etc/winalux", 0755, 0, 0, err) < 0 ||
	    tar_add_dir(w, "etc/winalux/keys", 0755, 0, 0, err) < 0 ||
	    tar_add_file(w, "etc/winalux/keys/developer", 0644, 0, 0, want->authorized_keys,
			 strlen(want->authorized_keys), err) < 0 ||
	    tar_add_file(w, "etc/winalux/guest.conf", 0644, 0, 0, conf, strlen(conf), err) < 0)
		return -1;
	return tar_finish(w, err);
}

/* The nonce comes back in the guest's "ready", which so belongs to these files and no earlier ones.
 */
static int put_files(struct job *job, const struct step *step, struct error *err)
{
	const struct want *want = job->plan->want;
	DEFER(freep) char *conf = NULL;
	DEFER(buf_release) struct buf tar;

	hash_random_hex(job->nonce);
	conf = xasprintf("%snonce\t%s\n", want->guest_conf, job->nonce);
	buf_init(&tar, FILES_TAR_MAX);
	if (pack_files(want, conf, &tar, err) < 0)
		return -1;
	return container_put_archive(job->podman, step->object, "/", tar.data, tar.len, err);
}

static int reload_guest(struct job *job, const struct step *step, struct error *err)
{
	return container_kill(job->podman, step->object, "HUP", err);
}

static int start_container(struct job *job, const struct step *step, struct error *err)
{
	if (!job->started_s)
		job->started_s = clock_wall_s();
	return container_start(job->podman, step->object, err);
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

static int wait_ready(struct job *job, const struct step *step, struct error *err)
{
	const char *host_ip;
	const uint16_t port = ssh_endpoint(job, &host_ip);
	const struct ready_options options = {
		.container_id = step->object,
		.address = port ? host_ip : NULL,
		.port = port,
		.nonce = job->nonce[0] ? job->nonce : NULL,
		.since_s = job->started_s,
		.timeout_ms = (int)job->config->ready_timeout_s * 1000,
		.cancelled = job->cancelled,
	};

	free(TAKE(job->host_key));
	return ready_wait(job->podman, &options, &job->host_key, err);
}

/* "role=id" of everything the workspace consists of: made now, or kept from the recorded state. */
static char *object_list(const struct job *job)
{
	const struct workspace_facts *facts = job->plan->facts;
	const struct want *want = job->plan->want;
	DEFER(strv_release) struct strv list = { 0 };
	DEFER(strv_release) struct strv roles = { 0 };

	strv_add(&roles, ROLE_NETWORK);
	strv_add(&roles, ROLE_POD);
	for (size_t i = 0; i < want->container_count; i++)
		strv_add(&roles, want->containers[i].role);
	strv_add_all(&list, &job->objects);
	for (size_t i = 0; facts && i < roles.count; i++) {
		const size_t len = strlen(roles.items[i]);
		bool is_made = false;
		char id[65];

		for (size_t k = 0; k < job->objects.count; k++)
			is_made |= !strncmp(job->objects.items[k], roles.items[i], len) &&
				   job->objects.items[k][len] == '=';
		workspace_state_object(&facts->state, roles.items[i], id);
		if (!is_made && id[0])
			strv_addf(&list, "%s=%s", roles.items[i], id);
	}
	strv_sort(&list);
	return strv_join(&list, " ");
}

static void label_state(struct job *job, struct labels *labels)
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
	labels_add(labels, LABEL_ID, facts && facts->state.id ? facts->state.id : id);
	labels_add(labels, LABEL_OBJECTS, objects);
	labels_add(labels, LABEL_LIVE, want->live_digest);
	labels_add(labels, LABEL_PORTS, ports);
	labels_add(labels, LABEL_PROFILE, want->workspace->profile);
	labels_add(labels, LABEL_DEPLOYED, now);
	if (host_key)
		labels_add(labels, LABEL_HOST_KEY, host_key);
}

static int write_state(struct job *job, const struct step *step, struct error *err)
{
	DEFER(labels_release) struct labels labels = { 0 };
	const unsigned before = job->plan->facts ? job->plan->facts->state.generation : 0;
	DEFER(freep) char *generation = xasprintf("%u", before + 1);

	label_object(&labels, job, ROLE_STATE);
	labels_add(&labels, LABEL_GENERATION, generation);
	label_state(job, &labels);
	return volume_create(job->podman, step->object, &labels, NULL, err);
}

typedef int (*step_fn)(struct job *job, const struct step *step, struct error *err);

static const step_fn step_functions[STEP_KIND_COUNT] = {
	[STEP_STOP_CONTAINER] = stop_container,
	[STEP_REMOVE_CONTAINER] = remove_container,
	[STEP_STOP_POD] = stop_pod,
	[STEP_REMOVE_POD] = remove_pod,
	[STEP_REMOVE_NETWORK] = remove_network,
	[STEP_REMOVE_VOLUME] = remove_volume,
	[STEP_CREATE_NETWORK] = create_network,
	[STEP_CREATE_VOLUME] = create_volume,
	[STEP_CREATE_POD] = create_pod,
	[STEP_CREATE_CONTAINER] = create_container,
	[STEP_PUT_FILES] = put_files,
	[STEP_RELOAD_GUEST] = reload_guest,
	[STEP_START_CONTAINER] = start_container,
	[STEP_WAIT_READY] = wait_ready,
	[STEP_WRITE_STATE] = write_state,
	[STEP_REMOVE_STATE] = remove_volume,
};

bool step_is_mutating(enum step_kind kind)
{
	return kind != STEP_WAIT_READY;
}

int job_step(struct job *job, const struct step *step, struct error *err)
{
	DEFER(freep) char *text = NULL;

	if (step_functions[step->kind](job, step, err) == 0)
		return 0;
	text = step_text(step);
	return error_add(err, "cannot %s", text);
}

void job_undo(struct job *job, struct podman *podman)
{
	const struct want *want = job->plan->want;

	for (size_t i = job->made_containers.count; i-- > 0 && !job->has_made_pod;)
		container_remove(podman, job->made_containers.items[i], true, UNDO_TIMEOUT_S, NULL);
	if (job->has_made_pod)
		pod_remove(podman, want->pod.name, UNDO_TIMEOUT_S, NULL);
	if (job->has_made_network)
		network_remove(podman, want->network, NULL);
	for (size_t i = job->made_volumes.count; i-- > 0;)
		volume_remove(podman, job->made_volumes.items[i], NULL);
}
