/* SPDX-License-Identifier: MIT */
/*
 * Podman does the transfer; what is ours is the login, a manifest list around what is pushed,
 * and errors that say what to do. Podman's errors are chains, "initializing source
 * docker://…: pinging container registry …: Get \"https://…\": dial tcp …: connect: connection
 * refused", of which the end tells; the words below are those of 4.3.1 and 5.4.2 (tried).
 */
#include "winalux/image/registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image/internal.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/format/hash.h"
#include "winalux/inventory/config.h"
#include "winalux/podman/login.h"
#include "winalux/podman/manifest.h"

enum { TRANSFER_IDLE_MS = 600000, BEGIN_TRIES = 15 };

/* One exchange with a registry, and what an error about it has to name. */
struct exchange {
	const struct registry_options *options;
	const char *reference;
	struct login login;
	struct image_transfer transfer;
	bool is_other_platform; /* Podman only warns */
	bool is_look_up;        /* with the service's own login */
};

static void exchange_release(struct exchange *e)
{
	login_release(&e->login);
}

static bool take_line(const char *line, void *context)
{
	struct exchange *e = context;
	const struct registry_options *o = e->options;

	if (strstr(line, "does not match the expected platform") != NULL)
		e->is_other_platform = true;
	if (o->cancelled != NULL && *o->cancelled)
		return false;
	return o->on_line == NULL || o->on_line(line, o->context);
}

static enum tls_verify verify_of(const struct config *config)
{
	switch (config->registry_tls_verify) {
	case CONFIG_ON:
		return TLS_VERIFY_ON;
	case CONFIG_OFF:
		return TLS_VERIFY_OFF;
	case CONFIG_AUTO:
		break;
	}
	return TLS_VERIFY_DEFAULT;
}

static int exchange_begin(struct exchange *e, const struct registry_options *options,
			  const char *reference, struct error *err)
{
	*e = (struct exchange){ .options = options, .reference = reference };
	if (login_find(reference, &e->login, err) < 0)
		return -1;
	e->transfer = (struct image_transfer){
		.login = e->login.header,
		.verify = verify_of(options->config),
		.timeout_ms = -1,
		.idle_timeout_ms = TRANSFER_IDLE_MS,
		.on_line = take_line,
		.context = e,
	};
	return 0;
}

/* --- what an error means --- */

enum fault {
	FAULT_SILENT,
	FAULT_PLAIN,
	FAULT_AUTHORITY,
	FAULT_CERTIFICATE,
	FAULT_LOGIN,
	FAULT_PLATFORM,
	FAULT_UNKNOWN,
	FAULT_COUNT
};

struct phrase {
	const char *text;
	enum fault fault;
};

/* The first that is found counts. */
static const struct phrase phrases[] = {
	{ "server gave HTTP response to HTTPS client", FAULT_PLAIN },
	{ "certificate signed by unknown authority", FAULT_AUTHORITY },
	{ "x509: ", FAULT_CERTIFICATE },
	{ "error getting credentials", FAULT_LOGIN }, /* a helper that the service ran */
	{ "authentication required", FAULT_LOGIN },
	{ "unauthorized", FAULT_LOGIN },
	{ "invalid username/password", FAULT_LOGIN },
	{ "access to the resource is denied", FAULT_LOGIN },
	{ "denied: ", FAULT_LOGIN },
	{ "403 (Forbidden)", FAULT_LOGIN },
	{ "no image found in manifest list for architecture", FAULT_PLATFORM },
	{ "no image found in image index for architecture", FAULT_PLATFORM },
	{ "manifest unknown", FAULT_UNKNOWN },
	{ "name unknown", FAULT_UNKNOWN },
	{ "repository name not known", FAULT_UNKNOWN },
	{ "connection refused", FAULT_SILENT },
	{ "no such host", FAULT_SILENT },
	{ "i/o timeout", FAULT_SILENT },
	{ "TLS handshake timeout", FAULT_SILENT },
	{ "no route to host", FAULT_SILENT },
	{ "network is unreachable", FAULT_SILENT },
	{ "connection reset by peer", FAULT_SILENT },
	{ "temporary failure in name resolution", FAULT_SILENT },
	{ "server misbehaving", FAULT_SILENT },
};

static const enum error_kind kinds[FAULT_COUNT] = {
	[FAULT_SILENT] = ERROR_HOST,       [FAULT_PLAIN] = ERROR_HOST,
	[FAULT_AUTHORITY] = ERROR_HOST,    [FAULT_CERTIFICATE] = ERROR_HOST,
	[FAULT_LOGIN] = ERROR_HOST,        [FAULT_PLATFORM] = ERROR_NOT_FOUND,
	[FAULT_UNKNOWN] = ERROR_NOT_FOUND,
};

static char *login_advice(const struct exchange *e, const char *host)
{
	const struct login *login = &e->login;

	if (e->is_look_up)
		return xasprintf("it does not accept the login that Podman's service has for it, "
				 "if any; `podman login %s` makes one where it is found",
				 host);
	if (login->helper != NULL)
		return xasprintf("'%s' leaves its login to the credential helper '%s', which "
				 "winalux does not run; `podman login %s` keeps one in auth.json",
				 login->file, login->helper, host);
	if (login->file != NULL)
		return xasprintf("it does not accept the login in '%s' for this; `podman login %s` "
				 "makes another",
				 login->file, host);
	return xasprintf("it wants a login, and there is none; `podman login %s` makes one", host);
}

