/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/armor.h"

#include <string.h>

#include "base/bytes.h"
#include "repo/armor_priv.h"

/*
 * Trailers, and the end of a file that is being written.
 */

bool armor_is_whole(const struct armor_report *report)
{
	return report->damaged == 0 && !report->sums && !report->trailers[0] &&
	       !report->trailers[1];
}

uint64_t armor_file_size(uint64_t data, uint16_t parity)
{
	uint64_t size = data + ARMOR_END_SIZE;

	return parity == 0 ? size : size + parity * armor_shard_size(data) + ARMOR_SUMS_SIZE;
}

bool armor_data_size(uint64_t file_size, uint16_t parity, uint64_t *out)
{
	uint64_t low = 0, high = ARMOR_DATA_MAX;

	/* One byte more of data is at least one byte more of file. */
	while (low < high) {
		uint64_t middle = low + (high - low) / 2;
		if (armor_file_size(middle, parity) < file_size)
			low = middle + 1;
		else
			high = middle;
	}
	*out = low;
	return armor_file_size(low, parity) == file_size;
}

void armor_trailer_write(const struct armor_trailer *trailer, uint8_t out[ARMOR_TRAILER_SIZE])
{
	memset(out, 0, ARMOR_TRAILER_SIZE);
	memcpy(out, trailer->magic, ARMOR_MAGIC_SIZE);
	bytes_put_u64(out + 8, trailer->data);
	bytes_put_u32(out + 16, trailer->directory);
	bytes_put_u16(out + 20, trailer->shards);
	bytes_put_u16(out + 22, trailer->parity);
	memcpy(out + 24, trailer->commitment, ARMOR_COMMITMENT_SIZE);
	bytes_put_u32(out + 60, armor_sum(out, 60));
}

/* One of the two; false where it does not hold. */
static bool read_one(const uint8_t at[ARMOR_TRAILER_SIZE], uint64_t file_size,
	const char *magic, struct armor_trailer *out)
{
	if (bytes_get_u32(at + 60) != armor_sum(at, 60) || bytes_get_u32(at + 56) != 0 ||
		memcmp(at, magic, ARMOR_MAGIC_SIZE) != 0)
		return false;
	memcpy(out->magic, at, ARMOR_MAGIC_SIZE);
	out->data = bytes_get_u64(at + 8);
	out->directory = bytes_get_u32(at + 16);
	out->shards = bytes_get_u16(at + 20);
	out->parity = bytes_get_u16(at + 22);
	memcpy(out->commitment, at + 24, ARMOR_COMMITMENT_SIZE);
	return out->data <= ARMOR_DATA_MAX && out->directory <= out->data &&
	       out->shards == ARMOR_SHARDS &&
	       (out->parity == 0 || out->parity == ARMOR_PARITY) &&
	       armor_file_size(out->data, out->parity) == file_size;
}

int armor_trailer_read(const uint8_t *end, size_t size, uint64_t file_size, const char *magic,
	struct armor_trailer *out)
{
	ASSERT(size <= file_size);
	*out = (struct armor_trailer){0};
	if (file_size < ARMOR_END_SIZE || size < ARMOR_END_SIZE)
		return err_set(ERR_CORRUPT, "the file is cut off");
	if (read_one(end + size - ARMOR_TRAILER_SIZE, file_size, magic, out) ||
		read_one(end + size - ARMOR_END_SIZE, file_size, magic, out))
		return 0;
	*out = (struct armor_trailer){0};
	return err_set(ERR_CORRUPT, "the end of the file is not what was written");
}

void armor_end_write(const uint8_t *data, const struct armor_trailer *trailer, uint8_t *out)
{
	if (trailer->parity > 0) {
		struct armor_shards shards;
		uint32_t sums[ARMOR_SHARDS_ALL];
		armor_shards_begin(&shards, data, (size_t)trailer->data);
		armor_shards_encode(&shards, out, sums);
		out += ARMOR_PARITY * shards.size;
		armor_sums_write(sums, out);
		out += ARMOR_SUMS_SIZE;
		armor_shards_end(&shards);
	}
	armor_trailer_write(trailer, out);
	armor_trailer_write(trailer, out + ARMOR_TRAILER_SIZE);
}

int armor_close(struct buf *file, const struct armor_trailer *trailer)
{
	struct armor_trailer own = *trailer;
	size_t data = file->size;

	ASSERT(own.parity == 0 || own.parity == ARMOR_PARITY);
	if (data > ARMOR_DATA_MAX)
		return err_set(ERR_LIMIT, "a file of more than %d bytes", ARMOR_DATA_MAX);
	ASSERT(own.directory <= data);
	own.data = data;
	own.shards = ARMOR_SHARDS;
	size_t more = (size_t)armor_file_size(data, own.parity) - data;
	uint8_t *at = buf_reserve(file, more);
	if (!at)
		return ERR_LIMIT;
	armor_end_write(file->data, &own, at);
	buf_commit(file, more);
	return 0;
}
