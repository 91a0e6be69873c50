/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_FORMAT_QUOTE_H
#define WINALUX_FORMAT_QUOTE_H

#include <stddef.h>
#include <stdint.h>

struct buf;

/* Adds one character of used bytes, escaped as the format at hand wants it. */
typedef void quote_add_fn(struct buf *b, const char *text, size_t used, uint32_t code);

/*
 * Adds text in double quotes, character by character. A byte that is not UTF-8 becomes \ufffd:
 * neither JSON nor YAML has a way to say a single byte.
 */
void quote_add(struct buf *b, const char *text, quote_add_fn *add_character);

#endif
