/* SPDX-License-Identifier: Apache-2.0 */
#include "mount/contents.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/mem.h"

struct content {
	struct repo_content which;
	unsigned users;
	struct buf memory;
	int fd; /* of a large one, else -1 */
	struct content *next;
};

struct contents {
	struct repo *repo;
	struct content *first; /* the one that was opened last comes first */
};

struct contents *contents_new(struct repo *repo)
{
	struct contents *contents = mem_alloc(sizeof(*contents));

	contents->repo = repo;
	return contents;
}

static void end(struct content *content)
{
	buf_free(&content->memory);
	if (content->fd >= 0)
		io_close(content->fd);
	mem_free(content);
}

void contents_free(struct contents *contents)
{
	while (contents->first) {
		struct content *content = contents->first;
		contents->first = content->next;
		end(content);
	}
	mem_free(contents);
}

static int take(void *context, const void *data, size_t size)
{
	struct content *content = context;

	return content->fd >= 0 ? io_write(content->fd, data, size)
				: buf_append(&content->memory, data, size);
}

static int open_nameless(int *out)
{
	const char *folder = getenv("TMPDIR");

	if (!folder || !*folder)
		folder = "/var/tmp";
	*out = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	return *out < 0 ? err_errno("cannot make a temporary file in %s", folder) : 0;
}

static int load(struct contents *contents, struct content *content)
{
	bool is_small = content->which.size <= CONTENTS_SMALL;
	int r = 0;

	content->fd = -1;
	content->memory = buf_init(CONTENTS_SMALL);
	if (!is_small)
		r = open_nameless(&content->fd);
	return r < 0 ? r : repo_read(contents->repo, &content->which, take, content);
}

static bool is_same(const struct repo_content *a, const struct repo_content *b)
{
	return memcmp(a->id, b->id, REPO_ID_SIZE) == 0 && a->size == b->size;
}

/* Takes the one out of the list; NULL where it is not there. */
static struct content *take_out(struct contents *contents, const struct repo_content *which)
{
	for (struct content **at = &contents->first; *at; at = &(*at)->next) {
		struct content *found = *at;
		if (!is_same(&found->which, which))
			continue;
		*at = found->next;
		return found;
	}
	return NULL;
}

int contents_open(
	struct contents *contents, const struct repo_content *which, struct content **out)
{
	struct content *content = take_out(contents, which);

	if (!content) {
		content = mem_alloc(sizeof(*content));
		content->which = *which;
		int r = load(contents, content);
		if (r < 0) {
			end(content);
			return r;
		}
	}
	content->users++;
	content->next = contents->first;
	contents->first = content;
	*out = content;
	return 0;
}

/* Those that nobody has open: large ones go at once, small ones when too much is kept. */
void contents_close(struct contents *contents, struct content *content)
{
	size_t kept = 0;

	content->users--;
	for (struct content **at = &contents->first; *at;) {
		struct content *one = *at;
		kept += one->users == 0 ? one->memory.size : 0;
		if (one->users > 0 || (one->fd < 0 && kept <= CONTENTS_KEPT)) {
			at = &one->next;
			continue;
		}
		kept -= one->memory.size;
		*at = one->next;
		end(one);
	}
}

int contents_read(const struct content *content, uint64_t offset, void *data, size_t size,
	size_t *out_size)
{
	*out_size = 0;
	if (offset >= content->which.size)
		return 0;
	if (size > content->which.size - offset)
		size = (size_t)(content->which.size - offset);
	*out_size = size;
	if (content->fd >= 0)
		return io_read_at(content->fd, offset, data, size);
	if (size > 0)
		memcpy(data, content->memory.data + offset, size);
	return 0;
}
