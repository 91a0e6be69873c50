/* SPDX-License-Identifier: MIT */
#include "winalux/workspace/telemetry.h"

#include <stdlib.h>
#include <string.h>

#include "service.h"
#include "unit/base/scratch.h"
#include "winalux/base/buf.h"
#include "winalux/base/clock.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/format/tar.h"
#include "winalux/plan/facts.h"
#include "winalux/plan/names.h"

#define PAGES ">>> GET /containers/T/archive?path=%2Faccount%2Ftelemetry\n"
#define HISTORY ">>> GET /containers/T/archive?path=%2Faccount%2Fhistory%2Falice\n"

static struct container *add(struct facts *f, const char *name, const char *role)
{
	struct container *c =
		xgrow(&f->containers.items, &f->containers.cap, f->containers.count++, sizeof(*c));

	c->id = xstrdup("T");
	c->name = xstrdup(name);
	c->pod_id = xstrdup("");
	c->state = CONTAINER_RUNNING;
	labels_add(&c->labels, LABEL_SCHEMA, SCHEMA_VERSION);
	labels_add(&c->labels, LABEL_ROLE, role);
	return c;
}

static void add_dev(struct facts *f, const char *workspace, enum container_state state)
{
	DEFER(freep) char *name = xasprintf("winalux-%s-dev", workspace);
	struct container *c = add(f, name, ROLE_DEV);

	c->state = state;
	labels_add(&c->labels, LABEL_WORKSPACE, workspace);
	labels_add(&c->labels, LABEL_TELEMETRY, "pod");
}

/* alice runs, bob does not; and the daemon. */
static struct facts account(void)
{
	struct facts f = { 0 };

	add_dev(&f, "alice", CONTAINER_RUNNING);
	add_dev(&f, "bob", CONTAINER_STOPPED);
	add(&f, "winalux-telemetry", ROLE_TELEMETRY);
	facts_index(&f);
	return f;
}

static struct metrics page(void)
{
	return (struct metrics){
		.magic = METRICS_MAGIC,
		.version = METRICS_VERSION,
		.sequence = 2,
		.sequence_end = 2,
		.known = METRICS_CPU | METRICS_MEMORY,
		.sampled_s = clock_wall_s(),
		.interval_ms = 10000,
		.cpu_used_milli = 250,
	};
}

struct archive {
	struct buf bytes;
	struct tar_writer *writer;
};

static void archive_begin(struct archive *a)
{
	buf_init(&a->bytes, 4 << 20);
	a->writer = tar_writer_new(&a->bytes, NULL);
	assert_non_null(a->writer);
}

static void archive_add(struct archive *a, const char *name, const void *data, size_t len)
{
	assert_int_equal(tar_add_file(a->writer, name, 0644, 0, 0, data, len, NULL), 0);
}

static void archive_page(struct archive *a, const char *name, const struct metrics *m)
{
	char whole[METRICS_FILE_SIZE] = { 0 };

	memcpy(whole, m, sizeof(*m));
	archive_add(a, name, whole, sizeof(whole));
}

/* A service that answers a request with what was put into the archive, once. */
static struct service_fake archive_serve(struct archive *a, void **state, const char *request)
{
	DEFER(freep) char *path = inside(state, "pages.tar");
	DEFER(freep) char *script = xasprintf("%s<<< 200 file=%s\n\n\n", request, path);

	assert_int_equal(tar_finish(a->writer, NULL), 0);
	assert_int_equal(file_write_atomic(path, a->bytes.data, a->bytes.len, 0600, NULL), 0);
	tar_writer_freep(&a->writer);
	buf_release(&a->bytes);
	return service_start(script);
}

