/* SPDX-License-Identifier: MIT */
/*
 * Every setting is a text first, from wherever it comes, and goes through one function that parses
 * it by its entry. A source that is nearer to the user is applied later: defaults, file,
 * environment, then flags by config_set.
 */
#include "winalux/inventory/config.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/base/parse.h"
#include "winalux/format/yaml.h"
#include "winalux/inventory/diagnostics.h"

#include "winalux/base/nearest.h"
#include "schema.h"
#include "source.h"

#define ENTRY(member, env, kind_, ...)                                                             \
	{                                                                                          \
		.key = #member, .environment = env, .kind = kind_,                                 \
		.offset = offsetof(struct config, member), __VA_ARGS__                             \
	}

const struct config_entry config_entries[] = {
	ENTRY(inventory, "WINALUX_INVENTORY", CONFIG_TEXT,
	      .doc = "Inventory for commands that are called without one"),
	ENTRY(socket, "WINALUX_SOCKET", CONFIG_TEXT,
	      .doc = "Socket of Podman's service, a path or unix://; found by itself"),
	ENTRY(profile_dir, "WINALUX_PROFILE_DIR", CONFIG_TEXT,
	      .doc = "Directory of your own profiles and sidecars"),
	ENTRY(key_file, "WINALUX_KEY_FILE", CONFIG_TEXT,
	      .doc = "File of the key that access tokens are derived from"),
	ENTRY(base_image, "WINALUX_BASE_IMAGE", CONFIG_TEXT,
	      .fallback = "docker.io/library/debian:trixie-slim",
	      .doc = "Base image to pull; made from Debian packages where no registry answers"),
	ENTRY(debian_suite, "WINALUX_DEBIAN_SUITE", CONFIG_TEXT, .fallback = "trixie",
	      .doc = "Release of Debian for a base made from packages"),
	ENTRY(debian_mirror, "WINALUX_DEBIAN_MIRROR", CONFIG_TEXT,
	      .doc = "Mirror of Debian; the host's own or deb.debian.org"),
	ENTRY(trust_host_ca, "WINALUX_TRUST_HOST_CA", CONFIG_TRISTATE, .fallback = "auto",
	      .doc = "Trust the host's certificate authorities in builds and workspaces"),
	ENTRY(host_ca_file, "WINALUX_HOST_CA_FILE", CONFIG_TEXT,
	      .doc = "PEM file of these authorities; found by itself"),
	ENTRY(library_netrc, "WINALUX_LIBRARY_NETRC", CONFIG_TEXT,
	      .doc = "Netrc file with logins of package indexes; workspaces never see it"),
	ENTRY(jobs, "WINALUX_JOBS", CONFIG_NUMBER, .fallback = "0", .max = 64,
	      .doc = "Calls to Podman at a time; 0 means 4"),
	ENTRY(ready_timeout_s, "WINALUX_READY_TIMEOUT_S", CONFIG_NUMBER, .fallback = "60", .min = 1,
	      .max = 86400, .doc = "Seconds until a container must answer"),
	ENTRY(stop_timeout_s, "WINALUX_STOP_TIMEOUT_S", CONFIG_NUMBER, .fallback = "10",
	      .max = 86400, .doc = "Seconds that a container gets to stop by itself"),
	ENTRY(telemetry_interval_s, "WINALUX_TELEMETRY_INTERVAL_S", CONFIG_NUMBER, .fallback = "10",
	      .max = 3600,
	      .doc = "Seconds between two measurements of all workspaces; 0 means none of pods"),
	ENTRY(min_free_gb, "WINALUX_MIN_FREE_GB", CONFIG_NUMBER, .fallback = "1", .max = 1048576,
	      .doc = "GiB that must be free where Podman writes to build or make anything; 0 means "
		     "no limit"),
	ENTRY(lock_timeout_s, "WINALUX_LOCK_TIMEOUT_S", CONFIG_NUMBER, .fallback = "600",
	      .max = 86400, .doc = "Seconds to wait for another winalux of this account"),
	ENTRY(registry_timeout_s, "WINALUX_REGISTRY_TIMEOUT_S", CONFIG_NUMBER, .fallback = "20",
	      .min = 1, .max = 3600, .doc = "Seconds until a pull of the base must have begun"),
	ENTRY(image_source, "WINALUX_IMAGE_SOURCE", CONFIG_SOURCE, .fallback = "local",
	      .doc = "Where deploy takes the images of profiles and sidecars from: local builds "
		     "them, registry pulls them"),
	ENTRY(registry, "WINALUX_REGISTRY", CONFIG_REGISTRY,
	      .doc = "Registry of these images, HOST[:PORT][/PATH], for push and deploy"),
	ENTRY(registry_tls_verify, "WINALUX_REGISTRY_TLS_VERIFY", CONFIG_TRISTATE,
	      .fallback = "auto",
	      .doc = "Speak TLS with registries, and check it; auto leaves it to Podman's "
		     "registries.conf"),
	{ 0 }
};
_Static_assert(ARRAY_SIZE(config_entries) - 1 <= ARRAY_SIZE(((struct config *)0)->origins),
	       "an origin for each entry");

