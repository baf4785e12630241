/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/delta.h"

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "crypto/secret.h"

enum { TAG_SIZE = 16, TOKEN_MAX = DELTA_SELECT_MAX + 256 };

void delta_begin(const struct folder *folder, struct delta_walk *out)
{
	*out = (struct delta_walk){
		.folder = folder->key,
		.origin = folder->origin,
		.until = (uint32_t)folder->log_size,
	};
}

/* What the entry at `index` says to somebody who knows the folder as it was at `since`; false
 * where it says nothing. */
static bool read_event(
	const struct folder *folder, size_t index, uint32_t since, struct delta_entry *out)
{
	const struct event *event = &folder->log[index];
	const struct message *message = event->message;

	*out = (struct delta_entry){message, DELTA_FULL, event->moves};
	if (event->has_left) {
		out->kind = event->was_deleted ? DELTA_DELETED : DELTA_CHANGED;
		return since > 0 && message->folder != folder;
	}
	if (!mailbox_is_current(folder, index))
		return false;
	if (since > 0 && message->entered <= since && message->changed <= since)
		out->kind = DELTA_MARKED;
	return true;
}

size_t delta_page(const struct folder *folder, struct delta_walk *walk, size_t limit,
	bool marks, struct delta_entry *out)
{
	size_t count = 0;
	bool is_capped = walk->left > 0;

	if (is_capped && walk->left < limit)
		limit = walk->left;
	while (count < limit && walk->position < walk->until) {
		struct delta_entry *entry = &out[count];
		if (!read_event(folder, walk->position++, walk->since, entry))
			continue;
		if (entry->kind != DELTA_MARKED || marks)
			count++;
	}
	if (is_capped) {
		walk->left -= (uint32_t)count;
		if (walk->left == 0) /* $top bounds the whole walk, not the page */
			walk->position = walk->until;
	}
	return count;
}

void delta_finish(struct folder *folder, struct delta_walk *walk)
{
	uint32_t *kept = folder->generations;
	size_t count = folder->generation_count;

	walk->is_finished = true;
	if (count > 0 && kept[count - 1] >= walk->until)
		return;
	if (count == MAILBOX_GENERATIONS)
		memmove(kept, kept + 1, --count * sizeof(*kept));
	kept[count++] = walk->until;
	folder->generation_count = count;
}

int delta_resume(const struct folder *folder, struct delta_walk *walk)
{
	size_t count = folder->generation_count;
	const uint32_t *kept = folder->generations;
	bool is_full = count == MAILBOX_GENERATIONS;

	if (walk->origin != folder->origin || walk->until > folder->log_size ||
		(is_full && walk->until < kept[0]))
		return err_set(ERR_NOTFOUND,
			"The sync state generation is not found; generation=%u;[highest=%u]",
			walk->until, count ? kept[count - 1] : (uint32_t)folder->log_size);
	if (walk->is_finished) {
		walk->since = walk->position = walk->until;
		walk->until = (uint32_t)folder->log_size;
		walk->is_finished = false;
		walk->left = 0;
	}
	return 0;
}

static int put_walk(const struct delta_walk *walk, struct buf *out)
{
	const uint32_t numbers[] = {
		walk->is_finished, walk->since, walk->until, walk->position, walk->left};
	int r = buf_append(out, walk->folder.bytes, IDS_KEY_SIZE);

	if (r == 0)
		r = buf_put_u64(out, walk->origin);
	for (size_t i = 0; r == 0 && i < sizeof(numbers) / sizeof(numbers[0]); i++)
		r = buf_put_u32(out, numbers[i]);
	return r < 0 ? r : buf_append_text(out, walk->select);
}

char *delta_write(const struct delta_walk *walk, const uint8_t key[DELTA_KEY_SIZE])
{
	AUTO_BUF bytes = buf_init(TOKEN_MAX);
	uint8_t tag[HASH_SIZE];

	int r = put_walk(walk, &bytes);
	ASSERT(r == 0); /* the ceiling holds the longest */
	hash_hmac(key, DELTA_KEY_SIZE, bytes.data, bytes.size, tag);
	r = buf_append(&bytes, tag, TAG_SIZE);
	ASSERT(r == 0);
	return text_to_base64url(bytes.data, bytes.size);
}

static int take_walk(struct reader *reader, struct delta_walk *out)
{
	const unsigned char *bytes;
	uint32_t finished = 0;
	uint32_t *numbers[] = {&finished, &out->since, &out->until, &out->position, &out->left};

	int r = reader_bytes(reader, IDS_KEY_SIZE, &bytes);
	if (r < 0)
		return r;
	memcpy(out->folder.bytes, bytes, IDS_KEY_SIZE);
	r = reader_u64(reader, &out->origin);
	for (size_t i = 0; r == 0 && i < sizeof(numbers) / sizeof(numbers[0]); i++)
		r = reader_u32(reader, numbers[i]);
	if (r < 0 || reader->size >= DELTA_SELECT_MAX)
		return ERR_INVALID;
	out->is_finished = finished != 0;
	memcpy(out->select, reader->data, reader->size);
	return 0;
}

int delta_read(const char *token, const uint8_t key[DELTA_KEY_SIZE], struct delta_walk *out)
{
	AUTO_BUF bytes = buf_init(TOKEN_MAX);
	uint8_t tag[HASH_SIZE];

	*out = (struct delta_walk){0};
	if (text_from_base64(token, &bytes) < 0 || bytes.size < TAG_SIZE)
		return err_set(ERR_INVALID, "Badly formed token.");
	size_t size = bytes.size - TAG_SIZE;
	hash_hmac(key, DELTA_KEY_SIZE, bytes.data, size, tag);
	struct reader reader = {bytes.data, size};
	if (!secret_equal(tag, bytes.data + size, TAG_SIZE) || take_walk(&reader, out) < 0)
		return err_set(ERR_INVALID, "Badly formed token.");
	return 0;
}
