/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <pthread.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "storage/storage_priv.h"

/* Objects by their names in order, under one lock. The place lives as long as a storage on it.
 */

struct object {
	char *name;
	unsigned char *data;
	size_t size;
	int64_t modified_s, retain_until_s;
};

struct place {
	pthread_mutex_t lock; /* guards all below */
	size_t users;
	struct object *objects;
	size_t count, capacity;
};

struct memory {
	struct storage storage;
	struct place *place;
};

static struct place *place_of(struct storage *storage)
{
	return ((struct memory *)storage)->place;
}

/* Where the name is, or would be: the first that is not before it. */
static size_t position_of(const struct place *place, const char *name)
{
	size_t low = 0, high = place->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (strcmp(place->objects[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* NULL where there is none. Under the lock. */
static struct object *find(const struct place *place, const char *name)
{
	size_t at = position_of(place, name);

	return at < place->count && text_equal(place->objects[at].name, name)
		       ? &place->objects[at]
		       : NULL;
}

static void free_object(struct object *object)
{
	mem_free(object->name);
	mem_free(object->data);
}

static void memory_close(struct storage *storage)
{
	struct place *place = place_of(storage);

	pthread_mutex_lock(&place->lock);
	size_t users = --place->users;
	pthread_mutex_unlock(&place->lock);
	if (users == 0) {
		for (size_t i = 0; i < place->count; i++)
			free_object(&place->objects[i]);
		mem_free(place->objects);
		pthread_mutex_destroy(&place->lock);
		mem_free(place);
	}
	mem_free(storage);
}

static int not_found(const struct storage *storage, const char *name)
{
	return err_set(ERR_NOTFOUND, "there is no %s/%s", storage->place, name);
}

static int memory_put(struct storage *storage, const struct storage_object *given)
{
	struct place *place = place_of(storage);
	struct object object = {
		.data = mem_array(given->size + 1, 1),
		.size = given->size,
		.modified_s = clock_now_s(),
		.retain_until_s = given->retain_until_s,
	};

	if (given->size)
		memcpy(object.data, given->data, given->size);
	pthread_mutex_lock(&place->lock);
	struct object *there = find(place, given->name);
	bool is_new = !there;
	if (there && given->replace) {
		mem_free(there->data);
		there->data = object.data;
		there->size = object.size;
		there->modified_s = object.modified_s;
	} else if (is_new) {
		size_t at = position_of(place, given->name);
		object.name = mem_strdup(given->name);
		mem_grow(&place->objects, &place->capacity, place->count + 1,
			sizeof(*place->objects));
		memmove(&place->objects[at + 1], &place->objects[at],
			(place->count - at) * sizeof(object));
		place->objects[at] = object;
		place->count++;
	}
	pthread_mutex_unlock(&place->lock);
	if (is_new || given->replace)
		return 0;
	free_object(&object);
	return err_set(ERR_EXISTS, "%s/%s is there already", storage->place, given->name);
}

static int memory_read(
	struct storage *storage, const char *name, const struct storage_range *range, void *out)
{
	struct place *place = place_of(storage);
	int r = 0;

	pthread_mutex_lock(&place->lock);
	const struct object *object = find(place, name);
	if (!object)
		r = not_found(storage, name);
	else if (range->offset > object->size || range->size > object->size - range->offset)
		r = err_set(ERR_CORRUPT, "%s/%s ends too early, after %zu bytes",
			storage->place, name, object->size);
	else if (range->size)
		memcpy(out, object->data + range->offset, range->size);
	pthread_mutex_unlock(&place->lock);
	return r;
}

static int memory_read_all(struct storage *storage, const char *name, struct buf *out)
{
	struct place *place = place_of(storage);

	pthread_mutex_lock(&place->lock);
	const struct object *object = find(place, name);
	int r = object ? buf_append(out, object->data, object->size) : not_found(storage, name);
	pthread_mutex_unlock(&place->lock);
	return r;
}

static int memory_size(struct storage *storage, const char *name, uint64_t *out)
{
	struct place *place = place_of(storage);

	pthread_mutex_lock(&place->lock);
	const struct object *object = find(place, name);
	int r = object ? 0 : not_found(storage, name);
	if (object)
		*out = object->size;
	pthread_mutex_unlock(&place->lock);
	return r;
}

/* The object at or behind a name that begins with `prefix`; false where there is none. */
static bool next_from(struct place *place, const char *from, const char *prefix, char **name,
	struct storage_entry *out)
{
	pthread_mutex_lock(&place->lock);
	size_t at = position_of(place, from);
	bool is_there = at < place->count && text_starts_with(place->objects[at].name, prefix);
	if (is_there) {
		const struct object *object = &place->objects[at];
		mem_replace(name, mem_strdup(object->name));
		*out = (struct storage_entry){*name, object->size, object->modified_s};
	}
	pthread_mutex_unlock(&place->lock);
	return is_there;
}

static int memory_list(
	struct storage *storage, const char *folder, storage_entry_fn *visit, void *context)
{
	AUTO_TEXT prefix = folder[0] ? mem_printf("%s/", folder) : mem_strdup("");
	AUTO_TEXT from = mem_strdup(prefix);
	AUTO_TEXT name = NULL;
	struct storage_entry entry;
	int r = 0;

	while (r == 0 && next_from(place_of(storage), from, prefix, &name, &entry)) {
		r = visit(context, &entry);
		mem_replace(&from, mem_printf("%s\x01", name)); /* behind it */
	}
	return r;
}

static int memory_remove(struct storage *storage, const char *name)
{
	struct place *place = place_of(storage);
	struct object removed = {0};
	char until[TIMESTAMP_SIZE];
	int r = 0;

	pthread_mutex_lock(&place->lock);
	struct object *object = find(place, name);
	if (object && object->retain_until_s > clock_now_s()) {
		timestamp_format(object->retain_until_s, until);
		r = err_set(
			ERR_RETAINED, "%s/%s is locked until %s", storage->place, name, until);
	} else if (object) {
		size_t behind = (size_t)(place->objects + place->count - (object + 1));
		removed = *object;
		memmove(object, object + 1, behind * sizeof(*object));
		place->count--;
	}
	pthread_mutex_unlock(&place->lock);
	free_object(&removed);
	return r;
}

static int memory_clean(struct storage *storage, int64_t before_s)
{
	(void)storage, (void)before_s;
	return 0;
}

static int memory_now(struct storage *storage, int64_t *out_s)
{
	(void)storage;
	*out_s = clock_now_s();
	return 0;
}

static int memory_retain(struct storage *storage, const char *name, int64_t until_s)
{
	struct place *place = place_of(storage);

	pthread_mutex_lock(&place->lock);
	struct object *object = find(place, name);
	int r = object ? 0 : not_found(storage, name);
	if (object && object->retain_until_s < until_s)
		object->retain_until_s = until_s;
	pthread_mutex_unlock(&place->lock);
	return r;
}

static int memory_can_retain(struct storage *storage, bool *out)
{
	(void)storage;
	*out = true;
	return 0;
}

static const struct storage_side memory_side = {
	.close = memory_close,
	.put = memory_put,
	.read = memory_read,
	.read_all = memory_read_all,
	.size = memory_size,
	.list = memory_list,
	.remove = memory_remove,
	.clean = memory_clean,
	.now = memory_now,
	.retain = memory_retain,
	.can_retain = memory_can_retain,
};

static struct storage *open_place(struct place *place)
{
	struct memory *memory = mem_alloc(sizeof(*memory));

	memory->storage = (struct storage){&memory_side, mem_strdup("memory")};
	memory->place = place;
	pthread_mutex_lock(&place->lock);
	place->users++;
	pthread_mutex_unlock(&place->lock);
	return &memory->storage;
}

struct storage *storage_open_memory(void)
{
	struct place *place = mem_alloc(sizeof(*place));

	pthread_mutex_init(&place->lock, NULL);
	return open_place(place);
}

struct storage *storage_memory_share(struct storage *storage)
{
	ASSERT(storage->side == &memory_side);
	return open_place(place_of(storage));
}
