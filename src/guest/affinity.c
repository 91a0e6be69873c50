/* SPDX-License-Identifier: MIT */
#include "affinity.h"

#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "winalux/base/mem.h"

static bool has(const struct affinity *a, size_t processor)
{
	return a->words[processor / AFFINITY_WORD_BITS] >> processor % AFFINITY_WORD_BITS & 1;
}

static void put(struct affinity *a, size_t processor)
{
	a->words[processor / AFFINITY_WORD_BITS] |= 1UL << processor % AFFINITY_WORD_BITS;
}

static size_t count(const struct affinity *a)
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(a->words); i++)
		n += (size_t)__builtin_popcountl(a->words[i]);
	return n;
}

/* The libraries' calls take a cpu_set_t, which has 1024 places; the kernel's own have no end. */
static bool get(pid_t pid, struct affinity *ret)
{
	memset(ret, 0, sizeof(*ret));
	return syscall(SYS_sched_getaffinity, pid, sizeof(ret->words), ret->words) > 0;
}

static int set(const struct affinity *a)
{
	return (int)syscall(SYS_sched_setaffinity, 0, sizeof(a->words), a->words);
}

void affinity_init(struct affinity *ret)
{
	if (!get(0, ret))
		memset(ret, 0, sizeof(*ret));
}

/* FNV-1a */
static uint32_t hash_of(const char *text)
{
	uint32_t hash = 2166136261;

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 16777619;
	return hash;
}

void affinity_choose(const struct affinity *allowed, uint32_t cpu_milli, const char *name,
		     struct affinity *ret)
{
	const size_t wanted = ((size_t)cpu_milli + 999) / 1000, all = count(allowed);

	*ret = *allowed;
	if (!wanted || wanted >= all)
		return;
	*ret = (struct affinity){ 0 };
	const size_t first = hash_of(name) % all;
	for (size_t processor = 0, place = 0; processor < AFFINITY_PROCESSORS_MAX; processor++) {
		if (!has(allowed, processor))
			continue;
		if ((place + all - first) % all < wanted)
			put(ret, processor);
		place++;
	}
}

int affinity_set(const struct affinity *allowed, uint32_t cpu_milli, const char *name)
{
	struct affinity now, chosen;

	affinity_choose(allowed, cpu_milli, name, &chosen);
	if (!count(&chosen) || (get(0, &now) && memcmp(&now, &chosen, sizeof(now)) == 0))
		return 0;
	return set(&chosen);
}

void affinity_follow(pid_t pid)
{
	struct affinity own, other;

	if (!get(0, &own) || !get(pid, &other))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(own.words); i++)
		other.words[i] &= own.words[i];
	if (count(&other) && memcmp(&own, &other, sizeof(own)) != 0)
		set(&other);
}