static void one_call_reads_all_pages(void **state)
{
	DEFER(facts_release) struct facts facts = account();
	DEFER(telemetry_release) struct telemetry t = { 0 };
	struct metrics alice = page(), torn = page();
	struct archive a;
	const char *reason;

	archive_begin(&a);
	torn.sequence_end = 3;
	archive_page(&a, "telemetry/zoe/metrics", &torn);
	archive_page(&a, "telemetry/alice/metrics", &alice);
	archive_add(&a, "telemetry/bob/metrics", "short", 5);
	archive_add(&a, "telemetry/metrics.new", "x", 1);
	archive_add(&a, "telemetry/alice/other", "x", 1);
	DEFER(service_release) struct service_fake s = archive_serve(&a, state, PAGES);
	assert_ok(&s, telemetry_read(s.podman, &facts, &t, &s.err));
	assert_all_asked(&s);
	assert_int_equal(t.daemon, TELEMETRY_RUNNING);
	assert_int_equal(t.count, 3);
	assert_int_equal(telemetry_find(&t, "zoe")->result, METRICS_TORN);
	assert_int_equal(telemetry_find(&t, "bob")->result, METRICS_FOREIGN);
	assert_null(telemetry_find(&t, "carol"));
	const struct metrics *m = telemetry_figures(&t, facts_find(&facts, "alice"), &reason);
	assert_non_null(m);
	assert_null(reason);
	assert_int_equal(m->cpu_used_milli, 250);
	assert_false(telemetry_is_stale(&t, m));
	assert_null(telemetry_figures(&t, facts_find(&facts, "bob"), &reason));
	assert_string_equal(reason, "it does not run");
}

static void without_a_daemon_nothing_is_asked(void **state)
{
	DEFER(facts_release) struct facts facts = { 0 };
	DEFER(telemetry_release) struct telemetry t = { 0 };
	DEFER(service_release) struct service_fake s = service_start("# nothing\n");
	static struct telemetry_history h;
	const char *reason;

	(void)state;
	add_dev(&facts, "alice", CONTAINER_RUNNING);
	add(&facts, "somebody's", ROLE_TELEMETRY); /* with copied labels */
	facts_index(&facts);
	assert_ok(&s, telemetry_read(s.podman, &facts, &t, &s.err));
	assert_ok(&s, telemetry_read_history(s.podman, &facts, "alice", &h, &s.err));
	assert_int_equal(h.count, 0);
	assert_int_equal(t.daemon, TELEMETRY_NO_DAEMON);
	assert_null(telemetry_figures(&t, facts_find(&facts, "alice"), &reason));
	assert_non_null(strstr(reason, "winalux deploy"));
	assert_requests(&s, "");
}

/* The page is one of a container that was there before. */
static void a_workspace_that_was_made_while_nobody_measured_is_said(void **state)
{
	DEFER(facts_release) struct facts facts = { 0 };
	DEFER(telemetry_release) struct telemetry t = { 0 };
	struct metrics alice = page();
	struct archive a;
	const char *reason;

	add_dev(&facts, "alice", CONTAINER_RUNNING);
	labels_release(&facts.containers.items[0].labels);
	labels_add(&facts.containers.items[0].labels, LABEL_SCHEMA, SCHEMA_VERSION);
	labels_add(&facts.containers.items[0].labels, LABEL_ROLE, ROLE_DEV);
	labels_add(&facts.containers.items[0].labels, LABEL_WORKSPACE, "alice");
	add(&facts, "winalux-telemetry", ROLE_TELEMETRY);
	facts_index(&facts);
	archive_begin(&a);
	archive_page(&a, "telemetry/alice/metrics", &alice);
	DEFER(service_release) struct service_fake s = archive_serve(&a, state, PAGES);
	assert_ok(&s, telemetry_read(s.podman, &facts, &t, &s.err));
	assert_null(telemetry_figures(&t, facts_find(&facts, "alice"), &reason));
	assert_non_null(strstr(reason, "was made while nobody measured"));
}

static void a_daemon_that_has_ended_is_named(void **state)
{
	DEFER(facts_release) struct facts facts = account();
	DEFER(telemetry_release) struct telemetry t = { 0 };
	struct metrics alice = page();
	struct archive a;
	const char *reason;

	facts.containers.items[2].state = CONTAINER_STOPPED;
	archive_begin(&a);
	archive_page(&a, "telemetry/alice/metrics", &alice);
	DEFER(service_release) struct service_fake s = archive_serve(&a, state, PAGES);
	assert_ok(&s, telemetry_read(s.podman, &facts, &t, &s.err));
	assert_null(telemetry_figures(&t, facts_find(&facts, "alice"), &reason));
	assert_non_null(strstr(reason, "does not run"));
}

