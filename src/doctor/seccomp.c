/* SPDX-License-Identifier: MIT */
/*
 * A profile is a default action and a list of rules {names, action, errnoRet, args, includes,
 * excludes}. A rule holds when its includes match this architecture and a workspace's capabilities
 * and its excludes do not (containers/common, pkg/seccomp/seccomp_linux.go). Rules that hold go
 * into one libseccomp filter, which is then compiled; names that this libseccomp does not know are
 * skipped, as the runtimes do.
 */
#include "doctor/seccomp.h"

#include <errno.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/format/json.h"

enum { MAX_ARGUMENTS = 6 };

/* Of a dev container (docs/threat-model.md). */
static const char *const workspace_capabilities[] = {
	"CAP_CHOWN", "CAP_KILL", "CAP_SETGID", "CAP_SETUID", "CAP_SYS_CHROOT",
};

static const struct {
	uint32_t token;
	const char *name;      /* libseccomp's */
	const char *container; /* as in "arches" of a profile */
} architectures[] = {
	{ SCMP_ARCH_X86_64, "x86_64", "amd64" },
	{ SCMP_ARCH_AARCH64, "aarch64", "arm64" },
};

static const struct {
	const char *name;
	uint32_t value; /* 0 in the low half: takes an errno */
} actions[] = {
	{ "SCMP_ACT_ALLOW", SCMP_ACT_ALLOW },
	{ "SCMP_ACT_LOG", SCMP_ACT_LOG },
	{ "SCMP_ACT_KILL", SCMP_ACT_KILL },
	{ "SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS },
	{ "SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD },
	{ "SCMP_ACT_TRAP", SCMP_ACT_TRAP },
	{ "SCMP_ACT_NOTIFY", SCMP_ACT_NOTIFY },
};

static const struct {
	const char *name;
	enum scmp_compare value;
} operators[] = {
	{ "SCMP_CMP_NE", SCMP_CMP_NE },
	{ "SCMP_CMP_LT", SCMP_CMP_LT },
	{ "SCMP_CMP_LE", SCMP_CMP_LE },
	{ "SCMP_CMP_EQ", SCMP_CMP_EQ },
	{ "SCMP_CMP_GE", SCMP_CMP_GE },
	{ "SCMP_CMP_GT", SCMP_CMP_GT },
	{ "SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ },
};

struct compiler {
	scmp_filter_ctx filter;
	uint32_t default_action;
	size_t arch; /* index of architectures */
	struct seccomp_summary *summary;
};

static void filter_releasep(scmp_filter_ctx *filter)
{
	if (*filter != NULL)
		seccomp_release(*filter);
}

static int parse_action(const struct json *rule, const char *key, const char *errno_key,
			uint32_t *ret, struct error *err)
{
	const char *name = json_get_text(rule, key);
	int64_t code = json_get_int(rule, errno_key, EPERM);

	for (size_t i = 0; name != NULL && i < ARRAY_SIZE(actions); i++) {
		if (strcmp(name, actions[i].name) == 0) {
			*ret = actions[i].value;
			return 0;
		}
	}
	if (name == NULL || strcmp(name, "SCMP_ACT_ERRNO") != 0)
		return error_set(err, ERROR_HOST, "unknown seccomp action '%s'",
				 name != NULL ? name : "");
	if (code < 0 || code > 4095)
		return error_set(err, ERROR_HOST, "seccomp errno %lld is out of range",
				 (long long)code);
	*ret = SCMP_ACT_ERRNO((uint16_t)code);
	return 0;
}

static int parse_operator(const char *name, enum scmp_compare *ret, struct error *err)
{
	for (size_t i = 0; name != NULL && i < ARRAY_SIZE(operators); i++) {
		if (strcmp(name, operators[i].name) == 0) {
			*ret = operators[i].value;
			return 0;
		}
	}
	return error_set(err, ERROR_HOST, "unknown seccomp comparison '%s'",
			 name != NULL ? name : "");
}

/* Exact up to 2^53; larger masks do not occur in profiles for containers. */
static uint64_t number_of(const struct json *object, const char *key)
{
	double value = json_get_number(object, key, 0);

	return value <= 0 ? 0 : (uint64_t)value;
}

static int parse_arguments(const struct json *list, struct scmp_arg_cmp *ret, unsigned *ret_count,
			   struct error *err)
{
	unsigned count = 0;

	for (const struct json *arg = json_first(list); arg != NULL; arg = json_next(arg)) {
		int64_t index = json_get_int(arg, "index", -1);
		enum scmp_compare op = SCMP_CMP_EQ;

		if (count == MAX_ARGUMENTS || index < 0 || index >= MAX_ARGUMENTS)
			return error_set(err, ERROR_HOST,
					 "a seccomp rule has an argument that no system call has");
		if (parse_operator(json_get_text(arg, "op"), &op, err) < 0)
			return -1;
		ret[count++] = (struct scmp_arg_cmp){ .arg = (unsigned)index,
						      .op = op,
						      .datum_a = number_of(arg, "value"),
						      .datum_b = number_of(arg, "valueTwo") };
	}
	*ret_count = count;
	return 0;
}

static bool list_has(const struct json *list, const char *text)
{
	for (const struct json *item = json_first(list); item != NULL; item = json_next(item))
		if (json_text(item) != NULL && strcmp(json_text(item), text) == 0)
			return true;
	return false;
}

static bool has_capability(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(workspace_capabilities); i++)
		if (strcmp(workspace_capabilities[i], name) == 0)
			return true;
	return false;
}

/* All of "includes" must be there, and nothing of "excludes". */
static bool does_hold(const struct json *rule, const char *arch)
{
	const struct json *arches = json_path(rule, "includes.arches");
	const struct json *caps = json_path(rule, "includes.caps");

	if (json_count(arches) > 0 && !list_has(arches, arch))
		return false;
	for (const struct json *cap = json_first(caps); cap != NULL; cap = json_next(cap))
		if (json_text(cap) != NULL && !has_capability(json_text(cap)))
			return false;
	if (list_has(json_path(rule, "excludes.arches"), arch))
		return false;
	caps = json_path(rule, "excludes.caps");
	for (const struct json *cap = json_first(caps); cap != NULL; cap = json_next(cap))
		if (json_text(cap) != NULL && has_capability(json_text(cap)))
			return false;
	return true;
}

static int add_name(struct compiler *compiler, const char *name, uint32_t action,
		    const struct scmp_arg_cmp *args, unsigned arg_count, struct error *err)
{
	int call = seccomp_syscall_resolve_name(name);
	int result;

	if (call == __NR_SCMP_ERROR) {
		compiler->summary->unknown_count++;
		return 0;
	}
	result = seccomp_rule_add_array(compiler->filter, action, call, arg_count, args);
	/* A rule that another one covers is no fault; both runtimes go on. */
	if (result == 0 || result == -EEXIST || result == -EDOM) {
		compiler->summary->rule_count++;
		return 0;
	}
	return error_set_errno(err, ERROR_HOST, -result, "seccomp rule for '%s' does not compile",
			       name);
}

static int add_rule(struct compiler *compiler, const struct json *rule, struct error *err)
{
	struct scmp_arg_cmp args[MAX_ARGUMENTS];
	unsigned arg_count = 0;
	uint32_t action;

	if (!does_hold(rule, architectures[compiler->arch].container))
		return 0;
	if (parse_action(rule, "action", "errnoRet", &action, err) < 0 ||
	    parse_arguments(json_get(rule, "args"), args, &arg_count, err) < 0)
		return -1;
	/* libseccomp refuses a rule that says what the default says anyway. */
	if (action == compiler->default_action)
		return 0;
	for (const struct json *name = json_first(json_get(rule, "names")); name != NULL;
	     name = json_next(name)) {
		if (json_text(name) == NULL)
			return error_set(err, ERROR_HOST,
					 "a seccomp rule has a name that is no text");
		if (add_name(compiler, json_text(name), action, args, arg_count, err) < 0)
			return -1;
	}
	return 0;
}

static int find_architecture(size_t *ret, struct error *err)
{
	uint32_t native = seccomp_arch_native();

	for (size_t i = 0; i < ARRAY_SIZE(architectures); i++) {
		if (architectures[i].token == native) {
			*ret = i;
			return 0;
		}
	}
	return error_set(err, ERROR_HOST, "winalux knows seccomp for x86_64 and aarch64 only");
}

/* Writes the BPF program into a file of memory: only then has libseccomp really compiled it. */
static int compile(scmp_filter_ctx filter, struct error *err)
{
	DEFER(fd_closep) int fd = memfd_create("winalux-seccomp", MFD_CLOEXEC);
	int result;

	if (fd < 0)
		return error_set_errno(err, ERROR_HOST, errno, "cannot make a file in memory");
	result = seccomp_export_bpf(filter, fd);
	if (result < 0)
		return error_set_errno(err, ERROR_HOST, -result,
				       "the seccomp profile does not compile");
	return 0;
}

static void describe(struct compiler *compiler)
{
	const struct scmp_version *v = seccomp_version();

	compiler->summary->arch = architectures[compiler->arch].name;
	snprintf(compiler->summary->library_version, sizeof(compiler->summary->library_version),
		 "%u.%u.%u", v->major, v->minor, v->micro);
}

int seccomp_check(const char *text, size_t len, struct seccomp_summary *ret, struct error *err)
{
	DEFER(json_freep) struct json *profile = NULL;
	DEFER(filter_releasep) scmp_filter_ctx filter = NULL;
	struct seccomp_summary summary = { 0 };
	struct compiler compiler = { .summary = &summary };

	if (json_parse(text, len, &profile, err) < 0)
		return error_add(err, "cannot read the seccomp profile");
	if (find_architecture(&compiler.arch, err) < 0 ||
	    parse_action(profile, "defaultAction", "defaultErrnoRet", &compiler.default_action,
			 err) < 0)
		return -1;
	filter = seccomp_init(compiler.default_action);
	if (filter == NULL)
		return error_set(err, ERROR_HOST,
				 "libseccomp refuses the profile's default action");
	compiler.filter = filter;
	for (const struct json *rule = json_first(json_get(profile, "syscalls")); rule != NULL;
	     rule = json_next(rule))
		if (add_rule(&compiler, rule, err) < 0)
			return -1;
	if (summary.rule_count == 0)
		return error_set(err, ERROR_HOST, "the seccomp profile allows nothing");
	if (compile(filter, err) < 0)
		return -1;
	describe(&compiler);
	*ret = summary;
	return 0;
}
