/* SPDX-License-Identifier: MIT */
/* The tables of keys of profiles and sidecar kinds. */
#include "profile_fields.h"

#include <stdlib.h>

#include "winalux/base/buf.h"
#include "winalux/base/mem.h"
#include "winalux/format/json.h"
#include "winalux/format/yaml.h"
#include "winalux/inventory/profile.h"

enum { PORT_MAX = 65535 };

static const char *check_name(unsigned value)
{
	return check_kind_name((enum check_kind)value);
}

static const struct text_shape profile_name_shape = { "a-z0-9", "a-z0-9-",
						      "a name of small letters, digits and '-'",
						      NULL };
static const struct text_shape kind_name_shape = { "a-z", "a-z0-9",
						   "a name of small letters and digits", NULL };
static const struct text_shape npm_shape = { "a-z0-9@", "a-zA-Z0-9@/._~^-",
					     "the name of an npm package", NULL };
static const struct text_shape file_shape = { "a-zA-Z0-9_", "a-zA-Z0-9._-",
					      "the name of a file beside this one", NULL };
static const struct schema_names checks = { check_name, CHECK_KIND_COUNT };

static const struct schema_field service_fields[] = {
	{ "name", &schema_text, offsetof(struct profile_service, name), SCHEMA_REQUIRED, 1, 32,
	  .detail = &profile_name_shape, .doc = "Name of the service in logs" },
	{ "command", &schema_strings, offsetof(struct profile_service, command), SCHEMA_REQUIRED, 1,
	  64, .doc = "Program and arguments" },
	{ "user", &schema_text, offsetof(struct profile_service, user), 0, 1, 32,
	  .detail = &shape_user, .fallback = "developer", .doc = "User that runs it" },
	{ "directory", &schema_text, offsetof(struct profile_service, directory), 0, 1, 255,
	  .detail = &shape_path, .fallback = "/home/developer", .doc = "Where it starts" },
	{ 0 }
};
static const struct schema service_schema = { "a service", service_fields };

static bool services_read(const struct schema_reader *r, const struct schema_field *f,
			  const struct yaml_node *node, void *object)
{
	struct service_list *list = schema_member(f, object);
	bool is_ok = true;

	if (node->kind != YAML_SEQUENCE)
		return schema_refuse(r, f, node);
	if (!schema_count_fits(r, f, node, node->count))
		return false;
	service_list_release(list);
	list->items = xcalloc(node->count, sizeof(list->items[0]));
	list->count = node->count;
	for (size_t i = 0; i < node->count; i++)
		is_ok = schema_read(r, &service_schema, node->items[i], NULL, &list->items[i]) &&
			is_ok;
	return is_ok;
}

static void services_expect(const struct schema_field *f, struct buf *b)
{
	(void)f;
	buf_add_str(b, "a list of services with name and command");
}

static void services_describe(const struct schema_field *f, struct json *object)
{
	schema_describe(&service_schema, false, describe_array(f, object));
}

static const struct schema_type services_type = { services_expect, services_read,
						  services_describe };

/* Names of stacks, which can only be looked up when all files are read: where they stand is kept
 * for that. */
static bool profile_stacks_read(const struct schema_reader *r, const struct schema_field *f,
				const struct yaml_node *node, void *object)
{
	struct profile *p = object;

	p->stacks_line = node->line;
	p->stacks_column = node->column;
	return schema_strings.read(r, f, node, object);
}

static bool needs_read(const struct schema_reader *r, const struct schema_field *f,
		       const struct yaml_node *node, void *object)
{
	struct stack *s = object;

	s->needs_line = node->line;
	s->needs_column = node->column;
	return schema_strings.read(r, f, node, object);
}

static void names_expect(const struct schema_field *f, struct buf *b)
{
	schema_strings.expect(f, b);
}

static void names_describe(const struct schema_field *f, struct json *object)
{
	schema_strings.describe(f, object);
}

static const struct schema_type profile_stacks_type = { names_expect, profile_stacks_read,
							names_describe };
static const struct schema_type needs_type = { names_expect, needs_read, names_describe };

