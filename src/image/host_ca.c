/* SPDX-License-Identifier: MIT */
/*
 * A network that opens TLS needs its own authority inside images, too. An administrator has added
 * that authority to the host's bundle, so it is found without being told: each certificate of the
 * bundle that is in no file of the distribution's own package. On Debian and its children the
 * package fills /usr/share/ca-certificates/mozilla; elsewhere p11-kit files below /usr/share, which
 * hold PEM blocks as well.
 */
#include "image/host_ca.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "image/pem.h"
#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"
#include "winalux/image/builder.h"
#include "winalux/inventory/config.h"

enum { BUNDLE_MAX_BYTES = 16 << 20 };

static const char *const bundles[] = {
	"/etc/ssl/certs/ca-certificates.crt",
	"/etc/pki/tls/certs/ca-bundle.crt",
	"/etc/ssl/ca-bundle.pem",
	NULL,
};
static const char *const distributions[] = {
	"/usr/share/ca-certificates/mozilla",
	"/usr/share/ca-certificates/trust-source",
	"/usr/share/pki/ca-trust-source",
	"/usr/share/pki/trust",
	NULL,
};

static void add_bodies(struct strv *known, const char *text)
{
	struct pem pem;

	while (pem_next(&text, &pem))
		strv_add_owned(known, pem_body(&pem));
}

/* What cannot be read is not known: its certificates are then taken for the host's own. */
static void add_directory(struct strv *known, const char *path)
{
	DEFER(dir_closep) DIR *dir = opendir(path);
	const struct dirent *entry;

	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL) {
		DEFER(freep) char *file = xasprintf("%s/%s", path, entry->d_name);
		DEFER(buf_release) struct buf text = { 0 };

		if (entry->d_name[0] == '.')
			continue;
		if (file_read(file, BUNDLE_MAX_BYTES, &text, NULL) == 0)
			add_bodies(known, text.data);
	}
}

static int compare_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_known(const struct strv *known, const char *body)
{
	return known->count > 0 && bsearch(&body, known->items, known->count,
					   sizeof(known->items[0]), compare_text) != NULL;
}

/* Adds the certificates of text that are in no list yet, and counts them. known is sorted. */
static size_t add_unknown(struct buf *ret, const char *text, const struct strv *known)
{
	DEFER(strv_release) struct strv seen = { 0 };
	struct pem pem;

	while (pem_next(&text, &pem)) {
		DEFER(freep) char *body = pem_body(&pem);

		if (is_known(known, body) || strv_contains(&seen, body))
			continue;
		strv_add_owned(&seen, TAKE(body));
		buf_add(ret, pem.start, pem.len);
		buf_add_char(ret, '\n');
	}
	return seen.count;
}

static const char *first_readable(const char *const *paths)
{
	for (; *paths != NULL; paths++)
		if (access(*paths, R_OK) == 0)
			return *paths;
	return NULL;
}

static int take_file(const char *path, char **ret_pem, size_t *ret_count, struct error *err)
{
	static const struct strv nothing_known = { 0 };
	DEFER(buf_release) struct buf text = { 0 };
	DEFER(buf_release) struct buf pem = { 0 };
	size_t count;

	buf_init(&pem, BUNDLE_MAX_BYTES);
	if (file_read(path, BUNDLE_MAX_BYTES, &text, err) < 0)
		return error_add(err, "host_ca_file");
	count = add_unknown(&pem, text.data, &nothing_known);
	if (count == 0)
		return error_set(err, ERROR_HOST,
				 "host_ca_file '%s' has no certificate in PEM form", path);
	*ret_count = count;
	*ret_pem = buf_take(&pem);
	return 0;
}

int host_ca_find_in(const struct host_ca_paths *paths, const struct config *config, char **ret_pem,
		    size_t *ret_count, struct error *err)
{
	DEFER(buf_release) struct buf text = { 0 };
	DEFER(buf_release) struct buf pem = { 0 };
	DEFER(strv_release) struct strv known = { 0 };
	const char *bundle = first_readable(paths->bundles);
	size_t count = 0;

	if (config->trust_host_ca != CONFIG_OFF && config->host_ca_file != NULL)
		return take_file(config->host_ca_file, ret_pem, ret_count, err);
	buf_init(&pem, BUNDLE_MAX_BYTES);
	if (config->trust_host_ca != CONFIG_OFF && bundle != NULL) {
		for (size_t i = 0; paths->distributions[i] != NULL; i++)
			add_directory(&known, paths->distributions[i]);
		strv_sort(&known);
		if (file_read(bundle, BUNDLE_MAX_BYTES, &text, err) < 0)
			return -1;
		/* With nothing to compare with, "auto" cannot tell, and "on" means all of it. */
		if (known.count > 0 || config->trust_host_ca == CONFIG_ON)
			count = add_unknown(&pem, text.data, &known);
	}
	*ret_count = count;
	*ret_pem = buf_take(&pem);
	return 0;
}

int host_ca_find(const struct config *config, char **ret_pem, size_t *ret_count, struct error *err)
{
	static const struct host_ca_paths paths = { bundles, distributions };

	return host_ca_find_in(&paths, config, ret_pem, ret_count, err);
}
