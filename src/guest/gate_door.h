/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_GUEST_GATE_DOOR_H
#define WINALUX_GUEST_GATE_DOOR_H

#include "gate.h"

/*
 * The gate's connections: who is served, how long, and when an answer goes out. What the answer is
 * says gate.c, through on_request and on_leave of struct gate.
 */

/* Listens at path. ERROR_HOST. */
int gate_door_open(struct gate *g, const char *path, struct error *err);

/* The one answer to a request; the client may be gone afterwards, and is after a last one. */
void gate_door_answer(struct gate_client *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void gate_door_answer_last(struct gate_client *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void gate_door_answer_late(struct gate_client *c, int delay_ms, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
