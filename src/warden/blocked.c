/* SPDX-License-Identifier: MIT */
#include "blocked.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "guest/shell.h"
#include "notify.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/base/parse.h"
#include "winalux/format/token_hash.h"

#if defined(__x86_64__)
#define OUR_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OUR_ARCH AUDIT_ARCH_AARCH64
#endif

#define GUEST_PATH "usr/lib/winalux/winalux-guest"

static const char *const shell_directories[] = { "/bin/", "/usr/bin/" };

/* --- memory --- */

/* The beginning of the string there. False when it cannot be read, or does not end within size. */
static bool read_string(const struct blocked *b, uint64_t address, char *ret, size_t size)
{
	size_t len = 0;

	while (len < size) {
		const ssize_t n = pread(b->memory, ret + len, size - len, (off_t)(address + len));

		if (n <= 0)
			break;
		if (memchr(ret + len, '\0', (size_t)n))
			return true;
		len += (size_t)n;
	}
	ret[len < size ? len : size - 1] = '\0';
	return false;
}

static uint64_t read_pointer(const struct blocked *b, uint64_t array, unsigned i)
{
	uint64_t pointer = 0;

	if (pread(b->memory, &pointer, sizeof(pointer), (off_t)(array + i * sizeof(pointer))) !=
	    sizeof(pointer))
		return 0;
	return pointer;
}

static void read_command(struct blocked *b, uint64_t arguments)
{
	size_t len = 0;
	uint64_t at;

	for (unsigned i = 0; i < BLOCKED_ARGUMENTS_MAX && len + 2 < sizeof(b->command); i++) {
		at = arguments ? read_pointer(b, arguments, i) : 0;
		if (!at)
			break;
		if (i > 0)
			b->command[len++] = ' ';
		read_string(b, at, b->command + len, sizeof(b->command) - len);
		len += strlen(b->command + len);
	}
	b->command[len] = '\0';
}

/* A ticket that is too long is none. */
static void read_ticket(struct blocked *b, uint64_t variables)
{
	char text[sizeof(TICKET_VARIABLE "=") + GATE_TEXT_SIZE];
	uint64_t at;

	for (unsigned i = 0; i < BLOCKED_VARIABLES_MAX; i++) {
		at = variables ? read_pointer(b, variables, i) : 0;
		const char *value = text;

		if (!at)
			return;
		if (!read_string(b, at, text, sizeof(text)) ||
		    !parse_literal(&value, TICKET_VARIABLE "=") || strlen(value) >= GATE_TEXT_SIZE)
			continue;
		memcpy(b->ticket, value, strlen(value) + 1);
		return;
	}
}

static uid_t read_uid(pid_t pid)
{
	char path[32], text[2048];

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	DEFER(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	const ssize_t n = fd < 0 ? -1 : fd_read_upto(fd, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	const char *line = strstr(text, "\nUid:\t");
	uint64_t uid;
	if (!line)
		return (uid_t)-1;
	line += strlen("\nUid:\t");
	return parse_u64(&line, 0, UINT32_MAX, &uid) ? (uid_t)uid : (uid_t)-1;
}

static int open_of(pid_t pid, const char *name, int flags)
{
	char path[48];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	return open(path, flags | O_CLOEXEC);
}

bool blocked_read(struct blocked *b, int notify, const struct seccomp_notif *n)
{
	/* execve(path, argv, envp), execveat(directory, path, argv, envp, flags) */
	const unsigned first = n->data.nr == __NR_execveat ? 1 : 0;
	const pid_t pid = (pid_t)n->pid;

	*b = (struct blocked){ .memory = -1, .root = -1 };
	if (n->data.arch != OUR_ARCH || (n->data.nr != __NR_execve && n->data.nr != __NR_execveat))
		return false;
	b->memory = open_of(pid, "mem", O_RDONLY);
	b->root = open_of(pid, "root", O_PATH | O_DIRECTORY);
	b->uid = read_uid(pid);
	if (b->memory < 0 || b->root < 0 || !notify_is_waiting(notify, n->id))
		return false;
	if (!read_string(b, n->data.args[first], b->path, sizeof(b->path)))
		return false;
	read_command(b, n->data.args[first + 1]);
	read_ticket(b, n->data.args[first + 2]);
	return notify_is_waiting(notify, n->id);
}

void blocked_release(struct blocked *b)
{
	fd_closep(&b->memory);
	fd_closep(&b->root);
	explicit_bzero(b->ticket, sizeof(b->ticket));
}

/* --- files --- */

/* As the process itself would see it, links and all. */
static int open_inside(const struct blocked *b, const char *path, uint64_t resolve)
{
	const struct open_how how = { .flags = O_PATH | O_CLOEXEC,
				      .resolve =
					      RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | resolve };

	return (int)syscall(SYS_openat2, b->root, path, &how, sizeof(how));
}

static bool is_shell_path(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(shell_directories); i++) {
		const char *name = path;

		if (!parse_literal(&name, shell_directories[i]))
			continue;
		for (size_t j = 0; shell_names[j]; j++)
			if (strcmp(shell_names[j], name) == 0)
				return true;
	}
	return false;
}

static bool is_mounted_guest(const struct blocked *b)
{
	DEFER(fd_closep) int program_fd = open_inside(b, b->path, 0);
	DEFER(fd_closep) int guest_fd = open_inside(b, GUEST_PATH, RESOLVE_NO_SYMLINKS);
	struct stat program, guest;
	struct statvfs mount;

	return program_fd >= 0 && guest_fd >= 0 && fstat(program_fd, &program) == 0 &&
	       fstat(guest_fd, &guest) == 0 && fstatvfs(guest_fd, &mount) == 0 &&
	       (mount.f_flag & ST_RDONLY) && program.st_dev == guest.st_dev &&
	       program.st_ino == guest.st_ino;
}

static bool has_gate(const struct blocked *b)
{
	DEFER(fd_closep) int fd = open_inside(b, GATE_SOCKET_PATH, RESOLVE_NO_SYMLINKS);
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
}

bool blocked_is_guarded_shell(const struct blocked *b)
{
	return is_shell_path(b->path) && is_mounted_guest(b) && has_gate(b);
}

int blocked_connect_gate(const struct blocked *b)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	DEFER(fd_closep) int place = open_inside(b, GATE_SOCKET_PATH, RESOLVE_NO_SYMLINKS);
	DEFER(fd_closep) int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d", place);
	if (place < 0 || fd < 0 ||
	    connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return -1;
	return TAKE_FD(fd);
}
