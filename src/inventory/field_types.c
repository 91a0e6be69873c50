/* SPDX-License-Identifier: MIT */
/*
 * Types that only the inventory has: ports and addresses of the host, keys, sidecars. Lists of
 * structs grow by one element per item, also for one that is wrong, so that the n-th element and
 * the n-th item stay together for the checks that follow.
 */
#include "fields.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/base/parse.h"
#include "winalux/format/json.h"
#include "winalux/format/yaml.h"
#include "winalux/inventory/diagnostics.h"
#include "winalux/inventory/inventory.h"

#define LOW_PORT_REASON "rootless Podman cannot bind ports below 1024"

/* Grows an array of count elements by a zeroed one. */
static void *grow(void *array, size_t count, size_t size)
{
	char *items = xreallocarray(array, count + 1, size);

	memset(items + count * size, 0, size);
	return items;
}

/* --- ports of the host --- */

static void host_port_expect(const struct schema_field *f, struct buf *b)
{
	buf_addf(b, "a port from %d to %d", HOST_PORT_MIN, HOST_PORT_MAX);
	for (const struct port_word *w = f->detail; w->word; w++)
		buf_addf(b, "%s%s", w[1].word ? ", " : " or ", w->word);
}

static bool host_port_read(const struct schema_reader *r, const struct schema_field *f,
			   const struct yaml_node *node, void *object)
{
	int *member = schema_member(f, object);
	uint64_t port;

	for (const struct port_word *w = f->detail; node->kind == YAML_SCALAR && w->word; w++) {
		if (strcmp(node->text, w->word) == 0) {
			*member = w->value;
			return true;
		}
	}
	if (number_parse(node, HOST_PORT_MIN, HOST_PORT_MAX, &port)) {
		*member = (int)port;
		return true;
	}
	if (!number_parse(node, 1, HOST_PORT_MIN - 1, &port))
		return schema_refuse(r, f, node);
	diagnostics_error(r->diags, r->file, node,
			  "'%s' is %s; " LOW_PORT_REASON "; choose one from %d to %d", f->key,
			  node->text, HOST_PORT_MIN, HOST_PORT_MAX);
	return false;
}

static void host_port_describe(const struct schema_field *f, struct json *object)
{
	struct json *choices = json_add_array(object, "oneOf");

	describe_range(json_append_object(choices), HOST_PORT_MIN, HOST_PORT_MAX);
	struct json *words = json_add_array(json_append_object(choices), "enum");
	for (const struct port_word *w = f->detail; w->word; w++)
		json_append_text(words, w->word);
}

const struct schema_type field_host_port = { host_port_expect, host_port_read, host_port_describe };

/* --- addresses --- */

bool address_parse(const char *text, char ret[static ADDRESS_SIZE])
{
	struct in6_addr v6;
	struct in_addr v4;

	if (inet_pton(AF_INET, text, &v4) == 1)
		inet_ntop(AF_INET, &v4, ret, ADDRESS_SIZE);
	else if (inet_pton(AF_INET6, text, &v6) == 1)
		inet_ntop(AF_INET6, &v6, ret, ADDRESS_SIZE);
	else if (strcmp(text, "all") == 0)
		*ret = '\0';
	else
		return false;
	if (strcmp(ret, "0.0.0.0") == 0 || strcmp(ret, "::") == 0)
		*ret = '\0';
	return true;
}

static void address_expect(const struct schema_field *f, struct buf *b)
{
	(void)f;
	buf_add_str(b, "an IP address such as 127.0.0.1, or all");
}

static bool address_read(const struct schema_reader *r, const struct schema_field *f,
			 const struct yaml_node *node, void *object)
{
	char **member = schema_member(f, object);
	char address[ADDRESS_SIZE];

	if (node->kind != YAML_SCALAR || !address_parse(node->text, address))
		return schema_refuse(r, f, node);
	free(*member);
	*member = xstrdup(address);
	return true;
}

static void address_describe(const struct schema_field *f, struct json *object)
{
	(void)f;
	describe_pattern(object, "^(all|[0-9]+([.][0-9]+){3}|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*)$");
}