static void what_a_page_claims_is_put_in_bounds(void **state)
{
	DEFER(facts_release) struct facts facts = account();
	DEFER(telemetry_release) struct telemetry t = { 0 };
	struct metrics wild;
	struct archive a;

	memset(&wild, 0xee, sizeof(wild));
	wild.magic = METRICS_MAGIC;
	wild.version = METRICS_VERSION;
	wild.sequence = wild.sequence_end = 2;
	wild.interval_ms = 0;
	archive_begin(&a);
	archive_page(&a, "telemetry/alice/metrics", &wild);
	DEFER(service_release) struct service_fake s = archive_serve(&a, state, PAGES);
	assert_ok(&s, telemetry_read(s.podman, &facts, &t, &s.err));
	const struct metrics *m = &telemetry_find(&t, "alice")->metrics;
	assert_int_equal(m->port_count, METRICS_PORTS_MAX);
	assert_int_equal(m->sidecar_count, METRICS_SIDECARS_MAX);
	assert_int_equal(m->key_count, METRICS_KEYS_MAX);
	assert_int_equal(strlen(m->profile), METRICS_TEXT_SIZE - 1);
	assert_int_equal(strlen(m->keys[7].fingerprint), METRICS_KEY_SIZE - 1);
	assert_int_equal(m->sidecars[0].state, METRICS_UNKNOWN);
	assert_int_equal(m->interval_ms, 10000);
	assert_true(telemetry_age_s(&t, m) >= 0);
	assert_true(m->started_boot_ms <= m->sampled_boot_ms);
}

static void an_old_sample_is_stale(void **state)
{
	const struct telemetry t = { .read_s = 1000 };
	struct metrics m = { .sampled_s = 970, .interval_ms = 10000 };

	(void)state;
	assert_int_equal(telemetry_age_s(&t, &m), 30);
	assert_false(telemetry_is_stale(&t, &m));
	m.sampled_s = 969;
	assert_true(telemetry_is_stale(&t, &m));
}

/* What the page of alice becomes. */
static struct metrics read_page(void **state, const struct metrics *page, bool *ret_is_stale)
{
	DEFER(facts_release) struct facts facts = account();
	DEFER(telemetry_release) struct telemetry t = { 0 };
	struct archive a;

	archive_begin(&a);
	archive_page(&a, "telemetry/alice/metrics", page);
	DEFER(service_release) struct service_fake s = archive_serve(&a, state, PAGES);
	assert_ok(&s, telemetry_read(s.podman, &facts, &t, &s.err));
	*ret_is_stale = telemetry_is_stale(&t, &telemetry_find(&t, "alice")->metrics);
	return telemetry_find(&t, "alice")->metrics;
}

static void a_wall_clock_that_is_set_hides_no_hung_daemon(void **state)
{
	const int64_t shifts_s[] = { -INT64_C(86400), 0, 86400, INT64_MAX / 2 };
	bool is_stale;

	assert_int_not_equal(metrics_boot(), 0);
	for (size_t i = 0; i < ARRAY_SIZE(shifts_s); i++) {
		struct metrics m = page();

		m.boot = metrics_boot();
		m.sampled_s += shifts_s[i];
		m.sampled_boot_ms = metrics_now_ms();
		assert_true(clock_wall_s() - read_page(state, &m, &is_stale).sampled_s < 86400);
		assert_false(is_stale);
		m.interval_ms = 10;
		m.sampled_boot_ms -= 2000;
		read_page(state, &m, &is_stale);
		assert_true(is_stale);
	}
}

