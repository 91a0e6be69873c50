/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_CLI_EVENT_TEXT_H
#define WINALUX_CLI_EVENT_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

/*
 * A line of a guest's log for people: an event ({"event":"check","name":"redis",…}) becomes a
 * sentence; what is no event is added as it is, control characters escaped.
 */
void event_text_add(struct buf *b, const char *line, size_t len);

#endif
