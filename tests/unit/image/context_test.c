/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "image/internal.h"
#include "winalux/base/buf.h"
#include "winalux/base/mem.h"
#include "winalux/base/resource.h"
#include "winalux/base/strv.h"

#define PEM(body) "-----BEGIN CERTIFICATE-----\n" body "\n-----END CERTIFICATE-----"

/* One file or directory of an archive, read from the ustar header itself. */
struct entry {
	char name[101];
	unsigned mode;
	size_t size;
	char type;
	const char *data;
};

static bool next_entry(const struct buf *tar, size_t *offset, struct entry *ret)
{
	const char *header = tar->data + *offset;

	if (*offset + 512 > tar->len || header[0] == '\0')
		return false;
	memcpy(ret->name, header, 100);
	ret->name[100] = '\0';
	ret->mode = (unsigned)strtoul(header + 100, NULL, 8);
	ret->size = strtoul(header + 124, NULL, 8);
	ret->type = header[156];
	ret->data = header + 512;
	*offset += 512 + (ret->size + 511) / 512 * 512;
	return true;
}

static bool find_entry(const struct buf *tar, const char *name, struct entry *ret)
{
	size_t offset = 0;

	while (next_entry(tar, &offset, ret))
		if (strcmp(ret->name, name) == 0)
			return true;
	return false;
}

static void pack(const char *ca_pem, struct buf *ret_tar)
{
	struct builder b = { .ca_pem = (char *)(uintptr_t)ca_pem };
	struct recipe recipe = { .folder = "profile", .containerfile = "FROM mine\n" };

	buf_init(ret_tar, CONTEXT_MAX_BYTES);
	assert_int_equal(context_write(&b, &recipe, ret_tar, NULL), 0);
}

static void the_profiles_own_containerfile_is_packed(void **state)
{
	DEFER(buf_release) struct buf tar = { 0 };
	struct entry entry;

	(void)state;
	pack("", &tar);
	assert_true(find_entry(&tar, "Containerfile", &entry));
	assert_int_equal(entry.size, strlen("FROM mine\n"));
	assert_memory_equal(entry.data, "FROM mine\n", entry.size);
}

static void files_beside_the_generic_one_come_along(void **state)
{
	const struct resource *file = resource_find("Containerfiles/profile/winalux.sh");
	DEFER(buf_release) struct buf tar = { 0 };
	struct entry entry;

	(void)state;
	pack("", &tar);
	assert_non_null(file);
	assert_true(find_entry(&tar, "winalux.sh", &entry));
	assert_int_equal(entry.mode, 0644);
	assert_int_equal(entry.size, file->size);
	assert_memory_equal(entry.data, file->data, file->size);
}

static void each_certificate_is_a_file(void **state)
{
	DEFER(buf_release) struct buf tar = { 0 };
	struct entry entry;

	(void)state;
	pack(PEM("ONE") "\n" PEM("TWO") "\n", &tar);
	assert_true(find_entry(&tar, "ca/winalux-01.crt", &entry));
	assert_memory_equal(entry.data, PEM("ONE") "\n", entry.size);
	assert_true(find_entry(&tar, "ca/winalux-02.crt", &entry));
	assert_memory_equal(entry.data, PEM("TWO") "\n", entry.size);
	assert_false(find_entry(&tar, "ca/winalux-03.crt", &entry));
}

static void the_directory_of_certificates_is_there_when_empty(void **state)
{
	DEFER(buf_release) struct buf tar = { 0 };
	struct entry entry;

	(void)state;
	pack("", &tar);
	assert_true(find_entry(&tar, "ca/", &entry) || find_entry(&tar, "ca", &entry));
	assert_int_equal(entry.type, '5');
}

static void equal_input_gives_equal_bytes(void **state)
{
	DEFER(buf_release) struct buf a = { 0 };
	DEFER(buf_release) struct buf b = { 0 };

	(void)state;
	pack(PEM("ONE"), &a);
	pack(PEM("ONE"), &b);
	assert_int_equal(a.len, b.len);
	assert_memory_equal(a.data, b.data, a.len);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_profiles_own_containerfile_is_packed),
		cmocka_unit_test(files_beside_the_generic_one_come_along),
		cmocka_unit_test(each_certificate_is_a_file),
		cmocka_unit_test(the_directory_of_certificates_is_there_when_empty),
		cmocka_unit_test(equal_input_gives_equal_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
