/* SPDX-License-Identifier: MIT */
/*
 * The body of POST /containers/create, written once for 4.3 to 5.8: what a server does not know it
 * ignores, and where defaults have changed between versions the value is sent. Each field was
 * looked at with inspect on 4.3.1 and 5.4.2.
 */
#include "winalux/podman/container.h"

#include <stdlib.h>
#include <string.h>

#include "encode.h"
#include "winalux/base/mem.h"
#include "winalux/format/json.h"

void container_spec_release(struct container_spec *spec)
{
	if (!spec)
		return;
	free(spec->name);
	free(spec->image);
	free(spec->pod);
	free(spec->hostname);
	free(spec->user);
	free(spec->workdir);
	free(spec->seccomp_profile_path);
	strv_release(&spec->entrypoint);
	strv_release(&spec->command);
	strv_release(&spec->environment);
	strv_release(&spec->cap_add);
	labels_release(&spec->labels);
	labels_release(&spec->annotations);
	for (size_t i = 0; i < spec->volume_count; i++) {
		free(spec->volumes[i].volume);
		free(spec->volumes[i].destination);
	}
	for (size_t i = 0; i < spec->bind_count; i++) {
		free(spec->binds[i].source);
		free(spec->binds[i].destination);
	}
	for (size_t i = 0; i < spec->image_mount_count; i++) {
		free(spec->image_mounts[i].image);
		free(spec->image_mounts[i].destination);
	}
	for (size_t i = 0; i < spec->kernel_mount_count; i++) {
		free(spec->kernel_mounts[i].type);
		free(spec->kernel_mounts[i].destination);
		free(spec->kernel_mounts[i].options);
	}
	strv_release(&spec->devices);
	strv_release(&spec->unmasked);
	free(spec->kernel_mounts);
	free(spec->volumes);
	free(spec->binds);
	free(spec->image_mounts);
	*spec = (struct container_spec){ 0 };
}

static void add_optional(struct json *body, const char *key, const char *text)
{
	if (text)
		json_add_text(body, key, text);
}

static void add_list(struct json *body, const char *key, const struct strv *list)
{
	if (list->count == 0)
		return;
	struct json *array = json_add_array(body, key);
	for (size_t i = 0; i < list->count; i++)
		json_append_text(array, list->items[i]);
}

static int compare_labels(const void *a, const void *b)
{
	return strcmp(((const struct label *)a)->key, ((const struct label *)b)->key);
}

/* Of two with the same name the later one counts: what is nearer to the user is added later. */
static void add_environment(struct json *body, const struct strv *environment)
{
	DEFER(labels_release) struct labels pairs = { 0 };
	struct json *map = json_add_object(body, "env");

	for (size_t i = 0; i < environment->count; i++) {
		DEFER(freep) char *name = xstrdup(environment->items[i]);
		char *equals = strchr(name, '=');

		if (equals)
			*equals = '\0';
		labels_add(&pairs, name, equals ? equals + 1 : "");
	}
	if (pairs.count > 1)
		qsort(pairs.items, pairs.count, sizeof(pairs.items[0]), compare_labels);
	for (size_t i = 0; i < pairs.count; i++)
		json_add_text(map, pairs.items[i].key, pairs.items[i].value);
}

static void add_namespace(struct json *body, const char *key, const char *mode)
{
	json_add_text(json_add_object(body, key), "nsmode", mode);
}

static int compare_volumes(const void *a, const void *b)
{
	const struct volume_mount *x = a, *y = b;
	int order = strcmp(x->volume, y->volume);

	return order ? order : strcmp(x->destination, y->destination);
}

/* Sorted: parallel creates that name the same volumes in another order may deadlock before 4.8. */
static void add_volumes(struct json *body, const struct container_spec *spec)
{
	if (spec->volume_count == 0)
		return;
	DEFER(freep)
	struct volume_mount *sorted = xreallocarray(NULL, spec->volume_count, sizeof(*sorted));
	memcpy(sorted, spec->volumes, spec->volume_count * sizeof(*sorted));
	qsort(sorted, spec->volume_count, sizeof(*sorted), compare_volumes);

	struct json *array = json_add_array(body, "volumes");
	for (size_t i = 0; i < spec->volume_count; i++) {
		struct json *entry = json_append_object(array);

		json_add_text(entry, "Name", sorted[i].volume);
		json_add_text(entry, "Dest", sorted[i].destination);
		if (sorted[i].is_read_only)
			json_append_text(json_add_array(entry, "Options"), "ro");
	}
}

static void add_kernel_mounts(struct json *array, const struct container_spec *spec)
{
	for (size_t i = 0; i < spec->kernel_mount_count; i++) {
		const struct kernel_mount *mount = &spec->kernel_mounts[i];
		DEFER(strv_release) struct strv options = { 0 };
		struct json *entry = json_append_object(array);

		strv_add_split(&options, mount->options, ",");
		json_add_text(entry, "type", mount->type);
		json_add_text(entry, "source", mount->type);
		json_add_text(entry, "destination", mount->destination);
		add_list(entry, "options", &options);
	}
}

