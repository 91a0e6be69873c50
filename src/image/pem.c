/* SPDX-License-Identifier: MIT */
#include "image/pem.h"

#include <ctype.h>
#include <string.h>

#include "winalux/base/mem.h"

static const char begin_line[] = "-----BEGIN CERTIFICATE-----";
static const char end_line[] = "-----END CERTIFICATE-----";

bool pem_next(const char **cursor, struct pem *ret)
{
	const char *start = strstr(*cursor, begin_line);

	while (start != NULL) {
		const char *body = start + strlen(begin_line);
		const char *end = strstr(body, end_line);
		const char *again = strstr(body, begin_line);

		if (end == NULL)
			return false;
		if (again == NULL || again > end) {
			ret->start = start;
			ret->len = (size_t)(end - start) + strlen(end_line);
			*cursor = start + ret->len;
			return true;
		}
		start = again; /* the first block was never ended */
	}
	return false;
}

char *pem_body(const struct pem *pem)
{
	const char *from = pem->start + strlen(begin_line);
	const char *end = pem->start + pem->len - strlen(end_line);
	char *body = xmalloc((size_t)(end - from) + 1);
	size_t len = 0;

	for (; from < end; from++)
		if (!isspace((unsigned char)*from))
			body[len++] = *from;
	body[len] = '\0';
	return body;
}