const struct schema_type field_address = { address_expect, address_read, address_describe };

/* --- the registry --- */

static void registry_expect(const struct schema_field *f, struct buf *b)
{
	(void)f;
	buf_add_str(b, "HOST[:PORT][/PATH] of a registry, such as \"registry.example.org:5000\"");
}

static bool registry_read(const struct schema_reader *r, const struct schema_field *f,
			  const struct yaml_node *node, void *object)
{
	char **member = schema_member(f, object);

	if (node->kind != YAML_SCALAR || registry_fault(node->text))
		return schema_refuse(r, f, node);
	free(*member);
	*member = xstrdup(node->text);
	return true;
}

static void registry_describe(const struct schema_field *f, struct json *object)
{
	(void)f;
	json_add_text(object, "type", "string");
	describe_pattern(object, "^[a-zA-Z0-9][a-zA-Z0-9.-]*(:[0-9]+)?(/[a-z0-9._-]+)*$");
}

const struct schema_type field_registry = { registry_expect, registry_read, registry_describe };

/* --- extra ports --- */

#define EXTRA_PORT_EXPECTED                                                                        \
	"\"HOST:CONTAINER\" or \"ADDRESS:HOST:CONTAINER\", such as \"7430:7420\""

static void extra_ports_expect(const struct schema_field *f, struct buf *b)
{
	(void)f;
	buf_add_str(b, "a list of " EXTRA_PORT_EXPECTED);
}

/* The optional "address:" or "[address]:" in front of "host:container". */
static bool parse_address_part(const char **cursor, char ret[static ADDRESS_SIZE])
{
	const char *at = *cursor, *start = at;
	bool is_bracketed = parse_char(&at, '[');
	size_t len = strcspn(at, is_bracketed ? "]" : ":");
	char text[ADDRESS_SIZE];

	if (!is_bracketed && !strchr(at + len + (at[len] != '\0'), ':'))
		return true; /* one colon: there is no address */
	if (len >= sizeof(text))
		return false;
	memcpy(text, at, len);
	text[len] = '\0';
	at += len;
	if (is_bracketed && (!parse_char(&at, ']') || !memchr(start, ':', len)))
		return false;
	if (!parse_char(&at, ':') || !address_parse(text, ret))
		return false;
	*cursor = at;
	return true;
}

static bool parse_extra_port(const char *text, struct extra_port *ret)
{
	uint64_t host, container;

	if (!parse_address_part(&text, ret->host_ip) ||
	    !parse_u64(&text, 1, HOST_PORT_MAX, &host) || !parse_char(&text, ':') ||
	    !parse_u64(&text, 1, HOST_PORT_MAX, &container))
		return false;
	parse_literal(&text, "/tcp"); /* as Podman and the original accept it */
	if (!parse_end(&text))
		return false;
	ret->host_port = (uint16_t)host;
	ret->container_port = (uint16_t)container;
	return true;
}

static bool read_extra_port(const struct schema_reader *r, const struct schema_field *f,
			    const struct yaml_node *item, struct extra_port *ret)
{
	if (item->kind != YAML_SCALAR || !parse_extra_port(item->text, ret)) {
		ret->host_port = 0;
		return schema_refuse_item(r, f, item, EXTRA_PORT_EXPECTED);
	}
	if (ret->host_port >= HOST_PORT_MIN)
		return true;
	diagnostics_error(r->diags, r->file, item,
			  "an item of '%s' has the host port %u; " LOW_PORT_REASON
			  "; choose one from %d to %d",
			  f->key, ret->host_port, HOST_PORT_MIN, HOST_PORT_MAX);
	ret->host_port = 0;
	return false;
}

