/* SPDX-License-Identifier: MIT */
/*
 * seccomp-check FILE…: compiles a seccomp profile in Podman's JSON for x86_64 and aarch64, as
 * Podman and crun do it, and says what is wrong in one line each. Checked: every name known to
 * libseccomp, every action, operator and error number valid, no syscall twice without conditions,
 * no rule that repeats the default, filters within the kernel's limit. Exit status 1 when something
 * is wrong, 2 on misuse.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cjson/cJSON.h>
#include <seccomp.h>

enum { ERRNO_MAX = 4095, ARGS_MAX = 6, FILE_MAX = 1 << 20 };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct word {
	const char *text;
	uint32_t value;
};

static const struct word architectures[] = {
	{ "SCMP_ARCH_X86_64", SCMP_ARCH_X86_64 }, { "SCMP_ARCH_X86", SCMP_ARCH_X86 },
	{ "SCMP_ARCH_X32", SCMP_ARCH_X32 },       { "SCMP_ARCH_AARCH64", SCMP_ARCH_AARCH64 },
	{ "SCMP_ARCH_ARM", SCMP_ARCH_ARM },
};

static const struct word operators[] = {
	{ "SCMP_CMP_NE", SCMP_CMP_NE },
	{ "SCMP_CMP_LT", SCMP_CMP_LT },
	{ "SCMP_CMP_LE", SCMP_CMP_LE },
	{ "SCMP_CMP_EQ", SCMP_CMP_EQ },
	{ "SCMP_CMP_GE", SCMP_CMP_GE },
	{ "SCMP_CMP_GT", SCMP_CMP_GT },
	{ "SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ },
};

/* A target, by Podman's name for it in "includes" and by libseccomp's in "archMap". */
static const struct target {
	const char *name;
	const char *token;
} targets[] = { { "amd64", "SCMP_ARCH_X86_64" }, { "arm64", "SCMP_ARCH_AARCH64" } };

struct check {
	const char *path;
	const struct target *target;
	const cJSON *root;
	scmp_filter_ctx filter;
	uint32_t default_action;
	unsigned faults;
};

/* One line: file, target, the rule by its first name, what is wrong, the words in question. */
static void fault(struct check *c, const cJSON *where, const char *what, const char *subject)
{
	const cJSON *names = cJSON_GetObjectItemCaseSensitive(where, "names");
	const char *first = cJSON_GetStringValue(cJSON_GetArrayItem(names, 0));

	fprintf(stderr, "seccomp-check: %s: %s: ", c->path, c->target->name);
	if (first)
		fprintf(stderr, "in the rule of '%s': ", first);
	fprintf(stderr, subject ? "%s: '%s'\n" : "%s\n", what, subject);
	c->faults++;
}

static const struct word *find_word(const struct word *words, size_t count, const char *text)
{
	for (size_t i = 0; text && i < count; i++)
		if (strcmp(words[i].text, text) == 0)
			return &words[i];
	return NULL;
}

static const char *text_of(const cJSON *object, const char *key)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
}

/* A whole number that a double holds exactly; false where there is none. */
static bool number_of(const cJSON *object, const char *key, double max, uint64_t *ret)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);

	if (!cJSON_IsNumber(item) || item->valuedouble < 0 || item->valuedouble > max ||
	    item->valuedouble != (double)(uint64_t)item->valuedouble)
		return false;
	*ret = (uint64_t)item->valuedouble;
	return true;
}

/* Of a rule ("action", "errnoRet") or of the profile ("defaultAction", "defaultErrnoRet"). */
static bool read_action(struct check *c, const cJSON *where, const char *key, const char *errno_key,
			uint32_t *ret)
{
	const char *action = text_of(where, key);
	uint64_t number = EPERM;

	if (action && strcmp(action, "SCMP_ACT_ALLOW") == 0) {
		*ret = SCMP_ACT_ALLOW;
		return true;
	}
	if (action && strcmp(action, "SCMP_ACT_NOTIFY") == 0) {
		*ret = SCMP_ACT_NOTIFY;
		return true;
	}
	if (!action || strcmp(action, "SCMP_ACT_ERRNO") != 0) {
		fault(c, where, "an action that no profile of ours has", action);
		return false;
	}
	if (!number_of(where, errno_key, ERRNO_MAX, &number) || number == 0) {
		fault(c, where, "SCMP_ACT_ERRNO needs an error number", NULL);
		return false;
	}
	*ret = SCMP_ACT_ERRNO((uint16_t)number);
	return true;
}

