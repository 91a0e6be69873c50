/* SPDX-License-Identifier: MIT */
#ifndef DOCTOR_JUDGE_H
#define DOCTOR_JUDGE_H

#include <stdbool.h>
#include <stdint.h>

struct finding;

/* The judgements whose figures no fake tree can hold, apart from how the figures are obtained. */

/* statfs(2) f_type of the file system that holds Podman's graph root. */
void judge_filesystem(struct finding *f, const char *path, long type);
void judge_space(struct finding *f, const char *path, uint64_t free_bytes);
/* total is 0 on file systems that make inodes as they need them. */
void judge_inodes(struct finding *f, const char *path, uint64_t free_count, uint64_t total);
/* storage_s: last change of Podman's storage, 0 when unknown. */
void judge_clock(struct finding *f, int64_t now_s, int64_t storage_s, bool is_synchronised);

#endif
