/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/snapshot_body.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "crypto/secret.h"
#include "crypto/sign.h"
#include "repo/varint.h"

enum {
	LINK_SIZE = NAME_SIZE + HASH_SIZE,
	OBJECT_LEAST = 2 + 1 + 3 * 8 + REPO_ID_SIZE + 4,
};

static const char domain[] = "garner snapshot 2";

void snapshot_node_free(struct snapshot_node *node)
{
	mem_free(node->earlier);
	mem_free(node->forgotten);
	*node = (struct snapshot_node){0};
}

/* What is signed: what it is, whose, under which name, and the body. */
static int put_signed(const struct repo_keys *keys, const struct snapshot_node *node,
	const struct buf *body, struct buf *out)
{
	int r = buf_append_text(out, domain);

	if (r == 0)
		r = buf_append(out, keys->id, NAME_SIZE);
	if (r == 0)
		r = buf_append(out, node->self.name, NAME_SIZE);
	return r < 0 ? r : buf_append(out, body->data, body->size);
}

static int put_text(struct buf *out, const char *text)
{
	size_t size = strlen(text);

	if (size > TEXT_MAX)
		return err_set(ERR_INVALID, "a name of %zu bytes is too long", size);
	int r = varint_put(out, size);
	return r < 0 ? r : buf_append_text(out, text);
}

static int put_byte(struct buf *out, uint8_t value)
{
	return buf_append(out, &value, 1);
}

static int put_links(struct buf *out, const struct snapshot_link *links, size_t count)
{
	int r = buf_put_u32(out, (uint32_t)count);

	for (size_t i = 0; i < count && r == 0; i++) {
		r = buf_append(out, links[i].name, NAME_SIZE);
		if (r == 0)
			r = buf_append(out, links[i].hash, HASH_SIZE);
	}
	return r;
}

static int put_object(struct buf *out, const struct repo_object *object)
{
	int r = put_text(out, object->kind);

	if (r == 0)
		r = put_text(out, object->name);
	if (r == 0)
		r = put_byte(out, object->kept);
	if (r == 0)
		r = buf_put_u64(out, (uint64_t)object->stored_s);
	if (r == 0)
		r = buf_put_u64(out, object->items);
	if (r == 0)
		r = buf_put_u64(out, object->bytes);
	if (r == 0)
		r = buf_append(out, object->tree, REPO_ID_SIZE);
	return r < 0 ? r : buf_put_u32(out, object->trial_items);
}

static int put_snapshot(struct buf *out, const struct snapshot *snapshot)
{
	int r = put_text(out, snapshot->job);

	if (r == 0)
		r = buf_append(out, snapshot->writer, sizeof(snapshot->writer));
	if (r == 0)
		r = buf_put_u32(out, (uint32_t)snapshot->object_count);
	for (size_t i = 0; i < snapshot->object_count && r == 0; i++)
		r = put_object(out, &snapshot->objects[i]);
	return r;
}

static int put_body(
	struct buf *out, const struct snapshot_node *node, const struct snapshot *snapshot)
{
	int r = put_byte(out, (uint8_t)node->kind);

	if (r == 0)
		r = put_links(out, node->earlier, node->earlier_count);
	if (r == 0)
		r = buf_put_u64(out, (uint64_t)node->created_s);
	if (r == 0)
		r = buf_put_u32(out, node->place);
	if (r < 0)
		return r;
	return snapshot ? put_snapshot(out, snapshot)
			: put_links(out, node->forgotten, node->forgotten_count);
}

int snapshot_encode(const struct repo_keys *keys, struct snapshot_node *node,
	const struct snapshot *snapshot, struct buf *out)
{
	AUTO_BUF body = buf_init(out->ceiling), text = buf_init(out->ceiling);
	uint8_t signature[SIGN_SIGNATURE_SIZE];
	struct sign_key key;

	ASSERT(node->earlier_count <= SNAPSHOT_EARLIER_MAX);
	node->kind = snapshot ? SNAPSHOT_KEPT : SNAPSHOT_NOTE;
	int r = put_body(&body, node, snapshot);
	if (r == 0)
		r = put_signed(keys, node, &body, &text);
	if (r < 0)
		return r;
	sign_key_from_seed(keys->signing, &key);
	sign_make(&key, text.data, text.size, signature);
	secret_wipe(&key, sizeof(key));
	hash_sha256(body.data, body.size, node->self.hash);
	r = buf_append(out, signature, sizeof(signature));
	return r < 0 ? r : buf_append(out, body.data, body.size);
}

static int get_byte(struct reader *reader, uint8_t *out)
{
	const unsigned char *byte = NULL;
	int r = reader_bytes(reader, 1, &byte);

	if (r == 0)
		*out = *byte;
	return r;
}

static int get_time(struct reader *reader, int64_t *out)
{
	uint64_t value = 0;
	int r = reader_u64(reader, &value);

	*out = (int64_t)value;
	return r;
}

/* The caller's to free. */
static int get_text(struct reader *reader, char **out)
{
	uint64_t size = 0;
	const unsigned char *bytes = NULL;
	int r = varint_get(reader, &size);

	if (r == 0 && size > TEXT_MAX)
		r = err_set(ERR_CORRUPT, "a name is too long");
	if (r == 0)
		r = reader_bytes(reader, (size_t)size, &bytes);
	if (r == 0 && memchr(bytes, 0, (size_t)size))
		r = err_set(ERR_CORRUPT, "a name has a NUL");
	if (r == 0)
		*out = mem_strndup((const char *)bytes, (size_t)size);
	return r;
}

