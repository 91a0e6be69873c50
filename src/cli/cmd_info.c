/* SPDX-License-Identifier: MIT */
/*
 * Everything about one workspace: what the list calls say, and per container what only an inspect
 * knows (limits, log, end). Whether a limit holds follows from the controllers that the host
 * delegates.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "winalux/base/clock.h"
#include "winalux/base/error.h"
#include "winalux/base/log.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"
#include "winalux/doctor/doctor.h"
#include "winalux/format/json.h"
#include "winalux/inventory/inventory.h"
#include "winalux/inventory/ssh_key.h"
#include "winalux/plan/facts.h"
#include "winalux/plan/names.h"
#include "winalux/plan/strict.h"
#include "winalux/workspace/gate.h"
#include "winalux/workspace/host.h"
#include "winalux/workspace/passwords.h"
#include "winalux/workspace/ssh_client.h"

#include "app.h"
#include "command.h"
#include "find.h"
#include "table.h"
#include "view.h"

/* What is put together before it is shown in one of the two forms. */
struct details {
	const struct workspace_facts *facts;
	struct json *dev;               /* inspect of the dev container, or NULL */
	struct json *host;              /* GET /info, or NULL where the service would not say */
	struct inventory inventory;     /* the one at hand, if there is one */
	const struct workspace *wanted; /* in it, or NULL */
	struct json *passwords;         /* of sidecars: a list */
	char fingerprint[HASH_FINGERPRINT_SIZE];
	char *key_type;
};

static void details_release(struct details *d)
{
	inventory_release(&d->inventory);
	json_free(d->dev);
	json_free(d->host);
	json_free(d->passwords);
	freep(&d->key_type);
}

struct limit {
	const char *key;
	const char *controller;
	const char *path; /* in the inspect answer */
};

enum limit_key { LIMIT_CPUS, LIMIT_MEMORY, LIMIT_PIDS, LIMIT_COUNT };

static const struct limit limits[LIMIT_COUNT] = {
	[LIMIT_CPUS] = { "cpus", "cpu", "HostConfig.NanoCpus" },
	[LIMIT_MEMORY] = { "memory", "memory", "HostConfig.Memory" },
	[LIMIT_PIDS] = { "pids", "pids", "HostConfig.PidsLimit" },
};

/* In the units of the inspect answer: 1e-9 processors, bytes, processes. */
static int64_t limit_wanted(const struct workspace *w, size_t key)
{
	const int64_t values[LIMIT_COUNT] = {
		[LIMIT_CPUS] = w ? (int64_t)w->cpu_milli * 1000000 : 0,
		[LIMIT_MEMORY] = w ? (int64_t)w->memory_limit_mib << 20 : 0,
		[LIMIT_PIDS] = w ? w->pids_limit : 0,
	};

	return values[key];
}

static int64_t limit_in_effect(const struct details *d, size_t key)
{
	int64_t value = 0;

	json_to_int(json_path(d->dev, limits[key].path), &value);
	return value > 0 ? value : 0;
}

/* What counts, else what the inventory wants: a limit that cannot be enforced is not asked for. */
static int64_t limit_value(const struct details *d, size_t key)
{
	int64_t value = limit_in_effect(d, key);

	return value > 0 ? value : limit_wanted(d->wanted, key);
}

static bool has_controller(const struct json *controllers, const char *name)
{
	for (const struct json *c = json_first(controllers); c; c = json_next(c)) {
		if (json_text(c) && strcmp(json_text(c), name) == 0)
			return true;
	}
	return false;
}

static const char *limit_strength(const struct details *d, size_t key)
{
	const struct json *controllers = json_path(d->host, "host.cgroupControllers");

	if (limit_in_effect(d, key) == 0)
		return limit_strength_name(LIMIT_NOT_ENFORCEABLE);
	if (!controllers)
		return "unknown";
	return limit_strength_name(has_controller(controllers, limits[key].controller)
					   ? LIMIT_ENFORCED
					   : LIMIT_NOT_ENFORCEABLE);
}

