/* SPDX-License-Identifier: MIT */
#include "storage_growth.h"

void storage_growth_begin(struct storage_growth *g, const struct write_counters *writes,
			  const struct space_used *used)
{
	write_growth_begin(&g->writes, writes);
	g->then = g->now = *used;
	g->grown_bytes = 0;
}

void storage_growth_take(struct storage_growth *g, const struct write_counters *writes,
			 const struct space_used *used)
{
	write_growth_take(&g->writes, writes);
	if (!used->is_known)
		return;
	/* What somebody frees makes no room for what another writes. */
	if (g->now.is_known && used->bytes > g->now.bytes)
		g->grown_bytes += used->bytes - g->now.bytes;
	g->now = *used;
}

static uint64_t used_more(const struct storage_growth *g)
{
	return g->then.is_known ? g->grown_bytes : 0;
}

static bool knows_writes(const struct storage_growth *g)
{
	return g->writes.has_before && g->then.counts_writes && g->now.counts_writes;
}

uint64_t storage_growth_bytes(const struct storage_growth *g)
{
	if (!g->then.is_known)
		return g->writes.net_bytes;
	return knows_writes(g) && g->writes.net_bytes < used_more(g) ? g->writes.net_bytes
								     : used_more(g);
}

/* In either direction: what was deleted is in no counter. */
static uint64_t used_otherwise(const struct storage_growth *g)
{
	return g->then.is_known && g->now.bytes < g->then.bytes ? g->then.bytes - g->now.bytes
								: used_more(g);
}

uint64_t storage_growth_written(const struct storage_growth *g)
{
	const uint64_t written = knows_writes(g) ? g->writes.net_bytes : used_more(g);
	const uint64_t changed = g->writes.has_moved ? used_otherwise(g) : 0;

	return changed > written ? changed : written;
}

bool storage_growth_is_none(const struct storage_growth *g)
{
	if (g->writes.has_moved)
		return knows_writes(g) && !g->writes.has_lost &&
		       g->writes.gross_bytes < STORAGE_NOISE_BYTES;
	return knows_writes(g) || (g->then.is_known && g->now.bytes == g->then.bytes);
}

struct storage_estimate storage_estimate(uint64_t counted_bytes, bool is_count_exact,
					 uint64_t freed_bytes, const struct storage_growth *g)
{
	const uint64_t kept = counted_bytes > freed_bytes ? counted_bytes - freed_bytes : 0;

	return (struct storage_estimate){
		.bytes = kept + storage_growth_bytes(g),
		.is_exact = is_count_exact && !freed_bytes && storage_growth_is_none(g),
	};
}
