/* SPDX-License-Identifier: MIT */
/* Lists, creations and refusals as Podman 4.3.1 and 5.4.2 really gave them (tests/data). */
#include "fixture.h"
#include "winalux/podman/container.h"
#include "winalux/podman/image.h"
#include "winalux/podman/network.h"
#include "winalux/podman/pod.h"
#include "winalux/podman/volume.h"

static const char *const recordings[] = { "tests/data/podman-4.3.1.http",
					  "tests/data/podman-5.4.2.http" };

#define FOR_EACH_RECORDING(f)                                                                      \
	for (size_t i_ = 0; i_ < ARRAY_SIZE(recordings); i_++)                                     \
		for (DEFER(fixture_release) struct fixture f = fixture_start(recordings[i_]);      \
		     f.podman; fixture_release(&f))

static const struct container *find(const struct containers *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (!strcmp(list->items[i].name, name))
			return &list->items[i];
	fail_msg("no container '%s'", name);
	return NULL;
}

static void assert_dev(const struct containers *list)
{
	const struct container *dev = find(list, "winalux-alice-dev");

	assert_int_equal(strlen(dev->id), 64);
	assert_int_equal(strlen(dev->pod_id), 64);
	assert_int_equal(strlen(dev->image_id), 64);
	assert_string_equal(dev->image, "localhost/bb:latest");
	assert_int_equal(dev->state, CONTAINER_RUNNING);
	assert_false(dev->is_infra);
	assert_in_range(dev->created_s, 1700000000, 1900000000);
	assert_in_range(dev->started_s, dev->created_s, dev->created_s + 5);
	assert_string_equal(labels_get(&dev->labels, "io.winalux.workspace"), "alice");
	assert_int_equal(dev->ports.count, 2);
	assert_string_equal(dev->ports.items[0].host_ip, "");
	assert_int_equal(dev->ports.items[0].container_port, 2222);
	assert_string_equal(dev->ports.items[1].host_ip, "127.0.0.1");
	assert_int_equal(dev->ports.items[1].host_port, dev->ports.items[0].host_port + 1);
}

static void containers_are_listed(void **state)
{
	(void)state;
	FOR_EACH_RECORDING(f)
	{
		struct containers list;

		assert_success(&f, container_list(f.podman, "io.winalux.workspace", &list, &f.err));
		assert_int_equal(list.count, 3);
		assert_dev(&list);
		const struct container *infra = find(&list, "winalux-alice-infra");
		assert_true(infra->is_infra);
		assert_string_equal(labels_get(&infra->labels, "io.winalux.role"), "pod");
		const struct container *solo = find(&list, "winalux-alice-solo");
		assert_string_equal(solo->pod_id, "");
		assert_int_equal(solo->state, CONTAINER_STOPPED);
		assert_int_equal(solo->exit_code, 3);
		assert_int_equal(solo->ports.count, 0);
		containers_release(&list);

		DEFER(freep) char *requests = fake_requests(f.server);
		assert_string_equal(requests, "GET /containers/json?all=true&filters=%7B%22label%22"
					      "%3A%5B%22io.winalux.workspace%22%5D%7D\n");
	}
}

static void pods_volumes_and_networks_are_listed(void **state)
{
	(void)state;
	FOR_EACH_RECORDING(f)
	{
		struct pods pods;
		struct volumes volumes;
		struct networks networks;

		assert_success(&f, pod_list(f.podman, NULL, &pods, &f.err));
		assert_int_equal(pods.count, 1);
		assert_string_equal(pods.items[0].name, "winalux-alice-pod");
		assert_string_equal(pods.items[0].status, "Running");
		assert_int_equal(strlen(pods.items[0].infra_id), 64);
		assert_string_equal(labels_get(&pods.items[0].labels, "io.winalux.role"), "pod");
		pods_release(&pods);
		assert_success(&f, volume_list(f.podman, NULL, &volumes, &f.err));
		assert_int_equal(volumes.count, 1);
		assert_string_equal(volumes.items[0].name, "winalux-alice-home");
		assert_int_equal(*volumes.items[0].mountpoint, '/');
		assert_true(volumes.items[0].created_s > 0);
		volumes_release(&volumes);
		assert_success(&f, network_list(f.podman, NULL, &networks, &f.err));
		assert_int_equal(networks.count, 1);
		assert_string_equal(networks.items[0].name, "winalux-alice-net");
		networks_release(&networks);
	}
}

