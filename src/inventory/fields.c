/* SPDX-License-Identifier: MIT */
/* The tables of keys: what an inventory may say. Members are read in the order of the table. */
#include "fields.h"

#include "winalux/inventory/inventory.h"

static const struct text_shape name_shape = { "a-z0-9", "a-z0-9_-",
					      "a name of small letters, digits, '_' and '-'",
					      NULL };
static const struct text_shape sidecar_name_shape = { "a-z", "a-z0-9",
						      "a name of small letters and digits", NULL };
static const struct text_shape owner_shape = { "a-z0-9_", "a-z0-9_.:-", "a user or uid:gid", NULL };
static const struct text_shape profile_shape = { "a-z0-9", "a-z0-9_-", "the name of a profile",
						 NULL };

static const struct text_shape index_shape = { "h", "!-~", "an https:// or http:// URL", NULL };

static const struct port_word ssh_words[] = { { "auto", PORT_AUTO }, { NULL, 0 } };
static const struct port_word app_words[] = { { "auto", PORT_AUTO },
					      { "none", PORT_NONE },
					      { NULL, 0 } };

static const char *check_name(unsigned value)
{
	return check_kind_name((enum check_kind)value);
}

static const char *gate_name(unsigned value)
{
	return gate_mode_name((enum gate_mode)value);
}

static const char *disk_policy_word(unsigned value)
{
	return disk_policy_name((enum disk_policy)value);
}

static const char *arch_word(unsigned value)
{
	return arch_choice_name((enum arch_choice)value);
}

static const char *forwarding_word(unsigned value)
{
	return forwarding_name((enum forwarding)value);
}

static const char *source_word(unsigned value)
{
	return image_source_name((enum image_source)value);
}

static const struct schema_names sources = { source_word, IMAGE_SOURCE_COUNT };
static const struct schema_names checks = { check_name, CHECK_KIND_COUNT };
static const struct schema_names gates = { gate_name, GATE_MODE_COUNT };
static const struct schema_names disk_policies = { disk_policy_word, DISK_POLICY_COUNT };
static const struct schema_names archs = { arch_word, ARCH_CHOICE_COUNT };
static const struct schema_names forwardings = { forwarding_word, FORWARDING_COUNT };

static const struct schema_field sidecar_fields[] = {
	{ "name", &schema_text, offsetof(struct sidecar, name), SCHEMA_REQUIRED, 1,
	  INVENTORY_SIDECAR_MAX, .detail = &sidecar_name_shape,
	  .doc = "Name of the container in the pod; without an image, the built-in sidecar" },
	{ "image", &schema_text, offsetof(struct sidecar, image), 0, 1, 255, .detail = &shape_image,
	  .doc = "Any image; without it the sidecar is a built-in one" },
	{ "version", &schema_text, offsetof(struct sidecar, version), 0, 1, VERSION_MAX,
	  .detail = &shape_version,
	  .doc = "Version of a built-in sidecar that is built from source or from PyPI" },
	{ "volume", &field_volume, offsetof(struct sidecar, has_volume),
	  .doc = "Keep the data in a volume of its own: on or off for a built-in sidecar (on where "
		 "it has data), a directory inside the container for an image" },
	{ "command", &schema_strings, offsetof(struct sidecar, command), 0, 1, 64,
	  .doc = "Command instead of the built-in sidecar's or the image's" },
	{ "environment", &schema_environment, offsetof(struct sidecar, environment), 0, 0, 256,
	  .doc = "Environment of the container" },
	{ "config", &schema_environment, offsetof(struct sidecar, config), 0, 0, 256,
	  .detail = &shape_setting,
	  .doc = "Settings of a built-in sidecar by their own names, as maxmemory of redis" },
	{ "after", &schema_strings, offsetof(struct sidecar, after), SCHEMA_OR_ONE, 0, 16,
	  .detail = &sidecar_name_shape,
	  .doc = "Sidecars that start before it; a built-in one waits until their ports answer" },
	{ "port", &schema_port, offsetof(struct sidecar, port), 0, 1, HOST_PORT_MAX,
	  .doc = "Port on the pod's localhost where the sidecar answers, for the check" },
	{ "check", &schema_names, offsetof(struct sidecar, check), .detail = &checks,
	  .doc = "How to see that it is ready; for an image with a port the default is tcp" },
	{ "user", &schema_text, offsetof(struct sidecar, user), 0, 1, 64, .detail = &owner_shape,
	  .doc = "User inside the container of an image, when not the image's own" },
	{ 0 }
};
const struct schema sidecar_schema = { "a sidecar", sidecar_fields };

