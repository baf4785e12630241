/* SPDX-License-Identifier: Apache-2.0 */
#include "job/run_priv.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "repo/spill.h"

enum { READ_TRIES = 3 };

/* One change as the source named it; of several for one item the last one counts. Texts are
 * borrowed from where the changes are sorted. */
struct change {
	const char *id, *name, *type, *tag;
	int64_t modified_s;
	bool removed;
};

/* The changes of a folder, however many they are: by their ids, as the folder's items lie. */
struct changes {
	struct run *run;
	bool stopped; /* by take_change, not by the source */
	struct spill *sorted;
	struct buf value; /* scratch */
};

static struct changes changes_begin(struct run *run)
{
	enum { TEXTS_MAX = 900 << 10 };

	return (struct changes){
		.run = run, .sorted = spill_new(0), .value = buf_init(TEXTS_MAX)};
}

static void changes_end(struct changes *changes)
{
	spill_free(changes->sorted);
	buf_free(&changes->value);
}

static int put_text(struct buf *out, const char *text)
{
	return buf_append(out, text, strlen(text) + 1);
}

static int put_value(struct buf *out, const struct source_item *item)
{
	int r = put_text(out, item->name);

	if (r == 0)
		r = put_text(out, item->type);
	if (r == 0)
		r = put_text(out, item->tag);
	return r < 0 ? r : buf_append(out, &item->modified_s, sizeof(item->modified_s));
}

static int keep_change(struct changes *changes, const struct source_item *item)
{
	struct buf *value = &changes->value;
	int r = 0;

	buf_clear(value);
	if (!item->removed)
		r = put_value(value, item);
	if (r < 0)
		return err_set(ERR_INVALID, "the name or tag of an item is too long");
	const struct spill_entry entry = {.key = item->id,
		.key_size = strlen(item->id) + 1, /* its NUL too */
		.value = value->data,
		.value_size = value->size,
		.mark = item->removed};
	return spill_put(changes->sorted, &entry);
}

static int take_change(void *context, const struct source_item *item)
{
	struct changes *changes = context;
	int r = keep_change(changes, item);

	if (r == 0)
		r = run_tick(changes->run);
	changes->stopped = r < 0;
	return r;
}

static const char *next_text(const char **at)
{
	const char *text = *at;

	*at += strlen(text) + 1;
	return text;
}

/* 1 and the next change, borrowed until the next call; 0 at the end. */
static int next_change(struct changes *changes, struct change *out)
{
	struct spill_entry entry;
	int r = spill_next(changes->sorted, &entry);

	if (r != 1)
		return r;
	*out = (struct change){.id = entry.key, .removed = entry.mark != 0};
	if (!out->removed) {
		const char *at = entry.value;
		out->name = next_text(&at);
		out->type = next_text(&at);
		out->tag = next_text(&at);
		memcpy(&out->modified_s, at, sizeof(out->modified_s));
	}
	return 1;
}

struct transfer {
	struct run *run;
	bool stopped; /* by store_piece, not by the source */
	struct content_writer *content;
	uint64_t bytes;
};

static int store_piece(void *context, const void *data, size_t size)
{
	struct transfer *transfer = context;
	int r = content_add(transfer->content, data, size);

	transfer->bytes += size;
	transfer->run->progress.bytes_read += size;
	if (r == 0)
		r = run_tick(transfer->run);
	transfer->stopped = r < 0;
	return r;
}

static int read_once(
	struct run_folder *at, const struct change *change, struct repo_content *out)
{
	struct transfer transfer = {.run = at->run};
	at->from_source = false;
	int r = content_begin(at->run->writer,
		text_equal(change->type, "message") ? CONTENT_MESSAGE : CONTENT_FILE,
		&transfer.content);
	if (r < 0)
		return r;
	r = source_read(at->run->source, at->object, change->id, store_piece, &transfer);
	if (r < 0) {
		at->from_source = !transfer.stopped;
		content_drop(transfer.content);
		return r;
	}
	at->result->bytes_read += transfer.bytes;
	return content_finish(transfer.content, out);
}

/* A stream that broke off is read anew from its start, a few times. */
static int read_item(
	struct run_folder *at, const struct change *change, struct repo_content *out)
{
	int r = 0;

	for (int i = 0; i < READ_TRIES; i++) {
		r = read_once(at, change, out);
		if (r >= 0 || !at->from_source || r == ERR_CANCELLED || r == ERR_NOTFOUND)
			return r;
		if (source_fault()->retry != SOURCE_RETRY_NOW)
			return r;
	}
	return r;
}

/* Whether an error concerns this one item alone. What our own side says never does. */
static bool is_of_item(const struct run_folder *at, int r)
{
	return at->from_source && r != ERR_CANCELLED && source_fault()->scope == SOURCE_ITEM;
}

