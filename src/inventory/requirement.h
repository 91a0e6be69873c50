/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_INVENTORY_REQUIREMENT_H
#define WINALUX_INVENTORY_REQUIREMENT_H

#include <stdbool.h>

#define REQUIREMENT_PATTERN                                                                        \
	"^[A-Za-z0-9][A-Za-z0-9._-]*( *\\[[A-Za-z0-9._, -]+\\])?( *(~=|===?|!=|<=?|>=?) "          \
	"*[A-Za-z0-9.*+!_-]+( *, *(~=|===?|!=|<=?|>=?) *[A-Za-z0-9.*+!_-]+)*)?$"

/*
 * One requirement as in PEP 508, without markers and URLs: name, optional [extras], optional
 * version specifiers; blanks between the parts are allowed. Nothing in it means anything to a shell
 * that is given it as one argument, and it cannot be taken for an option.
 */
bool requirement_is_valid(const char *text);

#endif
