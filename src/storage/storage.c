/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/storage.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "storage/storage_priv.h"

enum { NAME_MAX_SIZE = 200, FOUND_MAX_SIZE = 1000 };

static bool is_name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_' || c == '.' || c == '/';
}

/* Whatever a name is made from, it leads to nothing outside the place. */
static bool is_inside(const char *name)
{
	bool at_start = true;

	if (strnlen(name, FOUND_MAX_SIZE + 1) > FOUND_MAX_SIZE ||
		text_equal(name, STORAGE_TEMPORARY) ||
		text_starts_with(name, STORAGE_TEMPORARY "/"))
		return false;
	for (const char *c = name; *c; c++) {
		size_t part = strcspn(c, "/");
		bool is_dots = part <= 2 && strspn(c, ".") >= part;
		if (at_start && is_dots) /* or empty */
			return false;
		if ((unsigned char)*c < ' ' || *c == 127)
			return false;
		at_start = *c == '/';
	}
	return !at_start;
}

/* The names that we give: nothing that a file system or server may take for its own. */
static bool is_name(const char *name)
{
	if (!is_inside(name) || strlen(name) > NAME_MAX_SIZE || *name == '.' ||
		strstr(name, "/."))
		return false;
	for (const char *c = name; *c; c++)
		if (!is_name_byte(*c))
			return false;
	return true;
}

static int refuse(const struct storage *storage, const char *name)
{
	return err_set(
		ERR_INVALID, "%s: \"%.200s\" can be no object's name", storage->place, name);
}

static int check_name(const struct storage *storage, const char *name)
{
	return is_inside(name) ? 0 : refuse(storage, name);
}

void storage_close(struct storage *storage)
{
	if (!storage)
		return;
	char *place = storage->place;
	storage->side->close(storage);
	mem_free(place);
}

const char *storage_place(const struct storage *storage)
{
	return storage->place;
}

void storage_use_cancel(struct storage *storage, struct cancel *cancel)
{
	if (storage->side->use_cancel)
		storage->side->use_cancel(storage, cancel);
}

int storage_put(struct storage *storage, const char *name, const void *data, size_t size)
{
	return storage_put_locked(storage, name, data, size, 0);
}

int storage_put_locked(struct storage *storage, const char *name, const void *data, size_t size,
	int64_t retain_until_s)
{
	struct storage_object object = {name, data, size, retain_until_s, false};

	ASSERT(data || size == 0);
	ASSERT(retain_until_s >= 0);
	return is_name(name) ? storage->side->put(storage, &object) : refuse(storage, name);
}

int storage_replace(struct storage *storage, const char *name, const void *data, size_t size)
{
	struct storage_object object = {name, data, size, 0, true};
	int r = check_name(storage, name);

	ASSERT(data || size == 0);
	return r < 0 ? r : storage->side->put(storage, &object);
}

int storage_retain(struct storage *storage, const char *name, int64_t until_s)
{
	int r = check_name(storage, name);

	return r < 0 ? r : storage->side->retain(storage, name, until_s);
}

int storage_settle(struct storage *storage, const char *folder)
{
	int r = check_name(storage, folder);

	return r < 0 || !storage->side->settle ? r : storage->side->settle(storage, folder);
}

int storage_can_retain(struct storage *storage, bool *out)
{
	return storage->side->can_retain(storage, out);
}

int storage_read(
	struct storage *storage, const char *name, const struct storage_range *range, void *out)
{
	int r = check_name(storage, name);

	if (r == 0 && range->offset > INT64_MAX - (uint64_t)range->size)
		r = err_set(ERR_INVALID, "%s/%s: there is nothing beyond the largest file",
			storage->place, name);
	return r < 0 ? r : storage->side->read(storage, name, range, out);
}

int storage_read_all(struct storage *storage, const char *name, struct buf *out)
{
	int r = check_name(storage, name);

	return r < 0 ? r : storage->side->read_all(storage, name, out);
}

int storage_size(struct storage *storage, const char *name, uint64_t *out)
{
	int r = check_name(storage, name);

	return r < 0 ? r : storage->side->size(storage, name, out);
}

int storage_list(
	struct storage *storage, const char *folder, storage_entry_fn *visit, void *context)
{
	int r = folder[0] ? check_name(storage, folder) : 0;

	return r < 0 ? r : storage->side->list(storage, folder, visit, context);
}

int storage_remove(struct storage *storage, const char *name)
{
	int r = check_name(storage, name);

	return r < 0 ? r : storage->side->remove(storage, name);
}

int storage_clean(struct storage *storage, int64_t before_s)
{
	return storage->side->clean(storage, before_s);
}

int storage_now(struct storage *storage, int64_t *out_s)
{
	return storage->side->now(storage, out_s);
}
