/* SPDX-License-Identifier: MIT */
#include "undo.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "winalux/base/mem.h"
#include "winalux/plan/facts.h"
#include "winalux/plan/names.h"
#include "winalux/plan/stranger.h"
#include "winalux/podman/container.h"
#include "winalux/podman/network.h"
#include "winalux/podman/pod.h"
#include "winalux/podman/volume.h"

enum { UNDO_TIMEOUT_S = 1 };

static bool was_pod(const struct workspace_facts *before, const char *id)
{
	return before && before->pod && !strcmp(before->pod->id, id);
}

static bool was_network(const struct workspace_facts *before, const char *id)
{
	return before && before->network && !strcmp(before->network->id, id);
}

static bool was_container(const struct workspace_facts *before, const char *id)
{
	for (size_t i = 0; before && i < before->container_count; i++) {
		if (!strcmp(before->containers[i]->id, id))
			return true;
	}
	return false;
}

static bool is_listed(const struct volume *const *volumes, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (!strcmp(volumes[i]->name, name))
			return true;
	}
	return false;
}

static bool was_volume(const struct workspace_facts *before, const char *name)
{
	return before && (is_listed(before->volumes, before->volume_count, name) ||
			  is_listed(before->states, before->state_count, name));
}

static void undo_pods(struct podman *podman, const char *label,
		      const struct workspace_facts *before)
{
	DEFER(pods_release) struct pods pods = { 0 };

	if (pod_list(podman, label, &pods, NULL) < 0)
		return;
	for (size_t i = 0; i < pods.count; i++) {
		if (!was_pod(before, pods.items[i].id))
			pod_remove(podman, pods.items[i].id, UNDO_TIMEOUT_S, NULL);
	}
}

/* Those that were made in a pod that was there. */
static void undo_containers(struct podman *podman, const char *label,
			    const struct workspace_facts *before)
{
	DEFER(containers_release) struct containers containers = { 0 };

	if (container_list(podman, label, &containers, NULL) < 0)
		return;
	for (size_t i = 0; i < containers.count; i++) {
		const struct container *c = &containers.items[i];

		if (!c->is_infra && container_is_ours(c) && !was_container(before, c->id))
			container_remove(podman, c->id, true, UNDO_TIMEOUT_S, NULL);
	}
}

static void undo_networks(struct podman *podman, const char *label,
			  const struct workspace_facts *before)
{
	DEFER(networks_release) struct networks networks = { 0 };

	if (network_list(podman, label, &networks, NULL) < 0)
		return;
	for (size_t i = 0; i < networks.count; i++) {
		if (!was_network(before, networks.items[i].id))
			network_remove(podman, networks.items[i].name, NULL);
	}
}

static void undo_volumes(struct podman *podman, const char *label,
			 const struct workspace_facts *before)
{
	DEFER(volumes_release) struct volumes volumes = { 0 };

	if (volume_list(podman, label, &volumes, NULL) < 0)
		return;
	for (size_t i = 0; i < volumes.count; i++) {
		if (!was_volume(before, volumes.items[i].name))
			volume_remove(podman, volumes.items[i].name, NULL);
	}
}

void undo_workspace(struct podman *podman, const char *name, const struct workspace_facts *before)
{
	DEFER(freep) char *label = xasprintf("%s=%s", LABEL_WORKSPACE, name);

	undo_pods(podman, label, before);
	undo_containers(podman, label, before);
	undo_networks(podman, label, before);
	undo_volumes(podman, label, before);
}
