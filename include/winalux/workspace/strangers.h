/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_WORKSPACE_STRANGERS_H
#define WINALUX_WORKSPACE_STRANGERS_H

struct error;
struct facts;
struct host;
struct podman;
struct strv;

/*
 * Adds the containers that mount a volume of ours to the strangers that facts_index() has found
 * (plan/stranger.h); host_observe() does. Where every container of the account is ours nothing is
 * asked; else one list call, and an inspect of each that it names. A volume that is mounted by its
 * path instead of its name is not seen.
 */
int strangers_find(struct podman *podman, struct facts *facts, struct error *err);

/*
 * Tells PID 1 of each workspace about its strangers, which has them in its ledger then: by archive
 * PUT, into a stopped container as well, and only what it does not have. A failure is no reason to
 * end whatever goes on: it is logged for --verbose.
 */
void strangers_tell(struct host *host, const struct facts *facts);

/* Adds a sentence for each stranger, for who runs winalux. */
void strangers_note(const struct facts *facts, struct strv *notes);

#endif
