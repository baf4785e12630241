/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/faulty.h"

#include <pthread.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "storage/storage_priv.h"

struct faulty {
	struct storage storage;
	struct storage *inner;
	pthread_mutex_t lock; /* guards plan and calls */
	struct fault_plan plan;
	uint64_t calls;
};

static struct faulty *faulty_of(struct storage *storage)
{
	return (struct faulty *)storage;
}

/* What is to go wrong with this call. */
static struct fault next_fault(
	struct faulty *faulty, enum fault_verb verb, const char *name, size_t size)
{
	struct fault fault = {.kind = FAULT_NONE};

	pthread_mutex_lock(&faulty->lock);
	const struct fault_plan *plan = &faulty->plan;
	if (plan->verbs == 0 || (plan->verbs & (int)verb)) {
		struct fault_call call = {verb, name, size, ++faulty->calls};
		if (plan->decide)
			fault = plan->decide(plan->context, &call);
		else if (plan->at > 0 && call.number >= plan->at &&
			 call.number - plan->at <= plan->more)
			fault = plan->fault;
	}
	pthread_mutex_unlock(&faulty->lock);
	if (fault.delay_us)
		clock_sleep_us(fault.delay_us);
	return fault;
}

static int fail(const struct fault *fault, const char *name)
{
	return err_set(
		fault->error ? fault->error : ERR_IO, "%s: a fault that a test planted", name);
}

/* What becomes of a call that changes something and whose result was `r`. */
static int outcome(const struct fault *fault, const char *name, int r)
{
	return fault->kind == FAULT_LATE && r == 0 ? fail(fault, name) : r;
}

static int faulty_put(struct storage *storage, const struct storage_object *given)
{
	struct faulty *faulty = faulty_of(storage);
	struct fault fault = next_fault(faulty, FAULT_PUT, given->name, given->size);
	struct storage_object object = *given;

	if (fault.kind == FAULT_ERROR)
		return fail(&fault, object.name);
	if (fault.kind == FAULT_LIE)
		return 0;
	if (fault.kind == FAULT_CUT)
		object.size /= 2;
	int r = faulty->inner->side->put(faulty->inner, &object);
	return outcome(&fault, object.name, r);
}

/* Spoils `size` bytes that were read. */
static void spoil(const struct fault *fault, unsigned char *data, size_t size)
{
	if (fault->kind == FAULT_CUT)
		memset(data + size / 2, 0, size - size / 2);
	else if (fault->kind == FAULT_LIE && size > 0)
		data[size / 2] ^= 1;
}

static int faulty_read(
	struct storage *storage, const char *name, const struct storage_range *range, void *out)
{
	struct faulty *faulty = faulty_of(storage);
	struct fault fault = next_fault(faulty, FAULT_READ, name, 0);

	if (fault.kind == FAULT_ERROR)
		return fail(&fault, name);
	int r = faulty->inner->side->read(faulty->inner, name, range, out);
	if (r == 0)
		spoil(&fault, out, range->size);
	return outcome(&fault, name, r);
}

static int faulty_read_all(struct storage *storage, const char *name, struct buf *out)
{
	struct faulty *faulty = faulty_of(storage);
	struct fault fault = next_fault(faulty, FAULT_READ, name, 0);
	size_t before = out->size;

	if (fault.kind == FAULT_ERROR)
		return fail(&fault, name);
	int r = faulty->inner->side->read_all(faulty->inner, name, out);
	if (r == 0 && fault.kind == FAULT_CUT)
		out->size = before + (out->size - before) / 2;
	else if (r == 0 && out->size > before)
		spoil(&fault, out->data + before, out->size - before);
	return outcome(&fault, name, r);
}

static int faulty_size(struct storage *storage, const char *name, uint64_t *out)
{
	struct faulty *faulty = faulty_of(storage);
	struct fault fault = next_fault(faulty, FAULT_SIZE, name, 0);

	if (fault.kind == FAULT_ERROR)
		return fail(&fault, name);
	int r = faulty->inner->side->size(faulty->inner, name, out);
	if (r == 0 && fault.kind == FAULT_LIE)
		++*out;
	if (r == 0 && fault.kind == FAULT_CUT)
		*out /= 2;
	return outcome(&fault, name, r);
}

struct spoiled_list {
	storage_entry_fn *visit;
	void *context;
	enum fault_kind kind;
	uint64_t count, seen;
};

static int count_entry(void *context, const struct storage_entry *entry)
{
	struct spoiled_list *list = context;

	(void)entry;
	list->count++;
	return 0;
}

static int visit_entry(void *context, const struct storage_entry *entry)
{
	struct spoiled_list *list = context;
	uint64_t at = list->seen++;

	if (list->kind == FAULT_CUT && at >= list->count / 2)
		return 0;
	if (list->kind == FAULT_LIE && at % 2 == 1)
		return 0;
	return list->visit(list->context, entry);
}