static const struct schema_field workspace_fields[] = {
	{ "name", &schema_text, offsetof(struct workspace, name), SCHEMA_REQUIRED | SCHEMA_OWN, 1,
	  INVENTORY_NAME_MAX, .detail = &name_shape,
	  .doc = "Name of the workspace and of its objects in Podman, where '_' becomes '-'" },
	{ "profile", &schema_text, offsetof(struct workspace, profile), 0, 1, 64,
	  .detail = &profile_shape, .fallback = "web",
	  .doc = "What is installed, and the port of its main service" },
	{ "stacks", &schema_strings, offsetof(struct workspace, stacks), 0, 0, 16,
	  .detail = &shape_stack, .doc = "More tools, each a layer on top of the profile's image" },
	{ "arch", &schema_names, offsetof(struct workspace, arch), .detail = &archs,
	  .fallback = "host",
	  .doc = "What its images are for; another architecture than the host's runs by QEMU, "
		 "several times slower, and not with gate: strict" },
	{ "ssh_port", &field_host_port, offsetof(struct workspace, ssh_port), .detail = ssh_words,
	  .fallback = "auto",
	  .doc = "Port of the host for ssh; auto picks a free one and keeps it" },
	{ "ssh_bind", &field_address, offsetof(struct workspace, ssh_bind), .fallback = "all",
	  .doc = "Address of the host that ssh_port is bound to" },
	{ "app_port", &field_host_port, offsetof(struct workspace, app_port), .detail = app_words,
	  .fallback = "none", .doc = "Port of the host for the profile's main service" },
	{ "bind", &field_address, offsetof(struct workspace, bind), .fallback = "127.0.0.1",
	  .doc = "Address of the host that app_port and extra_ports are bound to" },
	{ "extra_ports", &field_extra_ports, offsetof(struct workspace, extra_ports), 0, 0, 64,
	  .doc = "More ports; an address in front is used instead of bind" },
	{ "public_key", &field_public_key, offsetof(struct workspace, keys), 0, 1, 100,
	  .excludes = "public_keys",
	  .doc = "OpenSSH public key that may log in; each workspace needs one or more" },
	{ "public_keys", &field_public_keys, offsetof(struct workspace, keys), 0, 1, 100,
	  .excludes = "public_key", .doc = "The same for several keys" },
	{ "libraries", &field_libraries, offsetof(struct workspace, libraries), 0, 0, 200,
	  .doc = "PyPI packages for the virtual environment of the workspace; '-r FILE' in a list "
		 "takes those of a requirements file in the inventory's folder, '-r ~/FILE' of one "
		 "in the workspace's home" },
	{ "library_index", &schema_text, offsetof(struct workspace, library_index), 0, 8, 2048,
	  .detail = &index_shape,
	  .doc = "URL of the package index for libraries instead of PyPI; the setting "
		 "library_netrc names a file of logins" },
	{ "disk_limit_gb", &schema_integer, offsetof(struct workspace, disk_limit_gb), 0, 1, 65536,
	  .doc = "Limit of the home directory and the sidecars' volumes in GiB; soft" },
	{ "disk_policy", &schema_names, offsetof(struct workspace, disk_policy),
	  .detail = &disk_policies, .fallback = "warn",
	  .doc = "What happens when disk_limit_gb is reached: warn says so, freeze stops the "
		 "programs that write as well" },
	{ "cpus", &schema_milli, offsetof(struct workspace, cpu_milli), 0, 100, 1024000,
	  .doc = "Limit of processor time of the whole pod, in processors" },
	{ "cpu_affinity", &schema_boolean, offsetof(struct workspace, has_cpu_affinity),
	  .fallback = "true",
	  .doc = "Programs inside see as many processors as cpus begins, and run on those" },
	{ "memory_limit_gb", &schema_mib, offsetof(struct workspace, memory_limit_mib), 0, 100,
	  65536000, .doc = "Limit of memory of the whole pod in GiB" },
	{ "limit_environment", &schema_boolean, offsetof(struct workspace, has_limit_environment),
	  .fallback = "true",
	  .doc = "Variables such as OMP_NUM_THREADS and JAVA_TOOL_OPTIONS tell programs inside of "
		 "cpus and memory_limit_gb; environment wins over each" },
	{ "pids_limit", &schema_integer, offsetof(struct workspace, pids_limit), 0, 64, 4194304,
	  .doc = "Limit of processes and threads of the whole pod" },
	{ "sidecars", &field_sidecars, offsetof(struct workspace, sidecars), 0, 0, 16,
	  .detail = &sidecar_schema,
	  .doc = "Services of the workspace's own, reached on its localhost" },
	{ "gate", &schema_names, offsetof(struct workspace, gate), .detail = &gates,
	  .fallback = "shell",
	  .doc = "What of a way in needs the access token: shell for ssh and every shell, strict "
		 "for "
		 "every program that podman exec starts, off for nothing" },
	{ "gate_forwarding", &schema_names, offsetof(struct workspace, forwarding),
	  .detail = &forwardings, .fallback = "open",
	  .doc = "Whether ssh forwards ports: open for who has shown the key, closed for "
		 "nobody" },
	{ "environment", &schema_environment, offsetof(struct workspace, environment), 0, 0, 256,
	  .doc = "Environment of sessions and services" },
	{ 0 }
};
const struct schema workspace_schema = { "a workspace", workspace_fields };

static const struct schema_field inventory_fields[] = {
	{ "version", &schema_version, 0, SCHEMA_REQUIRED, .doc = "Version of this format" },
	{ "defaults", &schema_mapping, offsetof(struct inventory_document, defaults),
	  .detail = &workspace_schema,
	  .doc = "Values for workspaces that do not give their own; a list replaces a list" },
	{ "image_source", &schema_names, offsetof(struct inventory_document, image_source),
	  .detail = &sources,
	  .doc = "Where the images of profiles and sidecars come from: local builds them, registry "
		 "pulls them; without it the setting counts" },
	{ "registry", &field_registry, offsetof(struct inventory_document, registry),
	  .doc = "Registry of these images, HOST[:PORT][/PATH]; without it the setting counts" },
	{ "workspaces", &schema_list, offsetof(struct inventory_document, workspaces),
	  SCHEMA_REQUIRED, 1, INVENTORY_WORKSPACE_MAX, .detail = &workspace_schema,
	  .doc = "The workspaces" },
	{ 0 }
};
const struct schema inventory_schema = { "an inventory", inventory_fields };