static const char *const tristates[] = {
	[CONFIG_AUTO] = "auto", [CONFIG_ON] = "on", [CONFIG_OFF] = "off"
};

const char *config_origin_name(enum config_origin origin)
{
	static const char *const names[] = {
		[CONFIG_DEFAULT] = "default",
		[CONFIG_FILE] = "file",
		[CONFIG_ENVIRONMENT] = "environment",
		[CONFIG_FLAG] = "flag",
	};

	return origin < ARRAY_SIZE(names) ? names[origin] : "unknown";
}

/* $HOME, or what the account says. The caller frees it. */
static char *home_dir(void)
{
	const char *home = getenv("HOME");

	if (home && *home)
		return xstrdup(home);
	const struct passwd *account = getpwuid(getuid());
	return xstrdup(account && account->pw_dir ? account->pw_dir : "/");
}

/* --- one value --- */

static void set_text(char **member, const char *text)
{
	DEFER(freep) char *home = NULL;

	free(*member);
	*member = NULL;
	if (strncmp(text, "~/", 2) == 0) {
		home = home_dir();
		*member = xasprintf("%s%s", home, text + 1);
	} else if (*text) {
		*member = xstrdup(text);
	}
}

static int set_number(const struct config_entry *e, uint32_t *member, const char *text,
		      struct error *err)
{
	uint64_t value;

	if (!parse_whole_u64(text, e->min, e->max, &value))
		return error_set(err, ERROR_USAGE,
				 "'%s' must be a whole number from %u to %u, not '%.60s'", e->key,
				 e->min, e->max, text);
	*member = (uint32_t)value;
	return 0;
}

/* The words of YAML's booleans mean what they say. */
static int set_tristate(const struct config_entry *e, enum config_tristate *member,
			const char *text, struct error *err)
{
	char copy[16] = "";
	struct yaml_node node = { .kind = YAML_SCALAR, .text = copy };
	bool is_on;

	if (strcmp(text, tristates[CONFIG_AUTO]) == 0) {
		*member = CONFIG_AUTO;
		return 0;
	}
	if (strlen(text) < sizeof(copy))
		memcpy(copy, text, strlen(text));
	if (!yaml_as_bool(&node, &is_on))
		return error_set(err, ERROR_USAGE, "'%s' must be auto, on or off, not '%.60s'",
				 e->key, text);
	*member = is_on ? CONFIG_ON : CONFIG_OFF;
	return 0;
}

static int set_registry(const struct config_entry *e, char **member, const char *text,
			struct error *err)
{
	const char *fault = *text ? registry_fault(text) : NULL;

