/* SPDX-License-Identifier: MIT */
/*
 * Sorting the answers of the list calls into workspaces. Everything is found by label. Infra
 * containers carry their pod's labels; they are told apart by is_infra. A workspace exists as soon
 * as one object carries its name, so leftovers of a broken deploy are seen too.
 *
 * Volumes come first, because the newest state tells which of several pods, networks or containers
 * of one role is the one that winalux made (people copy labels), and in what order containers
 * start. A container whose name is not the one that its labels ask for is a stranger (stranger.h).
 */
#include "winalux/plan/facts.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/base/parse.h"
#include "winalux/base/strv.h"
#include "winalux/inventory/inventory.h"
#include "winalux/plan/names.h"
#include "winalux/plan/stranger.h"

static int compare_workspaces(const void *a, const void *b)
{
	const struct workspace_facts *left = a, *right = b;

	return strcmp(left->name, right->name);
}

static const char *role_of(const struct labels *labels)
{
	const char *role = labels_get(labels, LABEL_ROLE);

	return role ? role : "";
}

static void add_workspace_name(struct facts *facts, const struct labels *labels)
{
	const char *name = labels_get(labels, LABEL_WORKSPACE);
	struct workspace_facts *w;

	/* A label may come from anybody's image: only what could be a name of ours is one. */
	if (!name || !inventory_name_is_valid(name))
		return;
	w = xgrow(&facts->workspaces, &facts->cap, facts->count++, sizeof(*w));
	w->name = name;
}

/* One entry per object at first, then sorted and made unique: no search per object. */
static void collect_names(struct facts *facts)
{
	size_t kept = 0;

	for (size_t i = 0; i < facts->containers.count; i++) {
		if (container_is_ours(&facts->containers.items[i]))
			add_workspace_name(facts, &facts->containers.items[i].labels);
	}
	for (size_t i = 0; i < facts->pods.count; i++)
		add_workspace_name(facts, &facts->pods.items[i].labels);
	for (size_t i = 0; i < facts->volumes.count; i++)
		add_workspace_name(facts, &facts->volumes.items[i].labels);
	for (size_t i = 0; i < facts->networks.count; i++)
		add_workspace_name(facts, &facts->networks.items[i].labels);
	if (facts->count > 1)
		qsort(facts->workspaces, facts->count, sizeof(facts->workspaces[0]),
		      compare_workspaces);
	for (size_t i = 0; i < facts->count; i++) {
		if (kept && !strcmp(facts->workspaces[kept - 1].name, facts->workspaces[i].name))
			continue;
		facts->workspaces[kept++] = facts->workspaces[i];
	}
	facts->count = kept;
	for (size_t i = 0; i < facts->count; i++)
		facts->workspaces[i].slug = inventory_slug(facts->workspaces[i].name);
}

static struct workspace_facts *find_mutable(struct facts *facts, const struct labels *labels)
{
	struct workspace_facts key = { .name = labels_get(labels, LABEL_WORKSPACE) };

	if (!key.name || !facts->count)
		return NULL;
	return bsearch(&key, facts->workspaces, facts->count, sizeof(key), compare_workspaces);
}

const struct workspace_facts *facts_find(const struct facts *facts, const char *name)
{
	struct workspace_facts key = { .name = name };

	if (!facts->count)
		return NULL;
	return bsearch(&key, facts->workspaces, facts->count, sizeof(key), compare_workspaces);
}

/* Lists of borrowed pointers grow by one: a workspace has a handful of each. */
#define APPEND_POINTER(list, count, pointer)                                                       \
	do {                                                                                       \
		(list) = xreallocarray((void *)(list), (count) + 1, sizeof(*(list)));              \
		(list)[(count)++] = (pointer);                                                     \
	} while (0)

static const char *const keeper_roles[KEEPER_COUNT] = {
	[KEEPER_A] = ROLE_KEEPER_A,
	[KEEPER_B] = ROLE_KEEPER_B,
	[KEEPER_WARDEN] = ROLE_WARDEN,
};

const char *keeper_role(enum keeper keeper)
{
	return keeper_roles[keeper];
}

static void place_attendant(struct facts *facts, const struct container *c)
{
	if (!strcmp(role_of(&c->labels), ROLE_TELEMETRY))
		facts->telemetry = c;
	if (!strcmp(role_of(&c->labels), ROLE_EMULATOR))
		facts->emulator = c;
	for (size_t i = 0; i < KEEPER_COUNT; i++) {
		if (!strcmp(role_of(&c->labels), keeper_roles[i]))
			facts->keepers[i] = c;
	}
}

