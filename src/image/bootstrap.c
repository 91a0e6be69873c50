/* SPDX-License-Identifier: MIT */
/*
 * A Debian root file system without a registry and without root: mmdebstrap downloads the packages
 * as this user, unpacks and configures them as the root of a user namespace of its own (the
 * account's subordinate ids), and gives a tar. /dev is left out: containers get their own.
 */
#include "image/internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/fd.h"
#include "winalux/base/mem.h"
#include "winalux/base/process.h"
#include "winalux/base/strv.h"
#include "winalux/inventory/config.h"

enum { BOOTSTRAP_TIMEOUT_MS = 30 * 60 * 1000, KEPT_LINES = 6, TALK_MAX_BYTES = 1 << 20 };

/* Kept in the image as apt's and dpkg's own configuration, as Debian's slim images have it. */
static const char *const options[] = {
	"mmdebstrap",
	"--variant=minbase",
	"--format=tar",
	"--skip=output/dev",
	"--include=ca-certificates",
	"--aptopt=Acquire::Languages \"none\"",
	"--aptopt=APT::Install-Recommends \"false\"",
	"--aptopt=APT::Install-Suggests \"false\"",
	"--dpkgopt=force-unsafe-io",
	"--dpkgopt=path-exclude=/usr/share/doc/*",
	"--dpkgopt=path-include=/usr/share/doc/*/copyright",
	"--dpkgopt=path-exclude=/usr/share/info/*",
	"--dpkgopt=path-exclude=/usr/share/locale/*",
	"--dpkgopt=path-include=/usr/share/locale/locale.alias",
	"--dpkgopt=path-exclude=/usr/share/man/*",
	/* Copies of this machine's: containers get their own. */
	"--customize-hook=rm -f \"$1\"/etc/resolv.conf \"$1\"/etc/hostname",
};

/* What a line of its output means for a person. */
static const struct {
	const char *sign;
	const char *remedy;
} remedies[] = {
	{ "No space left on device", "set TMPDIR to a directory with 500 MB of free space" },
	{ "NO_PUBKEY", "install or update debian-archive-keyring" },
	{ "newuidmap", "install uidmap and give this account subordinate ids; see winalux doctor" },
	{ "subuid", "give this account subordinate ids; see winalux doctor" },
	{ "unshare", "allow unprivileged user namespaces; see winalux doctor" },
	{ "Could not resolve", "check the network, debian_mirror and the proxy variables" },
	{ "Failed to fetch", "check the network, debian_mirror and the proxy variables" },
};

struct talk {
	const struct builder *builder;
	struct strv lines; /* all that were no plain information */
};

static bool has_updates(const char *suite)
{
	static const char *const rolling[] = { "sid", "unstable", "testing", "experimental" };

	for (size_t i = 0; i < ARRAY_SIZE(rolling); i++)
		if (strcmp(suite, rolling[i]) == 0)
			return false;
	return true;
}

/* A mirror ".../debian" has security updates beside it, by the layout that all public mirrors
 * share. */
static void add_sources(const char *suite, const char *mirror, struct strv *ret)
{
	size_t len = strlen(mirror);

	strv_addf(ret, "deb %s %s main", mirror, suite);
	if (!has_updates(suite))
		return;
	strv_addf(ret, "deb %s %s-updates main", mirror, suite);
	if (len > 7 && strcmp(mirror + len - 7, "/debian") == 0)
		strv_addf(ret, "deb %s-security %s-security main", mirror, suite);
}

void bootstrap_arguments(const char *suite, const char *mirror, struct strv *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		strv_add(ret, options[i]);
	strv_add(ret, suite);
	strv_add(ret, "-");
	if (mirror != NULL)
		add_sources(suite, mirror, ret);
}

static void take_line(const char *line, bool is_stderr, void *context)
{
	struct talk *talk = context;

	(void)is_stderr;
	if (strncmp(line, "I: ", 3) == 0)
		progress_say(talk->builder, "base", "%s", line + 3);
	else if (line[0] != '\0')
		strv_add(&talk->lines, line);
}