static void images_are_found_by_name_and_by_id(void **state)
{
	(void)state;
	FOR_EACH_RECORDING(f)
	{
		struct images list;

		assert_success(&f, image_list(f.podman, &list, &f.err));
		assert_int_equal(list.count, 2);
		const struct image *bb = images_find(&list, "localhost/bb:latest");
		assert_non_null(bb);
		assert_int_equal(strlen(bb->id), 64);
		assert_true(bb->size_bytes > 1000000);
		assert_ptr_equal(images_find(&list, "localhost/bb"), bb);
		assert_ptr_equal(images_find(&list, "bb"), bb);
		assert_null(images_find(&list, "b"));
		assert_null(images_find(&list, "localhost/bb:1"));
		assert_ptr_equal(images_find(&list, bb->id), bb);
		DEFER(freep) char *prefix = xasprintf("sha256:%.12s", bb->id);
		assert_ptr_equal(images_find(&list, prefix), bb);
		prefix[strlen(prefix) - 1] = '\0'; /* eleven digits may be a name */
		assert_null(images_find(&list, prefix));
		images_release(&list);
	}
}

static void taken_names_are_conflicts_whatever_the_status(void **state)
{
	(void)state;
	FOR_EACH_RECORDING(f)
	{
		struct container_spec container = { .name = xstrdup("winalux-alice-dev"),
						    .image = xstrdup("localhost/bb") };
		struct pod_spec pod = { .name = xstrdup("winalux-alice-pod") };

		assert_failure(&f, container_create(f.podman, &container, NULL, &f.err),
			       ERROR_CONFLICT, "cannot create container 'winalux-alice-dev': ");
		assert_int_equal(f.err.http_status, 500);
		assert_failure(&f, pod_create(f.podman, &pod, NULL, &f.err), ERROR_CONFLICT,
			       "pod already exists");
		assert_int_equal(f.err.http_status, 409);
		assert_failure(&f, volume_create(f.podman, "v", NULL, NULL, &f.err), ERROR_CONFLICT,
			       "volume already exists");
		assert_failure(&f, network_create(f.podman, "n", NULL, NULL, &f.err),
			       ERROR_CONFLICT, "network already exists");
		/* nothing was removed: it is somebody's whole pod */
		DEFER(freep) char *requests = fake_requests(f.server);
		assert_null(strstr(requests, "DELETE"));
		container_spec_release(&container);
		pod_spec_release(&pod);
	}
}

static void what_is_in_use_is_not_removed(void **state)
{
	(void)state;
	FOR_EACH_RECORDING(f)
	{
		assert_failure(&f, volume_remove(f.podman, "winalux-alice-home", &f.err),
			       ERROR_CONFLICT, "volume is being used");
		assert_failure(&f, image_remove(f.podman, "localhost/bb:latest", false, &f.err),
			       ERROR_CONFLICT, "image is in use by a container");
		assert_failure(&f,
			       container_remove(f.podman, "winalux-alice-dev", false, 0, &f.err),
			       ERROR_PODMAN, "as it is running");
	}
}

static void a_network_with_strangers_attached_is_never_forced(void **state)
{
	DEFER(fixture_release)
	struct fixture f = fixture_start(
		">>> DELETE /networks/n\n<<< 500\n\n"
		"{\"cause\":\"network is being used\",\"message\":\"\\\"n\\\" has associated "
		"containers with it. Use -f\",\"response\":500}\n");

	(void)state;
	assert_failure(&f, network_remove(f.podman, "n", &f.err), ERROR_CONFLICT,
		       "network is being used");
	DEFER(freep) char *requests = fake_requests(f.server);
	assert_string_equal(requests, "DELETE /networks/n\n");
}

static void removing_what_is_gone_is_success(void **state)
{
	(void)state;
	FOR_EACH_RECORDING(f)
	{
		assert_success(&f, container_remove(f.podman, "nope", true, 0, &f.err));
		assert_success(&f, pod_remove(f.podman, "nope", 0, &f.err));
		assert_success(&f, volume_remove(f.podman, "nope", &f.err));
		assert_success(&f, network_remove(f.podman, "nope", &f.err));
		assert_success(&f, image_remove(f.podman, "nope", false, &f.err));
	}
}

