/* SPDX-License-Identifier: MIT */
/*
 * The text is copied into the configuration once and taken apart where it lies: tabs and newlines
 * become the NULs of the fields, escapes only shrink. A table has one row for each kind of line.
 */
#include "winalux/guest/wire.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/base/parse.h"
#include "winalux/base/utf8.h"

#define DEFAULT_USER "developer"

/* What is left of one line while its fields are taken off. */
struct line {
	char *rest; /* NULL behind the last field */
	unsigned number;
	struct wire_config *config;
};

struct line_kind {
	const char *name;
	int (*read)(struct line *line, struct error *err);
};

static const char *const check_kinds[WIRE_CHECK_KIND_COUNT] = {
	[WIRE_CHECK_TCP] = "tcp",
	[WIRE_CHECK_REDIS] = "redis",
	[WIRE_CHECK_MEMCACHED] = "memcached",
	[WIRE_CHECK_POSTGRES] = "postgres",
	[WIRE_CHECK_AMQP] = "amqp",
	[WIRE_CHECK_HTTP] = "http",
	[WIRE_CHECK_FAKTORY] = "faktory",
};

const char *wire_check_kind_name(enum wire_check_kind kind)
{
	return check_kinds[kind];
}

static enum wire_check_kind check_kind_of(const char *name)
{
	for (int i = 0; i < WIRE_CHECK_KIND_COUNT; i++)
		if (strcmp(check_kinds[i], name) == 0)
			return (enum wire_check_kind)i;
	return WIRE_CHECK_TCP;
}

/* The character that "\" + c stands for, NUL if none. */
static char unescaped(char c)
{
	return c == 't' ? '\t' : c == 'n' ? '\n' : c == '\\' ? '\\' : '\0';
}

static bool unescape(char *text)
{
	char *out = text;

	for (; *text; text++) {
		char c = *text;

		if (c == '\\') {
			c = unescaped(*++text);
			if (!c)
				return false;
		}
		*out++ = c;
	}
	*out = '\0';
	return true;
}

/* Takes one field off the line. */
static int take_field(struct line *line, const char *what, const char **ret, struct error *err)
{
	char *field = line->rest;

	if (!field)
		return error_set(err, ERROR_USAGE, "line %u: the %s is missing", line->number,
				 what);
	char *tab = strchr(field, '\t');
	if (tab)
		*tab++ = '\0';
	line->rest = tab;
	if (!unescape(field))
		return error_set(err, ERROR_USAGE, "line %u: unknown escape in the %s",
				 line->number, what);
	*ret = field;
	return 0;
}

/* The same for a name: not empty, and short enough for the guest's tables. */
static int take_name(struct line *line, const char *what, const char **ret, struct error *err)
{
	if (take_field(line, what, ret, err) < 0)
		return -1;
	if (!**ret || strlen(*ret) >= WIRE_NAME_SIZE)
		return error_set(err, ERROR_USAGE, "line %u: the %s must have 1 to %d bytes",
				 line->number, what, WIRE_NAME_SIZE - 1);
	return 0;
}

static int read_name(struct line *line, struct error *err)
{
	return take_name(line, "workspace's name", &line->config->name, err);
}

static int read_user(struct line *line, struct error *err)
{
	return take_name(line, "user's name", &line->config->user, err);
}

static int read_nonce(struct line *line, struct error *err)
{
	return take_name(line, "nonce", &line->config->nonce, err);
}

static int read_profile(struct line *line, struct error *err)
{
	return take_name(line, "profile's name", &line->config->profile, err);
}

static int read_port(struct line *line, struct error *err)
{
	struct wire_config *config = line->config;
	struct wire_port port;
	const char *number;

	if (config->port_count == WIRE_MAX_PORTS)
		return error_set(err, ERROR_USAGE, "line %u: more than %d ports", line->number,
				 WIRE_MAX_PORTS);
	if (take_field(line, "port", &number, err) < 0 ||
	    take_field(line, "port's label", &port.label, err) < 0)
		return -1;
	if (!parse_port(number, &port.number))
		return error_set(err, ERROR_USAGE, "line %u: '%s' is no port", line->number,
				 number);
	config->ports[config->port_count++] = port;
	return 0;
}