	if (fault)
		return error_set(err, ERROR_USAGE, "'%s' must be %s, not '%.100s'", e->key, fault,
				 text);
	set_text(member, text);
	return 0;
}

static int set_source(const struct config_entry *e, enum image_source *member, const char *text,
		      struct error *err)
{
	if (image_source_parse(text, member))
		return 0;
	return error_set(err, ERROR_USAGE, "'%s' must be local or registry, not '%.60s'", e->key,
			 text);
}

static int set_value(struct config *config, const struct config_entry *e, const char *text,
		     enum config_origin origin, struct error *err)
{
	void *member = (char *)config + e->offset;
	int result = 0;

	switch (e->kind) {
	case CONFIG_TEXT:
		set_text(member, text);
		break;
	case CONFIG_NUMBER:
		result = set_number(e, member, text, err);
		break;
	case CONFIG_TRISTATE:
		result = set_tristate(e, member, text, err);
		break;
	case CONFIG_REGISTRY:
		result = set_registry(e, member, text, err);
		break;
	case CONFIG_SOURCE:
		result = set_source(e, member, text, err);
		break;
	}
	if (result == 0)
		config->origins[e - config_entries] = origin;
	return result;
}

static const struct config_entry *find_entry(const char *key)
{
	for (const struct config_entry *e = config_entries; e->key; e++) {
		if (strcmp(e->key, key) == 0)
			return e;
	}
	return NULL;
}

static const char *nearest_key(const char *key)
{
	struct nearest n = { .word = key };

	for (const struct config_entry *e = config_entries; e->key; e++)
		nearest_try(&n, e->key);
	return n.best;
}

int config_set(struct config *config, const char *key, const char *value, struct error *err)
{
	const struct config_entry *e = find_entry(key);
	const char *nearest = e ? NULL : nearest_key(key);

	if (e)
		return set_value(config, e, value, CONFIG_FLAG, err);
	if (nearest)
		return error_set(err, ERROR_USAGE, "unknown setting '%.60s'; did you mean '%s'?",
				 key, nearest);
	return error_set(err, ERROR_USAGE, "unknown setting '%.60s'; 'winalux config' lists them",
			 key);
}

char *config_get_text(const struct config *config, const struct config_entry *entry)
{
	const void *member = (const char *)config + entry->offset;

	switch (entry->kind) {
	case CONFIG_TEXT:
	case CONFIG_REGISTRY:
		return xstrdup_or_null(*(char *const *)member);
	case CONFIG_NUMBER:
		return xasprintf("%u", *(const uint32_t *)member);
	case CONFIG_TRISTATE:
		return xstrdup(tristates[*(const enum config_tristate *)member]);
	case CONFIG_SOURCE:
		return xstrdup(image_source_name(*(const enum image_source *)member));
	}
	return NULL;
}

void config_release(struct config *config)
{
	if (!config)
		return;
	for (const struct config_entry *e = config_entries; e->key; e++) {
		if (e->kind == CONFIG_TEXT || e->kind == CONFIG_REGISTRY)
			free(*(char **)((char *)config + e->offset));
	}
	free(config->file);
	*config = (struct config){ 0 };
}

/* --- sources --- */

static void read_pair(struct config *config, const struct yaml_node *key,
		      const struct yaml_node *value, struct diagnostics *diags)
{
	const struct config_entry *e = find_entry(key->text);
	struct error err;

	if (!e) {
		DEFER(freep) char *shown = schema_show(key);
		const char *nearest = nearest_key(key->text);

		diagnostics_error(diags, config->file, key, "unknown key %s; %s%s%s", shown,
				  nearest ? "did you mean '" : "'winalux config' lists the keys",
				  nearest ? nearest : "", nearest ? "'?" : "");
	} else if (value->kind == YAML_SEQUENCE || value->kind == YAML_MAPPING) {
		DEFER(freep) char *shown = schema_show(value);

		diagnostics_error(diags, config->file, value, "'%s' must be one value, not %s",
				  e->key, shown);
	} else if (value->kind == YAML_SCALAR &&
		   set_value(config, e, value->text, CONFIG_FILE, &err) < 0) {
		diagnostics_error(diags, config->file, value, "%s", err.text);
	}
}

