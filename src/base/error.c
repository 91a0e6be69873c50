/* SPDX-License-Identifier: MIT */
#include "winalux/base/error.h"

#include <stdio.h>
#include <string.h>

#include "winalux/base/utf8.h"

struct error_kind_info {
	const char *name;
	const char *doc;
	int exit_status;
};

static const struct error_kind_info error_kinds[ERROR_KIND_COUNT] = {
	[ERROR_INTERNAL] = { "internal",
			     "winalux itself failed, or this machine ran out of something", 1 },
	[ERROR_USAGE] = { "usage", "the command line is wrong", 2 },
	[ERROR_INVENTORY] = { "inventory", "an inventory, profile or configuration file is wrong",
			      3 },
	[ERROR_PODMAN] = { "podman", "Podman refused or gave an answer that makes no sense", 4 },
	[ERROR_HOST] = { "host", "the host lacks something that is needed; see 'winalux doctor'",
			 5 },
	[ERROR_SSH] = { "ssh", "ssh or an ssh key failed", 6 },
	[ERROR_BUILD] = { "build", "an image build failed", 7 },
	[ERROR_TIMEOUT] = { "timeout", "a time limit, named in the message, passed", 8 },
	[ERROR_NOT_FOUND] = { "not-found", "there is no such workspace, profile, sidecar or object",
			      9 },
	[ERROR_CONFLICT] = { "conflict", "a name or port is taken by something foreign", 10 },
	[ERROR_LOCKED] = { "locked", "another winalux is at work on this account", 11 },
	[ERROR_PARTIAL] = { "partial", "some workspaces failed, each with a message of its own",
			    12 },
	[ERROR_INTERRUPTED] = { "interrupted", "a signal asked winalux to stop", 130 },
};

static const char error_cut_mark[] = "…";

/* Ends a text that snprintf had to cut (it wanted wanted bytes) in the mark. */
static void mark_cut(char *text, size_t size, int wanted)
{
	if (wanted < 0 || (size_t)wanted < size)
		return;
	size_t end = utf8_cut(text, size - sizeof(error_cut_mark));
	memcpy(text + end, error_cut_mark, sizeof(error_cut_mark));
}

static void __attribute__((format(printf, 3, 0)))
format_cut(char *text, size_t size, const char *fmt, va_list ap)
{
	mark_cut(text, size, vsnprintf(text, size, fmt, ap));
}

int error_set(struct error *err, enum error_kind kind, const char *fmt, ...)
{
	struct error made = { .kind = kind };
	va_list ap;

	if (!err)
		return -1;
	va_start(ap, fmt);
	format_cut(made.text, sizeof(made.text), fmt, ap);
	va_end(ap);
	*err = made; /* only now: the arguments may point into the old text */
	return -1;
}

int error_set_errno(struct error *err, enum error_kind kind, int os_errno, const char *fmt, ...)
{
	struct error made = { .kind = kind, .os_errno = os_errno };
	char what[sizeof(made.text)];
	const char *reason = strerrordesc_np(os_errno);
	va_list ap;

	if (!err)
		return -1;
	va_start(ap, fmt);
	format_cut(what, sizeof(what), fmt, ap);
	va_end(ap);
	int wanted =
		reason ? snprintf(made.text, sizeof(made.text), "%s: %s", what, reason)
		       : snprintf(made.text, sizeof(made.text), "%s: error %d", what, os_errno);
	mark_cut(made.text, sizeof(made.text), wanted);
	*err = made;
	return -1;
}

static bool ends_in_colon(const char *text)
{
	size_t len = strlen(text);

	return len >= 2 && strcmp(text + len - 2, ": ") == 0;
}

int error_add(struct error *err, const char *fmt, ...)
{
	char context[sizeof(err->text)], inner[sizeof(err->text)];
	va_list ap;

	if (!err)
		return -1;
	va_start(ap, fmt);
	format_cut(context, sizeof(context), fmt, ap);
	va_end(ap);
	memcpy(inner, err->text, sizeof(inner));
	const char *colon = ends_in_colon(context) ? "" : ": ";
	mark_cut(err->text, sizeof(err->text),
		 snprintf(err->text, sizeof(err->text), "%s%s%s", context, colon, inner));
	return -1;
}

static const struct error_kind_info *kind_info(enum error_kind kind)
{
	/* A kind out of range can only be our own mistake, which is what ERROR_INTERNAL says. */
	return &error_kinds[(unsigned)kind < ERROR_KIND_COUNT ? kind : ERROR_INTERNAL];
}

int error_exit_status(enum error_kind kind)
{
	return kind_info(kind)->exit_status;
}

const char *error_kind_name(enum error_kind kind)
{
	return kind_info(kind)->name;
}

const char *error_kind_doc(enum error_kind kind)
{
	return kind_info(kind)->doc;
}
