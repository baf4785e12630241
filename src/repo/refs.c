/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/refs.h"

#include <string.h>

#include "repo/format.h"
#include "repo/page.h"
#include "repo/varint.h"

enum { STEP_LITERAL = 0, STEP_BODY = 1, STEP_SHORT = 2, FACTS_SIZE = 4, CONTENT_SIZE = 25 };

struct walk {
	ref_fn *visit;
	void *context;
};

static const char *const magics[] = {
	[REFS_PAGE] = "GRNPAGE2", [REFS_LIST] = LIST_MAGIC, [REFS_RECIPE] = RECIPE_MAGIC};

int refs_shape(const void *data, size_t size)
{
	for (int shape = REFS_PAGE; shape <= REFS_RECIPE; shape++)
		if (size >= MAGIC_SIZE && memcmp(data, magics[shape], MAGIC_SIZE) == 0)
			return shape;
	return -1;
}

static int give_page(const struct walk *walk, const uint8_t *id)
{
	struct ref ref = {0};

	memcpy(ref.id, id, REPO_ID_SIZE);
	return walk->visit(walk->context, &ref);
}

static int give_content(const struct walk *walk, const struct repo_content *content)
{
	struct ref ref = {.is_content = true, .content = *content};

	memcpy(ref.id, content->id, REPO_ID_SIZE);
	return walk->visit(walk->context, &ref);
}

static int take_content(struct reader *reader, struct repo_content *out)
{
	const unsigned char *bytes = NULL;
	int r = reader_bytes(reader, 1 + REPO_ID_SIZE, &bytes);

	if (r == 0)
		r = reader_u64(reader, &out->size);
	if (r < 0)
		return r;
	out->kind = bytes[0];
	memcpy(out->id, bytes + 1, REPO_ID_SIZE);
	return out->kind <= REPO_MESSAGE ? 0
					 : err_set(ERR_CORRUPT, "a content of unknown kind");
}

static int skip(struct reader *reader, uint64_t most)
{
	const unsigned char *bytes = NULL;
	uint64_t size = 0;
	int r = varint_get(reader, &size);

	if (r == 0 && (size > most || size > reader->size))
		r = err_set(ERR_CORRUPT, "it is cut off");
	return r < 0 ? r : reader_bytes(reader, (size_t)size, &bytes);
}

/* No value can be both: behind its first two texts a folder has at most 36 bytes, of which an
 * item would need more. */
static bool is_item(const struct page_entry *entry)
{
	struct reader reader = {entry->value, entry->value_size};

	for (int text = 0; text < 3; text++)
		if (skip(&reader, TEXT_MAX) < 0)
			return false;
	return reader.size == 8 + CONTENT_SIZE;
}

static int walk_item(const struct walk *walk, const struct page_entry *entry)
{
	struct reader reader = {entry->value + entry->value_size - CONTENT_SIZE, CONTENT_SIZE};
	struct repo_content content;
	int r = take_content(&reader, &content);

	return r < 0 ? r : give_content(walk, &content);
}

static int walk_folder(const struct walk *walk, const struct page_entry *entry)
{
	struct reader reader = {entry->value, entry->value_size};
	const unsigned char *root = NULL;
	uint64_t number = 0;
	int r = skip(&reader, TEXT_MAX);

	if (r == 0)
		r = skip(&reader, TEXT_MAX);
	for (int i = 0; i < 2 && r == 0; i++)
		r = varint_get(&reader, &number);
	if (r == 0)
		r = reader_bytes(&reader, REPO_ID_SIZE, &root);
	if (r == 0 && reader.size > 0)
		r = err_set(ERR_CORRUPT, "an entry of a tree that is no folder and no item");
	return r != 0 ? r : give_page(walk, root);
}

static int walk_page(const struct walk *walk, const void *data, size_t size)
{
	struct page_cursor cursor = page_cursor_init();
	struct page_entry entry;
	int r = page_begin(&cursor, data, size);

	while (r == 0) {
		r = page_next(&cursor, &entry);
		if (r <= 0)
			break;
		if (cursor.level > 0)
			r = give_page(walk, entry.id);
		else if (is_item(&entry))
			r = walk_item(walk, &entry);
		else
			r = walk_folder(walk, &entry);
	}
	page_cursor_free(&cursor);
	return r;
}

static int walk_list(const struct walk *walk, struct reader reader)
{
	uint32_t level = 0, count = 0;
	uint64_t bytes = 0, sum = 0;
	int r = reader_u32(&reader, &level);

	if (r == 0)
		r = reader_u32(&reader, &count);
	if (r == 0)
		r = reader_u64(&reader, &bytes);
	if (r == 0 && (level >= LIST_LEVELS || count > LIST_FANOUT))
		r = err_set(ERR_CORRUPT, "a list that cannot be");
	for (uint32_t i = 0; i < count && r == 0; i++) {
		struct repo_content content = {.kind = level > 0 ? REPO_LIST : REPO_CHUNK};
		const unsigned char *id = NULL;
		r = reader_bytes(&reader, REPO_ID_SIZE, &id);
		if (r == 0)
			r = reader_u64(&reader, &content.size);
		if (r < 0)
			break;
		memcpy(content.id, id, REPO_ID_SIZE);
		sum += content.size;
		r = give_content(walk, &content);
	}
	if (r == 0 && (reader.size > 0 || sum != bytes))
		r = err_set(ERR_CORRUPT, "a list that is not its entries");
	return r;
}

static int walk_step(const struct walk *walk, struct reader *reader)
{
	const unsigned char *bytes = NULL;
	struct repo_content content;
	uint64_t line = 0;
	int r = reader_bytes(reader, 1, &bytes);

	if (r < 0 || bytes[0] == STEP_LITERAL)
		return r < 0 ? r : skip(reader, RECIPE_MAX);
	if (bytes[0] > STEP_SHORT)
		return err_set(ERR_CORRUPT, "a recipe with an unknown step");
	bool is_short = bytes[0] == STEP_SHORT;
	r = reader_bytes(reader, FACTS_SIZE, &bytes);
	if (r == 0)
		r = varint_get(reader, &line);
	if (r < 0 || is_short)
		return r < 0 ? r : skip(reader, RECIPE_MAX);
	r = take_content(reader, &content);
	if (r == 0 && content.kind == REPO_MESSAGE)
		r = err_set(ERR_CORRUPT, "a recipe in a recipe");
	return r < 0 ? r : give_content(walk, &content);
}

int refs_walk(
	enum refs_shape shape, const void *data, size_t size, ref_fn *visit, void *context)
{
	struct walk walk = {visit, context};
	int r = 0;

	if (refs_shape(data, size) != (int)shape)
		return err_set(ERR_CORRUPT, "it does not begin as it should");
	struct reader reader = {(const uint8_t *)data + MAGIC_SIZE, size - MAGIC_SIZE};
	switch (shape) {
	case REFS_PAGE:
		return walk_page(&walk, data, size);
	case REFS_LIST:
		return walk_list(&walk, reader);
	case REFS_RECIPE:
		while (reader.size > 0 && r == 0)
			r = walk_step(&walk, &reader);
	}
	return r;
}
