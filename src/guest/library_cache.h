/* SPDX-License-Identifier: MIT */
#ifndef WINALUX_GUEST_LIBRARY_CACHE_H
#define WINALUX_GUEST_LIBRARY_CACHE_H

/*
 * The account's cache of packages, which a dev container sees read-only, as a cache that uv takes.
 * uv wants to write locks into the one that it uses. So a directory of the developer's own stands
 * before it: links to what is large and only read, copies of the small files that locks lie among.
 * NULL where there is no cache or none can be made of it; else its path, which the caller frees.
 */
char *library_cache_before(const char *shared, const char *directory);

/* Lets everybody read what root has put into the cache: some of uv's files are for their owner. */
void library_cache_open(const char *shared);

#endif