static void place_container(struct facts *facts, const struct container *c)
{
	struct workspace_facts *w = find_mutable(facts, &c->labels);

	if (!facts_container_is_ours(facts, c))
		return;
	if (!w)
		place_attendant(facts, c);
	else if (!c->is_infra)
		APPEND_POINTER(w->containers, w->container_count, c);
	else if (!w->infra || (w->pod && !strcmp(c->pod_id, w->pod->id)))
		w->infra = c;
}

static unsigned generation_of(const struct volume *v)
{
	const char *text = labels_get(&v->labels, LABEL_GENERATION);
	uint64_t generation = 0;

	if (!text || !parse_whole_u64(text, 1, UINT32_MAX, &generation))
		return 0;
	return (unsigned)generation;
}

static void place_account_volume(struct facts *facts, const struct volume *v, const char *role)
{
	const unsigned generation = generation_of(v);

	if (!strcmp(v->name, ACCOUNT_VOLUME)) {
		facts->account = v;
	} else if (!strcmp(v->name, LIBRARIES_VOLUME)) {
		facts->libraries = v;
	} else if (!strcmp(role, "account") && generation > facts->account_generation) {
		facts->account_generation = generation;
		facts->seccomp_digest = labels_get(&v->labels, LABEL_SECCOMP);
	}
}

static void place_volume(struct facts *facts, const struct volume *v)
{
	struct workspace_facts *w = find_mutable(facts, &v->labels);
	const char *role = role_of(&v->labels);

	if (!w)
		place_account_volume(facts, v, role);
	else if (!strcmp(role, ROLE_STATE))
		APPEND_POINTER(w->states, w->state_count, v);
	else
		APPEND_POINTER(w->volumes, w->volume_count, v);
}

/* Where a role stands in the recorded list of objects, which is in order of start. */
static size_t recorded_place(const struct workspace_state *state, const char *role)
{
	const size_t role_len = strlen(role);
	const char *at = state->objects;

	for (size_t place = 0; at && *at; place++) {
		if (!strncmp(at, role, role_len) && at[role_len] == '=')
			return place;
		at += strcspn(at, " ");
		at += strspn(at, " ");
	}
	return SIZE_MAX;
}

/* The order in which a pod starts: as recorded, what is not recorded by role; dev last. */
static int compare_containers(const void *a, const void *b, void *context)
{
	const struct workspace_state *state = context;
	const struct container *left = *(const struct container *const *)a;
	const struct container *right = *(const struct container *const *)b;
	const char *left_role = role_of(&left->labels), *right_role = role_of(&right->labels);
	const int is_left_dev = !strcmp(left_role, ROLE_DEV);
	const int is_right_dev = !strcmp(right_role, ROLE_DEV);
	const size_t left_place = recorded_place(state, left_role);
	const size_t right_place = recorded_place(state, right_role);
	const int by_role = strcmp(left_role, right_role);

	if (is_left_dev != is_right_dev)
		return is_left_dev - is_right_dev;
	if (left_place != right_place)
		return left_place < right_place ? -1 : 1;
	return by_role ? by_role : strcmp(left->name, right->name);
}

static int compare_states(const void *a, const void *b)
{
	const unsigned left = generation_of(*(const struct volume *const *)a);
	const unsigned right = generation_of(*(const struct volume *const *)b);

	return (left < right) - (left > right);
}

static int compare_volumes(const void *a, const void *b)
{
	return strcmp((*(const struct volume *const *)a)->name,
		      (*(const struct volume *const *)b)->name);
}

/* Value of "key=" in a list of "key=value" parted by blanks. */
static bool find_pair(const char *pairs, const char *key, char *ret, size_t size)
{
	const size_t key_len = strlen(key);

	while (pairs && *pairs) {
		const size_t len = strcspn(pairs, " ");

		if (len > key_len && pairs[key_len] == '=' && !strncmp(pairs, key, key_len) &&
		    len - key_len <= size) {
			memcpy(ret, pairs + key_len + 1, len - key_len - 1);
			ret[len - key_len - 1] = '\0';
			return true;
		}
		pairs += len;
		pairs += strspn(pairs, " ");
	}
	return false;
}

static uint16_t recorded_port(const char *ports, const char *key)
{
	char text[8];
	uint16_t port = 0;

	if (find_pair(ports, key, text, sizeof(text)))
		parse_port(text, &port);
	return port;
}

