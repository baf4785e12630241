/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/bytes.h"
#include "fuzz.h"
#include "repo/armor.h"

/* Ends of files, and whole files. The first byte says which: "0" a file as it is, "1" one whose
 * trailers get the right sum, so that the numbers behind it are tried too, "2" a file that is
 * closed by the writer and then changed: the rest is pairs of a place (2 bytes) and a value,
 * behind the data (a size of 2 bytes). A trailer that is accepted fits its file; a repair gives
 * what was written, or says that it cannot. */

#define MAGIC "GRNPACK2"

static void fix_sums(struct buf *file)
{
	for (size_t copies = 1; copies <= 2 && file->size >= ARMOR_END_SIZE; copies++) {
		uint8_t *at = file->data + file->size - copies * ARMOR_TRAILER_SIZE;
		memcpy(at, MAGIC, ARMOR_MAGIC_SIZE);
		uint32_t sum = ~0U;
		for (size_t i = 0; i < 60; i++) {
			sum ^= at[i];
			for (int bit = 0; bit < 8; bit++)
				sum = sum >> 1 ^ (sum & 1 ? 0xedb88320 : 0);
		}
		bytes_put_u32(at + 60, ~sum);
	}
}

static void try_file(struct buf *file)
{
	struct armor_trailer trailer;
	struct armor_report report;
	size_t end = file->size < ARMOR_END_SIZE ? file->size : ARMOR_END_SIZE;
	int r = armor_trailer_read(
		file->data + file->size - end, end, file->size, MAGIC, &trailer);

	ASSERT(armor_check(file->data, file->size, MAGIC, &report) == r);
	if (r == 0) {
		ASSERT(trailer.data <= file->size && trailer.directory <= trailer.data);
		ASSERT(armor_file_size(trailer.data, trailer.parity) == file->size);
	}
	if (armor_repair(file->data, file->size, MAGIC, &report) < 0)
		return;
	ASSERT(r == 0);
	ASSERT(armor_check(file->data, file->size, MAGIC, &report) == 0);
	ASSERT(armor_is_whole(&report));
}

static void try_changed(const uint8_t *data, size_t size)
{
	struct armor_trailer trailer = {
		.magic = {'G', 'R', 'N', 'P', 'A', 'C', 'K', '2'}, .parity = ARMOR_PARITY};
	AUTO_BUF file = buf_init(1 << 20);
	AUTO_BUF right = buf_init(1 << 20);
	struct armor_report report;
	size_t plain = size < 2 ? 0 : bytes_get_u16(data) % (size - 1);

	if (size < 2)
		return;
	ASSERT(buf_append(&file, data + 2, plain) == 0);
	ASSERT(armor_close(&file, &trailer) == 0);
	ASSERT(buf_append(&right, file.data, file.size) == 0);
	for (size_t at = 2 + plain; at + 3 <= size; at += 3)
		file.data[bytes_get_u16(data + at) % file.size] ^= data[at + 2];
	if (armor_repair(file.data, file.size, MAGIC, &report) == 0)
		ASSERT(memcmp(file.data, right.data, right.size) == 0 || report.sums);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	if (data[0] % 3 == 2) {
		try_changed(data + 1, size - 1);
		return 0;
	}
	AUTO_BUF file = buf_init(1 << 20);
	ASSERT(buf_append(&file, data + 1, size - 1) == 0);
	if (data[0] % 3 == 1)
		fix_sums(&file);
	if (file.size > 0)
		try_file(&file);
	return 0;
}