static int faulty_list(
	struct storage *storage, const char *folder, storage_entry_fn *visit, void *context)
{
	struct faulty *faulty = faulty_of(storage);
	struct storage *inner = faulty->inner;
	struct fault fault = next_fault(faulty, FAULT_LIST, folder, 0);
	struct spoiled_list list = {visit, context, fault.kind, 0, 0};
	int r = 0;

	if (fault.kind == FAULT_ERROR)
		return fail(&fault, folder);
	if (fault.kind == FAULT_CUT)
		r = inner->side->list(inner, folder, count_entry, &list);
	if (r == 0)
		r = inner->side->list(inner, folder, visit_entry, &list);
	return outcome(&fault, folder, r);
}

static int faulty_remove(struct storage *storage, const char *name)
{
	struct faulty *faulty = faulty_of(storage);
	struct fault fault = next_fault(faulty, FAULT_REMOVE, name, 0);

	if (fault.kind == FAULT_ERROR)
		return fail(&fault, name);
	if (fault.kind == FAULT_LIE || fault.kind == FAULT_CUT)
		return 0;
	int r = faulty->inner->side->remove(faulty->inner, name);
	return outcome(&fault, name, r);
}

static int faulty_clean(struct storage *storage, int64_t before_s)
{
	struct faulty *faulty = faulty_of(storage);
	struct fault fault = next_fault(faulty, FAULT_CLEAN, "", 0);

	if (fault.kind == FAULT_ERROR)
		return fail(&fault, "clean");
	if (fault.kind == FAULT_LIE || fault.kind == FAULT_CUT)
		return 0;
	int r = faulty->inner->side->clean(faulty->inner, before_s);
	return outcome(&fault, "clean", r);
}

static int faulty_now(struct storage *storage, int64_t *out_s)
{
	struct faulty *faulty = faulty_of(storage);
	struct fault fault = next_fault(faulty, FAULT_NOW, "", 0);

	if (fault.kind == FAULT_ERROR || fault.kind == FAULT_LATE)
		return fail(&fault, "now");
	return faulty->inner->side->now(faulty->inner, out_s);
}

static int faulty_retain(struct storage *storage, const char *name, int64_t until_s)
{
	struct faulty *faulty = faulty_of(storage);
	struct fault fault = next_fault(faulty, FAULT_RETAIN, name, 0);

	if (fault.kind == FAULT_ERROR)
		return fail(&fault, name);
	if (fault.kind == FAULT_LIE || fault.kind == FAULT_CUT)
		return 0;
	int r = faulty->inner->side->retain(faulty->inner, name, until_s);
	return outcome(&fault, name, r);
}

static int faulty_can_retain(struct storage *storage, bool *out)
{
	struct storage *inner = faulty_of(storage)->inner;

	return inner->side->can_retain(inner, out);
}

static int faulty_settle(struct storage *storage, const char *folder)
{
	return storage_settle(faulty_of(storage)->inner, folder);
}

static void faulty_use_cancel(struct storage *storage, struct cancel *cancel)
{
	storage_use_cancel(faulty_of(storage)->inner, cancel);
}

static void faulty_close(struct storage *storage)
{
	struct faulty *faulty = faulty_of(storage);

	storage_close(faulty->inner);
	pthread_mutex_destroy(&faulty->lock);
	mem_free(faulty);
}

static const struct storage_side faulty_side = {
	.close = faulty_close,
	.put = faulty_put,
	.read = faulty_read,
	.read_all = faulty_read_all,
	.size = faulty_size,
	.list = faulty_list,
	.remove = faulty_remove,
	.clean = faulty_clean,
	.now = faulty_now,
	.retain = faulty_retain,
	.can_retain = faulty_can_retain,
	.settle = faulty_settle,
	.use_cancel = faulty_use_cancel,
};

struct storage *storage_open_faulty(struct storage *inner, const struct fault_plan *plan)
{
	struct faulty *faulty = mem_alloc(sizeof(*faulty));

	faulty->storage = (struct storage){&faulty_side, mem_strdup(storage_place(inner))};
	faulty->inner = inner;
	faulty->plan = *plan;
	pthread_mutex_init(&faulty->lock, NULL);
	return &faulty->storage;
}

void storage_faulty_plan(struct storage *storage, const struct fault_plan *plan)
{
	struct faulty *faulty = faulty_of(storage);

	ASSERT(storage->side == &faulty_side);
	pthread_mutex_lock(&faulty->lock);
	faulty->plan = *plan;
	faulty->calls = 0;
	pthread_mutex_unlock(&faulty->lock);
}

uint64_t storage_faulty_calls(struct storage *storage)
{
	struct faulty *faulty = faulty_of(storage);

	ASSERT(storage->side == &faulty_side);
	pthread_mutex_lock(&faulty->lock);
	uint64_t calls = faulty->calls;
	pthread_mutex_unlock(&faulty->lock);
	return calls;
}
