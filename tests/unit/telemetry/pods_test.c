/* SPDX-License-Identifier: MIT */
/* Which process is whose, from trees of files such as the host's /proc has. */
#include "telemetry/pods.h"

#include <sys/stat.h>

#include "fixture.h"
#include "telemetry/proc_file.h"
#include "winalux/base/error.h"
#include "winalux/telemetry/metrics.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* A process: its pid, its parent, its pids in the namespaces ("7 1"), inodes of namespaces. */
struct process {
	const char *pid;
	const char *parent;
	const char *pids;
	const char *pid_namespace;
	const char *net_namespace;
	unsigned ticks;
	unsigned pages;
};

static void write_in(const char *directory, const char *name, const char *text)
{
	char path[256];

	files_write(files_path(path, directory, name), text, 0644);
}

static void add_link(const char *directory, const char *name, const char *inode)
{
	char path[256], text[64];

	snprintf(text, sizeof(text), "%s:[%s]", name, inode);
	unlink(files_path(path, directory, name));
	assert_int_equal(symlink(text, path), 0);
}

static void set(struct fixture *f, const struct process *p)
{
	char directory[256], namespaces[256], text[256];

	mkdir(files_path(directory, f->proc, p->pid), 0755);
	mkdir(files_path(namespaces, directory, "ns"), 0755);
	snprintf(text, sizeof(text), "%s (x) S %s 1 1 0 -1 0 0 0 0 0 %u 0 0 0 20 0 1 0 5 99 %u 1\n",
		 p->pid, p->parent, p->ticks, p->pages);
	write_in(directory, "stat", text);
	snprintf(text, sizeof(text), "Name:\tx\nNSpid:\t%s\nNSsid:\t1\n", p->pids);
	write_in(directory, "status", text);
	add_link(namespaces, "pid", p->pid_namespace);
	add_link(namespaces, "net", p->net_namespace);
}

static void end_process(struct fixture *f, const char *pid)
{
	char directory[256], path[256];

	files_path(directory, f->proc, pid);
	unlink(files_path(path, directory, "stat"));
}

/* The first process of a dev container has the directory of its workspace mounted. */
static void mount_for(struct fixture *f, const char *pid, const char *name)
{
	char directory[256], text[256];

	snprintf(text, sizeof(text),
		 "5 4 0:9 / / rw - overlay overlay rw\n"
		 "7 5 8:1 /v/winalux-account/_data/telemetry/%s %s ro - ext4 /dev/a rw\n",
		 name, METRICS_POD_DIRECTORY);
	write_in(files_path(directory, f->proc, pid), "mountinfo", text);
}

static const struct pod *pod(struct fixture *f, const char *name)
{
	for (size_t i = 0; i < PODS_MAX; i++)
		if (strcmp(f->pods.items[i].name, name) == 0)
			return &f->pods.items[i];
	return NULL;
}

static void add_two_pods(struct fixture *f)
{
	set(f, &(struct process){ "1", "0", "1", "100", "200", 500, 1000 });
	set(f, &(struct process){ "10", "1", "10 1", "101", "201", 5, 10 });
	set(f, &(struct process){ "11", "10", "11 2", "101", "201", 7, 20 });
	set(f, &(struct process){ "12", "1", "12 1", "102", "201", 9, 40 }); /* a sidecar */
	set(f, &(struct process){ "20", "1", "20 1", "103", "202", 3, 80 });
	set(f, &(struct process){ "30", "1", "30 1", "104", "203", 3, 160 }); /* not ours */
	mount_for(f, "10", "alice");
	mount_for(f, "20", "bob");
}

static void processes_are_their_pods(void **state)
{
	struct fixture *f = *state;

	add_two_pods(f);
	assert_true(pods_look(&f->pods));
	assert_int_equal(pod(f, "alice")->sums.processes, 3);
	assert_int_equal(pod(f, "alice")->sums.rss_pages, 70);
	assert_int_equal(pod(f, "alice")->first, 10);
	assert_int_equal(pod(f, "bob")->sums.processes, 1);
	assert_int_equal(pod(f, "bob")->sums.rss_pages, 80);
	assert_false(pod(f, "alice")->knows_cpu);
}

static void count(struct pods_process *process, void *context)
{
	(void)process;
	(*(unsigned *)context)++;
}

