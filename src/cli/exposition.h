/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_CLI_EXPOSITION_H
#define WINALUX_CLI_EXPOSITION_H

struct buf;
struct look;

/*
 * Everything that is known, in Prometheus' text format 0.0.4: base units, one family after the
 * other. What is not known, or not any more, is not there.
 */
void exposition_add(struct buf *b, const struct look *look);

#define EXPOSITION_TYPE "text/plain; version=0.0.4; charset=utf-8"

#endif