static bool extra_ports_read(const struct schema_reader *r, const struct schema_field *f,
			     const struct yaml_node *node, void *object)
{
	struct workspace *w = object;
	bool is_ok = true;

	if (node->kind != YAML_SEQUENCE)
		return schema_refuse(r, f, node);
	if (!schema_count_fits(r, f, node, node->count))
		return false;
	for (size_t i = 0; i < node->count; i++) {
		w->extra_ports =
			grow(w->extra_ports, w->extra_port_count, sizeof(w->extra_ports[0]));
		struct extra_port *port = &w->extra_ports[w->extra_port_count++];

		if (w->bind)
			memcpy(port->host_ip, w->bind, strlen(w->bind) + 1);
		is_ok = read_extra_port(r, f, node->items[i], port) && is_ok;
	}
	return is_ok;
}

static void extra_ports_describe(const struct schema_field *f, struct json *object)
{
	describe_pattern(
		describe_array(f, object),
		"^((all|[0-9]+([.][0-9]+){3}|\\[[0-9a-fA-F:.]+\\]):)?[0-9]+:[0-9]+(/tcp)?$");
}

const struct schema_type field_extra_ports = { extra_ports_expect, extra_ports_read,
					       extra_ports_describe };

/* --- keys --- */

static bool is_known_key(const struct workspace *w, const struct ssh_key *key)
{
	for (size_t i = 0; i < w->key_count; i++) {
		if (strcmp(w->keys[i].fingerprint, key->fingerprint) == 0)
			return true;
	}
	return false;
}

static bool add_key(const struct schema_reader *r, const struct schema_field *f,
		    const struct yaml_node *node, const char *line, struct workspace *w)
{
	struct ssh_key key = { 0 };
	struct error err;

	if (ssh_key_parse(line, &key, &err) < 0) {
		diagnostics_error(r->diags, r->file, node, "'%s': %s", f->key, err.text);
		return false;
	}
	if (is_known_key(w, &key)) {
		diagnostics_error(r->diags, r->file, node,
				  "'%s': the key %s stands here twice; keep one of them", f->key,
				  key.fingerprint);
		ssh_key_release(&key);
		return false;
	}
	w->keys = grow(w->keys, w->key_count, sizeof(w->keys[0]));
	w->keys[w->key_count++] = key;
	return true;
}

static void public_key_expect(const struct schema_field *f, struct buf *b)
{
	(void)f;
	buf_add_str(b, "the line of a .pub file");
}

/* A block of several lines is several keys: the original wrote it into authorized_keys as it was.
 */
static bool public_key_read(const struct schema_reader *r, const struct schema_field *f,
			    const struct yaml_node *node, void *object)
{
	DEFER(strv_release) struct strv lines = { 0 };
	bool is_ok = true;

	if (node->kind != YAML_SCALAR)
		return schema_refuse(r, f, node);
	if (strncmp(node->text, "----", 4) == 0)
		strv_add(&lines, node->text); /* a PEM block: one mistake, not one per line */
	else
		strv_add_split(&lines, node->text, "\r\n");
	if (lines.count == 0)
		strv_add(&lines, "");
	if (!schema_count_fits(r, f, node, lines.count))
		return false;
	for (size_t i = 0; i < lines.count; i++)
		is_ok = add_key(r, f, node, lines.items[i], object) && is_ok;
	return is_ok;
}

static void public_key_describe(const struct schema_field *f, struct json *object)
{
	(void)f;
	describe_pattern(object, "^(ssh-|ecdsa-|sk-)");
}

const struct schema_type field_public_key = { public_key_expect, public_key_read,
					      public_key_describe };

static void public_keys_expect(const struct schema_field *f, struct buf *b)
{
	(void)f;
	buf_add_str(b, "a list of lines of .pub files");
}

static bool public_keys_read(const struct schema_reader *r, const struct schema_field *f,
			     const struct yaml_node *node, void *object)
{
	bool is_ok = true;

	if (node->kind != YAML_SEQUENCE)
		return schema_refuse(r, f, node);
	if (!schema_count_fits(r, f, node, node->count))
		return false;
	for (size_t i = 0; i < node->count; i++) {
		const struct yaml_node *item = node->items[i];

		if (item->kind == YAML_SCALAR)
			is_ok = add_key(r, f, item, item->text, object) && is_ok;
		else
			is_ok = schema_refuse_item(r, f, item, "the line of a .pub file");
	}
	return is_ok;
}

