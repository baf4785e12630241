/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/tree_value.h"

#include <string.h>

#include "repo/varint.h"

enum { CONTENT_KINDS = REPO_MESSAGE + 1 };

struct map_key tree_key(const char *id)
{
	return (struct map_key){id, strlen(id)};
}

static int put_text(struct buf *out, const char *text)
{
	size_t size = strlen(text);

	if (size > TEXT_MAX)
		return err_set(ERR_INVALID, "a name or id of more than %d bytes", TEXT_MAX);
	int r = varint_put(out, size);
	return r < 0 ? r : buf_append(out, text, size);
}

static int put_content(struct buf *out, const struct repo_content *content)
{
	int r = buf_append(out, &content->kind, 1);

	if (r == 0)
		r = buf_append(out, content->id, REPO_ID_SIZE);
	return r < 0 ? r : buf_put_u64(out, content->size);
}

static int get_content(struct reader *reader, struct repo_content *out)
{
	const unsigned char *kind = NULL, *id = NULL;
	int r = reader_bytes(reader, 1, &kind);

	if (r == 0 && *kind >= CONTENT_KINDS)
		r = err_set(ERR_CORRUPT, "a content of a kind that is not known");
	if (r == 0)
		r = reader_bytes(reader, REPO_ID_SIZE, &id);
	if (r != 0)
		return r;
	out->kind = *kind;
	memcpy(out->id, id, REPO_ID_SIZE);
	return reader_u64(reader, &out->size);
}

int tree_put_item(struct buf *out, const struct tree_item *item)
{
	int r = put_text(out, item->name);

	if (r == 0)
		r = put_text(out, item->type);
	if (r == 0)
		r = put_text(out, item->tag);
	if (r == 0)
		r = buf_put_u64(out, (uint64_t)item->modified_s);
	return r < 0 ? r : put_content(out, &item->content);
}

int tree_put_folder(struct buf *out, const struct tree_folder *folder)
{
	int r = put_text(out, folder->parent_id);

	if (r == 0)
		r = put_text(out, folder->name);
	if (r == 0)
		r = varint_put(out, folder->items);
	if (r == 0)
		r = varint_put(out, folder->bytes);
	return r < 0 ? r : buf_append(out, folder->list_id, REPO_ID_SIZE);
}

static int skip_text(struct reader *reader, const unsigned char **out, size_t *out_size)
{
	uint64_t size = 0;
	int r = varint_get(reader, &size);

	if (r == 0 && size > TEXT_MAX)
		r = err_set(ERR_CORRUPT, "a text that is too long");
	*out_size = (size_t)size;
	return r < 0 ? r : reader_bytes(reader, *out_size, out);
}

/* Appends a text with a NUL behind it; it is at *out, in bytes from the first one. */
static int keep_text(struct buf *texts, const void *text, size_t size, size_t *out)
{
	*out = texts->size;
	if (size > 0 && memchr(text, '\0', size))
		return err_set(ERR_CORRUPT, "a text with a NUL in it");
	int r = buf_append(texts, text, size);
	return r < 0 ? r : buf_append(texts, "", 1);
}

/* The key and the first texts of the value. */
static int get_texts(const struct map_entry *entry, struct reader *reader, struct buf *texts,
	size_t *places, size_t count)
{
	const unsigned char *text = NULL;
	size_t size = 0;

	buf_clear(texts);
	if (entry->key.size == 0 || entry->key.size > TEXT_MAX)
		return err_set(ERR_CORRUPT, "an id that is empty or too long");
	int r = keep_text(texts, entry->key.data, entry->key.size, &places[0]);
	for (size_t i = 1; i < count && r == 0; i++) {
		r = skip_text(reader, &text, &size);
		if (r == 0)
			r = keep_text(texts, text, size, &places[i]);
	}
	return r;
}

static int is_all(const struct reader *reader)
{
	return reader->size == 0 ? 0 : err_set(ERR_CORRUPT, "an entry of a tree is too long");
}

static int get_item_numbers(struct reader *reader, struct tree_item *out)
{
	uint64_t modified = 0;
	int r = reader_u64(reader, &modified);

	out->modified_s = (int64_t)modified;
	if (r == 0)
		r = get_content(reader, &out->content);
	return r < 0 ? r : is_all(reader);
}

static int get_folder_numbers(struct reader *reader, struct tree_folder *out)
{
	const unsigned char *root = NULL;
	int r = varint_get(reader, &out->items);

	if (r == 0)
		r = varint_get(reader, &out->bytes);
	if (r == 0)
		r = reader_bytes(reader, REPO_ID_SIZE, &root);
	if (r != 0)
		return r;
	memcpy(out->list_id, root, REPO_ID_SIZE);
	return is_all(reader);
}

int tree_get_item(const struct map_entry *entry, struct buf *texts, struct tree_item *out)
{
	struct reader reader = {entry->value, entry->value_size};
	size_t places[4] = {0};
	int r = get_texts(entry, &reader, texts, places, 4);

	if (r == 0)
		r = get_item_numbers(&reader, out);
	if (r < 0)
		return r;
	const char *text = (const char *)texts->data;
	out->id = text + places[0];
	out->name = text + places[1];
	out->type = text + places[2];
	out->tag = text + places[3];
	return 0;
}

int tree_get_folder(const struct map_entry *entry, struct buf *texts, struct tree_folder *out)
{
	struct reader reader = {entry->value, entry->value_size};
	size_t places[3] = {0};
	int r = get_texts(entry, &reader, texts, places, 3);

	if (r == 0)
		r = get_folder_numbers(&reader, out);
	if (r < 0)
		return r;
	const char *text = (const char *)texts->data;
	out->id = text + places[0];
	out->parent_id = text + places[1];
	out->name = text + places[2];
	return 0;
}

static int skip_texts(struct reader *reader, int count)
{
	const unsigned char *text = NULL;
	size_t size = 0;
	int r = 0;

	for (int i = 0; i < count && r == 0; i++)
		r = skip_text(reader, &text, &size);
	return r;
}

int tree_item_value(const void *value, size_t size, struct map_value *out)
{
	struct reader reader = {value, size};
	struct tree_item item = {0};
	int r = skip_texts(&reader, 3);

	if (r == 0)
		r = get_item_numbers(&reader, &item);
	if (r < 0)
		return r;
	out->bytes = item.content.size;
	memcpy(out->refers_to, item.content.id, REPO_ID_SIZE);
	return 0;
}

int tree_folder_value(const void *value, size_t size, struct map_value *out)
{
	struct reader reader = {value, size};
	struct tree_folder folder = {0};
	int r = skip_texts(&reader, 2);

	if (r == 0)
		r = get_folder_numbers(&reader, &folder);
	if (r < 0)
		return r;
	out->bytes = folder.bytes;
	memcpy(out->refers_to, folder.list_id, REPO_ID_SIZE);
	return 0;
}