static void a_sample_of_another_boot_from_the_future_is_not_new(void **state)
{
	struct metrics m = page();
	bool is_stale;

	m.boot = metrics_boot() + 1;
	m.sampled_boot_ms = metrics_now_ms();
	read_page(state, &m, &is_stale);
	assert_false(is_stale);
	m.sampled_s += 86400;
	assert_true(clock_wall_s() - read_page(state, &m, &is_stale).sampled_s >= 86400);
	assert_true(is_stale);
	m.sampled_s = INT64_MAX;
	assert_int_equal(read_page(state, &m, &is_stale).sampled_s, 0);
	assert_true(is_stale);
}

static void more_than_pages_can_have_is_refused(void **state)
{
	DEFER(facts_release) struct facts facts = account();
	DEFER(telemetry_release) struct telemetry t = { 0 };
	DEFER(freep) char *huge = xcalloc(1, 2 << 20);
	struct archive a;

	archive_begin(&a);
	archive_add(&a, "telemetry/alice/metrics", huge, 2 << 20);
	DEFER(service_release) struct service_fake s = archive_serve(&a, state, PAGES);
	assert_error(&s.err, telemetry_read(s.podman, &facts, &t, &s.err), ERROR_HOST,
		     "cannot read what was measured");
	assert_int_equal(t.count, 0);
}

static void a_history_is_read_and_summed_up(void **state)
{
	DEFER(facts_release) struct facts facts = account();
	DEFER(freep) char *ring = inside(state, "ring");
	DEFER(buf_release) struct buf bytes = { 0 };
	static struct telemetry_history h;
	struct archive a;

	for (unsigned i = 0; i < 4; i++) {
		const struct history_entry e = {
			.at_s = 1000 + 60 * i,
			.cpu_permille = (uint16_t)(100 * i),
			.known = i == 2 ? 0 : HISTORY_CPU,
		};
		assert_true(history_append(ring, &e));
	}
	buf_init(&bytes, 1 << 20);
	assert_int_equal(file_read(ring, 1 << 20, &bytes, NULL), 0);
	archive_begin(&a);
	archive_add(&a, "alice", bytes.data, bytes.len);
	DEFER(service_release) struct service_fake s = archive_serve(&a, state, HISTORY);
	assert_ok(&s, telemetry_read_history(s.podman, &facts, "alice", &h, &s.err));
	assert_all_asked(&s);
	assert_int_equal(h.count, 4);
	const struct telemetry_range all = telemetry_range(&h, HISTORY_CPU, 0);
	assert_int_equal(all.count, 3);
	assert_int_equal(all.min, 0);
	assert_int_equal(all.mean, 133);
	assert_int_equal(all.max, 300);
	assert_int_equal(telemetry_range(&h, HISTORY_CPU, 1061).min, 300);
	assert_int_equal(telemetry_range(&h, HISTORY_MEMORY, 0).count, 0);
}

static void no_history_yet_is_no_error(void **state)
{
	DEFER(facts_release) struct facts facts = account();
	DEFER(service_release)
	struct service_fake s = service_start(
		HISTORY "<<< 404\n\n{\"cause\":\"x\",\"message\":\"no such file\"}\n");
	static struct telemetry_history h;

	(void)state;
	assert_ok(&s, telemetry_read_history(s.podman, &facts, "alice", &h, &s.err));
	assert_int_equal(h.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCRATCH_TEST(one_call_reads_all_pages),
		SCRATCH_TEST(without_a_daemon_nothing_is_asked),
		SCRATCH_TEST(a_workspace_that_was_made_while_nobody_measured_is_said),
		SCRATCH_TEST(a_daemon_that_has_ended_is_named),
		SCRATCH_TEST(what_a_page_claims_is_put_in_bounds),
		SCRATCH_TEST(an_old_sample_is_stale),
		SCRATCH_TEST(a_wall_clock_that_is_set_hides_no_hung_daemon),
		SCRATCH_TEST(a_sample_of_another_boot_from_the_future_is_not_new),
		SCRATCH_TEST(more_than_pages_can_have_is_refused),
		SCRATCH_TEST(a_history_is_read_and_summed_up),
		SCRATCH_TEST(no_history_yet_is_no_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
