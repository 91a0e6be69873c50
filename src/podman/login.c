/* SPDX-License-Identifier: MIT */
/*
 * auth.json maps registries, or repositories below them, to base64 of "name:password":
 *
 *   {"auths": {"registry.example.org/team": {"auth": "bmFtZTpwYXNzd29yZA=="}},
 *    "credHelpers": {"other.example.org": "secretservice"}, "credsStore": "desktop"}
 *
 * Docker's files have the same form, with keys such as "https://registry.example.org/v1/". The
 * service reads its own files where a request says nothing; the header makes it independent of the
 * environment in which it was started. The secret passes through no command line and no log.
 */
#include "winalux/podman/login.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/base/parse.h"
#include "winalux/base/strv.h"
#include "winalux/format/hash.h"
#include "winalux/format/json.h"

enum { LOGIN_FILE_MAX = 1 << 20, LOGIN_TEXT_MAX = 64 << 10 };

static void wipe(char **text)
{
	if (*text)
		explicit_bzero(*text, strlen(*text));
	freep(text);
}

static void wipe_buf(struct buf *b)
{
	if (b->data)
		explicit_bzero(b->data, b->cap);
	buf_release(b);
}

void login_release(struct login *login)
{
	if (!login)
		return;
	wipe(&login->header);
	free(login->file);
	free(login->helper);
	*login = (struct login){ 0 };
}

/* --- where --- */

static void add_below(struct strv *files, const char *variable, const char *fallback,
		      const char *name)
{
	const char *directory = getenv(variable);
	const char *home = getenv("HOME");

	if (directory && *directory == '/')
		strv_addf(files, "%s/%s", directory, name);
	else if (fallback && home)
		strv_addf(files, "%s/%s/%s", home, fallback, name);
}

static void list_files(struct strv *files)
{
	const char *only = getenv("REGISTRY_AUTH_FILE");

	if (only && *only) {
		strv_add(files, only);
		return;
	}
	add_below(files, "XDG_RUNTIME_DIR", NULL, "containers/auth.json");
	add_below(files, "XDG_CONFIG_HOME", ".config", "containers/auth.json");
	add_below(files, "DOCKER_CONFIG", ".docker", "config.json");
}

/* --- one file --- */

/* 1: read; 0: there is none, or an empty one. */
static int read_file(const char *path, struct json **ret, struct error *err)
{
	DEFER(wipe_buf) struct buf text = { 0 };
	DEFER(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (fd < 0)
		return error_set_errno(err, ERROR_HOST, errno, "cannot read the logins in '%s'",
				       path);
	buf_init(&text, LOGIN_FILE_MAX);
	if (fd_read_all(fd, &text, err) < 0)
		return error_add(err, "cannot read the logins in '%s'", path);
	if (text.len == 0)
		return 0;
	if (json_parse(text.data, text.len, ret, NULL) == 0 && json_is_object(*ret))
		return 1;
	json_free(*ret);
	*ret = NULL;
	return error_set(err, ERROR_HOST,
			 "cannot read the logins in '%s': it is not JSON; remove the file and log "
			 "in again with `podman login`",
			 path);
}

/* Docker's "https://host/v1/" without its ends, and docker.io's other name. */
static char *plain_key(const char *key)
{
	static const char *const ends[] = { "/v1/", "/v2/", "/v1", "/v2", "/" };
	char *plain;

	if (!parse_literal(&key, "https://"))
		parse_literal(&key, "http://");
	plain = xstrdup(key);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		const size_t len = strlen(plain), end = strlen(ends[i]);

		if (len > end && !strcmp(plain + len - end, ends[i])) {
			plain[len - end] = '\0';
			break;
		}
	}
	if (strcmp(plain, "index.docker.io") != 0)
		return plain;
	free(plain);
	return xstrdup("docker.io");
}

/* Does key name the registry of reference, or a path that reference is below? Its length, or 0. */
static size_t match(const char *key, const char *reference)
{
	DEFER(freep) char *plain = plain_key(key);
	const size_t len = strlen(plain);

	if (len == 0 || strncmp(plain, reference, len) != 0)
		return 0;
	if (reference[len] == '\0' || reference[len] == '/')
		return len;
	/* Behind a repository comes its tag; behind a registry it would be a port. */
	return strchr(plain, '/') && strchr(":@", reference[len]) ? len : 0;
}

static const struct json *best_match(const struct json *object, const char *reference)
{
	const struct json *best = NULL;
	size_t best_len = 0;

	for (const struct json *e = json_first(object); e; e = json_next(e)) {
		const char *key = json_key(e);
		const size_t len = key ? match(key, reference) : 0;

		if (len > best_len) {
			best = e;
			best_len = len;
		}
	}
	return best;
}

/* {"username", "password"} or an identity token, as base64 for URLs: what the service decodes. */
static char *make_header(const char *user_password, const char *identity_token)
{
	DEFER(json_freep) struct json *auth = json_new_object();
	DEFER(wipe_buf) struct buf encoded = { 0 };
	const char *colon = strchr(user_password, ':');
	char *user = xstrndup(user_password, (size_t)(colon - user_password));
	char *text;

	json_add_text(auth, "username", user);
	json_add_text(auth, "password", colon + 1);
	if (identity_token)
		json_add_text(auth, "identitytoken", identity_token);
	text = json_print(auth, false);
	buf_init(&encoded, LOGIN_TEXT_MAX);
	base64_encode_url(text, strlen(text), &encoded);
	wipe(&text);
	free(user);
	return xstrdup(encoded.data);
}

/* 1: found; 0: this file has nothing. */
static int find_in(const struct json *root, const char *path, const char *reference,
		   struct login *ret, struct error *err)
{
	const struct json *entry = best_match(json_get(root, "auths"), reference);
	const struct json *helper = best_match(json_get(root, "credHelpers"), reference);
	const char *auth = json_get_text(entry, "auth");
	const char *store = helper ? json_text(helper) : json_get_text(root, "credsStore");
	DEFER(wipe_buf) struct buf text = { 0 };

	if (helper || (!auth && entry && store)) {
		ret->helper = xstrdup(store ? store : "");
		ret->file = xstrdup(path);
		return 1;
	}
	if (!auth || !*auth)
		return 0;
	buf_init(&text, LOGIN_TEXT_MAX);
	if (!base64_decode(auth, strlen(auth), &text) || text.is_full || !strchr(text.data, ':'))
		return error_set(err, ERROR_HOST,
				 "cannot read the login for '%s' in '%s': it is not base64 of "
				 "name:password; log in again with `podman login`",
				 json_key(entry), path);
	ret->header = make_header(text.data, json_get_text(entry, "identitytoken"));
	ret->file = xstrdup(path);
	return 1;
}

int login_find(const char *reference, struct login *ret, struct error *err)
{
	DEFER(strv_release) struct strv files = { 0 };
	struct login found = { 0 };

	list_files(&files);
	for (size_t i = 0; i < files.count; i++) {
		DEFER(json_freep) struct json *root = NULL;
		int has = read_file(files.items[i], &root, err);

		if (has > 0)
			has = find_in(root, files.items[i], reference, &found, err);
		if (has < 0)
			return -1;
		if (has > 0)
			break;
	}
	*ret = found;
	return 0;
}