static void starting_tells_apart_gone_and_running(void **state)
{
	(void)state;
	FOR_EACH_RECORDING(f)
	{
		assert_failure(&f, container_start(f.podman, "nope", &f.err), ERROR_NOT_FOUND,
			       "no such container");
		assert_success(&f, container_start(f.podman, "winalux-alice-dev", &f.err));
	}
}

static void a_half_made_pod_is_removed_and_no_other(void **state)
{
	static const char script[] =
		">>> POST /pods/create\n<<< 500\n\n{\"cause\":\"no space left on device\"}\n"
		">>> POST /pods/create\n<<< 500\n\n{\"cause\":\"something\"}\n"
		">>> GET /pods/json*\n<<< 200\n\n"
		"[{\"Id\":\"foreign\",\"Name\":\"p\",\"Labels\":{\"k\":\"theirs\"}},"
		"{\"Id\":\"half\",\"Name\":\"p\",\"Labels\":{\"k\":\"ours\",\"x\":\"\"}}]\n"
		">>> DELETE /pods/half?force=true&timeout=0\n<<< 200\n\n{\"Err\":null}\n";
	DEFER(fixture_release) struct fixture f = fixture_start(script);
	struct pod_spec pod = { .name = xstrdup("p") };

	(void)state;
	labels_add(&pod.labels, "k", "ours");
	assert_failure(&f, pod_create(f.podman, &pod, NULL, &f.err), ERROR_HOST, "no space left");
	assert_failure(&f, pod_create(f.podman, &pod, NULL, &f.err), ERROR_PODMAN, "something");
	pod_spec_release(&pod);
	assert_no_problems(&f);
}

static void errors_inside_a_200_count(void **state)
{
	static const char script[] =
		">>> DELETE /containers/c*\n<<< 200\n\n[{\"Id\":\"c\",\"Err\":\"it is stuck\"}]\n"
		">>> DELETE /pods/p*\n<<< 200\n\n{\"Err\":\"not all\",\"Id\":\"p\"}\n";
	DEFER(fixture_release) struct fixture f = fixture_start(script);

	(void)state;
	assert_failure(&f, container_remove(f.podman, "c", true, 0, &f.err), ERROR_PODMAN, "stuck");
	assert_failure(&f, pod_remove(f.podman, "p", 0, &f.err), ERROR_PODMAN, "not all");
}

static void a_missing_image_is_not_found_before_and_after_4_8(void **state)
{
	DEFER(fixture_release)
	struct fixture f = fixture_start(
		">>> POST /containers/create\n<<< 500\n\n"
		"{\"cause\":\"image not known\",\"message\":\"x:1: image not known\"}\n"
		">>> POST /containers/create\n<<< 404\n\n"
		"{\"cause\":\"image not known\",\"message\":\"no such image: x:1: image not "
		"known\"}\n");
	struct container_spec spec = { .name = xstrdup("c"), .image = xstrdup("x:1") };

	(void)state;
	assert_failure(&f, container_create(f.podman, &spec, NULL, &f.err), ERROR_NOT_FOUND, "x:1");
	assert_failure(&f, container_create(f.podman, &spec, NULL, &f.err), ERROR_NOT_FOUND, "x:1");
	container_spec_release(&spec);
}

static void what_runs_already_counts_as_started(void **state)
{
	DEFER(fixture_release)
	struct fixture f = fixture_start(">>> POST /containers/x/start\n<<< 304\n\n\n");

	(void)state;
	assert_success(&f, container_start(f.podman, "x", &f.err));
	assert_no_problems(&f);
}

static void waiting_gives_the_exit_code(void **state)
{
	DEFER(fixture_release)
	struct fixture f = fixture_start(
		">>> POST /containers/c/wait?condition=stopped&interval=20ms\n<<< 200\n\n137\n"
		">>> POST /containers/c/wait*\n<<< 200 hang\n\n\n");
	int code = 0;

	(void)state;
	assert_success(&f, container_wait(f.podman, "c", 1000, &code, &f.err));
	assert_int_equal(code, 137);
	assert_failure(&f, container_wait(f.podman, "c", 50, &code, &f.err), ERROR_TIMEOUT,
		       "cannot wait for container 'c'");
}

