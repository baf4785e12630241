/* SPDX-License-Identifier: Apache-2.0 */
#include "source/source.h"

#include <stdio.h>

#include "base/mem.h"

struct source {
	const struct source_kind *kind;
	void *self;
};

static _Thread_local struct source_fault fault;

const struct source_fault *source_fault(void)
{
	return &fault;
}

int source_fail(
	int code, enum source_scope scope, enum source_retry retry, const char *fault_code)
{
	fault.scope = scope;
	fault.retry = retry;
	snprintf(fault.code, sizeof(fault.code), "%s", fault_code);
	return code;
}

void source_forgive(void)
{
	fault = (struct source_fault){.scope = SOURCE_ITEM, .retry = SOURCE_RETRY_LATER};
}

struct source *source_new(const struct source_kind *kind, void *self)
{
	struct source *source = mem_alloc(sizeof(*source));

	source->kind = kind;
	source->self = self;
	return source;
}

void source_close(struct source *source)
{
	if (!source)
		return;
	source->kind->close(source->self);
	mem_free(source);
}

int source_test(struct source *source, struct json *report)
{
	source_forgive();
	return source->kind->test(source->self, report);
}

int source_tenant(struct source *source, char **out)
{
	source_forgive();
	*out = NULL;
	if (source->kind->tenant)
		return source->kind->tenant(source->self, out);
	*out = mem_strdup("");
	return 0;
}

int source_objects(struct source *source, source_object_fn *visit, void *context)
{
	source_forgive();
	return source->kind->objects(source->self, visit, context);
}

int source_users(struct source *source, source_user_fn *visit, void *context)
{
	source_forgive();
	return source->kind->users ? source->kind->users(source->self, visit, context) : 0;
}

int source_members(
	struct source *source, const char *group_id, source_principal_fn *visit, void *context)
{
	source_forgive();
	return source->kind->members
		       ? source->kind->members(source->self, group_id, visit, context)
		       : 0;
}

int source_gaps(struct source *source, source_gap_fn *visit, void *context)
{
	source_forgive();
	return source->kind->gaps ? source->kind->gaps(source->self, visit, context) : 0;
}

int source_resume(struct source *source, const struct source_object *object, const char *place)
{
	source_forgive();
	return source->kind->resume ? source->kind->resume(source->self, object, place) : 0;
}

char *source_place(struct source *source, const struct source_object *object)
{
	return source->kind->place ? source->kind->place(source->self, object) : NULL;
}

int source_folders(struct source *source, const struct source_object *object,
	source_folder_fn *visit, void *context)
{
	source_forgive();
	return source->kind->folders(source->self, object, visit, context);
}

int source_changes(struct source *source, const struct source_object *object,
	const struct source_folder *folder, struct source_listing *listing)
{
	source_forgive();
	listing->complete = false;
	listing->next_cursor = NULL;
	return source->kind->changes(source->self, object, folder, listing);
}

int source_read(struct source *source, const struct source_object *object, const char *item_id,
	source_sink_fn *sink, void *context)
{
	source_forgive();
	return source->kind->read(source->self, object, item_id, sink, context);
}