static int read_text(struct config *config, const struct buf *text, struct diagnostics *diags,
		     struct error *err)
{
	DEFER(yaml_freep) struct yaml_document *doc = NULL;
	const struct yaml_node *root;

	if (source_parse(text->data, text->len, config->file, diags, &doc, err) < 0)
		return -1;
	root = yaml_root(doc);
	if (root->kind != YAML_MAPPING && root->kind != YAML_NULL)
		diagnostics_error(diags, config->file, root,
				  "a configuration is a mapping of keys to values");
	for (size_t i = 0; root->kind == YAML_MAPPING && i < root->count; i++)
		read_pair(config, root->keys[i], root->items[i], diags);
	return 0;
}

static int read_file(struct config *config, bool must_exist, struct diagnostics *diags,
		     struct error *err)
{
	DEFER(buf_release) struct buf text = { 0 };
	struct error reason = { 0 };

	if (source_read(config->file, &text, &reason) == 0)
		return read_text(config, &text, diags, err);
	if (!must_exist && (reason.os_errno == ENOENT || reason.os_errno == ENOTDIR))
		return 0;
	diagnostics_error(diags, config->file, NULL, "%s", reason.text);
	if (err)
		*err = reason;
	return -1;
}

static void read_environment(struct config *config, struct diagnostics *diags)
{
	struct error err;

	for (const struct config_entry *e = config_entries; e->key; e++) {
		const char *text = getenv(e->environment);

		if (text && *text && set_value(config, e, text, CONFIG_ENVIRONMENT, &err) < 0)
			diagnostics_error(diags, e->environment, NULL, "%s", err.text);
	}
}

static int set_defaults(struct config *config, struct error *err)
{
	for (const struct config_entry *e = config_entries; e->key; e++) {
		if (e->fallback && set_value(config, e, e->fallback, CONFIG_DEFAULT, err) < 0)
			return -1;
	}
	return 0;
}

/* A path in the user's configuration directory of winalux. The caller frees it. */
static char *config_path(const char *name)
{
	const char *base = getenv("XDG_CONFIG_HOME");

	if (base && *base == '/')
		return xasprintf("%s/winalux/%s", base, name);
	DEFER(freep) char *home = home_dir();
	return xasprintf("%s/.config/winalux/%s", home, name);
}

/* The usual place of own profiles counts when it is there. */
static void find_profile_dir(struct config *config)
{
	DEFER(freep) char *path = config->profile_dir ? NULL : config_path("profiles");
	struct stat st;

	if (path && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		config->profile_dir = TAKE(path);
}

static void find_key_file(struct config *config)
{
	if (!config->key_file)
		config->key_file = config_path("key");
}

int config_load(const char *explicit_file, struct config *ret, struct diagnostics *diags,
		struct error *err)
{
	DEFER(config_release) struct config config = { 0 };
	size_t before = diags->error_count;

	config.file = explicit_file ? xstrdup(explicit_file) : config_path("config.yml");
	if (set_defaults(&config, err) < 0 || read_file(&config, explicit_file, diags, err) < 0)
		return -1;
	size_t in_file = diags->error_count - before;
	read_environment(&config, diags);
	find_profile_dir(&config);
	find_key_file(&config);
	diagnostics_sort(diags);
	size_t errors = diags->error_count - before;
	if (errors)
		return error_set(err, ERROR_INVENTORY, "%s%s: %zu error%s",
				 in_file ? config.file : "the environment",
				 in_file && in_file < errors ? " and the environment" : "", errors,
				 errors == 1 ? "" : "s");
	*ret = config;
	config = (struct config){ 0 };
	return 0;
}
