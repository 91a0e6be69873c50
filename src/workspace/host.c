/* SPDX-License-Identifier: MIT */
#include "winalux/workspace/host.h"

#include <stdlib.h>

#include "host_info.h"
#include "keepers.h"
#include "limits.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/format/json.h"
#include "winalux/inventory/config.h"
#include "winalux/plan/facts.h"
#include "winalux/plan/names.h"
#include "winalux/podman/podman.h"
#include "winalux/podman/service.h"
#include "winalux/workspace/strangers.h"

struct host {
	const struct config *config;
	const volatile bool *cancelled;
	struct service *service;
	struct podman *podman;
	struct json *info;
	bool has_asked; /* for it */
};

struct podman *host_connect(const struct host *host, bool is_cancellable)
{
	const struct podman_options options = {
		.socket_path = service_socket(host->service),
		.cancelled = is_cancellable ? host->cancelled : NULL,
	};

	return podman_new(&options);
}

int host_open(const struct config *config, const volatile bool *cancelled, struct host **ret,
	      struct error *err)
{
	DEFER(host_freep) struct host *host = xcalloc(1, sizeof(*host));
	struct podman_version version;

	host->config = config;
	host->cancelled = cancelled;
	if (service_find(config->socket, &host->service, err) < 0)
		return -1;
	host->podman = host_connect(host, true);
	if (podman_get_version(host->podman, &version, err) < 0)
		return -1;
	*ret = TAKE(host);
	return 0;
}

void host_freep(struct host **host)
{
	if (!host || !*host)
		return;
	json_free((*host)->info);
	podman_free((*host)->podman);
	service_free((*host)->service);
	free(*host);
	*host = NULL;
}

struct podman *host_podman(struct host *host)
{
	return host->podman;
}

const struct config *host_config(const struct host *host)
{
	return host->config;
}

const volatile bool *host_cancelled(const struct host *host)
{
	return host->cancelled;
}

int host_get_info(struct host *host, const struct json **ret, struct error *err)
{
	struct error why;

	if (!host->has_asked && podman_info(host->podman, &host->info, &why) < 0 &&
	    why.kind != ERROR_PODMAN) {
		if (err)
			*err = why;
		return -1;
	}
	host->has_asked = true;
	*ret = host->info;
	return 0;
}

int host_get_limits(struct host *host, struct limit_support *ret, struct error *err)
{
	const struct json *info;

	if (host_get_info(host, &info, err) < 0)
		return -1;
	*ret = limit_support_of(info);
	return 0;
}

static int list_objects(struct podman *podman, enum observe extent, struct facts *ret,
			struct error *err)
{
	if (podman_get_version(podman, &ret->version, err) < 0 ||
	    container_list(podman, NULL, &ret->containers, err) < 0 ||
	    volume_list(podman, LABEL_SCHEMA, &ret->volumes, err) < 0)
		return -1;
	if (extent == OBSERVE_STATE)
		return 0;
	if (pod_list(podman, LABEL_SCHEMA, &ret->pods, err) < 0 ||
	    network_list(podman, LABEL_SCHEMA, &ret->networks, err) < 0)
		return -1;
	return image_list(podman, &ret->images, err);
}

/*
 * Podman collects names first and looks at each then: where another run removes one in between,
 * the whole list fails ("no volume with name … found in database: no such volume", 500). All are
 * listed again then, so that they fit each other; once, for an answer that never changes.
 */
static int list_all(struct podman *podman, enum observe extent, struct facts *ret,
		    struct error *err)
{
	struct error why;

	if (list_objects(podman, extent, ret, &why) == 0)
		return 0;
	if (why.kind != ERROR_NOT_FOUND) {
		if (err)
			*err = why;
		return -1;
	}
	facts_release(ret);
	*ret = (struct facts){ 0 };
	return list_objects(podman, extent, ret, err);
}

int host_observe(struct host *host, enum observe extent, struct facts *ret, struct error *err)
{
	DEFER(facts_release) struct facts facts = { 0 };

	if (list_all(host->podman, extent, &facts, err) < 0)
		return error_add(err, "cannot see what is there");
	facts_index(&facts);
	if (strangers_find(host->podman, &facts, err) < 0 ||
	    keepers_find_lost(host->podman, &facts, err) < 0)
		return -1;
	*ret = facts;
	facts = (struct facts){ 0 };
	return 0;
}
