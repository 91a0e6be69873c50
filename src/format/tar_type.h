/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_FORMAT_TAR_TYPE_H
#define WINALUX_FORMAT_TAR_TYPE_H

#include <sys/types.h>

/* What a file that no archive of ours takes is: "a fifo", "a socket", … */
const char *tar_type_text(mode_t mode);

#endif