static char *limit_text(size_t key, int64_t value)
{
	if (key == LIMIT_MEMORY)
		return view_size((uint64_t)value);
	if (key == LIMIT_CPUS)
		return xasprintf("%g", (double)value / 1e9);
	return xasprintf("%jd", (intmax_t)value);
}

static void read_host_key(struct details *d)
{
	struct ssh_key key = { 0 };

	if (!d->facts->state.host_key || ssh_key_parse(d->facts->state.host_key, &key, NULL) < 0)
		return;
	memcpy(d->fingerprint, key.fingerprint, sizeof(d->fingerprint));
	d->key_type = xstrdup(key.type);
	ssh_key_release(&key);
}

static void on_password(const char *sidecar, const char *user, const char *password, void *context)
{
	struct json *item = json_append_object(context);

	json_add_text(item, "sidecar", sidecar);
	json_add_text(item, "user", user);
	json_add_text(item, "password", password);
}

static int details_fill(struct app *app, const struct workspace_facts *w, struct details *d,
			struct error *err)
{
	const struct container *dev = workspace_facts_container(w, ROLE_DEV);
	struct podman *podman = host_podman(app->host);
	struct error why;

	d->facts = w;
	read_host_key(d);
	if (dev && container_inspect(podman, dev->id, &d->dev, err) < 0)
		return -1;
	/* Podman 4.3-5.2 may fail here under socket activation: then strengths are unknown. */
	podman_info(podman, &d->host, NULL);
	d->passwords = json_new_array();
	/* The file is the sidecar's: whatever it is, the rest is still worth seeing. */
	if (passwords_read(podman, &app->profiles, w, on_password, d->passwords, &why) < 0)
		log_warn("%s", why.text);
	if (app_peek_inventory(app, &d->inventory))
		d->wanted = inventory_find(&d->inventory, w->name);
	return 0;
}

/* --- JSON --- */

static void add_limits_json(struct json *root, const struct details *d)
{
	struct json *object = json_add_object(root, "limits");

	for (size_t i = 0; i < LIMIT_COUNT; i++) {
		int64_t value = limit_value(d, i);
		if (value == 0) {
			json_add_null(object, limits[i].key);
			continue;
		}
		struct json *item = json_add_object(object, limits[i].key);
		if (i == LIMIT_CPUS)
			json_add_number(item, "value", (double)value / 1e9);
		else
			json_add_int(item, "value", value);
		json_add_text(item, "strength", limit_strength(d, i));
	}
}

/* What keeps this host from strict gates; null where Podman did not say. */
static void add_strict_json(struct json *root, const struct details *d)
{
	DEFER(freep) char *lack = strict_lack(d->host);
	struct json *strict = json_add_object(root, "strict");

	if (d->host)
		json_add_bool(strict, "possible", !lack);
	else
		json_add_null(strict, "possible");
	json_add_text(strict, "needs", lack);
}

static struct json *details_json(struct details *d)
{
	const struct workspace_facts *w = d->facts;
	struct json *root;
	char our_guest[HASH_HEX_SIZE];

	view_our_guest(our_guest);
	root = view_workspace_json(w, our_guest);

	json_add_text(root, "id", w->state.id);
	json_add_text(root, "gate", gate_mode_name(gate_mode(&w->state)));
	add_strict_json(root, d);
	json_add_text(root, "token_since", gate_has_token(&w->state) ? w->state.token_since : NULL);
	struct json *key = json_add_object(root, "host_key");
	json_add_text(key, "public", w->state.host_key);
	json_add_text(key, "fingerprint", *d->fingerprint ? d->fingerprint : NULL);
	struct json *ports = json_add_array(root, "ports");
	for (size_t i = 0; w->infra && i < w->infra->ports.count; i++) {
		struct json *item = json_append_object(ports);
		json_add_text(item, "address", w->infra->ports.items[i].host_ip);
		json_add_int(item, "port", w->infra->ports.items[i].host_port);
		json_add_int(item, "container_port", w->infra->ports.items[i].container_port);
	}
	add_limits_json(root, d);
	struct json *libraries = json_add_array(root, "libraries");
	for (size_t i = 0; d->wanted && i < d->wanted->libraries.count; i++)
		json_append_text(libraries, d->wanted->libraries.items[i]);
	uint64_t log_limit;
	if (view_parse_size(json_text(json_path(d->dev, "HostConfig.LogConfig.Size")), &log_limit))
		json_add_int(root, "log_limit", (int64_t)log_limit);
	else
		json_add_null(root, "log_limit");
	json_add(root, "passwords", TAKE(d->passwords));
	json_add_text(root, "network", w->network ? w->network->name : NULL);
	json_add_text(root, "pod", w->pod ? w->pod->name : NULL);
	return root;
}