static const struct schema_field profile_fields[] = {
	{ "version", &schema_version, 0, SCHEMA_REQUIRED, .doc = "Version of this format" },
	{ "name", &schema_text, offsetof(struct profile, name), SCHEMA_REQUIRED, 1, 40,
	  .detail = &profile_name_shape, .doc = "Name of the profile, as of the file" },
	{ "summary", &schema_text, offsetof(struct profile, summary), 0, 1, 200,
	  .doc = "What it is for" },
	{ "base", &schema_text, offsetof(struct profile, base), 0, 1, 255, .detail = &shape_image,
	  .fallback = "debian", .doc = "debian, the base of winalux, or an image" },
	{ "packages", &schema_strings, offsetof(struct profile, packages), 0, 0, 1000,
	  .detail = &shape_package, .doc = "Debian packages" },
	{ "python", &schema_requirements, offsetof(struct profile, python), 0, 0, 500,
	  .doc = "PyPI packages of the image's virtual environment" },
	{ "stacks", &profile_stacks_type, offsetof(struct profile, stacks), 0, 0, 16,
	  .detail = &shape_stack, .doc = "Stacks that every workspace of the profile has" },
	{ "port", &schema_port, offsetof(struct profile, port), 0, 1, PORT_MAX,
	  .doc = "Port of the main service inside" },
	{ "port_label", &schema_text, offsetof(struct profile, port_label), 0, 1, 40,
	  .doc = "What that service is called" },
	{ "environment", &schema_environment, offsetof(struct profile, environment), 0, 0, 256,
	  .doc = "Environment of sessions and services" },
	{ "services", &services_type, offsetof(struct profile, services), 0, 0, 16,
	  .doc = "Programs that are started with the workspace" },
	{ "containerfile", &schema_text, offsetof(struct profile, containerfile), 0, 1, 100,
	  .detail = &file_shape, .doc = "A Containerfile of its own, beside this file" },
	{ 0 }
};
const struct schema profile_schema = { "a profile", profile_fields };

static const struct schema_field kind_fields[] = {
	{ "version", &schema_version, 0, SCHEMA_REQUIRED, .doc = "Version of this format" },
	{ "name", &schema_text, offsetof(struct sidecar_kind, name), SCHEMA_REQUIRED, 1, 24,
	  .detail = &kind_name_shape, .doc = "Name of the sidecar, as of the file" },
	{ "summary", &schema_text, offsetof(struct sidecar_kind, summary), 0, 1, 200,
	  .doc = "What it is" },
	{ "base", &schema_text, offsetof(struct sidecar_kind, base), 0, 1, 255,
	  .detail = &shape_image, .fallback = "debian",
	  .doc = "debian, the base of winalux, or an image" },
	{ "packages", &schema_strings, offsetof(struct sidecar_kind, packages), 0, 0, 1000,
	  .detail = &shape_package, .doc = "Debian packages" },
	{ "command", &schema_strings, offsetof(struct sidecar_kind, command), SCHEMA_REQUIRED, 1,
	  64, .doc = "Program and arguments" },
	{ "emulated", &schema_strings, offsetof(struct sidecar_kind, emulated), 0, 1, 16,
	  .doc = "Arguments that are added where another architecture's programs run by QEMU" },
	{ "user", &schema_text, offsetof(struct sidecar_kind, user), SCHEMA_REQUIRED, 1, 32,
	  .detail = &shape_user, .doc = "User that runs it" },
	{ "port", &schema_port, offsetof(struct sidecar_kind, port), 0, 1, PORT_MAX,
	  .doc = "Port on the pod's localhost, {port} in command and environment" },
	{ "web_port", &schema_port, offsetof(struct sidecar_kind, web_port), 0, 1, PORT_MAX,
	  .doc = "Port of its web interface, when that is another" },
	{ "check", &schema_names, offsetof(struct sidecar_kind, check), .detail = &checks,
	  .fallback = "none", .doc = "How to see that it is ready" },
	{ "data", &schema_text, offsetof(struct sidecar_kind, data), 0, 1, 255,
	  .detail = &shape_path, .doc = "Directory that is kept in a volume" },
	{ "environment", &schema_environment, offsetof(struct sidecar_kind, environment), 0, 0, 256,
	  .doc = "Environment of the program" },
	{ "config_arguments", &schema_strings, offsetof(struct sidecar_kind, config_arguments), 0,
	  1, 8, .doc = "What each setting of config adds to the command: {key} and {value} in it" },
	{ "config_variable", &schema_text, offsetof(struct sidecar_kind, config_variable), 0, 1, 64,
	  .doc = "The variable that each setting becomes instead, with {KEY} in its name" },
	{ "config_file", &schema_text, offsetof(struct sidecar_kind, config_file), 0, 1, 255,
	  .detail = &shape_path,
	  .doc = "The file that all settings are written to instead, a line key = value each" },
	{ "share", &schema_text, offsetof(struct sidecar_kind, share), 0, 1, 24,
	  .detail = &kind_name_shape,
	  .doc = "Folder of the home that it works with: ~/NAME leads to /srv/NAME in both" },
	{ "passwords", &schema_text, offsetof(struct sidecar_kind, passwords), 0, 1, 255,
	  .detail = &shape_path,
	  .doc = "JSON file of users and their passwords inside, for winalux info" },
	{ "default_version", &schema_text, offsetof(struct sidecar_kind, default_version), 0, 1,
	  VERSION_MAX, .detail = &shape_version,
	  .doc = "Version that is built unless a workspace chooses another: the build argument "
		 "VERSION" },
	{ "memory_gb", &schema_mib, offsetof(struct sidecar_kind, memory_mib), 0, 10, 65536000,
	  .doc = "Memory that it takes with little to do, in GiB" },
	{ "containerfile", &schema_text, offsetof(struct sidecar_kind, containerfile), 0, 1, 100,
	  .detail = &file_shape, .doc = "A Containerfile of its own, beside this file" },
	{ 0 }
};
const struct schema kind_schema = { "a sidecar kind", kind_fields };