static void add_mounts(struct json *body, const struct container_spec *spec)
{
	if (spec->bind_count + spec->kernel_mount_count == 0)
		return;
	struct json *array = json_add_array(body, "mounts");
	for (size_t i = 0; i < spec->bind_count; i++) {
		struct json *entry = json_append_object(array);

		json_add_text(entry, "type", "bind");
		json_add_text(entry, "source", spec->binds[i].source);
		json_add_text(entry, "destination", spec->binds[i].destination);
		struct json *options = json_add_array(entry, "options");
		json_append_text(options, "rbind");
		json_append_text(options, spec->binds[i].is_read_only ? "ro" : "rw");
	}
	add_kernel_mounts(array, spec);
}

static void add_devices(struct json *body, const struct container_spec *spec)
{
	if (spec->devices.count == 0)
		return;
	struct json *array = json_add_array(body, "devices");
	for (size_t i = 0; i < spec->devices.count; i++)
		json_add_text(json_append_object(array), "path", spec->devices.items[i]);
}

static void add_image_mounts(struct json *body, const struct container_spec *spec)
{
	if (spec->image_mount_count == 0)
		return;
	struct json *array = json_add_array(body, "image_volumes");
	for (size_t i = 0; i < spec->image_mount_count; i++) {
		struct json *entry = json_append_object(array);

		json_add_text(entry, "Source", spec->image_mounts[i].image);
		json_add_text(entry, "Destination", spec->image_mounts[i].destination);
		json_add_bool(entry, "ReadWrite", false);
	}
}

static void add_rights(struct json *body, const struct container_spec *spec)
{
	json_append_text(json_add_array(body, "cap_drop"), "ALL");
	add_list(body, "cap_add", &spec->cap_add);
	json_add_bool(body, "no_new_privileges", spec->no_new_privileges);
	add_optional(body, "seccomp_profile_path", spec->seccomp_profile_path);
	add_list(body, "unmask", &spec->unmasked);
	/* 4.3.1 shows "shareable" for a private ipc namespace; it is the container's own. */
	add_namespace(body, "ipcns", "private");
	add_namespace(body, "pidns", spec->sees_host_processes ? "host" : "private");
	if (spec->sees_host_cgroups)
		add_namespace(body, "cgroupns", "host");
	if (!spec->pod)
		add_namespace(body, "netns", spec->sees_host_network ? "host" : "none");
}

static void add_life(struct json *body, const struct container_spec *spec)
{
	json_add_text(body, "restart_policy",
		      spec->restart_tries || spec->restarts_on_failure ? "on-failure" : "no");
	if (spec->restart_tries)
		json_add_int(body, "restart_tries", spec->restart_tries);
	if (spec->stop_signal)
		json_add_int(body, "stop_signal", spec->stop_signal);
	if (spec->stop_timeout_s)
		json_add_int(body, "stop_timeout", spec->stop_timeout_s);
	if (spec->goes_when_it_ends)
		json_add_bool(body, "remove", true);
	json_add_text(body, "systemd", "false");
	json_add_text(body, "sdnotifyMode", "ignore"); /* the default may hang systemd units */
	json_add_bool(body, "httpproxy", false); /* else the server adds its own environment */
}

static void add_logs(struct json *body, const struct container_spec *spec)
{
	struct json *log = json_add_object(body, "log_configuration");

	json_add_text(log, "driver", "k8s-file");
	if (spec->log_size_bytes)
		json_add_int(log, "size", (int64_t)spec->log_size_bytes);
	/* Left out, 5.3.0 to 5.4.1 take them for "without limit". */
	json_add_text(body, "healthLogDestination", "local");
	json_add_int(body, "healthMaxLogCount", 5);
	json_add_int(body, "healthMaxLogSize", 500);
}

struct json *container_spec_encode(const struct container_spec *spec)
{
	struct json *body = json_new_object();

	json_add_text(body, "name", spec->name);
	json_add_text(body, "image", spec->image);
	add_optional(body, "pod", spec->pod);
	add_optional(body, "hostname", spec->hostname);
	add_optional(body, "user", spec->user);
	add_optional(body, "work_dir", spec->workdir);
	add_list(body, "entrypoint", &spec->entrypoint);
	add_list(body, "command", &spec->command);
	add_environment(body, &spec->environment);
	encode_labels(body, "labels", &spec->labels);
	if (spec->annotations.count)
		encode_labels(body, "annotations", &spec->annotations);
	add_rights(body, spec);
	add_volumes(body, spec);
	add_mounts(body, spec);
	add_devices(body, spec);
	add_image_mounts(body, spec);
	encode_limits(body, &spec->limits);
	add_life(body, spec);
	add_logs(body, spec);
	return body;
}