static int read_share(struct line *line, struct error *err)
{
	struct wire_config *config = line->config;
	const char *name;

	if (config->share_count == WIRE_MAX_SHARES)
		return error_set(err, ERROR_USAGE, "line %u: more than %d shares", line->number,
				 WIRE_MAX_SHARES);
	if (take_name(line, "share's name", &name, err) < 0)
		return -1;
	if (name[0] == '.' || strchr(name, '/'))
		return error_set(err, ERROR_USAGE, "line %u: '%s' is no name of a share",
				 line->number, name);
	config->shares[config->share_count++] = name;
	return 0;
}

static int read_gate(struct line *line, struct error *err)
{
	const char *strength;

	if (take_name(line, "gate's strength", &strength, err) < 0)
		return -1;
	line->config->gate = strcmp(strength, "off") == 0 ? WIRE_GATE_OFF : WIRE_GATE_SHELL;
	return 0;
}

static int read_forwarding(struct line *line, struct error *err)
{
	const char *word;

	if (take_name(line, "forwarding", &word, err) < 0)
		return -1;
	line->config->is_socket_forwarding_closed = strcmp(word, "open") != 0;
	line->config->is_forwarding_closed = line->config->is_socket_forwarding_closed &&
					     strcmp(word, WIRE_FORWARDING_PORTS) != 0;
	return 0;
}

static int read_affinity(struct line *line, struct error *err)
{
	const char *word;

	if (take_name(line, "affinity", &word, err) < 0)
		return -1;
	line->config->is_affinity_off = strcmp(word, "off") == 0;
	return 0;
}

/* A newer host may limit what we have no use for. */
static int read_limit(struct line *line, struct error *err)
{
	static const char *const kinds[WIRE_LIMIT_COUNT] = {
		[WIRE_LIMIT_CPU] = "cpu",
		[WIRE_LIMIT_MEMORY] = "memory",
		[WIRE_LIMIT_DISK] = "disk",
	};
	const char *kind, *number, *word;
	struct wire_limit limit;

	if (take_name(line, "limit's kind", &kind, err) < 0 ||
	    take_field(line, "limit", &number, err) < 0 ||
	    take_name(line, "limit's word", &word, err) < 0)
		return -1;
	if (!parse_whole_u64(number, 1, INT64_MAX, &limit.number))
		return error_set(err, ERROR_USAGE, "line %u: '%s' is no limit", line->number,
				 number);
	limit.is_held = strcmp(word, "held") == 0;
	limit.freezes = strcmp(word, "freeze") == 0;
	for (size_t i = 0; i < WIRE_LIMIT_COUNT; i++)
		if (strcmp(kind, kinds[i]) == 0)
			line->config->limits[i] = limit;
	return 0;
}

static int read_check(struct line *line, struct error *err)
{
	struct wire_config *config = line->config;
	struct wire_check check;
	const char *kind, *port;

	if (config->check_count == WIRE_MAX_CHECKS)
		return error_set(err, ERROR_USAGE, "line %u: more than %d checks", line->number,
				 WIRE_MAX_CHECKS);
	if (take_name(line, "check's name", &check.name, err) < 0 ||
	    take_field(line, "check's kind", &kind, err) < 0 ||
	    take_field(line, "check's port", &port, err) < 0)
		return -1;
	check.kind = check_kind_of(kind);
	if (!parse_port(port, &check.port))
		return error_set(err, ERROR_USAGE, "line %u: '%s' is no port", line->number, port);
	for (size_t i = 0; i < config->check_count; i++)
		if (strcmp(config->checks[i].name, check.name) == 0)
			return error_set(err, ERROR_USAGE, "line %u: a second check '%s'",
					 line->number, check.name);
	config->checks[config->check_count++] = check;
	return 0;
}

/* What is left of the line is the argument vector. */
static int read_args(struct line *line, struct wire_service *service, struct error *err)
{
	struct wire_config *config = line->config;

	service->args = &config->args[config->arg_count];
	service->arg_count = 0;
	do {
		if (config->arg_count + 2 > WIRE_MAX_ARGS)
			return error_set(err, ERROR_USAGE,
					 "line %u: services have more than %d arguments",
					 line->number, WIRE_MAX_ARGS);
		if (take_field(line, "service's program", &config->args[config->arg_count], err) <
		    0)
			return -1;
		config->arg_count++;
		service->arg_count++;
	} while (line->rest);
	config->args[config->arg_count++] = NULL;
	if (!*service->args[0])
		return error_set(err, ERROR_USAGE, "line %u: the service's program is empty",
				 line->number);
	return 0;
}

