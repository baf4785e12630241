/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/record.h"

#include <string.h>

int record_put_text(struct buf *out, const char *text)
{
	size_t size = strlen(text);

	if (size > TEXT_MAX)
		return err_set(ERR_INVALID, "a name or id of more than %d bytes", TEXT_MAX);
	return buf_append(out, text, size + 1);
}

int record_get_text(struct reader *reader, const char **out)
{
	const unsigned char *bytes = NULL;
	const unsigned char *end =
		reader->size ? memchr(reader->data, '\0', reader->size) : NULL;

	if (!end || end - reader->data > TEXT_MAX)
		return err_set(ERR_CORRUPT, "a text without an end");
	int r = reader_bytes(reader, (size_t)(end - reader->data) + 1, &bytes);
	*out = (const char *)bytes;
	return r;
}

int record_put_content(struct buf *out, const struct repo_content *content)
{
	uint8_t is_list = content->kind;
	int r = buf_append(out, content->id, REPO_ID_SIZE);

	if (r == 0)
		r = buf_put_u64(out, content->size);
	if (r == 0)
		r = buf_append(out, &is_list, 1);
	return r;
}

int record_get_content(struct reader *reader, struct repo_content *out)
{
	const unsigned char *id = NULL, *is_list = NULL;
	int r = reader_bytes(reader, REPO_ID_SIZE, &id);

	if (r == 0)
		r = reader_u64(reader, &out->size);
	if (r == 0)
		r = reader_bytes(reader, 1, &is_list);
	if (r != 0)
		return r;
	if (*is_list > REPO_MESSAGE)
		return err_set(ERR_CORRUPT, "a content that is neither chunk nor list");
	memcpy(out->id, id, REPO_ID_SIZE);
	out->kind = *is_list;
	return 0;
}

/* Leaves room for the length of a record, which put_length fills in when it is there. */
static int put_body_of_item(struct buf *out, const struct tree_item *item)
{
	int r = record_put_text(out, item->id);

	if (r == 0)
		r = record_put_text(out, item->name);
	if (r == 0)
		r = record_put_text(out, item->type);
	if (r == 0)
		r = record_put_text(out, item->tag);
	if (r == 0)
		r = buf_put_u64(out, (uint64_t)item->modified_s);
	return r < 0 ? r : record_put_content(out, &item->content);
}

static int put_body_of_folder(struct buf *out, const struct folder_record *record)
{
	int r = record_put_text(out, record->folder.id);

	if (r == 0)
		r = record_put_text(out, record->folder.parent_id);
	if (r == 0)
		r = record_put_text(out, record->folder.name);
	if (r == 0)
		r = buf_put_u64(out, record->folder.items);
	if (r == 0)
		r = buf_put_u64(out, record->folder.bytes);
	return r < 0 ? r : record_put_content(out, &record->list);
}

static int put_record(struct buf *out, const struct buf *body)
{
	int r = buf_put_u32(out, (uint32_t)body->size);

	return r < 0 ? r : buf_append(out, body->data, body->size);
}

int record_put_item(struct buf *out, const struct tree_item *item)
{
	AUTO_BUF body = buf_init(RECORD_MAX);
	int r = put_body_of_item(&body, item);

	return r < 0 ? r : put_record(out, &body);
}

int record_put_folder(struct buf *out, const struct folder_record *record)
{
	AUTO_BUF body = buf_init(RECORD_MAX);
	int r = put_body_of_folder(&body, record);

	return r < 0 ? r : put_record(out, &body);
}

static int is_all(const struct reader *reader)
{
	return reader->size == 0 ? 0 : err_set(ERR_CORRUPT, "a record that is too long");
}

int record_get_item(const uint8_t *body, size_t size, struct tree_item *out)
{
	struct reader reader = {body, size};
	uint64_t modified = 0;
	int r = record_get_text(&reader, &out->id);

	if (r == 0)
		r = record_get_text(&reader, &out->name);
	if (r == 0)
		r = record_get_text(&reader, &out->type);
	if (r == 0)
		r = record_get_text(&reader, &out->tag);
	if (r == 0)
		r = reader_u64(&reader, &modified);
	if (r == 0)
		r = record_get_content(&reader, &out->content);
	out->modified_s = (int64_t)modified;
	return r < 0 ? r : is_all(&reader);
}

int record_get_folder(const uint8_t *body, size_t size, struct folder_record *out)
{
	struct reader reader = {body, size};
	int r = record_get_text(&reader, &out->folder.id);

	if (r == 0)
		r = record_get_text(&reader, &out->folder.parent_id);
	if (r == 0)
		r = record_get_text(&reader, &out->folder.name);
	if (r == 0)
		r = reader_u64(&reader, &out->folder.items);
	if (r == 0)
		r = reader_u64(&reader, &out->folder.bytes);
	if (r == 0)
		r = record_get_content(&reader, &out->list);
	memcpy(out->folder.list_id, out->list.id, REPO_ID_SIZE);
	return r < 0 ? r : is_all(&reader);
}

struct walk {
	const struct record_visitor *visitor;
	struct buf pending; /* read, and not yet visited */
	bool begun;         /* the magic number was there */
};

/* Takes the magic number away once it is there. */
static int begin(struct walk *walk, struct reader *reader)
{
	const unsigned char *magic = NULL;

	if (walk->begun || reader->size < MAGIC_SIZE)
		return 0;
	int r = reader_bytes(reader, MAGIC_SIZE, &magic);
	if (r == 0 && memcmp(magic, walk->visitor->magic, MAGIC_SIZE) != 0)
		r = err_set(ERR_CORRUPT, "a content is not the list or tree that it should be");
	walk->begun = true;
	return r;
}

/* Visits the records that are whole; what is left in `reader` is the beginning of one. */
static int visit_records(const struct walk *walk, struct reader *reader)
{
	while (walk->begun && reader->size >= RECORD_LENGTH_SIZE) {
		struct reader ahead = *reader;
		const unsigned char *body = NULL;
		uint32_t size = 0;
		int r = reader_u32(&ahead, &size);
		if (r == 0 && size > RECORD_MAX)
			r = err_set(ERR_CORRUPT, "a record that is too long");
		if (r < 0 || size > ahead.size)
			return r;
		r = reader_bytes(&ahead, size, &body);
		if (r == 0)
			r = walk->visitor->visit(walk->visitor->context, body, size);
		if (r != 0)
			return r;
		*reader = ahead;
	}
	return 0;
}

static int take_piece(void *context, const void *data, size_t size)
{
	struct walk *walk = context;
	int r = buf_append(&walk->pending, data, size);

	if (r < 0)
		return r;
	struct reader reader = {walk->pending.data, walk->pending.size};
	r = begin(walk, &reader);
	if (r == 0)
		r = visit_records(walk, &reader);
	if (r != 0)
		return r;
	memmove(walk->pending.data, reader.data, reader.size);
	walk->pending.size = reader.size;
	return 0;
}

int record_walk(struct repo *repo, const struct repo_content *content,
	const struct record_visitor *visitor)
{
	struct walk walk = {visitor, buf_init(CHUNK_MAX + RECORD_MAX + 64), false};
	int r = repo_read(repo, content, take_piece, &walk);

	if (r == 0 && (!walk.begun || walk.pending.size > 0))
		r = err_set(ERR_CORRUPT, "a list or tree ends too early");
	buf_free(&walk.pending);
	return r;
}
