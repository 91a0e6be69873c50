/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_BASE_VERSION_H
#define WINALUX_BASE_VERSION_H

/* What "git describe" said when the program was built, or the file VERSION. */
extern const char winalux_version[];
extern const char winalux_release[]; /* the file VERSION: "0.1.0" also between two releases */
extern const char *const winalux_user_agent; /* "winalux/VERSION", for HTTP */

#endif