/* --- text --- */

static const char *or_dash(const char *text)
{
	return text && *text ? text : "-";
}

static void print_ssh(const struct details *d)
{
	const char *host_ip = "";
	uint16_t port = ssh_published_port(d->facts, &host_ip);

	if (port) {
		DEFER(freep) char *command = view_ssh_command(ssh_client_address(host_ip), port);
		view_line("ssh", "%s", command);
	} else {
		view_line("ssh", "not published");
	}
	if (*d->fingerprint)
		view_line("host key", "%s (%s)", d->fingerprint, d->key_type);
}

static void print_ports(const struct workspace_facts *w)
{
	DEFER(strv_release) struct strv texts = { 0 };

	for (size_t i = 0; w->infra && i < w->infra->ports.count; i++) {
		const struct port_mapping *p = &w->infra->ports.items[i];
		strv_addf(&texts, "%s:%u to %u", *p->host_ip ? p->host_ip : "*", p->host_port,
			  p->container_port);
	}
	DEFER(freep) char *text = strv_join(&texts, ", ");
	view_line("ports", "%s", or_dash(text));
}

static void print_passwords(const struct details *d)
{
	for (const struct json *p = json_first(d->passwords); p; p = json_next(p))
		view_line(json_get_text(p, "sidecar"), "user %s, password %s",
			  json_get_text(p, "user"), json_get_text(p, "password"));
}

static void print_limits(const struct details *d)
{
	DEFER(strv_release) struct strv texts = { 0 };

	for (size_t i = 0; i < LIMIT_COUNT; i++) {
		int64_t value = limit_value(d, i);
		DEFER(freep) char *text = limit_text(i, value);
		if (value > 0)
			strv_addf(&texts, "%s %s (%s)", limits[i].key, text, limit_strength(d, i));
	}
	DEFER(freep) char *text = strv_join(&texts, ", ");
	view_line("limits", "%s", or_dash(text));
}

static void print_state(const struct workspace_facts *w)
{
	const struct container *dev = workspace_facts_container(w, ROLE_DEV);
	char deployed[CLOCK_RFC3339_SIZE] = "never", our_guest[HASH_HEX_SIZE];

	if (w->state.deployed_s > 0)
		clock_format_rfc3339(w->state.deployed_s, deployed);
	DEFER(freep)
	char *age = view_age(dev && dev->state == CONTAINER_RUNNING ? dev->started_s : 0);
	view_line("state", "%s%s%s", workspace_facts_status(w), *age ? " for " : "", age);
	view_line("deployed", "%s, generation %u", deployed, w->state.generation);
	view_line("id", "%s", or_dash(w->state.id));
	view_line("profile", "%s", or_dash(w->state.profile));
	view_line("image", "%s", or_dash(dev ? dev->image : NULL));
	const char *pulled = dev ? labels_get(&dev->labels, LABEL_PULLED) : NULL;
	if (pulled)
		view_line("pulled as", "%s", pulled);
	view_our_guest(our_guest);
	DEFER(freep) char *guest = view_guest(w, our_guest);
	view_line("guest", "%s", or_dash(guest));
}

static void print_gate(const struct details *d)
{
	const struct workspace_state *state = &d->facts->state;
	const enum gate_mode mode = gate_mode(state);
	DEFER(freep) char *lack = strict_lack(d->host);

	if (mode == GATE_OFF)
		view_line("gate", "off");
	else
		view_line("gate", "%s, token since %s", gate_mode_name(mode),
			  or_dash(state->token_since));
	if (mode != GATE_STRICT && d->host)
		view_line("strict", "%s%s", lack ? "needs " : "possible on this host",
			  lack ? lack : "");
}

