/* SPDX-License-Identifier: Apache-2.0 */
#include "source/graph/drive_tree.h"

#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "crypto/hash.h"

void drive_word(const char *link, char out[DRIVE_WORD_SIZE])
{
	uint8_t hash[HASH_SIZE];

	hash_sha256(link, strlen(link), hash);
	text_to_hex(hash, (DRIVE_WORD_SIZE - 1) / 2, out);
}

void drive_free_entry(struct drive_entry *entry)
{
	mem_free(entry->id);
	mem_free(entry->parent_id);
	mem_free(entry->name);
	mem_free(entry->tag);
}

void drive_clear(struct graph_drive *drive)
{
	struct drive_entry *entry, *next;

	HASH_ITER(hh, drive->entries, entry, next)
	{
		HASH_DEL(drive->entries, entry);
		drive_free_entry(entry);
		mem_free(entry);
	}
	mem_free(drive->root_id);
	mem_free(drive->link);
	*drive = (struct graph_drive){.id = drive->id};
}

/* What changes when, and only when, the bytes do: their hash; where there is none, the
 * service's tag of the content, and as a last resort the one of all that it knows. */
static char *tag_of(const struct json *value, uint64_t size)
{
	const struct json *hashes = json_get(json_get(value, "file"), "hashes");
	static const char *const names[] = {"quickXorHash", "sha256Hash", "sha1Hash"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *hash = json_get_text_or(hashes, names[i], "");
		if (hash[0])
			return mem_printf("%s/%" PRIu64, hash, size);
	}
	const char *tag = json_get_text_or(value, "cTag", "");
	return mem_strdup(tag[0] ? tag : json_get_text_or(value, "eTag", ""));
}

static int64_t modified_of(const struct json *value)
{
	const struct json *times = json_get(value, "fileSystemInfo");
	const char *text = json_get_text(times, "lastModifiedDateTime");
	int64_t at_s = 0;

	if (!text)
		text = json_get_text(value, "lastModifiedDateTime");
	return text && timestamp_parse(text, &at_s) == 0 ? at_s : 0;
}

bool drive_read_entry(const struct json *value, struct drive_entry *out)
{
	const char *id = json_get_text_or(value, "id", "");
	int64_t size = json_get_int(value, "size", 0);

	*out = (struct drive_entry){.what = DRIVE_GONE};
	if (id[0] == '\0' || strlen(id) > GRAPH_ID_MAX)
		return false;
	if (json_get(value, "remoteItem"))
		return false; /* a shortcut to what lies in another drive */
	if (json_get(value, "folder") || json_get(value, "package") || json_get(value, "root"))
		out->what = DRIVE_FOLDER;
	else if (json_get(value, "file"))
		out->what = DRIVE_FILE;
	if (json_get(value, "deleted"))
		out->what = DRIVE_GONE;
	else if (out->what == DRIVE_GONE)
		return false;
	out->id = mem_strdup(id);
	out->parent_id =
		mem_strdup(json_get_text_or(json_get(value, "parentReference"), "id", ""));
	out->name = mem_strdup(json_get_text_or(value, "name", ""));
	out->size = size > 0 ? (uint64_t)size : 0;
	out->modified_s = modified_of(value);
	if (out->what == DRIVE_FILE)
		out->tag = tag_of(value, out->size);
	return true;
}

struct drive_entry *drive_find(const struct graph_drive *drive, const char *id)
{
	struct drive_entry *entry;

	HASH_FIND_STR(drive->entries, id, entry);
	return entry;
}

static void put_entry(struct graph_drive *drive, const struct drive_entry *fresh)
{
	struct drive_entry *entry = drive_find(drive, fresh->id);

	if (entry) {
		HASH_DEL(drive->entries, entry);
		drive->file_count -= entry->what == DRIVE_FILE;
		drive_free_entry(entry);
	} else {
		entry = mem_alloc(sizeof(*entry));
	}
	*entry = *fresh;
	drive->file_count += entry->what == DRIVE_FILE;
	HASH_ADD_KEYPTR(hh, drive->entries, entry->id, strlen(entry->id), entry);
}

void drive_put(struct graph_drive *drive, const struct json *value)
{
	struct drive_entry entry;

	if (!drive_read_entry(value, &entry))
		return;
	if (json_get(value, "root"))
		mem_replace(&drive->root_id, mem_strdup(entry.id));
	if (drive->file_count >= DRIVE_FILES_MAX)
		drive->without_files = true;
	if (drive->without_files && entry.what == DRIVE_FILE)
		drive_free_entry(&entry);
	else
		put_entry(drive, &entry);
}

/* {"drive":1,"link":"…","root":"…","folders":[["id","parent","name"],…]} */
char *drive_write_place(const struct graph_drive *drive)
{
	AUTO_JSON place = json_new_object();
	struct json *folders = json_new_array();

	for (const struct drive_entry *entry = drive->entries; entry; entry = entry->hh.next) {
		if (entry->what != DRIVE_FOLDER || entry->visit != DRIVE_SEEN)
			continue;
		struct json *folder = json_new_array();
		json_append(folder, json_new_text(entry->id));
		json_append(folder, json_new_text(entry->parent_id));
		json_append(folder, json_new_text(entry->name));
		json_append(folders, folder);
	}
	json_put_int(place, "drive", 1);
	json_put_text(place, "link", drive->link);
	json_put_text(place, "root", drive->root_id);
	json_put(place, "folders", folders);
	return json_text(place, false);
}

static bool read_folders(const struct json *folders, struct graph_drive *out)
{
	for (size_t i = 0; i < json_count(folders); i++) {
		const struct json *folder = json_at(folders, i);
		const char *id = json_as_text(json_at(folder, 0));
		const char *parent_id = json_as_text(json_at(folder, 1));
		const char *name = json_as_text(json_at(folder, 2));
		if (!id || !parent_id || !name)
			return false;
		const struct drive_entry entry = {.what = DRIVE_FOLDER,
			.id = mem_strdup(id),
			.parent_id = mem_strdup(parent_id),
			.name = mem_strdup(name)};
		put_entry(out, &entry);
	}
	return out->root_id && drive_find(out, out->root_id);
}

bool drive_read_place(const struct graph *graph, const char *place, struct graph_drive *out)
{
	AUTO_JSON json = NULL;

	drive_clear(out);
	if (!place || json_parse(place, strlen(place), &json) < 0 ||
		json_get_int(json, "drive", 0) != 1)
		return false;
	const char *link = json_get_text_or(json, "link", "");
	out->root_id = mem_strdup(json_get_text(json, "root"));
	if (graph_is_ours(graph, link) && read_folders(json_get(json, "folders"), out)) {
		out->link = mem_strdup(link);
		drive_word(link, out->begin);
		return true;
	}
	drive_clear(out);
	return false;
}
