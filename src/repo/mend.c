/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/mend.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "crypto/secret.h"
#include "repo/repo_priv.h"

enum { FILE_MAX = 320 << 20 }; /* a snapshot is the largest */

static const struct {
	const char *folder, *magic;
} kinds[] = {
	[MEND_PACK] = {"packs", PACK_MAGIC},
	[MEND_INDEX] = {"index", INDEX_MAGIC},
	[MEND_SNAPSHOT] = {"snapshots", SNAPSHOT_MAGIC},
};

const char *mend_folder(enum mend_kind kind)
{
	return kinds[kind].folder;
}

void mend_path(enum mend_kind kind, const uint8_t name[NAME_SIZE], char out[PACK_PATH_SIZE])
{
	char digits[NAME_TEXT];

	if (kind == MEND_PACK) {
		pack_path(name, out);
		return;
	}
	text_to_hex(name, NAME_SIZE, digits);
	snprintf(out, PACK_PATH_SIZE, "%s/%s", kinds[kind].folder, digits);
}

bool mend_name(const char *path, uint8_t out[NAME_SIZE])
{
	const char *name = strrchr(path, '/');

	return name && strlen(name + 1) == NAME_TEXT - 1 &&
	       text_from_hex(name + 1, out, NAME_SIZE) == 0;
}

/* Whether each page of an index file opens. */
static bool pages_open(const struct seal *seal, const uint8_t *data, size_t size)
{
	const size_t each = INDEX_PAGE_SIZE + AEAD_TAG_SIZE;
	uint8_t *plain = mem_alloc(each);
	bool is_right = size > 0;

	for (size_t at = 0; at < size && is_right; at += each) {
		size_t piece = size - at < each ? size - at : each;
		struct seal_place place = {
			(uint32_t)(at / each), PIECE_INDEX, at + piece == size};
		is_right = piece >= AEAD_TAG_SIZE &&
			   seal_open_into(seal, &place, data + at, piece, plain) == 0;
	}
	mem_free(plain);
	return is_right;
}

static bool piece_opens(const struct seal *seal, const uint8_t *data, size_t size)
{
	bool is_right = false;

	if (size < AEAD_TAG_SIZE)
		return false;
	uint8_t *plain = mem_alloc(size);
	for (uint8_t codec = CODEC_RAW; codec <= CODEC_ZSTD && !is_right; codec++) {
		struct seal_place place = {0, PIECE_SNAPSHOT, codec};
		is_right = seal_open_into(seal, &place, data, size, plain) == 0;
	}
	mem_free(plain);
	return is_right;
}

/* Whether all seals of a file open: only then it is what was written. */
static int is_right(struct repo *repo, const struct mend_file *file, struct buf *bytes,
	const struct armor_trailer *trailer, bool *out)
{
	uint8_t commitment[SEAL_COMMITMENT_SIZE];
	struct seal seal;
	size_t size = (size_t)trailer->data;

	if (file->kind == MEND_PACK) {
		/* Borrowed for the call. */
		struct pack_file pack = {.bytes = *bytes, .trailer = *trailer};
		memcpy(pack.name, file->name, NAME_SIZE);
		return pack_file_is_whole(repo, &pack, out);
	}
	seal_begin(&seal, &repo->keys, file->name);
	seal_commitment(&seal, commitment);
	*out = secret_equal(commitment, trailer->commitment, sizeof(commitment)) &&
	       (file->kind == MEND_INDEX ? pages_open(&seal, bytes->data, size)
					 : piece_opens(&seal, bytes->data, size));
	seal_end(&seal);
	return 0;
}

/* In words, for the damage that the armor tells of. */
static void describe(const struct armor_report *report, struct mended *out)
{
	if (report->damaged > 0)
		snprintf(out->why, sizeof(out->why), "%u of its %d parts %s damaged",
			report->damaged, ARMOR_SHARDS_ALL, report->damaged == 1 ? "is" : "are");
	else if (report->sums)
		snprintf(out->why, sizeof(out->why), "the sums of its parts are damaged");
	else if (report->trailers[0] || report->trailers[1])
		snprintf(out->why, sizeof(out->why), "its end is damaged");
}