void run_folder_note_reason(struct run_folder *at, const char *otherwise_code)
{
	const char *code = source_fault()->code;

	if (at->result->reason_code[0] == 0)
		object_result_set(at->result, at->result->result, *code ? code : otherwise_code,
			"%s", err_message());
}

static int note_failure(
	struct run_folder *at, struct folder_writer *writer, const struct change *change)
{
	run_folder_note_reason(at, "item");
	at->from_source = false; /* dealt with: what fails next is another matter */
	at->failed++;
	return folder_keep(writer, change->id); /* as it was last stored, where it was */
}

static int store_item(
	struct run_folder *at, struct folder_writer *writer, const struct change *change)
{
	struct tree_item item = {.id = change->id,
		.name = change->name,
		.type = change->type,
		.tag = change->tag,
		.modified_s = change->modified_s};
	int r = read_item(at, change, &item.content);

	if (r == ERR_NOTFOUND && at->from_source) { /* deleted while we came */
		at->from_source = false;
		return folder_remove(writer, change->id);
	}
	if (r < 0 && is_of_item(at, r))
		return note_failure(at, writer, change);
	if (r < 0)
		return r;
	at->result->items_new++;
	at->run->progress.items++;
	return folder_put(writer, &item);
}

/* The content is the same; its name may be another one. */
static int keep_item(
	struct folder_writer *writer, const struct tree_item *old, const struct change *change)
{
	struct tree_item item = *old;

	if (text_equal(old->name, change->name))
		return folder_keep(writer, change->id);
	item.id = change->id;
	item.name = change->name;
	item.type = change->type;
	item.tag = change->tag;
	item.modified_s = change->modified_s;
	return folder_put(writer, &item);
}

static int apply_change(
	struct run_folder *at, struct folder_writer *writer, const struct change *change)
{
	if (change->removed)
		return folder_remove(writer, change->id);

	const struct tree_item *old = NULL;
	int r = folder_find(writer, change->id, &old);
	if (r < 0)
		return r;
	if (!old || !text_equal(old->tag, change->tag))
		return store_item(at, writer, change);
	r = keep_item(writer, old, change);
	return r < 0 ? r : run_tick(at->run);
}

static int apply_changes(struct run_folder *at, struct folder_writer *writer,
	struct changes *changes, bool complete)
{
	struct change change;
	int r = spill_sort(changes->sorted);

	if (r == 0 && complete)
		r = folder_relist(writer);
	while (r == 0 && (r = next_change(changes, &change)) == 1)
		r = apply_change(at, writer, &change);
	return r;
}

void run_wait_with_cursor(
	struct run_folder *at, const char *folder_id, const char *list_id, char *cursor)
{
	struct run *run = at->run;

	mem_grow(&run->cursors, &run->cursor_capacity, run->cursor_count + 1,
		sizeof(*run->cursors));
	run->cursors[run->cursor_count++] = (struct pending_cursor){
		.kind = mem_strdup(at->object->kind),
		.name = mem_strdup(at->object->name),
		.folder_id = mem_strdup(folder_id),
		.list_id = mem_strdup(list_id),
		.cursor = cursor,
	};
}

/* From the cursor that fits what is stored, which *out_begin gets, else from the beginning. */
static int list_changes(struct run_folder *at, struct folder_writer *writer,
	struct changes *changes, struct source_listing *listing, char **out_begin)
{
	const struct cursor_key key = {at->run->job->id, at->object->kind, at->object->name,
		at->folder->id, folder_previous(writer)};
	int r = cursor_load(at->run->installation, &key, out_begin);

	if (r < 0)
		return r;
	listing->cursor = *out_begin;
	listing->visit = take_change;
	listing->context = changes;
	r = source_changes(at->run->source, at->object, at->folder, listing);
	at->from_source = r < 0 && !changes->stopped;
	return r;
}

int run_folder(struct run_folder *at)
{
	const struct tree_folder folder = {.id = at->folder->id,
		.parent_id = at->folder->parent_id,
		.name = at->folder->name};
	struct changes changes = changes_begin(at->run);
	struct source_listing listing = {0};
	struct folder_writer *writer = NULL;
	char list_id[REPO_ID_TEXT];
	AUTO_TEXT begin = NULL;
	uint64_t failed_before = at->failed;
	int r = object_writer_folder(at->writer, &folder, &writer);

	if (r == 0)
		r = list_changes(at, writer, &changes, &listing, &begin);
	if (r == 0)
		r = apply_changes(at, writer, &changes, listing.complete);
	changes_end(&changes);
	AUTO_TEXT cursor = listing.next_cursor;
	if (r < 0) {
		folder_drop(writer);
		return r;
	}
	r = folder_finish(writer, list_id);
	/* With an item missing the old cursor stays, for the list as it is now, so that the
	 * next run is told of it again. */
	if (at->failed > failed_before)
		mem_replace(&cursor, STEAL(begin));
	if (r == 0 && cursor)
		run_wait_with_cursor(at, at->folder->id, list_id, STEAL(cursor));
	return r;
}
