/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/recipe.h"

#include <string.h>

#include "repo/varint.h"

int recipe_begin(struct reader *reader, const void *data, size_t size)
{
	const unsigned char *magic = NULL;

	*reader = (struct reader){data, size};
	int r = reader_bytes(reader, MAGIC_SIZE, &magic);
	if (r == 0 && (size > RECIPE_MAX || memcmp(magic, RECIPE_MAGIC, MAGIC_SIZE) != 0))
		r = err_set(ERR_CORRUPT, "a chunk is not the recipe that it should be");
	return r;
}

static int take_facts(struct reader *reader, struct mime_facts *facts)
{
	const unsigned char *bytes = NULL;
	uint64_t line = 0;
	int r = reader_bytes(reader, 4, &bytes);

	if (r == 0)
		r = varint_get(reader, &line);
	if (r == 0 && line > UINT32_MAX)
		r = err_set(ERR_CORRUPT, "a body of impossible lines");
	if (r < 0)
		return r;
	*facts = (struct mime_facts){bytes[0], bytes[1], bytes[2], bytes[3], (uint32_t)line};
	return 0;
}

static int take_content(struct reader *reader, struct repo_content *content)
{
	const unsigned char *bytes = NULL;
	int r = reader_bytes(reader, 1 + REPO_ID_SIZE, &bytes);

	if (r == 0)
		r = reader_u64(reader, &content->size);
	if (r < 0)
		return r;
	content->kind = bytes[0];
	memcpy(content->id, bytes + 1, REPO_ID_SIZE);
	return content->kind <= REPO_LIST ? 0 : err_set(ERR_CORRUPT, "a body of unknown kind");
}

static int take_bytes(struct reader *reader, struct recipe_step *step)
{
	uint64_t size = 0;
	int r = varint_get(reader, &size);

	if (r == 0 && size > reader->size)
		r = err_set(ERR_CORRUPT, "a recipe ends too early");
	if (r < 0)
		return r;
	step->size = (size_t)size;
	return reader_bytes(reader, step->size, &step->data);
}

int recipe_next(struct reader *reader, struct recipe_step *out)
{
	const unsigned char *kind = NULL;

	if (reader->size == 0)
		return 0;
	*out = (struct recipe_step){0};
	int r = reader_bytes(reader, 1, &kind);
	if (r < 0)
		return r;
	out->kind = *kind;
	if (out->kind > RECIPE_SHORT)
		return err_set(ERR_CORRUPT, "a recipe with a step of unknown kind");
	if (out->kind != RECIPE_LITERAL)
		r = take_facts(reader, &out->facts);
	if (r == 0)
		r = out->kind == RECIPE_BODY ? take_content(reader, &out->content)
					     : take_bytes(reader, out);
	return r < 0 ? r : 1;
}

int recipe_put_head(struct buf *out)
{
	return buf_append_text(out, RECIPE_MAGIC);
}

static int put_facts(struct buf *out, const struct mime_facts *facts)
{
	const uint8_t bytes[4] = {
		facts->encoding, facts->line_end, facts->tail, facts->profile};
	int r = buf_append(out, bytes, sizeof(bytes));

	return r < 0 ? r : varint_put(out, facts->line);
}

static int put_content(struct buf *out, const struct repo_content *content)
{
	int r = buf_append(out, &content->kind, 1);

	if (r == 0)
		r = buf_append(out, content->id, REPO_ID_SIZE);
	return r < 0 ? r : buf_put_u64(out, content->size);
}

int recipe_put(struct buf *out, const struct recipe_step *step)
{
	int r = buf_append(out, &step->kind, 1);

	if (r == 0 && step->kind != RECIPE_LITERAL)
		r = put_facts(out, &step->facts);
	if (r == 0 && step->kind == RECIPE_BODY)
		return put_content(out, &step->content);
	if (r == 0)
		r = varint_put(out, step->size);
	return r < 0 ? r : buf_append(out, step->data, step->size);
}
