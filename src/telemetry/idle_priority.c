/* SPDX-License-Identifier: MIT */
#include "idle_priority.h"

#include <sys/syscall.h>
#include <unistd.h>

/* <linux/ioprio.h>, which older headers do not have. */
enum { WHO_PROCESS = 1, CLASS_IDLE = 3, CLASS_SHIFT = 13 };

bool idle_io_priority(void)
{
	return syscall(SYS_ioprio_set, WHO_PROCESS, 0, CLASS_IDLE << CLASS_SHIFT) == 0;
}
