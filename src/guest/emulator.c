/* SPDX-License-Identifier: MIT */
/*
 * Programs of the other architecture, without root. Since Linux 6.7 each user namespace can have a
 * binfmt_misc of its own, which counts for it and for those below: mounting it from a container of
 * the plain rootless mapping makes it that of Podman's own namespace, and so of every container and
 * build of the account. It holds as long as a mount is there, that is as long as the container.
 *
 * "emulator lease" is PID 1 and does nothing but end with who holds it.
 *
 * "emulator hold" is executed there by winalux, mounts and registers, says "ready" and waits for
 * the end of its input, which comes however winalux ends.
 *
 * "emulator serve" is PID 1 and does both, for workspaces that run on when winalux has ended.
 *
 * The interpreter is opened at registration (flag F), so no container needs to have it. Names are
 * random because several of these containers share one binfmt_misc: each takes away its own.
 */
#include "role.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "winalux/base/arch.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"

enum { FIRST_HOLDER_MS = 60000, RULE_MAX_BYTES = 512, NAME_SIZE = 48, RULES_MAX = 2 };

#define EMULATOR_DIRECTORY "/usr/lib/winalux-emulator" /* Containerfiles/emulator */
#define BINFMT_DIRECTORY EMULATOR_DIRECTORY "/binfmt"

/* ELF of 64 bits, little-endian, executable or shared object, whatever the ABI version. */
#define ELF_HEAD "\\x7fELF\\x02\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x02\\x00"
#define ELF_MASK                                                                                   \
	"\\xff\\xff\\xff\\xff\\xff\\xfe\\xfe\\x00\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xfe\\x" \
	"ff\\xff\\xff"

static const struct rule {
	const char *arch;
	const char *machine; /* e_machine */
	const char *interpreter;
} rules[RULES_MAX] = {
	{ "amd64", "\\x3e\\x00", EMULATOR_DIRECTORY "/qemu-x86_64" },
	{ "arm64", "\\xb7\\x00", EMULATOR_DIRECTORY "/qemu-aarch64" },
};

struct registered {
	char names[RULES_MAX][NAME_SIZE];
	size_t count;
};

static const struct rule *find_rule(const char *arch)
{
	for (size_t i = 0; i < RULES_MAX; i++)
		if (strcmp(rules[i].arch, arch) == 0)
			return &rules[i];
	return NULL;
}

static int write_file(const char *path, const char *text)
{
	DEFER(fd_closep) int fd = open(path, O_WRONLY | O_CLOEXEC);
	const size_t len = strlen(text);

	return fd >= 0 && write(fd, text, len) == (ssize_t)len ? 0 : -1;
}

/* The host tells these reasons apart by the errno at the end. */
static int mount_own(struct error *err)
{
	if (mount("binfmt_misc", BINFMT_DIRECTORY, "binfmt_misc", MS_NOSUID | MS_NODEV | MS_NOEXEC,
		  NULL) < 0 &&
	    errno != EBUSY)
		return error_set_errno(err, ERROR_HOST, errno, "cannot mount binfmt_misc");
	return 0;
}

static int register_one(const struct rule *rule, struct registered *all, struct error *err)
{
	char *name = all->names[all->count];
	char text[RULE_MAX_BYTES];
	uint32_t number;

	if (access(rule->interpreter, X_OK) < 0)
		return error_set_errno(err, ERROR_HOST, errno, "cannot use '%s'",
				       rule->interpreter);
	if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
		return error_set_errno(err, ERROR_HOST, errno, "no random numbers");
	snprintf(name, NAME_SIZE, "winalux-%s-%08x", rule->arch, number);
	/* F: open it now; P: argv[0] as given; O and C: the rights of the program, not qemu's. */
	snprintf(text, sizeof(text), ":%s:M::%s%s:%s:%s:FPOC", name, ELF_HEAD, rule->machine,
		 ELF_MASK, rule->interpreter);
	if (write_file(BINFMT_DIRECTORY "/register", text) < 0)
		return error_set_errno(err, ERROR_HOST, errno, "cannot register '%s'",
				       rule->interpreter);
	all->count++;
	return 0;
}

static void unregister(const struct registered *all)
{
	for (size_t i = 0; i < all->count; i++) {
		char path[sizeof(BINFMT_DIRECTORY) + NAME_SIZE];

		snprintf(path, sizeof(path), BINFMT_DIRECTORY "/%s", all->names[i]);
		write_file(path, "-1");
	}
}

static int register_all(int count, char **archs, struct registered *ret, struct error *err)
{
	if (count > 0 && mount_own(err) < 0)
		return -1;
	for (int i = 0; i < count; i++) {
		const struct rule *rule = find_rule(archs[i]);

		if (!rule)
			return error_set(err, ERROR_USAGE, "there is no emulator for '%s'",
					 archs[i]);
		if (ret->count < RULES_MAX && register_one(rule, ret, err) < 0)
			return -1;
	}
	return 0;
}

static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

/* A descriptor of the holder, -1 where it said nothing in time, or is gone already. */
static int await_holder(int signals)
{
	struct signalfd_siginfo info;

	if (fd_wait(signals, POLLIN, FIRST_HOLDER_MS) <= 0 ||
	    read(signals, &info, sizeof(info)) != (ssize_t)sizeof(info) ||
	    info.ssi_signo != SIGUSR1)
		return -1;
	return (int)syscall(SYS_pidfd_open, (pid_t)info.ssi_pid, 0);
}

static int run_lease(void)
{
	DEFER(fd_closep) int signals = open_signals();
	DEFER(fd_closep) int holder = await_holder(signals);
	struct pollfd fds[] = { { .fd = signals, .events = POLLIN },
				{ .fd = holder, .events = POLLIN } };

	if (holder < 0)
		return EXIT_ROLE_FAILED;
	while (poll(fds, ARRAY_SIZE(fds), -1) < 0 && errno == EINTR) {
	}
	return 0;
}

static int run_hold(int count, char **archs)
{
	struct registered all = { 0 };
	struct error err;
	char rest[64];

	signal(SIGPIPE, SIG_IGN);
	if (kill(1, SIGUSR1) < 0 || register_all(count, archs, &all, &err) < 0) {
		printf("failed: %s\n", err.text);
		fflush(stdout);
		return EXIT_ROLE_FAILED;
	}
	puts("ready");
	fflush(stdout);
	while (read(STDIN_FILENO, rest, sizeof(rest)) > 0) {
	}
	unregister(&all);
	return 0;
}

static int run_serve(int count, char **archs)
{
	DEFER(fd_closep) int signals = open_signals();
	struct registered all = { 0 };
	struct error err;

	if (register_all(count, archs, &all, &err) < 0)
		return role_fails(&err);
	puts("{\"event\":\"ready\"}"); /* what the host waits for in the log */
	fflush(stdout);
	fd_wait(signals, POLLIN, -1);
	unregister(&all);
	return 0;
}

static int run_emulator(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "lease") == 0)
		return run_lease();
	if (argc >= 2 && strcmp(argv[1], "hold") == 0)
		return run_hold(argc - 2, argv + 2);
	if (argc > 2 && strcmp(argv[1], "serve") == 0)
		return run_serve(argc - 2, argv + 2);
	return role_misused(&role_emulator);
}

const struct role role_emulator = {
	.name = "emulator",
	.usage = "lease | hold [ARCH...] | serve ARCH...",
	.summary = "let this account run programs of another architecture",
	.run = run_emulator,
};