static void count_box(const struct box *box, void *context)
{
	assert_true(box->net_namespace == 201);
	(*(unsigned *)context)++;
}

static void a_pods_boxes_and_processes_can_be_visited(void **state)
{
	struct fixture *f = *state;
	unsigned boxes = 0, processes = 0;

	add_two_pods(f);
	pods_look(&f->pods);
	const int alice = (int)(pod(f, "alice") - f->pods.items);

	pods_each_box(&f->pods, alice, count_box, &boxes);
	pods_each_process(&f->pods, alice, count, &processes);
	assert_int_equal(boxes, 2);
	assert_int_equal(processes, 3);
}

static void time_is_what_was_used_between_two_looks(void **state)
{
	struct fixture *f = *state;

	add_two_pods(f);
	pods_look(&f->pods);
	set(f, &(struct process){ "11", "10", "11 2", "101", "201", 27, 20 });
	set(f, &(struct process){ "12", "1", "12 1", "102", "201", 14, 40 });
	pods_look(&f->pods);
	assert_true(pod(f, "alice")->knows_cpu);
	assert_int_equal(pod(f, "alice")->cpu_used_us, 25 * 10000);
	assert_int_equal(pod(f, "bob")->cpu_used_us, 0);
}

/* Its time goes to the engine's process outside, which must not hide what others use. */
static void an_exec_that_ends_takes_nothing_away(void **state)
{
	struct fixture *f = *state;

	add_two_pods(f);
	set(f, &(struct process){ "15", "1", "15 9", "101", "201", 1000, 1 });
	pods_look(&f->pods);
	end_process(f, "15");
	set(f, &(struct process){ "11", "10", "11 2", "101", "201", 17, 20 });
	pods_look(&f->pods);
	assert_int_equal(pod(f, "alice")->cpu_used_us, 10 * 10000);
	assert_int_equal(pod(f, "alice")->sums.processes, 3);
}

/* Its time was waited for, and is its parent's now. */
static void a_child_that_ends_counts_once(void **state)
{
	struct fixture *f = *state;

	add_two_pods(f);
	set(f, &(struct process){ "16", "11", "16 3", "101", "201", 400, 1 });
	pods_look(&f->pods);
	end_process(f, "16");
	set(f, &(struct process){ "11", "10", "11 2", "101", "201", 407 + 30, 20 });
	pods_look(&f->pods);
	assert_int_equal(pod(f, "alice")->cpu_used_us, 30 * 10000);
}

static void a_container_that_is_new_counts_from_its_beginning(void **state)
{
	struct fixture *f = *state;

	add_two_pods(f);
	pods_look(&f->pods);
	set(f, &(struct process){ "40", "1", "40 1", "105", "201", 50, 5 });
	pods_look(&f->pods);
	assert_true(pod(f, "alice")->knows_cpu);
	assert_int_equal(pod(f, "alice")->cpu_used_us, 50 * 10000);
	end_process(f, "40");
	pods_look(&f->pods);
	assert_int_equal(pod(f, "alice")->cpu_used_us, 0);
	assert_int_equal(pod(f, "alice")->sums.processes, 3);
}

/* unshare --pid inside: the namespace is one more level down, and its network may be another. */
static void a_namespace_inside_a_container_is_its_containers(void **state)
{
	struct fixture *f = *state;

	add_two_pods(f);
	set(f, &(struct process){ "50", "11", "50 8 1", "110", "299", 5, 7 });
	set(f, &(struct process){ "51", "50", "51 9 2", "110", "299", 5, 7 });
	pods_look(&f->pods);
	assert_int_equal(pod(f, "alice")->sums.processes, 5);
}

/* A new container may get the inode of one that has just gone, and must not inherit its past. */
static void a_namespace_that_is_used_again_is_another_container(void **state)
{
	struct fixture *f = *state;

	set(f, &(struct process){ "10", "1", "10 1", "101", "201", 90000, 10 });
	mount_for(f, "10", "alice");
	pods_look(&f->pods);
	end_process(f, "10");
	set(f, &(struct process){ "60", "1", "60 1", "101", "202", 30, 10 });
	mount_for(f, "60", "alice");
	pods_look(&f->pods);
	assert_int_equal(pod(f, "alice")->first, 60);
	assert_int_equal(pod(f, "alice")->cpu_used_us, 30 * 10000);
	set(f, &(struct process){ "60", "1", "60 1", "101", "202", 70, 10 });
	pods_look(&f->pods);
	assert_int_equal(pod(f, "alice")->cpu_used_us, 40 * 10000);
}

