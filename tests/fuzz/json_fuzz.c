/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "winalux/base/error.h"
#include "winalux/format/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* Asks of every value what a reader of libpod's answers asks. */
static void read_value(const struct json *value)
{
	int64_t number;

	json_to_int(value, &number);
	json_get_text(value, "Id");
	json_get_bool(value, "Running", false);
	json_path(value, "Host.Security.rootless");
	for (const struct json *child = json_first(value); child; child = json_next(child))
		read_value(child);
}

/* What we print we must be able to read, and to print again in the same way. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err;
	struct json *value = NULL, *again = NULL;

	if (json_parse((const char *)data, size, &value, &err) < 0)
		return 0;
	read_value(value);
	char *printed = json_print(value, size % 2 == 0);
	must(json_parse(printed, strlen(printed), &again, &err) == 0);
	char *reprinted = json_print(again, size % 2 == 0);
	must(strcmp(printed, reprinted) == 0);
	free(printed);
	free(reprinted);
	json_free(value);
	json_free(again);
	return 0;
}