static bool read_arg(struct check *c, const cJSON *rule, const cJSON *arg, struct scmp_arg_cmp *ret)
{
	const struct word *op = find_word(operators, COUNT(operators), text_of(arg, "op"));
	const double max = 9007199254740992.0; /* 2^53 */
	uint64_t index, value, value_two = 0;

	if (!op) {
		fault(c, rule, "unknown operator", text_of(arg, "op"));
		return false;
	}
	if (!number_of(arg, "index", ARGS_MAX - 1, &index) ||
	    !number_of(arg, "value", max, &value)) {
		fault(c, rule, "an argument needs an index of 0 to 5 and a value", NULL);
		return false;
	}
	if (op->value == SCMP_CMP_MASKED_EQ && !number_of(arg, "valueTwo", max, &value_two)) {
		fault(c, rule, "SCMP_CMP_MASKED_EQ needs valueTwo", NULL);
		return false;
	}
	*ret = (struct scmp_arg_cmp){ (unsigned)index, (enum scmp_compare)op->value, value,
				      value_two };
	return true;
}

static bool is_included(const struct check *c, const cJSON *rule)
{
	const cJSON *includes = cJSON_GetObjectItemCaseSensitive(rule, "includes");
	const cJSON *list = cJSON_GetObjectItemCaseSensitive(includes, "arches"), *item;

	cJSON_ArrayForEach(item, list)
	{
		if (strcmp(cJSON_GetStringValue(item) ? item->valuestring : "", c->target->name) ==
		    0)
			return true;
	}
	return !list;
}

static void add_name(struct check *c, const cJSON *rule, const char *name, uint32_t action,
		     const struct scmp_arg_cmp *args, unsigned arg_count)
{
	int number = name ? seccomp_syscall_resolve_name(name) : __NR_SCMP_ERROR;

	if (number == __NR_SCMP_ERROR) {
		fault(c, rule, "unknown syscall", name);
		return;
	}
	int failed = seccomp_rule_add_array(c->filter, action, number, arg_count, args);
	if (failed)
		fault(c, rule, strerror(-failed), name);
}

static void add_rule(struct check *c, const cJSON *rule)
{
	const cJSON *names = cJSON_GetObjectItemCaseSensitive(rule, "names"), *item;
	struct scmp_arg_cmp args[ARGS_MAX];
	unsigned arg_count = 0;
	uint32_t action;

	if (!read_action(c, rule, "action", "errnoRet", &action))
		return;
	if (action == c->default_action) {
		fault(c, rule, "the rule repeats the default", NULL);
		return;
	}
	cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(rule, "args"))
	{
		if (arg_count == ARGS_MAX || !read_arg(c, rule, item, &args[arg_count++]))
			return;
	}
	if (!cJSON_IsArray(names) || cJSON_GetArraySize(names) == 0)
		fault(c, rule, "a rule without names", NULL);
	cJSON_ArrayForEach(item, names)
	{
		add_name(c, rule, cJSON_GetStringValue(item), action, args, arg_count);
	}
}

/* Each name at most once among the rules without conditions: libseccomp would not say which one
 * wins. */
static void check_unique(struct check *c)
{
	const cJSON *rules = cJSON_GetObjectItemCaseSensitive(c->root, "syscalls"), *rule, *name;
	cJSON *seen = cJSON_CreateObject();

	cJSON_ArrayForEach(rule, rules)
	{
		if (cJSON_GetObjectItemCaseSensitive(rule, "args"))
			continue;
		cJSON_ArrayForEach(name, cJSON_GetObjectItemCaseSensitive(rule, "names"))
		{
			const char *text = cJSON_GetStringValue(name);

			if (text && cJSON_HasObjectItem(seen, text))
				fault(c, rule, "a syscall that stands in two rules", text);
			else if (text)
				cJSON_AddTrueToObject(seen, text);
		}
	}
	cJSON_Delete(seen);
}