static void read_state(struct workspace_facts *w)
{
	const struct labels *labels;
	const char *deployed, *ports;

	if (!w->state_count)
		return;
	labels = &w->states[0]->labels;
	w->state.generation = generation_of(w->states[0]);
	w->state.id = labels_get(labels, LABEL_ID);
	w->state.objects = labels_get(labels, LABEL_OBJECTS);
	w->state.live = labels_get(labels, LABEL_LIVE);
	w->state.host_key = labels_get(labels, LABEL_HOST_KEY);
	w->state.profile = labels_get(labels, LABEL_PROFILE);
	w->state.gate = labels_get(labels, LABEL_GATE);
	w->state.salt = labels_get(labels, LABEL_SALT);
	w->state.key = labels_get(labels, LABEL_KEY);
	w->state.token_since = labels_get(labels, LABEL_TOKEN_SINCE);
	w->state.gate_hash = labels_get(labels, LABEL_GATE_HASH);
	w->state.libraries = labels_get(labels, LABEL_LIBRARIES);
	deployed = labels_get(labels, LABEL_DEPLOYED);
	if (deployed)
		parse_rfc3339(deployed, &w->state.deployed_s);
	ports = labels_get(labels, LABEL_PORTS);
	w->state.ssh_port = recorded_port(ports, "ssh");
	w->state.app_port = recorded_port(ports, "app");
}

static void settle_volumes(struct workspace_facts *w)
{
	if (w->volume_count > 1)
		qsort((void *)w->volumes, w->volume_count, sizeof(w->volumes[0]), compare_volumes);
	if (w->state_count > 1)
		qsort((void *)w->states, w->state_count, sizeof(w->states[0]), compare_states);
	read_state(w);
}

static void settle_containers(struct workspace_facts *w)
{
	if (w->container_count > 1)
		qsort_r((void *)w->containers, w->container_count, sizeof(w->containers[0]),
			compare_containers, &w->state);
}

static bool is_recorded(const struct workspace_facts *w, const char *role, const char *id)
{
	char recorded[65];

	workspace_state_object(&w->state, role, recorded);
	return !strcmp(recorded, id);
}

static void place_pod(struct facts *facts, const struct pod *pod)
{
	struct workspace_facts *w = find_mutable(facts, &pod->labels);

	if (w && (!w->pod || is_recorded(w, ROLE_POD, pod->id)))
		w->pod = pod;
}

static void place_network(struct facts *facts, const struct network *network)
{
	struct workspace_facts *w = find_mutable(facts, &network->labels);

	if (w && (!w->network || is_recorded(w, ROLE_NETWORK, network->id)))
		w->network = network;
}

void facts_index(struct facts *facts)
{
	collect_names(facts);
	for (size_t i = 0; i < facts->volumes.count; i++)
		place_volume(facts, &facts->volumes.items[i]);
	for (size_t i = 0; i < facts->count; i++)
		settle_volumes(&facts->workspaces[i]);
	for (size_t i = 0; i < facts->pods.count; i++)
		place_pod(facts, &facts->pods.items[i]);
	for (size_t i = 0; i < facts->networks.count; i++)
		place_network(facts, &facts->networks.items[i]);
	for (size_t i = 0; i < facts->containers.count; i++)
		place_container(facts, &facts->containers.items[i]);
	for (size_t i = 0; i < facts->count; i++)
		settle_containers(&facts->workspaces[i]);
	facts_find_strangers(facts);
}

static int check_schema(const struct labels *labels, const char *kind, const char *name,
			struct error *err)
{
	const char *schema = labels_get(labels, LABEL_SCHEMA);

	if (!schema || !strcmp(schema, SCHEMA_VERSION))
		return 0;
	return error_set(err, ERROR_CONFLICT,
			 "%s '%s' was made by another version of winalux (schema %s, this one "
			 "knows %s): use that version, or destroy the workspace with it first",
			 kind, name, schema, SCHEMA_VERSION);
}

int facts_check_schema(const struct facts *facts, struct error *err)
{
	int status = 0;

	for (size_t i = 0; !status && i < facts->containers.count; i++)
		status = check_schema(&facts->containers.items[i].labels, "container",
				      facts->containers.items[i].name, err);
	for (size_t i = 0; !status && i < facts->pods.count; i++)
		status = check_schema(&facts->pods.items[i].labels, "pod",
				      facts->pods.items[i].name, err);
	for (size_t i = 0; !status && i < facts->volumes.count; i++)
		status = check_schema(&facts->volumes.items[i].labels, "volume",
				      facts->volumes.items[i].name, err);
	for (size_t i = 0; !status && i < facts->networks.count; i++)
		status = check_schema(&facts->networks.items[i].labels, "network",
				      facts->networks.items[i].name, err);
	return status;
}

void facts_release(struct facts *facts)
{
	if (!facts)
		return;
	for (size_t i = 0; i < facts->count; i++) {
		free(facts->workspaces[i].slug);
		free((void *)facts->workspaces[i].containers);
		free((void *)facts->workspaces[i].volumes);
		free((void *)facts->workspaces[i].states);
		workspace_facts_release_strangers(&facts->workspaces[i]);
	}
	free(facts->workspaces);
	containers_release(&facts->containers);
	pods_release(&facts->pods);
	volumes_release(&facts->volumes);
	networks_release(&facts->networks);
	images_release(&facts->images);
	*facts = (struct facts){ 0 };
}

