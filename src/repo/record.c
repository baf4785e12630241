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
