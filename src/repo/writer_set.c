/* SPDX-License-Identifier: Apache-2.0 */
#include <isa-l/crc.h>
#include <string.h>

#include "base/io.h"
#include "base/mem.h"
#include "crypto/secret.h"
#include "repo/keys.h"

/* The file of a put-only writer: magic 8 | seal 1 | id 16 | the keys, in the order of the table
 * below | CRC 4. */

enum { SET_MAX = 4096, PARTS = 7 };

struct part {
	uint8_t *data;
	size_t size;
};

static void parts_of(struct repo_keys *keys, struct part out[PARTS])
{
	const struct part parts[PARTS] = {
		{keys->config, sizeof(keys->config)},
		{keys->chunk_id, sizeof(keys->chunk_id)},
		{keys->chunker, sizeof(keys->chunker)},
		{keys->boundary, sizeof(keys->boundary)},
		{keys->meta_root, sizeof(keys->meta_root)},
		{keys->signing, sizeof(keys->signing)},
		{keys->box_public, sizeof(keys->box_public)},
	};

	memcpy(out, parts, sizeof(parts));
}

int keys_put_writer(const struct repo_keys *keys, struct buf *out)
{
	struct repo_keys copy = *keys;
	struct part parts[PARTS];
	uint8_t seal = (uint8_t)keys->aead;
	size_t start = out->size;
	int r = buf_append_text(out, WRITER_SET_MAGIC);

	parts_of(&copy, parts);
	if (r == 0)
		r = buf_append(out, &seal, 1);
	if (r == 0)
		r = buf_append(out, copy.id, sizeof(copy.id));
	for (int i = 0; i < PARTS && r == 0; i++)
		r = buf_append(out, parts[i].data, parts[i].size);
	if (r == 0)
		r = buf_put_u32(out, crc32_gzip_refl(0, out->data + start, out->size - start));
	derived_wipe(&copy);
	return r;
}

int keys_get_writer(const void *data, size_t size, struct repo_keys *out)
{
	struct reader reader = {data, size};
	struct part parts[PARTS];
	const unsigned char *magic = NULL, *seal = NULL, *bytes = NULL;
	uint32_t crc = 0;
	int r = reader_bytes(&reader, MAGIC_SIZE, &magic);

	*out = (struct repo_keys){0};
	parts_of(out, parts);
	if (r == 0)
		r = reader_bytes(&reader, 1, &seal);
	if (r == 0)
		r = reader_bytes(&reader, NAME_SIZE, &bytes);
	if (r == 0)
		memcpy(out->id, bytes, NAME_SIZE);
	for (int i = 0; i < PARTS && r == 0; i++) {
		r = reader_bytes(&reader, parts[i].size, &bytes);
		if (r == 0)
			memcpy(parts[i].data, bytes, parts[i].size);
	}
	if (r == 0)
		r = reader_u32(&reader, &crc);
	if (r != 0 || reader.size > 0 || memcmp(magic, WRITER_SET_MAGIC, MAGIC_SIZE) != 0 ||
		*seal > AEAD_CHACHA20_POLY1305 || crc != crc32_gzip_refl(0, data, size - 4))
		return err_set(ERR_PASSWORD, "it is not the keys of a put-only writer, or they "
					     "are damaged");
	out->aead = (enum aead_kind) * seal;
	return 0;
}

int keys_export_writer(const struct repo_keys *keys, const char *path)
{
	AUTO_BUF set = buf_init(SET_MAX);
	int r = keys_put_writer(keys, &set);

	if (r == 0 && io_exists(path))
		r = err_set(ERR_EXISTS, "%s is there already; name a new file", path);
	if (r == 0)
		r = io_write_file(path, set.data, set.size, 0600);
	if (set.data)
		secret_wipe(set.data, set.capacity);
	return r;
}

int keys_import_writer(const char *path, struct repo_keys *out)
{
	AUTO_BUF set = buf_init(SET_MAX);
	int r = io_read_file(path, &set);

	if (r == ERR_LIMIT)
		r = err_set(ERR_PASSWORD, "it is too long for the keys of a writer");
	if (r == 0)
		r = keys_get_writer(set.data, set.size, out);
	if (set.data)
		secret_wipe(set.data, set.capacity);
	return err_wrap(r, "%s", path);
}
