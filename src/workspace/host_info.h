/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_SRC_WORKSPACE_HOST_INFO_H
#define WINALUX_SRC_WORKSPACE_HOST_INFO_H

struct error;
struct host;
struct json;

/*
 * GET /info, asked once per host; NULL where the server cannot say (4.3 to 5.2 under socket
 * activation). Owned by host. For the main thread.
 */
int host_get_info(struct host *host, const struct json **ret, struct error *err);

#endif