static int report(const struct talk *talk, int status, struct error *err)
{
	size_t first = talk->lines.count > KEPT_LINES ? talk->lines.count - KEPT_LINES : 0;
	DEFER(strv_release) struct strv last = { 0 };
	DEFER(freep) char *text = NULL;

	for (size_t i = first; i < talk->lines.count; i++)
		strv_add(&last, talk->lines.items[i]);
	text = strv_join(&last, " | ");
	for (size_t i = 0; i < talk->lines.count; i++)
		for (size_t k = 0; k < ARRAY_SIZE(remedies); k++)
			if (strstr(talk->lines.items[i], remedies[k].sign) != NULL)
				return error_set(err, ERROR_HOST, "mmdebstrap failed: %.700s; %s",
						 text, remedies[k].remedy);
	return error_set(err, ERROR_BUILD, "mmdebstrap ended with status %d: %s", status, text);
}

/* Its root file system is unpacked below TMPDIR: on a disk rather than in memory, and never in a
 * home, which subordinate ids cannot enter. */
static const char *const *temporary_directory(void)
{
	static const char *const var_tmp[] = { "TMPDIR=/var/tmp", NULL };

	return getenv("TMPDIR") == NULL && access("/var/tmp", W_OK | X_OK) == 0 ? var_tmp : NULL;
}

/* Its talk, as mmdebstrap's own run has told it line by line. */
static void take_talk(int fd, struct talk *talk)
{
	DEFER(buf_release) struct buf text = { 0 };
	DEFER(strv_release) struct strv lines = { 0 };

	buf_init(&text, TALK_MAX_BYTES);
	if (lseek(fd, 0, SEEK_SET) < 0 || fd_read_all(fd, &text, NULL) < 0)
		return;
	strv_add_split(&lines, text.data, "\n");
	for (size_t i = 0; i < lines.count; i++)
		if (strncmp(lines.items[i], "I: ", 3) != 0)
			strv_add(&talk->lines, lines.items[i]);
}

/* There, programs of the other architecture run: that needs no test by mmdebstrap. */
int bootstrap_foreign(struct builder *b, const struct images *images, int fd, struct error *err)
{
	DEFER(strv_release) struct strv arguments = { 0 };
	DEFER(fd_closep) int errors = memfd_create("mmdebstrap", MFD_CLOEXEC);
	struct talk talk = { .builder = b };
	int status, result;

	bootstrap_arguments(b->options.config->debian_suite, b->mirror, &arguments);
	strv_addf(&arguments, "--arch=%s", b->arch);
	strv_add(&arguments, "--mode=root");
	strv_add(&arguments, "--skip=check/qemu");
	progress_say(b, "base", "making it for %s under emulation, which takes some minutes",
		     b->arch);
	result = emulation_run(b, images, &arguments, fd, errors, &status, err);
	if (result == 0 && status != 0) {
		take_talk(errors, &talk);
		result = report(&talk, status, err);
	}
	strv_release(&talk.lines);
	return result;
}

int bootstrap_run(const struct builder *b, int fd, struct error *err)
{
	DEFER(strv_release) struct strv arguments = { 0 };
	struct talk talk = { .builder = b };
	struct process_options run = {
		.environment = temporary_directory(),
		.stdin_fd = -1,
		.stdout_fd = fd,
		.timeout_ms = BOOTSTRAP_TIMEOUT_MS,
		.on_line = take_line,
		.context = &talk,
		.cancelled = b->options.cancelled,
	};
	int status, result;

	bootstrap_arguments(b->options.config->debian_suite, b->mirror, &arguments);
	strv_add(&arguments, geteuid() == 0 ? "--mode=root" : "--mode=unshare");
	result = process_run((const char *const *)arguments.items, &run, NULL, &status, err);
	if (result == 0 && status != 0)
		result = report(&talk, status, err);
	strv_release(&talk.lines);
	return result;
}