/* More parents than are climbed: at first nobody's, but looked at again. */
static void what_cannot_be_placed_is_looked_at_again(void **state)
{
	struct fixture *f = *state;
	char pid[8], parent[8] = "11", pids[32];

	add_two_pods(f);
	for (unsigned i = 100; i < 130; i++) {
		snprintf(pid, sizeof(pid), "%u", i);
		snprintf(pids, sizeof(pids), "%u %u %u", i, i, i);
		set(f, &(struct process){ pid, parent, pids, "110", "299", 5, 7 });
		memcpy(parent, pid, sizeof(parent));
	}
	pods_look(&f->pods);
	set(f, &(struct process){ "129", "11", "129 1 1", "110", "299", 5, 7 });
	pods_look(&f->pods);
	assert_in_range(pod(f, "alice")->sums.processes, 3 + 16, 3 + 30);
}

/* The first look met the OCI runtime before it had changed its root directory and network. */
static void a_container_is_looked_at_again_while_it_is_young(void **state)
{
	struct fixture *f = *state;

	set(f, &(struct process){ "10", "1", "10 1", "101", "200", 5, 10 });
	pods_look(&f->pods);
	assert_null(pod(f, "alice"));
	set(f, &(struct process){ "10", "1", "10 1", "101", "201", 5, 10 });
	mount_for(f, "10", "alice");
	pods_look(&f->pods);
	assert_non_null(pod(f, "alice"));
	end_process(f, "10");
	pods_look(&f->pods);
	assert_null(pod(f, "alice"));
}

/* On a busy machine the runtime was there at more looks than were taken. */
static void a_container_that_takes_long_to_begin_is_found_all_the_same(void **state)
{
	struct fixture *f = *state;

	set(f, &(struct process){ "10", "1", "10 1", "101", "200", 5, 10 });
	for (unsigned i = 0; i < 10; i++)
		pods_look(&f->pods);
	assert_null(pod(f, "alice"));
	set(f, &(struct process){ "10", "1", "10 1", "101", "201", 5, 10 });
	mount_for(f, "10", "alice");
	for (unsigned i = 0; i < 7; i++)
		pods_look(&f->pods);
	assert_non_null(pod(f, "alice"));
	assert_int_equal(pod(f, "alice")->net_namespace, 201);
}

/* Who is in a pod does not leave it by a network of his own. */
static void a_container_that_has_settled_stays_where_it_is(void **state)
{
	struct fixture *f = *state;

	add_two_pods(f);
	pods_look(&f->pods);
	pods_look(&f->pods);
	pods_look(&f->pods);
	set(f, &(struct process){ "12", "1", "12 1", "102", "299", 9, 40 });
	for (unsigned i = 0; i < 20; i++)
		pods_look(&f->pods);
	assert_int_equal(pod(f, "alice")->sums.processes, 3);
}

static void a_pid_that_is_used_again_is_another_process(void **state)
{
	struct fixture *f = *state;

	add_two_pods(f);
	pods_look(&f->pods);
	set(f, &(struct process){ "11", "20", "11 2", "103", "202", 1, 20 });
	pods_look(&f->pods); /* it began at the same tick: the test's own tree says so */
	assert_int_equal(pod(f, "alice")->sums.processes, 3);
	write_in(f->proc, "11/stat", "11 (x) S 20 1 1 0 -1 0 0 0 0 0 1 0 0 0 20 0 1 0 9 99 20 1\n");
	pods_look(&f->pods);
	assert_int_equal(pod(f, "alice")->sums.processes, 2);
	assert_int_equal(pod(f, "bob")->sums.processes, 2);
}

static void add_cgroup(struct fixture *f, const char *usage)
{
	char path[256], text[64];

	files_path(path, f->cgroups, "a/" ID);
	assert_int_equal(dir_make_all(path, 0755, NULL), 0);
	snprintf(text, sizeof(text), "usage_usec %s\nuser_usec 1\n", usage);
	write_in(path, "cpu.stat", text);
	write_in(path, "memory.pressure", "some avg10=12.34 avg60=0.00 avg300=0.00 total=5\n");
	write_in(path, "memory.peak", "4096\n");
}

