/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_CLI_VIEW_H
#define WINALUX_CLI_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "winalux/plan/plan.h"

#include "table.h"

struct buf;
struct container;
struct json;
struct workspace_facts;

/* How facts look to people and in JSON; shared by list, info and the summaries. Texts are the
 * caller's to free. */

/* "127.0.0.1:2201", NULL when nothing is published. */
char *view_ssh_endpoint(const struct workspace_facts *w);
/* "ssh -p 2201 developer@127.0.0.1" */
char *view_ssh_command(const char *address, uint16_t port);
/* The published app port: NULL when there is none. */
const struct port_mapping *view_app_port(const struct workspace_facts *w);
char *view_endpoint(const struct port_mapping *port);
/* "redis memcached(stopped)", "" without sidecars. */
char *view_sidecars(const struct workspace_facts *w);
/* Digest of the guest that this program carries. It is read whole for it: once per command. */
void view_our_guest(char ret_digest[static HASH_HEX_SIZE]);
/* "1a2b3c4d", with " old" when it is not our_guest; "" when unknown. */
char *view_guest(const struct workspace_facts *w, const char *our_guest);
/* "3h" since a time of the wall clock; "" for 0. */
char *view_age(int64_t since_s);
/* "4.0 GiB" */
char *view_size(uint64_t bytes);
/* "1.2 s", "3 min 05 s" */
char *view_took(int64_t took_ms);

/* "key         text" on standard output, for what is shown of one thing. Control characters are
 * escaped. */
void view_line(const char *key, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

const char *container_state_name(enum container_state state);
enum table_color view_status_color(const char *status);

/* "created", "recreated", "unchanged": what was done. */
const char *view_action_done(enum action action);
/* '+', '~', '!' (ends sessions), '-', '=' */
char view_action_mark(enum action action);

/* One element of `list --json`: see winalux(1). */
struct json *view_workspace_json(const struct workspace_facts *w, const char *our_guest);

/*
 * Podman's "1.049MB" in bytes. It has four digits and powers of 1000; what is within its rounding
 * of whole MiB, as sizes are given, was that. False where it is no such text.
 */
bool view_parse_size(const char *text, uint64_t *ret);

bool view_ends_with(const char *text, const char *end);

/* Cuts every run of 64 hexadecimal digits, an object's id, to the 12 that Podman shows. */
void view_shorten_ids(char *text);

#endif