/* Why, and what to do. text is the whole of Podman's words. */
static char *advice(const struct exchange *e, enum fault fault, const struct phrase *phrase,
		    const char *host, const char *text)
{
	switch (fault) {
	case FAULT_SILENT:
		return xasprintf("it does not answer (%s); is it running, and is its name right?",
				 phrase->text);
	case FAULT_PLAIN:
		return xstrdup("it speaks HTTP without TLS; 'registry_tls_verify: off' allows "
			       "that, or 'insecure = true' in registries.conf");
	case FAULT_AUTHORITY:
		return xasprintf("its certificate is of an unknown authority; put that one's into "
				 "~/.config/containers/certs.d/%s/ca.crt",
				 host);
	case FAULT_CERTIFICATE:
		return xasprintf("its certificate is not valid for it: %.200s",
				 strstr(text, phrase->text) + strlen(phrase->text));
	case FAULT_LOGIN:
		return login_advice(e, host);
	case FAULT_PLATFORM:
		return xstrdup("it has the image, but not for this host's architecture; "
			       "push it from a host that has one of that architecture");
	case FAULT_UNKNOWN:
		return xasprintf("it has no image of that name; `winalux push` puts those of "
				 "profiles and sidecars there");
	case FAULT_COUNT:
		break;
	}
	return xstrdup(text);
}

static const struct phrase *find_phrase(const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(phrases); i++) {
		if (strcasestr(text, phrases[i].text) != NULL)
			return &phrases[i];
	}
	return NULL;
}

/* Podman looks for short names at docker.io, unless it was told otherwise. The caller frees it. */
static char *host_of(const char *reference)
{
	const size_t len = strcspn(reference, "/");
	const bool is_host = reference[len] != '\0' && (strcspn(reference, ".:") < len ||
							strncmp(reference, "localhost/", 10) == 0);

	return is_host ? xstrndup(reference, len) : xstrdup("docker.io");
}

static int explain(const struct exchange *e, const char *what, struct error *err)
{
	const struct phrase *phrase = err != NULL ? find_phrase(err->text) : NULL;
	DEFER(freep) char *host = NULL;
	DEFER(freep) char *why = NULL;

	if (err == NULL || err->kind == ERROR_INTERRUPTED)
		return -1;
	host = host_of(e->reference);
	if (err->kind == ERROR_TIMEOUT)
		return error_set(err, ERROR_HOST,
				 "cannot %s '%s': registry '%s' did not answer in "
				 "time; is it running, and is its name right?",
				 what, e->reference, host);
	if (phrase == NULL)
		return -1;
	why = advice(e, phrase->fault, phrase, host, err->text);
	return error_set(err, kinds[phrase->fault], "cannot %s '%s': registry '%s': %s", what,
			 e->reference, host, why);
}

/* --- pull --- */

/* What was pulled for another architecture loses its name again. */
static int refuse_platform(const struct exchange *e, struct error *err)
{
	image_remove(e->options->podman, e->reference, false, NULL);
	return error_set(err, ERROR_NOT_FOUND,
			 "cannot pull '%s': it is for another architecture than this host's; push "
			 "it from a host that has one of this architecture",
			 e->reference);
}

int registry_pull(const struct registry_options *options, const char *reference,
		  enum pull_policy policy, char **ret_id, struct error *err)
{
	DEFER(exchange_release) struct exchange e = { 0 };
	DEFER(freep) char *id = NULL;

	if (exchange_begin(&e, options, reference, err) < 0)
		return -1;
	e.transfer.timeout_ms = (int)options->config->registry_timeout_s * BEGIN_TRIES * 1000;
	if (image_pull(options->podman, reference, policy, &e.transfer, &id, err) < 0)
		return explain(&e, "pull", err);
	if (e.is_other_platform && !options->is_any_arch)
		return refuse_platform(&e, err);
	if (ret_id != NULL)
		*ret_id = TAKE(id);
	return 0;
}

/* --- push --- */

/*
 * "localhost/winalux/push-web:1f6a…": the list that is pushed, and does not stay. Another push of
 * the image at the same time has one of its own.
 */
static char *list_name(const char *destination)
{
	const char *slash = strrchr(destination, '/');
	const char *name = slash != NULL ? slash + 1 : destination;
	char random[HASH_HEX_SIZE];

	hash_random_hex(random);
	return xasprintf("localhost/winalux/push-%.*s:%.16s", (int)strcspn(name, ":@"), name,
			 random);
}

int registry_push(const struct registry_options *options, const struct strv *images,
		  const char *destination, char **ret_digest, struct error *err)
{
	DEFER(exchange_release) struct exchange e = { 0 };
	DEFER(freep) char *list = list_name(destination);
	int status;

	if (exchange_begin(&e, options, destination, err) < 0 ||
	    manifest_create(options->podman, list, images, err) < 0)
		return -1;
	status = manifest_push(options->podman, list, destination, &e.transfer, ret_digest, err);
	manifest_remove(options->podman, list, NULL, NULL);
	return status < 0 ? explain(&e, "push", err) : 0;
}

/* --- comparing --- */

/* Is the image that is here, by any of its digests, among those of the registry's list? */
static bool is_among(const struct image *image, const struct strv *digests)
{
	for (size_t i = 0; i < image->digests.count; i++) {
		const char *at = strchr(image->digests.items[i], '@');

		if (at != NULL && strv_contains(digests, at + 1))
			return true;
	}
	return false;
}

int registry_has_newer(const struct registry_options *options, const char *reference,
		       const struct image *image, bool *ret, struct error *err)
{
	DEFER(exchange_release) struct exchange e = { 0 };
	DEFER(strv_release) struct strv digests = { 0 };

	if (exchange_begin(&e, options, reference, err) < 0)
		return -1;
	e.is_look_up = true;
	e.transfer.timeout_ms = (int)options->config->registry_timeout_s * 1000;
	if (manifest_look_up(options->podman, reference, &e.transfer, &digests, err) < 0)
		return explain(&e, "look up", err);
	*ret = digests.count > 0 && !is_among(image, &digests);
	return 0;
}