static int get_links(
	struct reader *reader, size_t most, struct snapshot_link **out, size_t *out_count)
{
	uint32_t count = 0;
	const unsigned char *bytes = NULL;
	int r = reader_u32(reader, &count);

	if (r == 0 && (count > most || count > reader->size / LINK_SIZE))
		r = err_set(ERR_CORRUPT, "it has fewer links than it says");
	if (r < 0)
		return r;
	*out = mem_array((size_t)count + 1, sizeof(**out));
	*out_count = count;
	for (uint32_t i = 0; i < count && r == 0; i++) {
		r = reader_bytes(reader, LINK_SIZE, &bytes);
		if (r < 0)
			break;
		memcpy((*out)[i].name, bytes, NAME_SIZE);
		memcpy((*out)[i].hash, bytes + NAME_SIZE, HASH_SIZE);
	}
	return r;
}

static int get_object(struct reader *reader, struct repo_object *object)
{
	uint8_t kept = 0;
	const unsigned char *tree = NULL;
	int r = get_text(reader, &object->kind);

	if (r == 0)
		r = get_text(reader, &object->name);
	if (r == 0)
		r = get_byte(reader, &kept);
	if (r == 0)
		r = get_time(reader, &object->stored_s);
	if (r == 0)
		r = reader_u64(reader, &object->items);
	if (r == 0)
		r = reader_u64(reader, &object->bytes);
	if (r == 0)
		r = reader_bytes(reader, REPO_ID_SIZE, &tree);
	if (r == 0)
		r = reader_u32(reader, &object->trial_items);
	if (r == 0 && kept > 1)
		r = err_set(ERR_CORRUPT, "an object makes no sense");
	if (r == 0)
		memcpy(object->tree, tree, REPO_ID_SIZE);
	object->kept = kept;
	return r;
}

static int get_snapshot(struct reader *reader, struct snapshot *snapshot)
{
	uint32_t count = 0;
	char *job = NULL;
	const unsigned char *writer = NULL;
	int r = get_text(reader, &job);

	snapshot->job = job;
	if (r == 0)
		r = reader_bytes(reader, NAME_SIZE, &writer);
	if (r == 0)
		r = reader_u32(reader, &count);
	if (r == 0 && count > reader->size / OBJECT_LEAST)
		r = err_set(ERR_CORRUPT, "it has fewer objects than it says");
	if (r != 0)
		return r;
	memcpy(snapshot->writer, writer, sizeof(snapshot->writer));
	snapshot->objects = mem_array((size_t)count + 1, sizeof(*snapshot->objects));
	snapshot->object_count = count;
	for (size_t i = 0; i < count && r == 0; i++)
		r = get_object(reader, &snapshot->objects[i]);
	return r;
}

static int verify(const struct repo_keys *keys, const struct snapshot_node *node,
	const uint8_t *signature, const struct buf *body)
{
	AUTO_BUF text = buf_init(body->size + sizeof(domain) + 2 * NAME_SIZE);
	struct sign_key key;
	int r = put_signed(keys, node, body, &text);

	if (r < 0)
		return r;
	sign_key_from_seed(keys->signing, &key);
	bool valid = sign_is_valid(key.public, text.data, text.size, signature);
	secret_wipe(&key, sizeof(key));
	return valid ? 0 : err_set(ERR_CORRUPT, "its signature is not valid");
}

/* The parts behind the signature, in their order. */
static int get_body(
	struct reader *reader, struct snapshot_node *node, struct snapshot *snapshot)
{
	uint8_t kind = 0;
	int r = get_byte(reader, &kind);

	if (r == 0 && kind != SNAPSHOT_KEPT && kind != SNAPSHOT_NOTE)
		r = err_set(ERR_CORRUPT, "it is of a kind that is not known");
	node->kind = (enum snapshot_kind)kind;
	if (r == 0)
		r = get_links(
			reader, SNAPSHOT_EARLIER_MAX, &node->earlier, &node->earlier_count);
	if (r == 0)
		r = get_time(reader, &node->created_s);
	if (r == 0)
		r = reader_u32(reader, &node->place);
	if (r == 0 && node->kind == SNAPSHOT_NOTE)
		r = get_links(reader, SIZE_MAX, &node->forgotten, &node->forgotten_count);
	else if (r == 0)
		r = get_snapshot(reader, snapshot);
	if (r == 0 && reader->size > 0)
		r = err_set(ERR_CORRUPT, "it has more than it says");
	return r;
}

int snapshot_decode(const struct repo_keys *keys, const struct buf *bytes,
	struct snapshot_node *node, struct snapshot **out_snapshot)
{
	struct reader reader = {bytes->data, bytes->size};
	const unsigned char *signature = NULL;
	struct snapshot *snapshot = mem_alloc(sizeof(*snapshot));
	int r = reader_bytes(&reader, SIGN_SIGNATURE_SIZE, &signature);

	if (r == 0) {
		const struct buf body = {.data = bytes->data + SIGN_SIGNATURE_SIZE,
			.size = bytes->size - SIGN_SIGNATURE_SIZE};
		r = verify(keys, node, signature, &body);
		hash_sha256(body.data, body.size, node->self.hash);
	}
	if (r == 0)
		r = get_body(&reader, node, snapshot);
	text_to_hex(node->self.name, NAME_SIZE, snapshot->id);
	snapshot->created_s = node->created_s;
	bool is_given = r == 0 && node->kind == SNAPSHOT_KEPT && out_snapshot;
	if (out_snapshot)
		*out_snapshot = is_given ? snapshot : NULL;
	if (!is_given)
		snapshot_free(snapshot);
	if (r < 0) {
		const struct snapshot_link self = node->self;
		snapshot_node_free(node);
		node->self = self;
	}
	return r;
}