static void public_keys_describe(const struct schema_field *f, struct json *object)
{
	public_key_describe(f, describe_array(f, object));
}

const struct schema_type field_public_keys = { public_keys_expect, public_keys_read,
					       public_keys_describe };

/* --- sidecars --- */

static void volume_expect(const struct schema_field *f, struct buf *b)
{
	(void)f;
	buf_add_str(b, "true, false or an absolute path");
}

static bool volume_read(const struct schema_reader *r, const struct schema_field *f,
			const struct yaml_node *node, void *object)
{
	struct sidecar *sidecar = object;
	bool is_on;

	if (yaml_as_bool(node, &is_on)) {
		sidecar->has_volume = is_on;
		return true;
	}
	if (node->kind != YAML_SCALAR || !shape_fits(&shape_path, node->text, 255))
		return schema_refuse(r, f, node);
	sidecar->has_volume = true;
	free(sidecar->volume_path);
	sidecar->volume_path = xstrdup(node->text);
	return true;
}

static void volume_describe(const struct schema_field *f, struct json *object)
{
	struct json *choices = json_add_array(object, "oneOf");

	(void)f;
	json_add_text(json_append_object(choices), "type", "boolean");
	describe_pattern(json_append_object(choices), "^/");
}

const struct schema_type field_volume = { volume_expect, volume_read, volume_describe };

static void sidecars_expect(const struct schema_field *f, struct buf *b)
{
	(void)f;
	buf_add_str(b, "a list of names of sidecars or mappings with their keys");
}

/* A name alone is read as {name: …}, so that both forms pass the same checks. */
static bool read_sidecar(const struct schema_reader *r, const struct yaml_node *item,
			 struct sidecar *ret)
{
	char key_text[] = "name";
	struct yaml_node copy = *item;
	struct yaml_node key = { .kind = YAML_SCALAR, .text = key_text };
	struct yaml_node *keys[] = { &key }, *items[] = { &copy };
	struct yaml_node mapping = { .kind = YAML_MAPPING,
				     .line = item->line,
				     .column = item->column,
				     .count = 1,
				     .keys = keys,
				     .items = items };

	ret->line = item->line;
	ret->column = item->column;
	return schema_read(r, &sidecar_schema, item->kind == YAML_SCALAR ? &mapping : item, NULL,
			   ret);
}

static bool sidecars_read(const struct schema_reader *r, const struct schema_field *f,
			  const struct yaml_node *node, void *object)
{
	struct schema_reader reader = { .file = r->file, .diags = r->diags };
	struct workspace *w = object;
	bool is_ok = true;

	if (node->kind != YAML_SEQUENCE)
		return schema_refuse(r, f, node);
	if (!schema_count_fits(r, f, node, node->count))
		return false;
	for (size_t i = 0; i < node->count; i++) {
		w->sidecars = grow(w->sidecars, w->sidecar_count, sizeof(w->sidecars[0]));
		struct sidecar *sidecar = &w->sidecars[w->sidecar_count++];

		if (read_sidecar(&reader, node->items[i], sidecar))
			continue;
		sidecar_release(sidecar);
		is_ok = false;
	}
	return is_ok;
}

static void sidecars_describe(const struct schema_field *f, struct json *object)
{
	const struct schema *s = f->detail;
	struct json *choices = json_add_array(describe_array(f, object), "oneOf");

	s->fields[0].type->describe(&s->fields[0], json_append_object(choices)); /* a name alone */
	schema_describe(s, false, json_append_object(choices));
}

const struct schema_type field_sidecars = { sidecars_expect, sidecars_read, sidecars_describe };

void sidecar_release(struct sidecar *sidecar)
{
	if (!sidecar)
		return;
	free(sidecar->name);
	free(sidecar->image);
	free(sidecar->version);
	free(sidecar->volume_path);
	free(sidecar->user);
	strv_release(&sidecar->command);
	strv_release(&sidecar->environment);
	strv_release(&sidecar->config);
	strv_release(&sidecar->after);
	*sidecar = (struct sidecar){ 0 };
}