static void a_containers_own_cgroup_knows_better(void **state)
{
	struct fixture *f = *state;
	uint64_t peak;
	uint32_t pressure;

	add_two_pods(f);
	add_cgroup(f, "1000000");
	write_in(f->proc, "20/cgroup", "1:cpu:/x\n0::/a/" ID "/inner\n");
	write_in(f->proc, "10/cgroup", "0::/shared\n");
	pods_look(&f->pods);
	add_cgroup(f, "1500000");
	pods_look(&f->pods);
	assert_int_equal(pod(f, "bob")->cpu_used_us, 500000);
	assert_int_equal(pod(f, "alice")->cpu_used_us, 0);
	assert_true(cgroup_memory_peak(f->cgroups, "/a/" ID, &peak));
	assert_int_equal(peak, 4096);
	assert_true(cgroup_pressure(f->cgroups, "/a/" ID, "memory", &pressure));
	assert_int_equal(pressure, 1234);
	assert_false(cgroup_pressure(f->cgroups, "/a/" ID, "io", &pressure));
}

static void only_a_path_with_an_id_is_a_containers(void **state)
{
	static const struct {
		const char *text, *path;
	} cases[] = {
		{ "0::/a/" ID, "/a/" ID },
		{ "2:cpu:/b\n0::/u.slice/libpod-" ID ".scope/container\n",
		  "/u.slice/libpod-" ID ".scope" },
		{ "0::/a/b\n", NULL },
		{ "0::/\n", NULL },
		{ "1:name=systemd:/" ID "\n", NULL },
		{ "10::/" ID "\n", NULL },
		{ "", NULL },
		{ "0::/0123456789abcdef\n", NULL },
	};
	char got[CGROUP_PATH_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const bool is_found = cgroup_of_container(cases[i].text, got);

		if (is_found != (cases[i].path != NULL))
			fail_msg("'%s'", cases[i].text);
		if (is_found)
			assert_string_equal(got, cases[i].path);
	}
}

static void a_tree_that_cannot_be_read_is_said(void **state)
{
	struct fixture *f = *state;

	f->pods.proc = "/no/such/proc";
	assert_false(pods_look(&f->pods));
}

/* This very process is one of those in /proc, and in no container as seen from here. */
static void the_kernels_own_proc_is_borne(void **state)
{
	struct fixture *f = *state;
	uint64_t inode;
	unsigned depth;
	pid_t innermost;

	f->pods.proc = "/proc";
	assert_true(pods_look(&f->pods));
	assert_true(pods_look(&f->pods));
	assert_true(proc_file_namespace("/proc", getpid(), "pid", &inode));
	assert_true(proc_file_depth("/proc", getpid(), &depth, &innermost));
	assert_int_equal(innermost, getpid());
	assert_int_equal(depth, 1);
}

int main(void)
{
#define PODS_TEST(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		PODS_TEST(processes_are_their_pods),
		PODS_TEST(a_pods_boxes_and_processes_can_be_visited),
		PODS_TEST(time_is_what_was_used_between_two_looks),
		PODS_TEST(an_exec_that_ends_takes_nothing_away),
		PODS_TEST(a_child_that_ends_counts_once),
		PODS_TEST(a_container_that_is_new_counts_from_its_beginning),
		PODS_TEST(a_namespace_inside_a_container_is_its_containers),
		PODS_TEST(a_namespace_that_is_used_again_is_another_container),
		PODS_TEST(what_cannot_be_placed_is_looked_at_again),
		PODS_TEST(a_container_is_looked_at_again_while_it_is_young),
		PODS_TEST(a_container_that_takes_long_to_begin_is_found_all_the_same),
		PODS_TEST(a_container_that_has_settled_stays_where_it_is),
		PODS_TEST(a_pid_that_is_used_again_is_another_process),
		PODS_TEST(a_containers_own_cgroup_knows_better),
		PODS_TEST(only_a_path_with_an_id_is_a_containers),
		PODS_TEST(a_tree_that_cannot_be_read_is_said),
		PODS_TEST(the_kernels_own_proc_is_borne),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
