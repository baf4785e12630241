/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/text.h"
#include "sandbox/drive_priv.h"
#include "sandbox/generator.h"
#include "sandbox/mail_text.h"
#include "sandbox/quickxor.h"

enum { PIECE = 64 * 1024 };

/* Files of our own making: one day after the other, from 2025-01-01 on. */
enum { MADE_FIRST_S = 1735689600, MADE_STEP_S = 86400 };

static int hash_file(const char *path, struct quickxor *out)
{
	size_t size = 1;
	int fd;
	int r = io_open_read(path, &fd);

	if (r < 0)
		return r;
	unsigned char *piece = mem_alloc(PIECE);
	while (r == 0 && size > 0) {
		r = io_read_some(fd, out->length, piece, PIECE, &size);
		if (r == 0)
			quickxor_add(out, piece, size);
	}
	io_close(fd);
	mem_free(piece);
	return r;
}

static int hash_content(const struct content *content, struct quickxor *out)
{
	AUTO_BUF bytes = buf_init(GENERATOR_MESSAGE_MAX);

	if (content_path(content))
		return hash_file(content_path(content), out);
	int r = content_read_made(content, &bytes);
	if (r == 0)
		quickxor_add(out, bytes.data, bytes.size);
	return r;
}

int drive_write(struct drive_item *item, struct content *content, int64_t modified_s)
{
	struct quickxor hash = {0};
	int r = hash_content(content, &hash);

	if (r < 0) {
		content_free(content);
		return r;
	}
	AUTO_TEXT text = quickxor_text(&hash);
	snprintf(item->hash, sizeof(item->hash), "%s", text);
	item->size = hash.length;
	item->modified_s = modified_s;
	item->written++;
	content_free(item->content);
	item->content = content;
	return 0;
}

void drive_delete(struct drive *drive, struct drive_item *item)
{
	item->is_deleted = true;
	drive_touch(drive, item);
	for (struct drive_item *at = drive->items; at; at = at->hh.next)
		if (at->parent == item && !at->is_deleted)
			drive_delete(drive, at);
}

/* A folder of the machine, and the folder of the drive that it becomes. */
struct place {
	struct drive *drive;
	const char *path;  /* on the machine */
	const char *below; /* the source: "Documents/Old"; "" at the top */
	struct drive_item *folder;
};

static char *path_below(const struct place *place, const char *name)
{
	return place->below[0] ? mem_printf("%s/%s", place->below, name) : mem_strdup(name);
}

/* The item of the source at that path: found, brought back or made. *out_new where it is not
 * known to hold what the source has. */
static struct drive_item *take(
	const struct place *place, const char *name, const char *below, bool *out_new)
{
	size_t size = strlen(name);
	AUTO_TEXT shown =
		text_is_utf8(name, size) ? mem_strdup(name) : mail_text_decode(name, size);
	struct drive_item *item = drive_by_path(place->drive, below);

	*out_new = !item || item->is_deleted;
	if (!item) {
		item = drive_put(place->drive, place->folder, shown, below);
	} else if (item->is_deleted) {
		item->is_deleted = false;
		item->parent = place->folder;
		mem_replace(&item->name, STEAL(shown));
		drive_touch(place->drive, item);
	}
	item->is_native = true;
	item->seen = place->drive->round;
	return item;
}

/* `content` is taken over. */
static int take_file(const struct place *place, const char *name, struct content *content,
	int64_t modified_s)
{
	AUTO_TEXT below = path_below(place, name);
	bool is_new;
	struct drive_item *item = take(place, name, below, &is_new);

	if (item->content && content_stamp(item->content) == content_stamp(content)) {
		content_free(content);
		return 0;
	}
	int r = drive_write(item, content, modified_s);
	if (r == 0 && !is_new)
		drive_touch(place->drive, item);
	return r;
}

static int load_folder(const struct place *place);

static int visit_entry(void *context, const struct io_entry *entry)
{
	const struct place *place = context;
	AUTO_TEXT path = io_join(place->path, entry->name);
	bool is_new;

	if (entry->is_file)
		return take_file(place, entry->name,
			content_from_file(path, entry->size, entry->modified_s),
			entry->modified_s);
	if (!entry->is_folder)
		return 0;
	AUTO_TEXT below = path_below(place, entry->name);
	struct drive_item *folder = take(place, entry->name, below, &is_new);
	folder->is_folder = true;
	if (!folder->modified_s)
		folder->modified_s = MADE_FIRST_S;
	return load_folder(&(struct place){place->drive, path, below, folder});
}

static int load_folder(const struct place *place)
{
	struct place copy = *place;

	return io_list(place->path, visit_entry, &copy);
}

static int load_made(struct drive *drive, int64_t count)
{
	static const char *const folders[] = {"", "Documents", "Documents/Plans", "Pictures"};
	AUTO_TEXT maker = mem_printf("files of %s", drive->owner);
	struct place places[4];
	bool is_new;
	int r = 0;

	for (size_t i = 0; i < 4; i++) {
		const char *slash = strrchr(folders[i], '/');
		places[i] = (struct place){drive, NULL, folders[i], drive->root};
		struct place above = slash ? places[1] : places[0];
		if (i == 0 || (int64_t)i >= count)
			continue;
		places[i].folder =
			take(&above, slash ? slash + 1 : folders[i], folders[i], &is_new);
		places[i].folder->is_folder = true;
		places[i].folder->modified_s = MADE_FIRST_S;
	}
	for (uint32_t number = 1; r == 0 && number <= (uint32_t)count; number++) {
		const struct content_recipe recipe = {
			drive->tenant, drive->domain, maker, number};
		AUTO_TEXT name = mem_printf("Report %06u.txt", number);
		r = take_file(&places[number % 4 < (uint32_t)count ? number % 4 : 0], name,
			content_from_recipe(&recipe),
			MADE_FIRST_S + (int64_t)number * MADE_STEP_S);
	}
	return r;
}

int drive_load(struct drive *drive, const struct scenario_source *source)
{
	int r;

	drive->round++;
	drive->root->seen = drive->round;
	if (source->folder)
		r = load_folder(&(struct place){drive, source->folder, "", drive->root});
	else
		r = load_made(drive, source->count);
	for (struct drive_item *item = drive->items; r == 0 && item; item = item->hh.next)
		if (item->is_native && !item->is_deleted && item->seen != drive->round)
			drive_delete(drive, item);
	return r;
}
