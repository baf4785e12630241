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
