/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/sealed_file.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "crypto/secret.h"
#include "repo/repo_priv.h"

const struct sealed_kind sealed_snapshot = {"snapshots", SNAPSHOT_MAGIC, PIECE_SNAPSHOT};

static int assemble(struct repo *repo, const struct sealed_kind *kind,
	const uint8_t name[NAME_SIZE], const struct buf *body, struct buf *out)
{
	struct seal_place place = {.piece = kind->piece};
	struct seal seal;
	int r = buf_append_text(out, kind->magic);
	uint8_t *at = r == 0 ? buf_reserve(out, body->size + AEAD_TAG_SIZE) : NULL;

	if (!at)
		return ERR_LIMIT;
	memcpy(at, body->data, body->size);
	seal_begin(&seal, &repo->keys, name);
	seal_close(&seal, &place, at, body->size);
	seal_end(&seal);
	buf_commit(out, body->size + AEAD_TAG_SIZE);
	return 0;
}

int sealed_write(struct repo *repo, const struct sealed_kind *kind, const struct buf *body,
	char out_name[NAME_TEXT])
{
	uint8_t name[NAME_SIZE];
	AUTO_BUF file = buf_init(SEALED_FILE_MAX);

	secret_random(name, sizeof(name));
	text_to_hex(name, sizeof(name), out_name);
	int r = assemble(repo, kind, name, body, &file);
	if (r < 0)
		return r;
	AUTO_TEXT path = mem_printf("%s/%s", kind->folder, out_name);
	return storage_put(repo->storage, path, file.data, file.size);
}

static int disassemble(struct repo *repo, const struct sealed_kind *kind, const char *name_text,
	const struct buf *file, struct buf *body)
{
	struct seal_place place = {.piece = kind->piece};
	struct seal seal;
	uint8_t name[NAME_SIZE];

	if (file->size < MAGIC_SIZE + AEAD_TAG_SIZE ||
		memcmp(file->data, kind->magic, MAGIC_SIZE) != 0)
		return err_set(ERR_CORRUPT, "its beginning is not that of such a file");
	int r = text_from_hex(name_text, name, sizeof(name));
	if (r < 0)
		return r;
	size_t size = file->size - MAGIC_SIZE;
	uint8_t *at = buf_reserve(body, size);
	if (!at)
		return ERR_LIMIT;
	memcpy(at, file->data + MAGIC_SIZE, size);
	seal_begin(&seal, &repo->keys, name);
	r = seal_open(&seal, &place, at, size);
	seal_end(&seal);
	if (r == 0)
		buf_commit(body, size - AEAD_TAG_SIZE);
	return r;
}

int sealed_read(
	struct repo *repo, const struct sealed_kind *kind, const char *name, struct buf *body)
{
	AUTO_BUF file = buf_init(SEALED_FILE_MAX);
	AUTO_TEXT path = mem_printf("%s/%s", kind->folder, name);
	int r = storage_read_all(repo->storage, path, &file);

	if (r == ERR_LIMIT)
		return err_set(ERR_CORRUPT, "%s is larger than such a file can be", path);
	if (r < 0)
		return r;
	r = disassemble(repo, kind, name, &file, body);
	return err_wrap(r, "%s/%s", storage_place(repo->storage), path);
}

struct listing {
	int (*visit)(void *context, const char *name);
	void *context;
};

static int visit_file(void *context, const struct storage_entry *entry)
{
	const struct listing *listing = context;
	const char *name = strrchr(entry->name, '/');
	uint8_t bytes[NAME_SIZE];

	if (!name || strlen(name + 1) != NAME_TEXT - 1 ||
		text_from_hex(name + 1, bytes, sizeof(bytes)) < 0)
		return 0;
	return listing->visit(listing->context, name + 1);
}

int sealed_list(struct repo *repo, const struct sealed_kind *kind,
	int (*visit)(void *context, const char *name), void *context)
{
	struct listing listing = {visit, context};

	return storage_list(repo->storage, kind->folder, visit_file, &listing);
}
