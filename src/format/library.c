/* SPDX-License-Identifier: MIT */
#include "winalux/format/library.h"

#include <dlfcn.h>
#include <string.h>

#include "winalux/base/error.h"

/* By memcpy: ISO C does not convert a pointer to data into one to a function. */
static int fill_in(void *handle, const struct library *l, struct error *err)
{
	for (size_t i = 0; i < l->symbol_count; i++) {
		void *found = dlsym(handle, l->symbols[i].name);

		if (!found)
			return error_set(err, ERROR_HOST, "%s of this machine has no function %s",
					 l->what, l->symbols[i].name);
		memcpy(l->symbols[i].function, &found, sizeof(found));
	}
	return 0;
}

int library_open(const struct library *library, struct error *err)
{
	for (const char *const *name = library->sonames; *name; name++) {
		void *handle = dlopen(*name, RTLD_LAZY | RTLD_LOCAL);

		if (handle)
			return fill_in(handle, library, err);
	}
	return error_set(err, ERROR_HOST, "cannot load %s: %s; install the package %s",
			 library->what, dlerror(), library->package);
}
