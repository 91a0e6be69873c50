/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_PLAN_STRICT_H
#define WINALUX_PLAN_STRICT_H

struct json;

/*
 * What a host lacks for strict gates ("crun 0.15 or later; Podman uses runc 1.1.5 here"), NULL
 * where it can. info is the answer of GET /libpod/info; what it does not say is taken to be there.
 * The caller frees the text.
 */
char *strict_lack(const struct json *info);

#endif