/* Where the armor is lost, all of it, while the data is whole: it is made anew. */
static int rearm(struct repo *repo, const struct mend_file *file,
	const struct armor_trailer *trailer, struct mended *out)
{
	bool right = false;
	AUTO_BUF again = buf_init(FILE_MAX);
	int r = 0;

	if (trailer->data > out->bytes.size || trailer->directory > trailer->data)
		return 0;
	r = buf_append(&again, out->bytes.data, (size_t)trailer->data);
	if (r == 0)
		r = armor_close(&again, trailer);
	if (r < 0)
		return r;
	r = is_right(repo, file, &again, trailer, &right);
	if (r < 0 || !right)
		return r;
	struct buf before = out->bytes;
	out->bytes = again;
	again = before;
	out->state = MEND_MENDABLE;
	return 0;
}

/* How much data the file must have had: of a pack the index says it, also where the file is cut
 * off behind it; of others their size does. */
static bool guess_sizes(
	const struct mend_file *file, uint64_t size, struct armor_trailer *trailer)
{
	if (file->kind != MEND_PACK)
		return armor_data_size(size, trailer->parity, &trailer->data);
	if (!file->pack ||
		armor_file_size(file->pack->data, trailer->parity) != file->pack->size)
		return false;
	trailer->data = file->pack->data;
	trailer->directory = file->pack->directory;
	return true;
}

/* What the trailer must have said, as far as that is known without it. */
static int guess(struct repo *repo, const struct mend_file *file, struct mended *out)
{
	static const uint16_t parities[] = {ARMOR_PARITY, 0};
	struct seal seal;
	int r = 0;

	for (size_t i = 0; i < 2 && r == 0 && out->state == MEND_LOST; i++) {
		struct armor_trailer trailer = {.shards = ARMOR_SHARDS, .parity = parities[i]};
		memcpy(trailer.magic, kinds[file->kind].magic, ARMOR_MAGIC_SIZE);
		if (!guess_sizes(file, out->bytes.size, &trailer))
			continue;
		seal_begin(&seal, &repo->keys, file->name);
		seal_commitment(&seal, trailer.commitment);
		seal_end(&seal);
		r = rearm(repo, file, &trailer, out);
	}
	return r;
}

/* By parity; the bytes are as they were where that does not help. */
static int try_parity(struct repo *repo, const struct mend_file *file, struct mended *out)
{
	struct armor_report report;
	bool right = false;
	AUTO_BUF mended = buf_init(FILE_MAX);
	int r = buf_append(&mended, out->bytes.data, out->bytes.size);

	if (r < 0)
		return r;
	if (armor_repair(mended.data, mended.size, kinds[file->kind].magic, &report) < 0)
		return 0;
	r = is_right(repo, file, &mended, &report.trailer, &right);
	if (r < 0 || !right)
		return r;
	struct buf before = out->bytes;
	out->bytes = mended;
	mended = before;
	out->state = MEND_MENDABLE;
	return 0;
}

static int look(struct repo *repo, const struct mend_file *file, struct mended *out)
{
	struct armor_report report;
	bool right = false;
	int r = armor_check(out->bytes.data, out->bytes.size, kinds[file->kind].magic, &report);

	if (r < 0) {
		snprintf(out->why, sizeof(out->why), "%s", err_message());
		return guess(repo, file, out);
	}
	describe(&report, out);
	if (armor_is_whole(&report)) {
		r = is_right(repo, file, &out->bytes, &report.trailer, &right);
		if (r == 0 && right)
			out->state = MEND_WHOLE;
		else if (r == 0)
			snprintf(out->why, sizeof(out->why),
				"it was exchanged or changed on purpose: its seals do not "
				"open");
		return r;
	}
	r = try_parity(repo, file, out);
	if (r == 0 && out->state == MEND_LOST)
		r = rearm(repo, file, &report.trailer, out);
	return r == 0 && out->state == MEND_LOST ? guess(repo, file, out) : r;
}

int mend_look(struct repo *repo, const struct mend_file *file, struct mended *out)
{
	*out = (struct mended){.state = MEND_LOST, .bytes = buf_init(FILE_MAX)};
	mend_path(file->kind, file->name, out->path);
	int r = storage_read_all(repo->storage, out->path, &out->bytes);

	if (r == ERR_LIMIT) {
		snprintf(out->why, sizeof(out->why), "it is larger than such a file can be");
		return 0;
	}
	return r < 0 ? r : look(repo, file, out);
}