static const struct table_column container_columns[] = {
	{ .title = "CONTAINER" },
	{ .title = "STATE" },
	{ .title = "FOR", .is_right = true },
	{ .title = "RESTARTS", .is_right = true },
	{ .title = "IMAGE", .can_shrink = true },
	{ .title = "ID" },
};

static void add_container(struct table *t, const struct container *c)
{
	DEFER(freep)
	char *state = c->state == CONTAINER_STOPPED ? xasprintf("ended (%d)", c->exit_code)
						    : xstrdup(container_state_name(c->state));
	DEFER(freep) char *age = view_age(c->state == CONTAINER_RUNNING ? c->started_s : 0);

	table_add(t, c->name);
	table_add_colored(t, c->state == CONTAINER_RUNNING ? TABLE_GREEN : TABLE_YELLOW, state);
	table_add(t, age);
	table_addf(t, "%u", c->restarts);
	table_add(t, c->image);
	table_addf(t, "%.12s", c->id);
}

static void print_objects(struct app *app, const struct workspace_facts *w)
{
	DEFER(table_release) struct table t = { 0 };
	DEFER(strv_release) struct strv volumes = { 0 };

	for (size_t i = 0; i < w->volume_count; i++)
		strv_add(&volumes, w->volumes[i]->name);
	DEFER(freep) char *text = strv_join(&volumes, ", ");
	view_line("pod", "%s", or_dash(w->pod ? w->pod->name : NULL));
	view_line("network", "%s", or_dash(w->network ? w->network->name : NULL));
	view_line("volumes", "%s", or_dash(text));
	if (w->container_count == 0)
		return;
	table_init(&t, container_columns, ARRAY_SIZE(container_columns));
	for (size_t i = 0; i < w->container_count; i++)
		add_container(&t, w->containers[i]);
	putchar('\n');
	table_print(&t, app_wants_color(app, STDOUT_FILENO));
}

static void print_details(struct app *app, const struct details *d)
{
	uint64_t log_limit = 0;
	view_parse_size(json_text(json_path(d->dev, "HostConfig.LogConfig.Size")), &log_limit);
	DEFER(freep) char *log = log_limit > 0 ? view_size(log_limit) : NULL;

	view_line("name", "%s", d->facts->name);
	print_state(d->facts);
	print_gate(d);
	print_ssh(d);
	print_ports(d->facts);
	print_passwords(d);
	print_limits(d);
	DEFER(freep) char *libraries = d->wanted ? strv_join(&d->wanted->libraries, ", ") : NULL;
	view_line("libraries", "%s", or_dash(libraries));
	view_line("log", "at most %s each", or_dash(log));
	for (size_t i = 0; i < d->facts->stranger_count; i++) {
		const struct stranger *s = &d->facts->strangers[i];

		view_line("stranger", "%s (image %s) %s", s->container->name, s->container->image,
			  s->how);
	}
	print_objects(app, d->facts);
}

static int run_info(struct app *app, const void *options, const struct strv *args,
		    struct error *err)
{
	DEFER(facts_release) struct facts facts = { 0 };
	DEFER(details_release) struct details d = { 0 };

	(void)options;
	if (find_facts(app, args, OBSERVE_ALL, &facts, err) < 0)
		return -1;
	if (details_fill(app, facts_find(&facts, args->items[0]), &d, err) < 0)
		return -1;
	if (app->global.is_json)
		app_print_json(app, details_json(&d));
	else
		print_details(app, &d);
	return 0;
}

const struct command cmd_info = {
	.name = "info",
	.summary = "Show everything about one workspace",
	.args = "NAME",
	.details =
		"Each limit says whether the host enforces it. Libraries, and limits that are not "
		"in effect, are those of the inventory at hand. A container that has ended shows "
		"its exit status in parentheses. Passwords that sidecars have made for themselves "
		"are read out of their containers.",
	.min_args = 1,
	.max_args = 1,
	.needs = NEEDS_PROFILES,
	.completes = COMPLETE_WORKSPACE,
	.run = run_info,
};
