/* SPDX-License-Identifier: MIT */
#include "view.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "winalux/base/arch.h"
#include "winalux/base/buf.h"
#include "winalux/base/clock.h"
#include "winalux/base/mem.h"
#include "winalux/base/parse.h"
#include "winalux/format/json.h"
#include "winalux/image/builder.h"
#include "winalux/plan/facts.h"
#include "winalux/plan/names.h"
#include "winalux/workspace/ssh_client.h"

enum { ID_DIGITS = 64, ID_SHOWN_DIGITS = 12 };

struct action_view {
	const char *done;
	char mark;
};

static const struct action_view action_views[ACTION_COUNT] = {
	[ACTION_UNCHANGED] = { "unchanged", '=' },
	[ACTION_LIVE] = { "changed live", '~' },
	[ACTION_START] = { "started", '~' },
	[ACTION_RESTART] = { "restarted", '!' },
	[ACTION_RECREATE] = { "recreated", '!' },
	[ACTION_REPAIR] = { "repaired", '~' },
	[ACTION_CREATE] = { "created", '+' },
	[ACTION_STOP] = { "stopped", '-' },
	[ACTION_REMOVE] = { "removed, data kept", '-' },
	[ACTION_DESTROY] = { "destroyed", '-' },
	[ACTION_ORPHAN] = { "left alone", '=' },
	[ACTION_REFUSE] = { "refused", 'x' },
};

const char *view_action_done(enum action action)
{
	return action_views[action].done;
}

char view_action_mark(enum action action)
{
	return action_views[action].mark;
}

static const char *const state_names[] = {
	[CONTAINER_UNKNOWN] = "unknown", [CONTAINER_CREATED] = "created",
	[CONTAINER_RUNNING] = "running", [CONTAINER_PAUSED] = "paused",
	[CONTAINER_STOPPED] = "stopped", [CONTAINER_BROKEN] = "broken",
};

const char *container_state_name(enum container_state state)
{
	return state_names[state];
}

enum table_color view_status_color(const char *status)
{
	if (strcmp(status, "running") == 0)
		return TABLE_GREEN;
	return strcmp(status, "partial") == 0 ? TABLE_RED : TABLE_YELLOW;
}

char *view_endpoint(const struct port_mapping *port)
{
	const char *address = ssh_client_address(port->host_ip);
	bool is_v6 = strchr(address, ':') != NULL;

	return xasprintf(is_v6 ? "[%s]:%u" : "%s:%u", address, port->host_port);
}

char *view_ssh_endpoint(const struct workspace_facts *w)
{
	struct port_mapping port = { 0 };
	const char *host_ip = "";

	port.host_port = ssh_published_port(w, &host_ip);
	if (port.host_port == 0)
		return NULL;
	memcpy(port.host_ip, host_ip, strnlen(host_ip, sizeof(port.host_ip) - 1));
	return view_endpoint(&port);
}

char *view_ssh_command(const char *address, uint16_t port)
{
	return xasprintf("ssh -p %u developer@%s", port, address);
}

const struct port_mapping *view_app_port(const struct workspace_facts *w)
{
	if (!w->infra || w->state.app_port == 0)
		return NULL;
	for (size_t i = 0; i < w->infra->ports.count; i++) {
		if (w->infra->ports.items[i].host_port == w->state.app_port)
			return &w->infra->ports.items[i];
	}
	return NULL;
}

static const char *role_of(const struct container *c)
{
	const char *role = labels_get(&c->labels, LABEL_ROLE);

	return role ? role : "?";
}

static bool is_sidecar(const struct container *c)
{
	return strcmp(role_of(c), ROLE_DEV) != 0;
}

char *view_sidecars(const struct workspace_facts *w)
{
	DEFER(buf_release) struct buf b = { 0 };

	buf_init(&b, SIZE_MAX);
	for (size_t i = 0; i < w->container_count; i++) {
		const struct container *c = w->containers[i];

		if (!is_sidecar(c))
			continue;
		buf_addf(&b, "%s%s", b.len ? " " : "", role_of(c));
		if (c->state != CONTAINER_RUNNING)
			buf_addf(&b, "(%s)", container_state_name(c->state));
	}
	return buf_take(&b);
}

