/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/varint.h"

size_t varint_encode(uint64_t value, uint8_t out[VARINT_MAX])
{
	size_t size = 0;

	for (; value >= 0x80; value >>= 7)
		out[size++] = (uint8_t)(value | 0x80);
	out[size++] = (uint8_t)value;
	return size;
}

int varint_put(struct buf *out, uint64_t value)
{
	uint8_t bytes[VARINT_MAX];
	size_t size = varint_encode(value, bytes);

	return buf_append(out, bytes, size);
}

int varint_get(struct reader *reader, uint64_t *out)
{
	uint64_t value = 0;
	size_t size = 0;
	uint8_t byte;

	do {
		if (size == reader->size || size == VARINT_MAX)
			return err_set(ERR_CORRUPT, "a number is cut off");
		byte = reader->data[size];
		if (size == VARINT_MAX - 1 && byte > 1)
			return err_set(ERR_CORRUPT, "a number has more than 64 bits");
		value |= (uint64_t)(byte & 0x7f) << (7 * size);
		size++;
	} while (byte & 0x80);
	if (byte == 0 && size > 1)
		return err_set(ERR_CORRUPT, "a number is longer than it need be");
	reader->data += size;
	reader->size -= size;
	*out = value;
	return 0;
}
