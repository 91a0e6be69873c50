/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_IMAGE_PEM_H
#define WINALUX_IMAGE_PEM_H

#include <stdbool.h>
#include <stddef.h>

/* One certificate within a text: from its BEGIN line to the end of its END line. */
struct pem {
	const char *start;
	size_t len;
};

/*
 * The next certificate at or behind *cursor, which moves behind it; false at the end. Other blocks
 * (keys, OpenSSL's TRUSTED CERTIFICATE), comments and broken blocks are passed over.
 */
bool pem_next(const char **cursor, struct pem *ret);

/* Its base64 without line breaks: equal for equal certificates. The caller frees it. */
char *pem_body(const struct pem *pem);

#endif