static void odd_entries_of_a_list_are_tolerated(void **state)
{
	static const char script[] =
		">>> GET /containers/json*\n<<< 200\n\n"
		"[{},null,{\"Id\":\"x\",\"Names\":null,\"State\":\"removing\",\"Restarts\":4,"
		"\"StartedAt\":-62135596800,\"Created\":\"0001-01-01T00:00:00Z\",\"Labels\":null,"
		"\"ImageID\":\"sha256:abc\",\"Ports\":[{\"host_port\":70000,\"container_port\":1},"
		"{\"host_ip\":\"::1\",\"host_port\":8000,\"container_port\":80,\"range\":3},"
		"{\"host_port\":9000,\"container_port\":9000,\"protocol\":\"udp\"}]}]\n";
	DEFER(fixture_release) struct fixture f = fixture_start(script);
	struct containers list;

	(void)state;
	assert_success(&f, container_list(f.podman, NULL, &list, &f.err));
	assert_int_equal(list.count, 3);
	assert_string_equal(list.items[0].id, "");
	assert_int_equal(list.items[0].state, CONTAINER_UNKNOWN);
	const struct container *c = &list.items[2];
	assert_string_equal(c->name, "");
	assert_string_equal(c->image_id, "abc");
	assert_int_equal(c->state, CONTAINER_BROKEN);
	assert_int_equal(c->restarts, 4);
	assert_int_equal(c->started_s, 0);
	assert_int_equal(c->created_s, 0);
	assert_int_equal(c->ports.count, 3);
	assert_string_equal(c->ports.items[2].host_ip, "::1");
	assert_int_equal(c->ports.items[2].host_port, 8002);
	assert_int_equal(c->ports.items[2].container_port, 82);
	containers_release(&list);
}

static void a_list_of_something_else_is_refused(void **state)
{
	static const char *const answers[] = {
		"[7]",   "[{\"Id\" \"x\"}]", "[{\"Id\":\"x\",}]", "[{\"Id\":}]", "[[]}", "[{}{}]",
		"[{} 1]"
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		DEFER(freep)
		char *script = xasprintf(">>> GET /containers/json*\n<<< 200\n\n%s\n", answers[i]);
		DEFER(fixture_release) struct fixture f = fixture_start(script);
		struct containers list;

		assert_failure(&f, container_list(f.podman, NULL, &list, &f.err), ERROR_PODMAN,
			       "cannot list containers: Podman's answer is not");
	}
}

static void labels_replace_equal_keys(void **state)
{
	struct labels l = { 0 };

	(void)state;
	labels_add(&l, "a", "1");
	labels_add(&l, "b", "2");
	labels_add(&l, "a", "3");
	assert_int_equal(l.count, 2);
	assert_string_equal(labels_get(&l, "a"), "3");
	labels_add(&l, "a", labels_get(&l, "a"));
	assert_string_equal(labels_get(&l, "a"), "3");
	assert_null(labels_get(&l, "c"));
	labels_release(&l);
	labels_release(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(containers_are_listed),
		cmocka_unit_test(pods_volumes_and_networks_are_listed),
		cmocka_unit_test(images_are_found_by_name_and_by_id),
		cmocka_unit_test(taken_names_are_conflicts_whatever_the_status),
		cmocka_unit_test(what_is_in_use_is_not_removed),
		cmocka_unit_test(a_network_with_strangers_attached_is_never_forced),
		cmocka_unit_test(removing_what_is_gone_is_success),
		cmocka_unit_test(starting_tells_apart_gone_and_running),
		cmocka_unit_test(a_half_made_pod_is_removed_and_no_other),
		cmocka_unit_test(errors_inside_a_200_count),
		cmocka_unit_test(a_missing_image_is_not_found_before_and_after_4_8),
		cmocka_unit_test(what_runs_already_counts_as_started),
		cmocka_unit_test(waiting_gives_the_exit_code),
		cmocka_unit_test(odd_entries_of_a_list_are_tolerated),
		cmocka_unit_test(a_list_of_something_else_is_refused),
		cmocka_unit_test(labels_replace_equal_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