const struct container *workspace_facts_container(const struct workspace_facts *w, const char *role)
{
	const struct container *first = NULL;

	for (size_t i = 0; w && i < w->container_count; i++) {
		const struct container *c = w->containers[i];

		if (strcmp(role_of(&c->labels), role) != 0)
			continue;
		if (is_recorded(w, role, c->id))
			return c;
		if (!first)
			first = c;
	}
	return first;
}

void workspace_state_object(const struct workspace_state *state, const char *role,
			    char ret_id[static 65])
{
	if (!find_pair(state->objects, role, ret_id, 65))
		ret_id[0] = '\0';
}

static size_t count_running(const struct workspace_facts *w)
{
	size_t running = 0;

	for (size_t i = 0; i < w->container_count; i++)
		running += w->containers[i]->state == CONTAINER_RUNNING;
	return running;
}

bool workspace_facts_is_severed(const struct workspace_facts *w)
{
	return w->infra && w->infra->state != CONTAINER_RUNNING && count_running(w) > 0;
}

bool container_guest_can(const struct container *c, const char *what)
{
	const char *word = labels_get(&c->labels, LABEL_GUEST_CAN);
	const size_t len = strlen(what);

	while (word && *word) {
		const size_t word_len = strcspn(word, " ");

		if (word_len == len && !memcmp(word, what, len))
			return true;
		word += word_len;
		word += strspn(word, " ");
	}
	return false;
}

bool container_is_strict(const struct container *dev)
{
	const char *gate = labels_get(&dev->labels, LABEL_GATE);

	return gate && !strcmp(gate, gate_mode_name(GATE_STRICT));
}

bool workspace_facts_is_strict(const struct workspace_facts *w)
{
	const struct container *dev = workspace_facts_container(w, ROLE_DEV);

	return dev && container_is_strict(dev);
}

void facts_mark_lost(struct facts *facts, const struct strv *ids)
{
	for (size_t i = 0; i < facts->count; i++) {
		struct workspace_facts *w = &facts->workspaces[i];
		const struct container *dev = workspace_facts_container(w, ROLE_DEV);

		w->is_lost = workspace_facts_is_strict(w) && dev->state == CONTAINER_RUNNING &&
			     (!ids || strv_contains(ids, dev->id));
	}
}

bool facts_need_keepers(const struct facts *facts)
{
	for (size_t i = 0; i < facts->count; i++) {
		if (workspace_facts_is_strict(&facts->workspaces[i]))
			return true;
	}
	return false;
}

bool workspace_facts_dev_runs(const struct workspace_facts *w)
{
	const struct container *dev = workspace_facts_container(w, ROLE_DEV);

	return dev && dev->state == CONTAINER_RUNNING;
}

bool workspace_facts_is_left_sidecar(const struct workspace_facts *w, const struct container *c)
{
	const char *guest = labels_get(&c->labels, LABEL_GUEST);

	return !workspace_facts_dev_runs(w) && c->state == CONTAINER_RUNNING && !(guest && *guest);
}

/* Is a container gone that the recorded state has? ("dev=… net=… pod=… redis=…") */
static bool lacks_container(const struct workspace_facts *w)
{
	static const char *const others[] = { ROLE_NETWORK, ROLE_POD };

	for (const char *pair = w->state.objects; pair && *pair; pair += strspn(pair, " ")) {
		const size_t len = strcspn(pair, "= ");
		bool is_found = false;

		for (size_t i = 0; i < ARRAY_SIZE(others); i++)
			is_found |= strlen(others[i]) == len && !strncmp(pair, others[i], len);
		for (size_t i = 0; i < w->container_count; i++) {
			const char *role = role_of(&w->containers[i]->labels);

			is_found |= strlen(role) == len && !strncmp(pair, role, len);
		}
		if (!is_found)
			return true;
		pair += strcspn(pair, " ");
	}
	return false;
}

const char *workspace_facts_status(const struct workspace_facts *w)
{
	const size_t running = count_running(w);

	if (!w->container_count)
		return w->infra ? "broken" : "no containers";
	if (lacks_container(w) || (w->infra && w->infra->state == CONTAINER_BROKEN))
		return "broken";
	if (running == w->container_count && w->is_lost)
		return "gate lost";
	if (running == w->container_count && !workspace_facts_is_severed(w))
		return "running";
	if (running)
		return "partial";
	return w->state.generation ? "stopped" : "unfinished";
}