static int read_service(struct line *line, struct error *err)
{
	struct wire_config *config = line->config;
	struct wire_service service;

	if (config->service_count == WIRE_MAX_SERVICES)
		return error_set(err, ERROR_USAGE, "line %u: more than %d services", line->number,
				 WIRE_MAX_SERVICES);
	if (take_name(line, "service's name", &service.name, err) < 0 ||
	    take_name(line, "service's user", &service.user, err) < 0 ||
	    take_field(line, "service's directory", &service.directory, err) < 0 ||
	    read_args(line, &service, err) < 0)
		return -1;
	for (size_t i = 0; i < config->service_count; i++)
		if (strcmp(config->services[i].name, service.name) == 0)
			return error_set(err, ERROR_USAGE, "line %u: a second service '%s'",
					 line->number, service.name);
	config->services[config->service_count++] = service;
	return 0;
}

static const struct line_kind line_kinds[] = {
	{ "name", read_name },         { "user", read_user },   { "nonce", read_nonce },
	{ "profile", read_profile },   { "port", read_port },   { "check", read_check },
	{ "service", read_service },   { "gate", read_gate },   { "forwarding", read_forwarding },
	{ "affinity", read_affinity }, { "limit", read_limit }, { "share", read_share },
};

static int read_version(struct line *line, struct error *err)
{
	const char *kind, *version;
	uint64_t number;

	if (take_field(line, "version line", &kind, err) < 0)
		return -1;
	if (strcmp(kind, "winalux") != 0)
		return error_set(err, ERROR_USAGE, "line 1: it must begin with 'winalux'");
	if (take_field(line, "wire version", &version, err) < 0)
		return -1;
	if (!parse_whole_u64(version, WIRE_VERSION, WIRE_VERSION, &number))
		return error_set(err, ERROR_USAGE,
				 "line 1: wire version '%s', this guest speaks %d", version,
				 WIRE_VERSION);
	return 0;
}

static int read_line(struct line *line, struct error *err)
{
	const char *kind;

	if (line->number == 1)
		return read_version(line, err);
	if (take_field(line, "kind of the line", &kind, err) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(line_kinds); i++)
		if (strcmp(line_kinds[i].name, kind) == 0)
			return line_kinds[i].read(line, err);
	return 0;
}

static int check_text(const char *text, size_t len, struct error *err)
{
	if (len > WIRE_MAX_BYTES)
		return error_set(err, ERROR_USAGE, "%zu bytes, the limit is %d", len,
				 WIRE_MAX_BYTES);
	if (len == 0 || text[len - 1] != '\n')
		return error_set(err, ERROR_USAGE, "it does not end in a newline: cut short");
	if (memchr(text, '\0', len) || !utf8_is_valid(text, len))
		return error_set(err, ERROR_USAGE, "it is not UTF-8 text");
	return 0;
}

int wire_decode(const char *text, size_t len, struct wire_config *ret, struct error *err)
{
	if (check_text(text, len, err) < 0)
		return -1;
	ret->name = "";
	ret->user = DEFAULT_USER;
	ret->nonce = ret->profile = "";
	ret->gate = WIRE_GATE_OFF;
	memset(ret->limits, 0, sizeof(ret->limits));
	ret->is_forwarding_closed = ret->is_socket_forwarding_closed = ret->is_affinity_off = false;
	ret->check_count = ret->port_count = ret->share_count = ret->service_count =
		ret->arg_count = 0;
	memmove(ret->text, text, len);
	ret->text[len] = '\0';

	char *at = ret->text;
	for (unsigned number = 1; *at; number++) {
		char *end = strchr(at, '\n');

		*end = '\0';
		if (read_line(&(struct line){ at, number, ret }, err) < 0)
			return -1;
		at = end + 1;
	}
	return 0;
}

static void add_field(struct buf *b, const char *field)
{
	static const char escapes[][3] = { ['\t'] = "\\t", ['\n'] = "\\n", ['\\'] = "\\\\" };

	for (; *field; field++) {
		unsigned char c = (unsigned char)*field;

		if (c < ARRAY_SIZE(escapes) && escapes[c][0])
			buf_add_str(b, escapes[c]);
		else
			buf_add_char(b, *field);
	}
}

void wire_add_line(struct buf *b, const char *const *fields, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (i)
			buf_add_char(b, '\t');
		add_field(b, fields[i]);
	}
	buf_add_char(b, '\n');
}
