/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/content.h"

#include <stdatomic.h>
#include <string.h>

#include "base/io.h"
#include "base/mem.h"
#include "crypto/hash.h"
#include "sandbox/generator.h"

struct content {
	atomic_uint owners;
	char *path; /* of a file */
	int64_t modified_s;
	char *text;   /* of a change */
	char *tenant; /* of a recipe */
	char *domain;
	char *owner;
	uint32_t number;
	uint64_t stamp;
};

static struct content *content_new(uint64_t stamp)
{
	struct content *content = mem_alloc(sizeof(*content));

	atomic_init(&content->owners, 1);
	content->stamp = stamp;
	return content;
}

struct content *content_from_file(const char *path, uint64_t size, int64_t modified_s)
{
	struct content *content = content_new(size << 32 ^ (uint64_t)modified_s);

	content->path = mem_strdup(path);
	content->modified_s = modified_s;
	return content;
}

struct content *content_from_text(const char *text)
{
	uint8_t hash[HASH_SIZE];
	uint64_t stamp;

	hash_sha256(text, strlen(text), hash);
	memcpy(&stamp, hash, sizeof(stamp));
	struct content *content = content_new(stamp);
	content->text = mem_strdup(text);
	return content;
}

struct content *content_from_recipe(const struct content_recipe *recipe)
{
	struct content *content = content_new(recipe->number);

	content->tenant = mem_strdup(recipe->tenant);
	content->domain = mem_strdup(recipe->domain);
	content->owner = mem_strdup(recipe->owner);
	content->number = recipe->number;
	return content;
}

struct content *content_share(struct content *content)
{
	atomic_fetch_add(&content->owners, 1);
	return content;
}

void content_free(struct content *content)
{
	if (!content || atomic_fetch_sub(&content->owners, 1) > 1)
		return;
	mem_free(content->path);
	mem_free(content->text);
	mem_free(content->tenant);
	mem_free(content->domain);
	mem_free(content->owner);
	mem_free(content);
}

void content_free_slot(struct content **content)
{
	content_free(*content);
}

const char *content_path(const struct content *content)
{
	return content->path;
}

uint64_t content_stamp(const struct content *content)
{
	return content->stamp;
}

int64_t content_modified_s(const struct content *content)
{
	return content->modified_s;
}

static struct content_recipe recipe_of(const struct content *content)
{
	return (struct content_recipe){
		content->tenant, content->domain, content->owner, content->number};
}

static int read_file_head(const char *path, struct buf *out)
{
	size_t room = out->ceiling - out->size, size = 0;
	int fd;

	int r = io_open_read(path, &fd);
	if (r < 0)
		return r;
	unsigned char *data = buf_reserve(out, room);
	r = data ? io_read_some(fd, 0, data, room, &size) : ERR_LIMIT;
	if (r == 0)
		buf_commit(out, size);
	io_close(fd);
	return r;
}

int content_read_head(const struct content *content, struct buf *out)
{
	size_t room = out->ceiling - out->size;

	if (content->path)
		return read_file_head(content->path, out);
	if (content->text) {
		size_t size = strlen(content->text);
		return buf_append(out, content->text, size < room ? size : room);
	}
	struct content_recipe recipe = recipe_of(content);
	return generator_header(&recipe, out);
}

int content_read_made(const struct content *content, struct buf *out)
{
	if (content->text)
		return buf_append_text(out, content->text);
	struct content_recipe recipe = recipe_of(content);
	return generator_message(&recipe, out);
}