static const struct schema_field stack_fields[] = {
	{ "version", &schema_version, 0, SCHEMA_REQUIRED, .doc = "Version of this format" },
	{ "name", &schema_text, offsetof(struct stack, name), SCHEMA_REQUIRED, 1, STACK_NAME_MAX,
	  .detail = &shape_stack, .doc = "Name of the stack, as of the file" },
	{ "summary", &schema_text, offsetof(struct stack, summary), 0, 1, 200,
	  .doc = "What it brings" },
	{ "order", &schema_integer, offsetof(struct stack, order), 0, 1, STACK_ORDER_MAX,
	  .fallback = "50", .doc = "Place from below among the layers of an image" },
	{ "needs", &needs_type, offsetof(struct stack, needs), 0, 0, 16, .detail = &shape_stack,
	  .doc = "Stacks that come with it, below it" },
	{ "packages", &schema_strings, offsetof(struct stack, packages), 0, 0, 1000,
	  .detail = &shape_package, .doc = "Debian packages" },
	{ "python", &schema_requirements, offsetof(struct stack, python), 0, 0, 500,
	  .doc = "PyPI packages of the image's virtual environment" },
	{ "npm", &schema_strings, offsetof(struct stack, npm), 0, 0, 100, .detail = &npm_shape,
	  .doc = "npm packages, installed for everybody" },
	{ "files", &schema_strings, offsetof(struct stack, files), 0, 0, 50, .detail = &file_shape,
	  .doc = "Files of the folder NAME beside the stack's, for /opt/winalux/stacks/NAME" },
	{ "commands", &schema_strings, offsetof(struct stack, commands), 0, 0, 50,
	  .doc = "Commands of sh that the build runs as root" },
	{ "environment", &schema_environment, offsetof(struct stack, environment), 0, 0, 256,
	  .doc = "Environment of the build, sessions and services" },
	{ "path", &schema_strings, offsetof(struct stack, path), 0, 0, 16, .detail = &shape_path,
	  .doc = "Directories at the end of PATH" },
	{ "services", &services_type, offsetof(struct stack, services), 0, 0, 16,
	  .doc = "Programs that are started with every workspace that has it" },
	{ "nested_containers", &schema_boolean, offsetof(struct stack, nested_containers),
	  .fallback = "false",
	  .doc = "Whether workspaces that have it may start containers of their own" },
	{ "test", &schema_strings, offsetof(struct stack, test), 0, 0, 50,
	  .doc = "Commands of sh that show as the developer that it works" },
	{ 0 }
};
const struct schema stack_schema = { "a stack", stack_fields };