static bool add_architecture(struct check *c, const char *token)
{
	const struct word *word = find_word(architectures, COUNT(architectures), token);
	int failed = word ? seccomp_arch_add(c->filter, word->value) : -EINVAL;

	if (!word || (failed && failed != -EEXIST)) {
		fault(c, c->root, "unknown architecture", token);
		return false;
	}
	return true;
}

static bool set_architectures(struct check *c)
{
	const cJSON *map = cJSON_GetObjectItemCaseSensitive(c->root, "archMap"), *entry, *sub;

	seccomp_arch_remove(c->filter, SCMP_ARCH_NATIVE);
	cJSON_ArrayForEach(entry, map)
	{
		const char *token = text_of(entry, "architecture");

		if (!token || strcmp(token, c->target->token) != 0)
			continue;
		if (!add_architecture(c, token))
			return false;
		cJSON_ArrayForEach(sub, cJSON_GetObjectItemCaseSensitive(entry, "subArchitectures"))
		{
			if (!add_architecture(c, cJSON_GetStringValue(sub)))
				return false;
		}
		return true;
	}
	fault(c, c->root, "archMap lacks it", c->target->token);
	return false;
}

/* Compiles, and compares the program's length with what the kernel takes. */
static void check_size(struct check *c)
{
	int fd = memfd_create("filter", MFD_CLOEXEC);
	struct stat st;

	if (fd < 0 || seccomp_export_bpf(c->filter, fd) != 0 || fstat(fd, &st) < 0)
		fault(c, c->root, "it does not compile", NULL);
	else if ((size_t)st.st_size / sizeof(struct sock_filter) > BPF_MAXINSNS)
		fault(c, c->root, "more instructions than the kernel takes", NULL);
	else
		printf("%s: %s: %zu instructions\n", c->path, c->target->name,
		       (size_t)st.st_size / sizeof(struct sock_filter));
	if (fd >= 0)
		close(fd);
}

static unsigned check_target(const char *path, const cJSON *root, const struct target *target)
{
	struct check c = { .path = path, .root = root, .target = target };
	const cJSON *rule;

	if (!read_action(&c, root, "defaultAction", "defaultErrnoRet", &c.default_action))
		return c.faults;
	c.filter = seccomp_init(c.default_action);
	if (!c.filter) {
		fault(&c, root, "libseccomp refuses the default action", NULL);
		return c.faults;
	}
	if (set_architectures(&c)) {
		check_unique(&c);
		cJSON_ArrayForEach(rule, cJSON_GetObjectItemCaseSensitive(root, "syscalls"))
		{
			if (is_included(&c, rule))
				add_rule(&c, rule);
		}
		if (!c.faults)
			check_size(&c);
	}
	seccomp_release(c.filter);
	return c.faults;
}

/* The caller frees it. */
static char *read_file(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = malloc(FILE_MAX + 1);
	size_t len = file && text ? fread(text, 1, FILE_MAX, file) : 0;

	if (file)
		fclose(file);
	if (len == 0) {
		free(text);
		return NULL;
	}
	text[len] = '\0';
	return text;
}

static unsigned check_file(const char *path)
{
	char *text = read_file(path);
	const char *end = text;
	cJSON *root = text ? cJSON_ParseWithOpts(text, &end, true) : NULL;
	unsigned faults = 0;

	if (!root) {
		fprintf(stderr, "seccomp-check: %s: %s at byte %td\n", path,
			text ? "not JSON" : "cannot be read", end - text);
		faults = 1;
	}
	for (size_t i = 0; root && i < COUNT(targets); i++)
		faults += check_target(path, root, &targets[i]);
	cJSON_Delete(root);
	free(text);
	return faults;
}

int main(int argc, char **argv)
{
	unsigned faults = 0;

	if (argc < 2) {
		fprintf(stderr, "usage: seccomp-check FILE…\n");
		return 2;
	}
	for (int i = 1; i < argc; i++)
		faults += check_file(argv[i]);
	return faults ? 1 : 0;
}
