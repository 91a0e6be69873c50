/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_GUEST_VENV_H
#define WINALUX_GUEST_VENV_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The virtual environment of a home, whose Python is the image's. The home outlives the image: an
 * environment of 3.11 is of no use where the next image has 3.13.
 */

enum { VENV_VERSION_SIZE = 16 };

/*
 * "3.13", the version that a virtual environment was made with, and (may be NULL) the directory of
 * its Python, of at most size bytes. False when there is no such environment or it does not say so.
 */
bool venv_version(const char *venv, char ret[static VENV_VERSION_SIZE], char *ret_home,
		  size_t size);

/*
 * Is the environment unusable: without a Python that can be started, or made with the Python of the
 * image when that was another one? What a developer has made with a Python of his own is not.
 * skeleton is the image's environment of the same kind.
 */
bool venv_is_stale(const char *venv, const char *skeleton);

/*
 * Moves a stale environment aside, to "venv.3.11" or with a number behind, so that the image's
 * takes its place by home_fill_from(). False when nothing was to do or could be done.
 */
bool venv_set_aside(const char *venv, const char *skeleton);

#endif
