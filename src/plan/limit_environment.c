/* SPDX-License-Identifier: MIT */
#include "limit_environment.h"

#include <inttypes.h>
#include <stddef.h>

#include "winalux/base/buf.h"
#include "winalux/base/mem.h"
#include "winalux/base/strv.h"

enum { JAVA_MAX = 256 };

/*
 * Sizes of pools. Most of these count the processors of the affinity mask, or the machine's: the
 * variable also reaches what podman exec starts, and workspaces without a mask. least: a pool that
 * waits more than it computes is not made smaller than it is without us.
 */
static const struct {
	const char *name;
	uint32_t least;
} pools[] = {
	{ "OMP_NUM_THREADS", 1 },      /* OpenMP and what builds on it; nproc heeds it too */
	{ "OPENBLAS_NUM_THREADS", 1 }, /* numpy and scipy */
	{ "MKL_NUM_THREADS", 1 },
	{ "NUMEXPR_MAX_THREADS", 1 },
	{ "RAYON_NUM_THREADS", 1 },  /* polars, ruff, uv */
	{ "GOMAXPROCS", 1 },         /* threads that run Go */
	{ "PYTHON_CPU_COUNT", 1 },   /* os.cpu_count() of Python 3.13 on, which heeds no mask */
	{ "UV_THREADPOOL_SIZE", 4 }, /* Node's files, names and hashes: 4 on any machine */
	{ "CMAKE_BUILD_PARALLEL_LEVEL", 1 },
	{ "CARGO_BUILD_JOBS", 1 },
};

/*
 * The JVM asks the kernel for memory and finds the machine's (it asks sysinfo(2), not
 * /proc/meminfo): its heap would be a quarter of that. One that is too old for an option would not
 * start without the first one.
 */
static void add_java(struct strv *environment, uint32_t processors, uint32_t memory_mib)
{
	struct buf options;

	buf_init(&options, JAVA_MAX);
	buf_add_str(&options, "JAVA_TOOL_OPTIONS=-XX:+IgnoreUnrecognizedVMOptions");
	if (processors)
		buf_addf(&options, " -XX:ActiveProcessorCount=%" PRIu32, processors);
	if (memory_mib)
		buf_addf(&options, " -XX:MaxRAM=%" PRIu32 "m", memory_mib);
	strv_add(environment, options.data);
	buf_release(&options);
}

void limit_environment_add(struct strv *environment, uint32_t cpu_milli, uint32_t memory_mib)
{
	const uint32_t processors = (cpu_milli + 999) / 1000;

	for (size_t i = 0; processors && i < ARRAY_SIZE(pools); i++)
		strv_addf(environment, "%s=%" PRIu32, pools[i].name,
			  processors > pools[i].least ? processors : pools[i].least);
	if (processors || memory_mib)
		add_java(environment, processors, memory_mib);
}
