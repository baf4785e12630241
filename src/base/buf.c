/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 256 };

struct buf buf_init(size_t ceiling)
{
	return (struct buf){.ceiling = ceiling};
}

void buf_free(struct buf *buf)
{
	free(buf->data);
	*buf = buf_init(buf->ceiling);
}

void buf_clear(struct buf *buf)
{
	buf->size = 0;
}

/* Doubling, so that appending stays linear; the last step may be shorter, to end exactly at the
 * ceiling. */
static size_t next_capacity(const struct buf *buf, size_t needed)
{
	size_t capacity = buf->capacity ? buf->capacity : FIRST_CAPACITY;

	while (capacity < needed && capacity <= buf->ceiling / 2)
		capacity *= 2;
	return capacity < needed || capacity > buf->ceiling ? buf->ceiling : capacity;
}

static int reserve(struct buf *buf, size_t extra)
{
	if (extra > buf->ceiling - buf->size)
		return err_set(ERR_LIMIT, "more than %zu bytes", buf->ceiling);
	if (extra <= buf->capacity - buf->size)
		return 0;

	size_t capacity = next_capacity(buf, buf->size + extra);
	unsigned char *data = realloc(buf->data, capacity);
	if (!data)
		return err_set(ERR_LIMIT, "no memory for %zu bytes", capacity);
	buf->data = data;
	buf->capacity = capacity;
	return 0;
}

int buf_append(struct buf *buf, const void *data, size_t size)
{
	int r = reserve(buf, size);

	if (r < 0 || size == 0)
		return r;
	memcpy(buf->data + buf->size, data, size);
	buf->size += size;
	return 0;
}

int buf_append_text(struct buf *buf, const char *text)
{
	return buf_append(buf, text, strlen(text));
}

int buf_printf(struct buf *buf, const char *format, ...)
{
	va_list arguments;
	char *text = NULL;

	va_start(arguments, format);
	int size = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (size < 0)
		return err_set(ERR_LIMIT, "no memory for a text");
	int r = buf_append(buf, text, (size_t)size);
	free(text);
	return r;
}

unsigned char *buf_reserve(struct buf *buf, size_t size)
{
	return reserve(buf, size) < 0 ? NULL : buf->data + buf->size;
}

void buf_commit(struct buf *buf, size_t size)
{
	ASSERT(size <= buf->capacity - buf->size);
	buf->size += size;
}

static int put_le(struct buf *buf, uint64_t value, size_t size)
{
	unsigned char bytes[sizeof(value)];

	for (size_t i = 0; i < size; i++)
		bytes[i] = (unsigned char)(value >> (8 * i));
	return buf_append(buf, bytes, size);
}

int buf_put_u16(struct buf *buf, uint16_t value)
{
	return put_le(buf, value, sizeof(value));
}

int buf_put_u32(struct buf *buf, uint32_t value)
{
	return put_le(buf, value, sizeof(value));
}

int buf_put_u64(struct buf *buf, uint64_t value)
{
	return put_le(buf, value, sizeof(value));
}

const char *buf_text(struct buf *buf)
{
	if (reserve(buf, 1) < 0)
		return NULL;
	buf->data[buf->size] = 0;
	return (const char *)buf->data;
}

unsigned char *buf_steal(struct buf *buf, size_t *size)
{
	unsigned char *data = buf->data;

	*size = buf->size;
	*buf = buf_init(buf->ceiling);
	return data;
}

int reader_bytes(struct reader *reader, size_t size, const unsigned char **out)
{
	if (size > reader->size)
		return err_set(ERR_CORRUPT, "ends %zu bytes too early", size - reader->size);
	*out = reader->data;
	reader->data += size;
	reader->size -= size;
	return 0;
}

static int read_le(struct reader *reader, size_t size, uint64_t *out)
{
	const unsigned char *bytes;
	int r = reader_bytes(reader, size, &bytes);

	if (r < 0)
		return r;
	*out = 0;
	for (size_t i = 0; i < size; i++)
		*out |= (uint64_t)bytes[i] << (8 * i);
	return 0;
}

int reader_u16(struct reader *reader, uint16_t *out)
{
	uint64_t value;
	int r = read_le(reader, sizeof(*out), &value);

	if (r == 0)
		*out = (uint16_t)value;
	return r;
}

int reader_u32(struct reader *reader, uint32_t *out)
{
	uint64_t value;
	int r = read_le(reader, sizeof(*out), &value);

	if (r == 0)
		*out = (uint32_t)value;
	return r;
}

int reader_u64(struct reader *reader, uint64_t *out)
{
	return read_le(reader, sizeof(*out), out);
}
