/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "winalux/base/error.h"
#include "winalux/base/mem.h"
#include "winalux/inventory/config.h"
#include "winalux/inventory/inventory.h"

#include "app.h"
#include "deploy.h"

/* What is nearer to the user counts: options, then the inventory, then the settings. */
int image_choice_resolve(const struct app *app, const struct image_choice *choice,
			 const struct inventory *inventory, const char **ret_registry,
			 struct error *err)
{
	const struct config *config = &app->config;
	const char *registry = choice->registry      ? choice->registry
			       : inventory->registry ? inventory->registry
						     : config->registry;
	const char *fault = choice->registry ? registry_fault(choice->registry) : NULL;
	enum image_source source = inventory->image_source < IMAGE_SOURCE_COUNT
					   ? inventory->image_source
					   : config->image_source;

	if (choice->source && !image_source_parse(choice->source, &source))
		return error_set(err, ERROR_USAGE,
				 "--image-source must be local or registry, not '%.60s'",
				 choice->source);
	if (fault)
		return error_set(err, ERROR_USAGE, "--registry must be %s, not '%.100s'", fault,
				 choice->registry);
	if (source == IMAGE_SOURCE_REGISTRY && !registry)
		return error_set(err, ERROR_USAGE,
				 "no registry is named; give --registry, or write 'registry' into "
				 "the inventory or the configuration");
	*ret_registry = source == IMAGE_SOURCE_REGISTRY ? registry : NULL;
	return 0;
}

int image_choice_pull(const struct image_choice *choice, enum deploy_pull *ret, struct error *err)
{
	static const char *const words[] = {
		[DEPLOY_PULL_MISSING] = "missing",
		[DEPLOY_PULL_NEWER] = "newer",
		[DEPLOY_PULL_NEVER] = "never",
	};

	*ret = DEPLOY_PULL_MISSING;
	if (!choice->pull)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(choice->pull, words[i]) == 0) {
			*ret = (enum deploy_pull)i;
			return 0;
		}
	}
	return error_set(err, ERROR_USAGE, "--pull must be missing, newer or never, not '%.60s'",
			 choice->pull);
}
