/* SPDX-License-Identifier: MIT */
/*
 * A scan counts one tree after the other, then what deleted files occupy that are still open, and
 * is published as a whole. Trees are known by their inodes, so that the caller may come with
 * other descriptors each time and two containers may share a volume. One whose turn comes while it
 * is not there counts as it did before, and the scan is spoiled: not called exact.
 *
 * Between scans, and during the next one, the figure is that of the last scan and what the files
 * have probably grown by since it began (storage_growth.h).
 *
 * Deleted files are looked for all the time, a few descriptors at a time. Those that have been
 * closed since the scan are taken off; new ones are not added, since they are in the count or in
 * what was written.
 */
#include "storage.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cpu_time.h"

enum { PATH_SIZE = 256 };

/* --- which trees there are --- */

static bool identify(int directory, struct storage_tree *ret)
{
	struct stat st;

	if (directory < 0 || fstat(directory, &st) < 0)
		return false;
	*ret = (struct storage_tree){ .device = st.st_dev, .inode = st.st_ino };
	return true;
}

static bool is_same(const struct storage_tree *a, const struct storage_tree *b)
{
	return a->inode == b->inode && a->device == b->device;
}

static const struct storage_tree *find_tree(const struct storage_trees *trees,
					    const struct storage_tree *wanted)
{
	for (size_t i = 0; i < trees->count; i++)
		if (is_same(&trees->items[i], wanted))
			return &trees->items[i];
	return NULL;
}

static struct storage_trees trees_of(const struct storage_view *view)
{
	struct storage_trees trees = { 0 };
	struct storage_tree tree;

	for (size_t i = 0; i < view->tree_count && trees.count < STORAGE_TREES_MAX; i++)
		if (identify(view->trees[i], &tree) && !find_tree(&trees, &tree))
			trees.items[trees.count++] = tree;
	return trees;
}

static bool are_among(const struct storage_trees *some, const struct storage_trees *all)
{
	for (size_t i = 0; i < some->count; i++)
		if (!find_tree(all, &some->items[i]))
			return false;
	return true;
}

static int directory_of(const struct storage_view *view, const struct storage_tree *wanted)
{
	struct storage_tree tree;

	for (size_t i = 0; i < view->tree_count; i++)
		if (identify(view->trees[i], &tree) && is_same(&tree, wanted))
			return view->trees[i];
	return -1;
}

/* --- deleted files --- */

static void begin_looking(struct storage *s)
{
	dev_t devices[STORAGE_TREES_MAX];

	for (size_t i = 0; i < s->trees.count; i++)
		devices[i] = s->trees.items[i].device;
	deleted_files_begin(&s->deleted, devices, s->trees.count);
	s->is_looking = true;
	s->pid = 0;
	s->position = 0;
}

/* The smallest one that is not below; 0: none. */
static pid_t next_pid(const struct storage_view *view, pid_t below)
{
	pid_t found = 0;

	for (size_t i = 0; i < view->pid_count; i++)
		if (view->pids[i] >= below && view->pids[i] > 0 &&
		    (!found || view->pids[i] < found))
			found = view->pids[i];
	return found;
}

static void end_looking(struct storage *s, int64_t now_boot_ms)
{
	s->is_looking = false;
	s->open_bytes = s->deleted.bytes;
	s->open_files = s->deleted.files;
	s->is_cut = s->deleted.is_cut;
	s->next_look_boot_ms = now_boot_ms + STORAGE_LOOK_MS;
}

static void look_on(struct storage *s, const struct storage_view *view, uint32_t fds)
{
	char path[PATH_SIZE];
	pid_t pid;

	while (fds && (pid = next_pid(view, s->pid))) {
		fds--; /* one that has nothing open costs something too */
		if (pid != s->pid)
			s->position = 0;
		s->pid = pid;
		snprintf(path, sizeof(path), "%s/%d/fd", view->proc, (int)pid);
		if (!deleted_files_look(&s->deleted, path, &s->position, &fds))
			return;
		s->position = 0;
		s->pid = pid + 1;
	}
	if (fds)
		end_looking(s, view->now_boot_ms);
}

/* --- a scan --- */

static void begin_scan(struct storage *s, const struct storage_view *view,
		       const struct storage_trees *trees, const struct space_used *used)
{
	storage_growth_begin(&s->since_begin, view->writes, used);
	s->trees = *trees;
	s->phase = STORAGE_TREES;
	s->is_spoiled = false;
	s->tree = 0;
	s->is_in_tree = false;
}

/* It counts as it did before, if it was ever counted. */
static void pass_over_tree(struct storage *s, struct storage_tree *tree)
{
	const struct storage_tree *before = find_tree(&s->counted_trees, tree);

	s->is_spoiled = true;
	if (before)
		*tree = *before;
}

