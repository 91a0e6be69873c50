/* SPDX-License-Identifier: MIT */
#include "sshd_config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shell.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/format/token_hash.h"

/* sshd hands its configuration to its parts in messages of at most 256 KiB (msg.c). */
enum { LINE_SIZE = 64 << 10, COPY_SIZE = 4096 };

#define NAME_FIRST "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"
#define NAME_REST NAME_FIRST "0123456789"

/* What a login makes for itself, and what is true for PID 1 alone. */
static const char *const own_names[] = {
	"HOME",    "HOSTNAME", "LISTEN_FDNAMES", "LISTEN_FDS", "LISTEN_PID",
	"LOGNAME", "MAIL",     "NOTIFY_SOCKET",  "OLDPWD",     "PWD",
	"SHELL",   "SHLVL",    "SSH_AUTH_SOCK",  "SSH_CLIENT", "SSH_CONNECTION",
	"SSH_TTY", "TERM",     "USER",           "_",          "container",
};

static const char *const sftp_servers[] = {
	"/usr/lib/openssh/sftp-server",     /* Debian, Ubuntu */
	"/usr/libexec/openssh/sftp-server", /* Fedora, RHEL */
	"/usr/lib/ssh/sftp-server",         /* Alpine, Arch, SUSE */
	"/usr/libexec/sftp-server",
};

static bool is_own(const char *pair, size_t name_len)
{
	for (size_t i = 0; i < ARRAY_SIZE(own_names); i++)
		if (strlen(own_names[i]) == name_len && memcmp(own_names[i], pair, name_len) == 0)
			return true;
	return false;
}

static bool is_expressible(const char *pair)
{
	size_t name_len = strspn(pair, NAME_REST);

	if (name_len == 0 || !strchr(NAME_FIRST, pair[0]) || pair[name_len] != '=' ||
	    is_own(pair, name_len))
		return false;
	for (const char *c = pair; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return false;
	return true;
}

bool sshd_config_add_env(char *line, size_t size, const char *pair)
{
	size_t start = strlen(line), at = start;

	if (!is_expressible(pair) || size - at < sizeof(" \"\""))
		return false;
	line[at++] = ' ';
	line[at++] = '"';
	for (; *pair; pair++) {
		bool is_special = *pair == '"' || *pair == '\\';

		if (size - at < (is_special ? sizeof("\\x\"") : sizeof("x\""))) {
			line[start] = '\0';
			return false;
		}
		if (is_special)
			line[at++] = '\\';
		line[at++] = *pair;
	}
	line[at++] = '"';
	line[at] = '\0';
	return true;
}

static int copy_file(int to, const char *path, struct error *err)
{
	DEFER(fd_closep) int from = open(path, O_RDONLY | O_CLOEXEC);
	char chunk[COPY_SIZE];
	ssize_t n = -1;

	while (from >= 0 && (n = read(from, chunk, sizeof(chunk))) > 0)
		if (fd_write_all(to, chunk, (size_t)n, err) < 0)
			return -1;
	return n < 0 ? error_set_errno(err, ERROR_HOST, errno, "cannot read '%s'", path) : 0;
}

/* NULL: none. The one inside of sshd starts no program, and so would not pass the gate. */
static const char *find_sftp_server(bool is_gated)
{
	for (size_t i = 0; i < ARRAY_SIZE(sftp_servers); i++)
		if (access(sftp_servers[i], X_OK) == 0)
			return sftp_servers[i];
	return is_gated ? NULL : "internal-sftp";
}

static int write_gate(int fd, const struct sshd_settings *settings, struct error *err)
{
	/* sshd would run ~/.ssh/rc before the command, so without the token. */
	static const char entry[] = "ForceCommand " SHELL_ENTRY_COMMAND "\n"
				    "PermitUserRC no\n"
				    "AcceptEnv " TOKEN_VARIABLE "\n";
	static const char closed[] = "DisableForwarding yes\n";
	static const char no_sockets[] = "AllowStreamLocalForwarding no\n";

	if (settings->is_gated && fd_write_all(fd, entry, strlen(entry), err) < 0)
		return -1;
	if (settings->is_socket_forwarding_closed &&
	    fd_write_all(fd, no_sockets, strlen(no_sockets), err) < 0)
		return -1;
	return settings->is_forwarding_closed ? fd_write_all(fd, closed, strlen(closed), err) : 0;
}

static int write_subsystem(int fd, bool is_gated, struct error *err)
{
	const char *server = find_sftp_server(is_gated);
	char line[128];

	if (!server)
		return 0;
	int len = snprintf(line, sizeof(line), "Subsystem sftp %s\n", server);
	return fd_write_all(fd, line, (size_t)len, err);
}

/* The line is made in memory that goes away again: PID 1's stack would keep its pages. */
static int write_environment(int fd, const char *const *environment, struct error *err)
{
	static const char keyword[] = "SetEnv";
	char *line =
		mmap(NULL, LINE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int status = 0;

	if (line == MAP_FAILED)
		return error_set_errno(err, ERROR_INTERNAL, errno, "no memory");
	memcpy(line, keyword, sizeof(keyword));
	for (size_t i = 0; environment[i]; i++)
		sshd_config_add_env(line, LINE_SIZE - 1, environment[i]);
	size_t len = strlen(line);
	if (len >= sizeof(keyword)) {
		line[len++] = '\n';
		status = fd_write_all(fd, line, len, err);
	}
	munmap(line, LINE_SIZE);
	return status;
}

int sshd_config_write(const struct sshd_settings *settings, struct error *err)
{
	DEFER(fd_closep)
	int fd = open(SSHD_CONFIG_RUNNING ".new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0)
		return error_set_errno(err, ERROR_HOST, errno, "cannot write '%s'",
				       SSHD_CONFIG_RUNNING);
	if (copy_file(fd, SSHD_CONFIG_STATIC, err) < 0 || write_gate(fd, settings, err) < 0 ||
	    write_subsystem(fd, settings->is_gated, err) < 0 ||
	    write_environment(fd, settings->environment, err) < 0)
		return error_add(err, "cannot write '%s'", SSHD_CONFIG_RUNNING);
	if (rename(SSHD_CONFIG_RUNNING ".new", SSHD_CONFIG_RUNNING) < 0)
		return error_set_errno(err, ERROR_HOST, errno, "cannot write '%s'",
				       SSHD_CONFIG_RUNNING);
	return 0;
}
