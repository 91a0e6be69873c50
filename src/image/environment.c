/* SPDX-License-Identifier: MIT */
#include "image/internal.h"

#include <stdlib.h>

#include "winalux/base/mem.h"
#include "winalux/base/strv.h"
#include "winalux/podman/object.h"

/* The first eight are known to a build without ARG, stay out of history, and may hold a password.
 */
enum { BUILD_ARG_COUNT = 8 };
static const char *const proxies[] = {
	"http_proxy",  "https_proxy", "ftp_proxy", "no_proxy",  "HTTP_PROXY",
	"HTTPS_PROXY", "FTP_PROXY",   "NO_PROXY",  "all_proxy", "ALL_PROXY",
};

/* What does not read the system's bundle by itself: Python's own clients, Node, uv, the AWS tools.
 */
static const char *const ca_variables[] = {
	"AWS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE",
};
static const char image_bundle[] = "/etc/ssl/certs/ca-certificates.crt";

static const char *value_of(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && value[0] != '\0' ? value : NULL;
}

void environment_add_build_args(struct labels *args)
{
	for (size_t i = 0; i < BUILD_ARG_COUNT; i++)
		if (value_of(proxies[i]) != NULL)
			labels_add(args, proxies[i], value_of(proxies[i]));
}

void builder_add_environment(struct builder *b, struct strv *environment)
{
	DEFER(strv_release) struct strv ours = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(proxies); i++)
		if (value_of(proxies[i]) != NULL)
			strv_addf(&ours, "%s=%s", proxies[i], value_of(proxies[i]));
	for (size_t i = 0; b->ca_count > 0 && i < ARRAY_SIZE(ca_variables); i++)
		strv_addf(&ours, "%s=%s", ca_variables[i], image_bundle);
	strv_sort(&ours);
	strv_add_all(environment, &ours);
}
