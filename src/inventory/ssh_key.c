/* SPDX-License-Identifier: MIT */
/*
 * A key line is checked down to the wire form, since sshd only logs what it cannot read and a
 * developer then stands before a closed door. Formats: RFC 4253 6.6 (rsa), RFC 5656 3.1 (ecdsa),
 * RFC 8709 4 (ed25519), OpenSSH PROTOCOL.u2f (sk-).
 */
#include "winalux/inventory/ssh_key.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "winalux/base/buf.h"
#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/base/utf8.h"

enum {
	RSA_MIN_BITS = 2048,
	RSA_MAX_BITS = 16384,
	BLOB_MAX_BYTES = 8192,
	LINE_MAX_BYTES = 16384,
};

/* What follows the type inside the blob: [curve name] [point of point_len bytes] [application]. */
struct key_type {
	const char *name;
	const char *curve;
	size_t point_len; /* 0: RSA, two integers instead */
	bool has_application;
};

static const struct key_type key_types[] = {
	{ "ssh-ed25519", NULL, 32, false },
	{ "ssh-rsa", NULL, 0, false },
	{ "ecdsa-sha2-nistp256", "nistp256", 65, false },
	{ "ecdsa-sha2-nistp384", "nistp384", 97, false },
	{ "ecdsa-sha2-nistp521", "nistp521", 133, false },
	{ "sk-ssh-ed25519@openssh.com", NULL, 32, true },
	{ "sk-ecdsa-sha2-nistp256@openssh.com", "nistp256", 65, true },
};

/* Forms that people paste by mistake, with what to do about each. */
static const struct {
	const char *part;
	bool is_prefix;
	const char *advice;
} mistakes[] = {
	{ "-----BEGIN", true,
	  "this is a private key; keep it secret and give the line of its .pub file" },
	{ "---- BEGIN SSH2 PUBLIC KEY", true,
	  "this is the RFC 4716 form; 'ssh-keygen -i -f FILE' prints the line that is needed" },
	{ "PuTTY-User-Key-File", true,
	  "this is a PuTTY private key; give the line that PuTTYgen shows for authorized_keys" },
	{ "ssh-dss", true, "DSA keys are refused by sshd; make an ssh-ed25519 key" },
	{ "-cert-v01@openssh.com", false,
	  "this is a certificate; give the public key that it was made for" },
	{ "~/", true, "this is a file name; give the line that is in the .pub file" },
	{ "/", true, "this is a file name; give the line that is in the .pub file" },
};

/* The rest of a blob, read from the front. */
struct wire {
	const unsigned char *data;
	size_t len;
};

static bool wire_string(struct wire *w, struct wire *ret)
{
	if (w->len < 4)
		return false;
	size_t len = (size_t)w->data[0] << 24 | (size_t)w->data[1] << 16 | (size_t)w->data[2] << 8 |
		     w->data[3];
	if (len > w->len - 4)
		return false;
	*ret = (struct wire){ w->data + 4, len };
	w->data += 4 + len;
	w->len -= 4 + len;
	return true;
}

static bool wire_is(const struct wire *w, const char *text)
{
	return w->len == strlen(text) && memcmp(w->data, text, w->len) == 0;
}

/* Bits of a positive RFC 4251 mpint; 0 where it is negative, zero or badly padded. */
static size_t mpint_bits(const struct wire *w)
{
	const unsigned char *data = w->data;
	size_t len = w->len, bits = 0;

	if (len == 0 || (data[0] & 0x80))
		return 0;
	if (data[0] == 0) {
		if (len == 1 || !(data[1] & 0x80))
			return 0;
		data++;
		len--;
	}
	for (unsigned top = data[0]; top; top >>= 1)
		bits++;
	return (len - 1) * 8 + bits;
}

static int check_rsa(struct wire *w, struct error *err)
{
	struct wire exponent, modulus;

	if (!wire_string(w, &exponent) || !wire_string(w, &modulus) || !mpint_bits(&exponent))
		return error_set(err, ERROR_INVENTORY,
				 "the key is cut or damaged; copy the whole line again");
	size_t bits = mpint_bits(&modulus);
	if (bits < RSA_MIN_BITS || bits > RSA_MAX_BITS)
		return error_set(err, ERROR_INVENTORY,
				 "the RSA key has %zu bits; make an ssh-ed25519 key, or RSA with "
				 "3072 bits",
				 bits);
	return 0;
}

static bool has_point(struct wire *w, const struct key_type *type)
{
	struct wire curve, point, application;

	if (type->curve && (!wire_string(w, &curve) || !wire_is(&curve, type->curve)))
		return false;
	if (!wire_string(w, &point) || point.len != type->point_len)
		return false;
	if (type->curve && point.data[0] != 4) /* SEC 1 2.3.3: an uncompressed point */
		return false;
	return !type->has_application || (wire_string(w, &application) && application.len > 0);
}