/* Whether anything is left to be done in this tree. */
static bool scan_tree(struct storage *s, const struct storage_view *view, uint64_t budget_us)
{
	struct storage_tree *tree = &s->trees.items[s->tree];

	if (!s->is_in_tree)
		s->is_in_tree = tree_count_begin(&s->counter, directory_of(view, tree));
	const enum tree_count_result result = tree_count_step(&s->counter, budget_us);
	if (result == TREE_COUNT_RUNNING)
		return true;
	const struct tree_count_sum sum = tree_count_result_of(&s->counter);
	if (result == TREE_COUNT_FAILED)
		pass_over_tree(s, tree);
	else
		*tree = (struct storage_tree){ tree->device, tree->inode, sum.bytes, sum.inodes };
	s->is_spoiled |= sum.unreadable || sum.changed || sum.too_deep;
	s->is_in_tree = false;
	tree_count_clear(&s->counter);
	return false;
}

static void scan_trees(struct storage *s, const struct storage_view *view, uint64_t budget_us)
{
	const uint64_t began_us = cpu_time_us();
	uint64_t used_us = 0;

	while (s->tree < s->trees.count && used_us <= budget_us) {
		if (scan_tree(s, view, budget_us - used_us))
			return;
		s->tree++;
		used_us = cpu_time_us() - began_us;
	}
	if (s->tree < s->trees.count)
		return;
	s->phase = STORAGE_DELETED;
	begin_looking(s);
}

static void end_scan(struct storage *s, int64_t now_boot_ms)
{
	uint64_t bytes = s->open_bytes, files = s->open_files;

	for (size_t i = 0; i < s->trees.count; i++) {
		bytes += s->trees.items[i].bytes;
		files += s->trees.items[i].files;
	}
	const bool is_news =
		!s->has_count || bytes != s->counted_bytes || files != s->counted_files;

	s->pauses = is_news ? 1 : s->pauses + (s->pauses < STORAGE_PAUSES_MAX);
	s->next_boot_ms = now_boot_ms + (int64_t)s->pauses * STORAGE_PAUSE_MS;
	s->phase = STORAGE_RESTING;
	s->has_count = true;
	s->is_complete = !s->is_spoiled && !s->is_cut;
	s->counted_bytes = bytes;
	s->counted_files = files;
	s->deleted_bytes = s->open_bytes;
	s->counted_boot_ms = now_boot_ms;
	s->counted_trees = s->trees;
	s->since_count = s->since_begin;
}

static bool is_due(const struct storage *s, const struct storage_trees *trees,
		   const struct storage_view *view)
{
	const uint64_t part = s->counted_bytes / 100;
	const uint64_t much = part > STORAGE_GROWTH_MIN ? part : STORAGE_GROWTH_MIN;

	return s->phase == STORAGE_RESTING && trees->count &&
	       (!s->has_count || view->is_urgent || view->now_boot_ms >= s->next_boot_ms ||
		!are_among(trees, &s->counted_trees) ||
		storage_growth_written(&s->since_count) > much);
}

/* --- what is told --- */

static void publish(const struct storage *s, const struct storage_trees *trees, struct metrics *m)
{
	const bool is_as_counted = s->is_complete && s->open_bytes == s->deleted_bytes &&
				   are_among(trees, &s->counted_trees) &&
				   are_among(&s->counted_trees, trees);
	const uint64_t closed =
		s->deleted_bytes > s->open_bytes ? s->deleted_bytes - s->open_bytes : 0;
	const struct storage_estimate estimate =
		storage_estimate(s->counted_bytes, is_as_counted, closed, &s->since_count);

	if (!s->has_count) /* what an earlier daemon has counted may be there */
		return;
	m->known |= METRICS_STORAGE;
	m->storage_used_bytes = estimate.bytes;
	m->storage_is_estimated = !estimate.is_exact;
	m->storage_files = s->counted_files;
	m->storage_counted_boot_ms = s->counted_boot_ms;
}

enum storage_phase storage_step(struct storage *s, const struct storage_view *view,
				uint64_t budget_us, struct metrics *m)
{
	const struct space_used used = space_used_of(view->trees, view->tree_count);
	const struct storage_trees trees = trees_of(view);

	storage_growth_take(&s->since_count, view->writes, &used);
	storage_growth_take(&s->since_begin, view->writes, &used);
	if (is_due(s, &trees, view))
		begin_scan(s, view, &trees, &used);
	if (s->phase == STORAGE_TREES)
		scan_trees(s, view, budget_us);
	else if (s->phase == STORAGE_RESTING && s->has_count && !s->is_looking &&
		 view->now_boot_ms >= s->next_look_boot_ms)
		begin_looking(s);
	if (s->is_looking)
		look_on(s, view,
			s->phase == STORAGE_DELETED ? STORAGE_FINISH_FDS : STORAGE_LOOK_FDS);
	if (s->phase == STORAGE_DELETED && !s->is_looking)
		end_scan(s, view->now_boot_ms);
	publish(s, &trees, m);
	return s->phase;
}

void storage_clear(struct storage *s)
{
	tree_count_clear(&s->counter);
	memset(s, 0, offsetof(struct storage, counter));
}
