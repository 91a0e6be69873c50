/* SPDX-License-Identifier: MIT */
#include "winalux/podman/manifest.h"

#include "client.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"

int manifest_remove(struct podman *podman, const char *name, struct error *err)
{
	DEFER(request_release) struct request rq;

	request_init(&rq, "DELETE", "remove manifest list", name);
	rq.flags = REQUEST_OK_404;
	request_path(&rq, "manifests", name, NULL);
	return podman_call(podman, &rq, NULL, err);
}

int manifest_create(struct podman *podman, const char *name, const struct strv *images,
		    struct error *err)
{
	DEFER(request_release) struct request rq;

	if (manifest_remove(podman, name, err) < 0)
		return -1;
	request_init(&rq, "POST", "create manifest list", name);
	request_path(&rq, "manifests", name, NULL);
	/* Without a transport 4.3.1 asks the registry "localhost". */
	for (size_t i = 0; i < images->count; i++) {
		DEFER(freep) char *source = xasprintf("containers-storage:%s", images->items[i]);

		request_query(&rq, "images", source);
	}
	if (podman_call(podman, &rq, NULL, err) == 0)
		return 0;
	manifest_remove(podman, name, NULL); /* it is there, and not complete */
	return -1;
}
