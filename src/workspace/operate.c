/* SPDX-License-Identifier: MIT */
/* start, stop, restart, destroy: plans over what is there. */
#include "deployment.h"

#include "winalux/base/error.h"

struct request {
	enum operation operation;
	const struct strv *names;
};

static int make_plan(const void *context, struct deployment *d, struct error *err)
{
	const struct request *r = context;

	switch (r->operation) {
	case OPERATION_START:
		return plan_start(d->facts, r->names, &d->plan, err);
	case OPERATION_STOP:
		return plan_stop(d->facts, r->names, &d->plan, err);
	case OPERATION_RESTART:
		return plan_restart(d->facts, r->names, &d->plan, err);
	case OPERATION_DESTROY:
		return plan_destroy(d->facts, r->names, false, &d->plan, err);
	case OPERATION_DESTROY_KEEP_DATA:
		return plan_destroy(d->facts, r->names, true, &d->plan, err);
	}
	return error_set(err, ERROR_INTERNAL, "unknown operation");
}

int operate_run(struct host *host, enum operation operation, const struct strv *names,
		const struct progress_sink *sink, struct deployment *ret, struct error *err)
{
	const struct request request = { operation, names };

	const struct planner planner = {
		.make = make_plan,
		.request = &request,
		.starts = operation == OPERATION_START || operation == OPERATION_RESTART,
	};

	return deployment_run(host, &planner, sink, ret, err);
}