static const char *guest_digest(const struct workspace_facts *w)
{
	const struct container *dev = workspace_facts_container(w, ROLE_DEV);

	return dev ? labels_get(&dev->labels, LABEL_GUEST) : NULL;
}

void view_our_guest(char ret_digest[static HASH_HEX_SIZE])
{
	DEFER(freep) char *reference = image_guest_reference(arch_own(), ret_digest);

	(void)reference;
}

char *view_guest(const struct workspace_facts *w, const char *our_guest)
{
	const char *digest = guest_digest(w);

	if (!digest)
		return xstrdup("");
	char emulated[HASH_HEX_SIZE];
	DEFER(freep) char *other = image_guest_reference(arch_other(), emulated);
	bool is_ours = strcmp(digest, our_guest) == 0 || strcmp(digest, emulated) == 0;

	return xasprintf("%.8s%s", digest, is_ours ? "" : " old");
}

char *view_age(int64_t since_s)
{
	char text[32] = "";

	if (since_s > 0)
		clock_format_age(clock_wall_s() - since_s, text, sizeof(text));
	return xstrdup(text);
}

char *view_size(uint64_t bytes)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" };
	double value = (double)bytes / 1024;
	size_t unit = 0;

	if (bytes < 1024)
		return xasprintf("%" PRIu64 " B", bytes);
	for (; value >= 1024 && unit + 1 < ARRAY_SIZE(units); unit++)
		value /= 1024;
	return xasprintf("%.1f %s", value, units[unit]);
}

/* "1.049" is 1049 of a scale of 1000. */
static bool parse_decimal(const char **at, uint64_t *ret_value, uint64_t *ret_scale)
{
	*ret_scale = 1;
	if (!parse_u64(at, 0, 1000000, ret_value))
		return false;
	if (!parse_char(at, '.'))
		return true;
	for (; **at >= '0' && **at <= '9' && *ret_scale < 1000000; (*at)++) {
		*ret_value = *ret_value * 10 + (uint64_t)(**at - '0');
		*ret_scale *= 10;
	}
	return true;
}

bool view_parse_size(const char *text, uint64_t *ret)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB" };
	const uint64_t mib = UINT64_C(1) << 20;
	uint64_t value, scale, factor = 1;

	if (!text || !parse_decimal(&text, &value, &scale))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++, factor *= 1000) {
		if (strcmp(text, units[i]) != 0)
			continue;
		uint64_t bytes = value * factor / scale;
		uint64_t whole = (bytes + mib / 2) / mib * mib;
		uint64_t off = whole > bytes ? whole - bytes : bytes - whole;

		*ret = off <= bytes / 1000 ? whole : bytes;
		return true;
	}
	return false;
}

char *view_took(int64_t took_ms)
{
	if (took_ms < 60000)
		return xasprintf("%.1f s", (double)took_ms / 1000);
	return xasprintf("%" PRId64 " min %02" PRId64 " s", took_ms / 60000, took_ms / 1000 % 60);
}

void view_line(const char *key, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	DEFER(freep) char *text = xvasprintf(fmt, ap);
	va_end(ap);
	DEFER(buf_release) struct buf b = { 0 };
	buf_init(&b, SIZE_MAX);
	buf_add_printable(&b, text, strlen(text), false);
	printf("%-10s  %s\n", key, b.data);
}

static void add_port_json(struct json *object, const char *key, const struct port_mapping *port)
{
	if (!port) {
		json_add_null(object, key);
		return;
	}
	struct json *item = json_add_object(object, key);
	json_add_text(item, "address", ssh_client_address(port->host_ip));
	json_add_int(item, "port", port->host_port);
	json_add_int(item, "container_port", port->container_port);
}

