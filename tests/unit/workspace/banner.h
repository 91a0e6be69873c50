/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_TESTS_UNIT_WORKSPACE_BANNER_H
#define WINALUX_TESTS_UNIT_WORKSPACE_BANNER_H

#include <stdint.h>

/* Something that listens at 127.0.0.1 and greets every client with one text, or with silence. */
struct banner;

struct banner *banner_start(const char *text); /* NULL: connections stay open and silent */
uint16_t banner_port(const struct banner *b);
unsigned banner_client_count(struct banner *b);
void banner_stop(struct banner *b); /* frees it */
void banner_stopp(struct banner **b);

/* A port at which nobody listens. */
uint16_t banner_free_port(void);

#endif