static int check_blob(const struct buf *blob, const struct key_type *type, struct error *err)
{
	struct wire rest = { (const unsigned char *)blob->data, blob->len };
	struct wire inner;

	if (!wire_string(&rest, &inner))
		return error_set(err, ERROR_INVENTORY,
				 "the key is cut or damaged; copy the whole line again");
	if (!wire_is(&inner, type->name))
		return error_set(err, ERROR_INVENTORY,
				 "the line says '%s' but the key inside is of another type; copy "
				 "the whole line again",
				 type->name);
	if (type->point_len == 0 && check_rsa(&rest, err) < 0)
		return -1;
	if (type->point_len > 0 && !has_point(&rest, type))
		return error_set(err, ERROR_INVENTORY,
				 "the key is cut or damaged; copy the whole line again");
	if (rest.len > 0)
		return error_set(err, ERROR_INVENTORY,
				 "there are %zu bytes too many behind the key; copy the line again",
				 rest.len);
	return 0;
}

static const struct key_type *find_type(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(key_types); i++) {
		if (strlen(key_types[i].name) == len && !memcmp(key_types[i].name, name, len))
			return &key_types[i];
	}
	return NULL;
}

/* Is there a type of ours as a later word? Then what stands in front of it are options. */
static bool has_later_type(const char *line)
{
	for (const char *word = strpbrk(line, " \t"); word; word = strpbrk(word, " \t")) {
		word += strspn(word, " \t");
		if (find_type(word, strcspn(word, " \t")))
			return true;
	}
	return false;
}

/* Says why the first word is no key type. Never repeats the text: it may be a secret. */
static int refuse_type(const char *line, struct error *err)
{
	size_t first = strcspn(line, " \t");

	for (size_t i = 0; i < ARRAY_SIZE(mistakes); i++) {
		size_t len = strlen(mistakes[i].part);
		bool is_it = mistakes[i].is_prefix ? !strncmp(line, mistakes[i].part, len)
						   : !!memmem(line, first, mistakes[i].part, len);
		if (is_it)
			return error_set(err, ERROR_INVENTORY, "%s", mistakes[i].advice);
	}
	if (has_later_type(line))
		return error_set(err, ERROR_INVENTORY,
				 "options in front of a key are not accepted; begin with the type, "
				 "such as 'ssh-ed25519'");
	return error_set(err, ERROR_INVENTORY,
			 "this is no public key; give the line of a .pub file, 'ssh-ed25519 AAAA… "
			 "name'");
}

static bool is_plain_text(const char *text)
{
	for (const char *c = text; *c; c++) {
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return false;
	}
	return utf8_is_valid(text, strlen(text));
}

/* The parts of "type base64 comment"; comment may be empty. */
struct line_parts {
	size_t type_len;
	const char *blob;
	size_t blob_len;
	const char *comment;
};

static struct line_parts split_line(const char *line)
{
	struct line_parts p = { .type_len = strcspn(line, " \t") };

	p.blob = line + p.type_len + strspn(line + p.type_len, " \t");
	p.blob_len = strcspn(p.blob, " \t");
	p.comment = p.blob + p.blob_len + strspn(p.blob + p.blob_len, " \t");
	return p;
}

static char *trimmed(const char *line)
{
	line += strspn(line, " \t\r\n");
	size_t len = strlen(line);
	while (len > 0 && strchr(" \t\r\n", line[len - 1]))
		len--;
	return xstrndup(line, len);
}

static int decode_blob(const struct line_parts *p, struct buf *blob, struct error *err)
{
	if (p->blob_len == 0)
		return error_set(err, ERROR_INVENTORY,
				 "there is no key behind its type; copy the whole line");
	if (!base64_decode(p->blob, p->blob_len, blob) || blob->is_full)
		return error_set(err, ERROR_INVENTORY,
				 "the key is no base64, it was cut or changed; copy the whole line "
				 "again");
	return 0;
}

int ssh_key_parse(const char *line, struct ssh_key *ret, struct error *err)
{
	DEFER(freep) char *text = trimmed(line);
	DEFER(buf_release) struct buf blob = { 0 };

	if (!*text)
		return error_set(err, ERROR_INVENTORY,
				 "the key is empty; give the line of a .pub file");
	struct line_parts p = split_line(text);
	const struct key_type *type = find_type(text, p.type_len);
	if (!type)
		return refuse_type(text, err);
	if (strlen(text) > LINE_MAX_BYTES || !is_plain_text(p.comment))
		return error_set(err, ERROR_INVENTORY,
				 "a key is one line of UTF-8 without control characters, below 16 "
				 "KiB");
	buf_init(&blob, BLOB_MAX_BYTES);
	if (decode_blob(&p, &blob, err) < 0 || check_blob(&blob, type, err) < 0)
		return -1;
	*ret = (struct ssh_key){ .type = xstrdup(type->name),
				 .blob = xstrndup(p.blob, p.blob_len),
				 .comment = xstrdup(p.comment) };
	hash_ssh_fingerprint(blob.data, blob.len, ret->fingerprint);
	return 0;
}

void ssh_key_release(struct ssh_key *key)
{
	if (!key)
		return;
	free(key->type);
	free(key->blob);
	free(key->comment);
	*key = (struct ssh_key){ 0 };
}
