/* SPDX-License-Identifier: MIT */
#include "account.h"

#include <stdlib.h>
#include <string.h>

#include "keepers.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/image/builder.h"
#include "winalux/plan/facts.h"
#include "winalux/plan/names.h"
#include "winalux/podman/container.h"
#include "winalux/podman/volume.h"

enum { INSTALL_TIMEOUT_MS = 30000 };
#define INSTALLER "winalux-account-install"

static void profiles_in(const char *mountpoint, const char *digest, struct server_paths *ret)
{
	ret->seccomp = xasprintf("%s/seccomp-%s.json", mountpoint, digest);
	ret->seccomp_strict = xasprintf("%s/seccomp-%s-strict.json", mountpoint, digest);
}

static void directories_in(const char *mountpoint, struct server_paths *ret)
{
	ret->receiver = xasprintf("%s" KEEPERS_RECEIVER, mountpoint);
	ret->telemetry = xstrdup(mountpoint);
}

void account_paths_get(const struct facts *facts, struct server_paths *ret)
{
	char digest[HASH_HEX_SIZE];

	*ret = (struct server_paths){ 0 };
	if (!facts->account)
		return;
	directories_in(facts->account->mountpoint, ret);
	image_seccomp_digest(digest);
	if (facts->seccomp_digest && !strcmp(facts->seccomp_digest, digest))
		profiles_in(facts->account->mountpoint, digest, ret);
}

void account_paths_release(struct server_paths *paths)
{
	free(paths->seccomp);
	free(paths->seccomp_strict);
	free(paths->receiver);
	free(paths->telemetry);
	*paths = (struct server_paths){ 0 };
}

static void label_account(struct labels *labels)
{
	labels_add(labels, LABEL_SCHEMA, SCHEMA_VERSION);
	labels_add(labels, LABEL_ROLE, "account");
}

static int ensure_volume(struct podman *podman, const struct facts *facts, char **ret_mountpoint,
			 struct error *err)
{
	DEFER(labels_release) struct labels labels = { 0 };
	DEFER(volume_release) struct volume made = { 0 };

	if (facts->account) {
		*ret_mountpoint = xstrdup(facts->account->mountpoint);
		return 0;
	}
	label_account(&labels);
	if (volume_create(podman, ACCOUNT_VOLUME, &labels, &made, err) < 0)
		return -1;
	*ret_mountpoint = TAKE(made.mountpoint);
	return 0;
}

static void installer_spec(const char *guest_image, const char *digest, struct container_spec *spec)
{
	spec->name = xstrdup(INSTALLER);
	spec->image = xstrdup(guest_image);
	spec->user = xstrdup("0");
	strv_add(&spec->entrypoint, "/winalux-guest");
	strv_add(&spec->command, "install");
	strv_add(&spec->command, "/seccomp.json");
	strv_addf(&spec->command, "/account/seccomp-%s.json", digest);
	strv_add(&spec->command, "/seccomp-strict.json");
	strv_addf(&spec->command, "/account/seccomp-%s-strict.json", digest);
	label_account(&spec->labels);
	spec->volumes = xcalloc(1, sizeof(spec->volumes[0]));
	spec->volume_count = 1;
	spec->volumes[0].volume = xstrdup(ACCOUNT_VOLUME);
	spec->volumes[0].destination = xstrdup("/account");
	spec->no_new_privileges = true;
	spec->stop_timeout_s = 1;
	spec->log_size_bytes = 64 << 10;
}

/* One that an interrupted deploy left behind; the lock is ours, so nobody uses it. */
static int remove_leftover(struct podman *podman, const struct facts *facts, struct error *err)
{
	for (size_t i = 0; i < facts->containers.count; i++) {
		const struct container *c = &facts->containers.items[i];

		if (!strcmp(c->name, INSTALLER))
			return container_remove(podman, c->id, true, 1, err);
	}
	return 0;
}

static int run_installer(struct podman *podman, const struct container_spec *spec,
			 struct error *err)
{
	DEFER(freep) char *id = NULL;
	int exit_code = -1, status;

	if (container_create(podman, spec, &id, err) < 0)
		return -1;
	status = container_start(podman, id, err);
	if (!status)
		status = container_wait(podman, id, INSTALL_TIMEOUT_MS, &exit_code, err);
	container_remove(podman, id, true, 1, NULL);
	if (!status && exit_code)
		return error_set(err, ERROR_PODMAN, "the helper container ended with status %d",
				 exit_code);
	return status;
}

static int record(struct podman *podman, const struct facts *facts, const char *digest,
		  struct error *err)
{
	DEFER(labels_release) struct labels labels = { 0 };
	const unsigned generation = facts->account_generation + 1;
	DEFER(freep) char *name = xasprintf(ACCOUNT_VOLUME "-%u", generation);
	DEFER(freep) char *number = xasprintf("%u", generation);

	label_account(&labels);
	labels_add(&labels, LABEL_GENERATION, number);
	labels_add(&labels, LABEL_SECCOMP, digest);
	if (volume_create(podman, name, &labels, NULL, err) < 0)
		return -1;
	if (facts->account_generation) {
		DEFER(freep)
		char *old = xasprintf(ACCOUNT_VOLUME "-%u", facts->account_generation);

		volume_remove(podman, old, NULL);
	}
	return 0;
}

int account_ensure(struct podman *podman, const struct facts *facts, const char *guest_image,
		   struct server_paths *ret, struct error *err)
{
	DEFER(container_spec_release) struct container_spec spec = { 0 };
	DEFER(freep) char *mountpoint = NULL;
	char digest[HASH_HEX_SIZE];

	account_paths_get(facts, ret);
	if (ret->seccomp)
		return 0;
	image_seccomp_digest(digest);
	installer_spec(guest_image, digest, &spec);
	if (ensure_volume(podman, facts, &mountpoint, err) < 0 ||
	    remove_leftover(podman, facts, err) < 0 || run_installer(podman, &spec, err) < 0 ||
	    record(podman, facts, digest, err) < 0)
		return error_add(err, "cannot prepare the account's volume");
	if (!ret->receiver)
		directories_in(mountpoint, ret);
	profiles_in(mountpoint, digest, ret);
	return 0;
}