static void add_time_json(struct json *object, const char *key, int64_t at_s)
{
	char text[CLOCK_RFC3339_SIZE];

	if (at_s > 0)
		clock_format_rfc3339(at_s, text);
	json_add_text(object, key, at_s > 0 ? text : NULL);
}

static void add_containers_json(struct json *object, const struct workspace_facts *w)
{
	struct json *array = json_add_array(object, "containers");

	for (size_t i = 0; i < w->container_count; i++) {
		const struct container *c = w->containers[i];
		struct json *item = json_append_object(array);

		json_add_text(item, "role", role_of(c));
		json_add_text(item, "name", c->name);
		json_add_text(item, "id", c->id);
		json_add_text(item, "state", container_state_name(c->state));
		json_add_text(item, "image", c->image);
		json_add_text(item, "image_id", c->image_id);
		json_add_text(item, "pulled", labels_get(&c->labels, LABEL_PULLED));
		json_add_int(item, "restarts", c->restarts);
		if (c->state == CONTAINER_STOPPED)
			json_add_int(item, "exit_code", c->exit_code);
		add_time_json(item, "created", c->created_s);
		add_time_json(item, "started", c->started_s);
	}
}

static void add_ports_json(struct json *object, const struct workspace_facts *w)
{
	const struct port_mapping *ssh = NULL;
	const char *host_ip;
	uint16_t ssh_port = ssh_published_port(w, &host_ip);

	for (size_t i = 0; w->infra && i < w->infra->ports.count; i++) {
		if (ssh_port && w->infra->ports.items[i].host_port == ssh_port)
			ssh = &w->infra->ports.items[i];
	}
	add_port_json(object, "ssh", ssh);
	add_port_json(object, "app", view_app_port(w));
}

static void add_strangers_json(struct json *object, const struct workspace_facts *w)
{
	struct json *array = json_add_array(object, "strangers");

	for (size_t i = 0; i < w->stranger_count; i++) {
		const struct container *c = w->strangers[i].container;
		struct json *item = json_append_object(array);

		json_add_text(item, "name", c->name);
		json_add_text(item, "id", c->id);
		json_add_text(item, "state", container_state_name(c->state));
		json_add_text(item, "image", c->image);
		json_add_text(item, "how", w->strangers[i].how);
	}
}

struct json *view_workspace_json(const struct workspace_facts *w, const char *our_guest)
{
	struct json *root = json_new_object();
	const struct container *dev = workspace_facts_container(w, ROLE_DEV);
	const char *digest = guest_digest(w);

	json_add_text(root, "name", w->name);
	json_add_text(root, "status", workspace_facts_status(w));
	json_add_text(root, "profile", w->state.profile);
	json_add_int(root, "generation", w->state.generation);
	add_time_json(root, "deployed", w->state.deployed_s);
	add_time_json(root, "created", dev ? dev->created_s : 0);
	add_ports_json(root, w);
	json_add_text(root, "image", dev ? dev->image : NULL);
	json_add_text(root, "guest", digest);
	json_add_bool(root, "guest_is_current", digest && strcmp(digest, our_guest) == 0);
	add_containers_json(root, w);
	add_strangers_json(root, w);
	struct json *volumes = json_add_array(root, "volumes");
	for (size_t i = 0; i < w->volume_count; i++)
		json_append_text(volumes, w->volumes[i]->name);
	return root;
}

bool view_ends_with(const char *text, const char *end)
{
	size_t text_len = strlen(text), end_len = strlen(end);

	return end_len <= text_len && strcmp(text + text_len - end_len, end) == 0;
}

void view_shorten_ids(char *text)
{
	char *to = text;

	while (*text) {
		size_t digits = strspn(text, "0123456789abcdef");
		size_t kept = digits == ID_DIGITS ? ID_SHOWN_DIGITS : digits;

		if (digits == 0)
			kept = digits = 1;
		memmove(to, text, kept);
		to += kept;
		text += digits;
	}
	*to = '\0';
}
