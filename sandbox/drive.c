/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/drive.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "sandbox/drive_priv.h"

struct drive *drive_new(const char *tenant, const char *domain, const char *owner)
{
	struct drive *drive = mem_alloc(sizeof(*drive));

	drive->key = ids_key_of(IDS_PARTS("drive", tenant, owner));
	drive->tenant = mem_strdup(tenant);
	drive->domain = mem_strdup(domain);
	drive->owner = mem_strdup(owner);
	drive->root = drive_put(drive, NULL, "root", "");
	drive->root->is_folder = true;
	drive->root->is_native = true;
	return drive;
}

void drive_free(struct drive *drive)
{
	struct drive_item *item, *next;

	if (!drive)
		return;
	HASH_ITER(hh, drive->items, item, next)
	{
		HASH_DEL(drive->items, item);
		content_free(item->content);
		mem_free(item->name);
		mem_free(item);
	}
	mem_free(drive->log);
	mem_free(drive->tenant);
	mem_free(drive->domain);
	mem_free(drive->owner);
	mem_free(drive);
}

void drive_touch(struct drive *drive, struct drive_item *item)
{
	mem_grow(&drive->log, &drive->log_capacity, drive->log_size + 1, sizeof(*drive->log));
	drive->log[drive->log_size++] = item;
	item->moment = (uint32_t)drive->log_size;
	item->version++;
}

struct drive_item *drive_by_path(const struct drive *drive, const char *path)
{
	struct drive_item *item;
	struct ids_key key =
		ids_key_of(IDS_PARTS("driveitem", drive->tenant, drive->owner, path));

	HASH_FIND(hh, drive->items, &key, sizeof(key), item);
	return item;
}

struct drive_item *drive_put(
	struct drive *drive, struct drive_item *parent, const char *name, const char *path)
{
	struct drive_item *item = mem_alloc(sizeof(*item));

	item->key = ids_key_of(IDS_PARTS("driveitem", drive->tenant, drive->owner, path));
	item->name = mem_strdup(name);
	item->parent = parent;
	HASH_ADD(hh, drive->items, key, sizeof(item->key), item);
	drive_touch(drive, item);
	return item;
}

void drive_seal(struct drive *drive)
{
	AUTO_TEXT text = mem_printf("%zu", drive->log_size);
	struct ids_key sum = ids_key_of(IDS_PARTS("drive", drive->owner, text));

	for (size_t i = 0; i < drive->log_size; i++) {
		const struct drive_item *item = drive->log[i];
		AUTO_TEXT line = mem_printf("%s %s", item->name, item->hash);
		char id[DRIVE_ID_TEXT], before[2 * IDS_KEY_SIZE + 1];
		drive_item_id(item, id);
		text_to_hex(sum.bytes, IDS_KEY_SIZE, before);
		sum = ids_key_of(IDS_PARTS(before, id, line));
	}
	memcpy(&drive->origin, sum.bytes, sizeof(drive->origin));
}

void drive_id(const struct drive *drive, char out[DRIVE_ID_TEXT])
{
	AUTO_TEXT text = text_to_base64url(drive->key.bytes, IDS_KEY_SIZE);

	snprintf(out, DRIVE_ID_TEXT, "b!%s", text);
}

void drive_item_id(const struct drive_item *item, char out[DRIVE_ID_TEXT])
{
	out[0] = '0';
	out[1] = '1';
	text_to_hex(item->key.bytes, IDS_KEY_SIZE, out + 2);
	for (char *at = out; *at; at++)
		*at = (char)toupper((unsigned char)*at);
}

struct drive_item *drive_find(const struct drive *drive, const char *id)
{
	struct drive_item *item = NULL;
	struct ids_key key;

	if (text_equal(id, "root"))
		return drive->root;
	if (!text_starts_with(id, "01") || text_from_hex(id + 2, key.bytes, IDS_KEY_SIZE) < 0)
		return NULL;
	HASH_FIND(hh, drive->items, &key, sizeof(key), item);
	return item && !item->is_deleted ? item : NULL;
}

size_t drive_child_count(const struct drive *drive, const struct drive_item *folder)
{
	size_t count = 0;

	for (const struct drive_item *item = drive->items; item; item = item->hh.next)
		count += item->parent == folder && !item->is_deleted;
	return count;
}

const struct drive_item *drive_event(const struct drive *drive, size_t index, uint32_t since)
{
	const struct drive_item *item = drive->log[index];

	if (item->moment != index + 1 || (item->is_deleted && since == 0))
		return NULL;
	return item;
}
