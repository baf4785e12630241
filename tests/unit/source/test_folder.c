/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "source/source.h"

enum { SEEN_MAX = 16 * 1024 * 1024 };

struct tree {
	char root[64];
	struct source *source;
	struct buf seen;
	char *grown; /* a file that the sink makes longer */
};

static const struct source_object docs = {.id = "docs", .kind = "folder", .name = "docs"};
static const struct source_object root_files = {.id = ".", .kind = "folder", .name = "."};

static char *path_in(const struct tree *tree, const char *path)
{
	return io_join(tree->root, path);
}

static void put(struct tree *tree, const char *path, const char *content)
{
	AUTO_TEXT whole = path_in(tree, path);
	FILE *file = fopen(whole, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(content, 1, strlen(content), file), strlen(content));
	assert_int_equal(fclose(file), 0);
}

static void make_folder(struct tree *tree, const char *path)
{
	AUTO_TEXT whole = path_in(tree, path);

	assert_int_equal(mkdir(whole, 0700), 0);
}

static int begin(void **state)
{
	struct tree *tree = mem_alloc(sizeof(*tree));

	snprintf(tree->root, sizeof(tree->root), "/tmp/garner-test-XXXXXX");
	assert_non_null(mkdtemp(tree->root));
	tree->seen = buf_init(SEEN_MAX);
	make_folder(tree, "docs");
	assert_int_equal(folder_source_new(tree->root, NULL, &tree->source), 0);
	log_set_level(LOG_ERROR);
	*state = tree;
	return 0;
}

static int remove_entry(void *context, const struct io_entry *entry)
{
	AUTO_TEXT path = io_join(context, entry->name);

	if (unlink(path) == 0)
		return 0;
	chmod(path, 0700);
	assert_int_equal(io_list(path, remove_entry, path), 0);
	assert_int_equal(rmdir(path), 0);
	return 0;
}

static int end(void **state)
{
	struct tree *tree = *state;

	source_close(tree->source);
	assert_int_equal(io_list(tree->root, remove_entry, tree->root), 0);
	assert_int_equal(rmdir(tree->root), 0);
	buf_free(&tree->seen);
	mem_free(tree->grown);
	mem_free(tree);
	return 0;
}

static int see_object(void *context, const struct source_object *object)
{
	struct tree *tree = context;

	assert_string_equal(object->kind, "folder");
	assert_string_equal(object->owner.tenant_id, "");
	return buf_printf(&tree->seen, "%s\n", object->name);
}

static int see_folder(void *context, const struct source_folder *folder)
{
	struct tree *tree = context;

	return buf_printf(
		&tree->seen, "%s<%s:%s\n", folder->id, folder->parent_id, folder->name);
}

static int see_item(void *context, const struct source_item *item)
{
	struct tree *tree = context;

	return buf_printf(&tree->seen, "%s %s %s %d\n", item->id, item->type, item->name,
		(int)item->size);
}

static int see_tag(void *context, const struct source_item *item)
{
	struct tree *tree = context;

	return buf_printf(&tree->seen, "%s\n", item->tag);
}

static int see_bytes(void *context, const void *data, size_t size)
{
	struct tree *tree = context;

	if (tree->grown) {
		FILE *file = fopen(tree->grown, "ab");
		assert_non_null(file);
		assert_int_equal(fputs("more", file) >= 0, 1);
		assert_int_equal(fclose(file), 0);
	}
	return buf_append(&tree->seen, data, size);
}

static void assert_seen(struct tree *tree, const char *expected)
{
	assert_string_equal(buf_text(&tree->seen), expected);
	buf_clear(&tree->seen);
}

static int list_items(struct tree *tree, const struct source_object *object, const char *folder,
	source_item_fn *visit)
{
	struct source_folder in = {.id = folder, .parent_id = "", .name = ""};
	struct source_listing listing = {.cursor = "old", .visit = visit, .context = tree};
	int r = source_changes(tree->source, object, &in, &listing);

	assert_null(listing.next_cursor);
	assert_int_equal(listing.complete, r == 0);
	return r;
}

static int read_item(struct tree *tree, const char *id)
{
	return source_read(tree->source, &docs, id, see_bytes, tree);
}

static void each_folder_at_the_top_is_an_object(void **state)
{
	struct tree *tree = *state;

	make_folder(tree, ".hidden");
	assert_int_equal(source_objects(tree->source, see_object, tree), 0);
	assert_seen(tree, ".hidden\ndocs\n");
}

static void files_at_the_top_belong_to_an_object_of_their_own(void **state)
{
	struct tree *tree = *state;

	put(tree, "a.EML", "x");
	assert_int_equal(source_objects(tree->source, see_object, tree), 0);
	assert_seen(tree, "docs\n.\n");
	assert_int_equal(source_folders(tree->source, &root_files, see_folder, tree), 0);
	assert_seen(tree, ".<:\n");
	assert_int_equal(list_items(tree, &root_files, ".", see_item), 0);
	assert_seen(tree, "a.EML message a.EML 1\n");
	assert_int_equal(read_item(tree, "a.EML"), 0);
	assert_seen(tree, "x");
}

static void folders_are_walked_parents_first(void **state)
{
	struct tree *tree = *state;

	make_folder(tree, "docs/b");
	make_folder(tree, "docs/a");
	make_folder(tree, "docs/a/c");
	put(tree, "docs/a/c/file", "");
	assert_int_equal(source_folders(tree->source, &docs, see_folder, tree), 0);
	assert_seen(tree, "docs<:\ndocs/a<docs:a\ndocs/b<docs:b\ndocs/a/c<docs/a:c\n");
	assert_int_equal(list_items(tree, &docs, "docs/a/c", see_item), 0);
	assert_seen(tree, "docs/a/c/file file file 0\n");
	assert_int_equal(list_items(tree, &docs, "docs/a", see_item), 0);
	assert_seen(tree, "");
}

static void eml_files_are_messages_and_all_else_is_files(void **state)
{
	struct tree *tree = *state;

	put(tree, "docs/1.eml", "a");
	put(tree, "docs/2.Eml", "bc");
	put(tree, "docs/3.eml.txt", "");
	put(tree, "docs/eml", "");
	assert_int_equal(list_items(tree, &docs, "docs", see_item), 0);
	assert_seen(tree, "docs/1.eml message 1.eml 1\ndocs/2.Eml message 2.Eml 2\n"
			  "docs/3.eml.txt file 3.eml.txt 0\ndocs/eml file eml 0\n");
}

static void names_of_any_bytes_survive(void **state)
{
	struct tree *tree = *state;

	make_folder(tree, "docs/\xff\xfe \n");
	put(tree, "docs/\xff\xfe \n/caf\xe9\t\"%41", "latin");
	assert_int_equal(source_folders(tree->source, &docs, see_folder, tree), 0);
	assert_seen(tree, "docs<:\ndocs/\xff\xfe \n<docs:\xff\xfe \n\n");
	assert_int_equal(list_items(tree, &docs, "docs/\xff\xfe \n", see_item), 0);
	assert_seen(tree, "docs/\xff\xfe \n/caf\xe9\t\"%41 file caf\xe9\t\"%41 5\n");
	assert_int_equal(read_item(tree, "docs/\xff\xfe \n/caf\xe9\t\"%41"), 0);
	assert_seen(tree, "latin");
}

static void a_path_longer_than_the_kernel_takes_at_once_is_read(void **state)
{
	struct tree *tree = *state;
	AUTO_TEXT path = mem_strdup("docs");
	AUTO_TEXT name = mem_alloc(201);
	int fd = open(tree->root, O_RDONLY | O_DIRECTORY);

	memset(name, 'n', 200);
	for (int i = 0; i < 25; i++) {
		const char *step = i == 0 ? "docs" : name;
		assert_true(i == 0 || mkdirat(fd, name, 0700) == 0);
		int below = openat(fd, step, O_RDONLY | O_DIRECTORY);
		close(fd);
		fd = below;
		if (i > 0)
			mem_replace(&path, mem_printf("%s/%s", path, name));
	}
	int file = openat(fd, "deep", O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(file, "deep", 4), 4);
	close(file);
	mem_replace(&path, mem_printf("%s/deep", path));
	int r = read_item(tree, path);
	/* Taken away from the inside, as the paths of the others are too long as well. */
	unlinkat(fd, "deep", 0);
	for (int i = 0; i < 24; i++) {
		int above = openat(fd, "..", O_RDONLY | O_DIRECTORY);
		close(fd);
		fd = above;
		assert_int_equal(unlinkat(fd, name, AT_REMOVEDIR), 0);
	}
	close(fd);
	assert_int_equal(r, 0);
	assert_seen(tree, "deep");
}

static void links_and_special_files_are_left_out(void **state)
{
	struct tree *tree = *state;
	AUTO_TEXT link = path_in(tree, "docs/link");
	AUTO_TEXT folder_link = path_in(tree, "docs/folder");
	AUTO_TEXT top_link = path_in(tree, "top");
	AUTO_TEXT pipe = path_in(tree, "docs/pipe");

	assert_int_equal(symlink("/etc/passwd", link), 0);
	assert_int_equal(symlink("/etc", folder_link), 0);
	assert_int_equal(symlink("/etc", top_link), 0);
	assert_int_equal(mkfifo(pipe, 0600), 0);
	assert_int_equal(source_objects(tree->source, see_object, tree), 0);
	assert_seen(tree, "docs\n");
	assert_int_equal(source_folders(tree->source, &docs, see_folder, tree), 0);
	assert_seen(tree, "docs<:\n");
	assert_int_equal(list_items(tree, &docs, "docs", see_item), 0);
	assert_seen(tree, "");
}

static void no_link_is_followed_even_if_put_in_a_files_place(void **state)
{
	static const char *const ids[] = {"docs/link", "docs/folder/passwd", "docs/pipe"};
	struct tree *tree = *state;
	AUTO_TEXT link = path_in(tree, "docs/link");
	AUTO_TEXT folder_link = path_in(tree, "docs/folder");
	AUTO_TEXT pipe = path_in(tree, "docs/pipe");

	assert_int_equal(symlink("/etc/passwd", link), 0);
	assert_int_equal(symlink("/etc", folder_link), 0);
	assert_int_equal(mkfifo(pipe, 0600), 0);
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		assert_int_equal(read_item(tree, ids[i]), ERR_IO);
		assert_int_equal(source_fault()->scope, SOURCE_ITEM);
		assert_seen(tree, "");
	}
}

static void a_path_that_leads_out_of_the_folder_is_refused(void **state)
{
	static const char *const ids[] = {"../etc/passwd", "docs/../../x", "/etc/passwd",
		"docs//x", "docs/./x", "", "docs/"};
	struct tree *tree = *state;

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		assert_int_equal(read_item(tree, ids[i]), ERR_INVALID);
}

static void a_tag_changes_with_size_time_and_file(void **state)
{
	struct tree *tree = *state;
	AUTO_TEXT path = path_in(tree, "docs/a");
	AUTO_TEXT other = path_in(tree, "other");
	struct timespec times[2] = {
		{.tv_sec = 1000, .tv_nsec = 1}, {.tv_sec = 1000, .tv_nsec = 1}};
	char *tags[5];

	put(tree, "docs/a", "one");
	for (int i = 0; i < 5; i++) {
		if (i == 2)
			times[1].tv_nsec = 2;
		if (i == 3)
			put(tree, "docs/a", "long");
		if (i == 4) {
			put(tree, "other", "long");
			assert_int_equal(rename(other, path), 0);
		}
		assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
		assert_int_equal(list_items(tree, &docs, "docs", see_tag), 0);
		tags[i] = mem_strdup(buf_text(&tree->seen));
		buf_clear(&tree->seen);
	}
	assert_string_equal(tags[0], tags[1]);
	for (int i = 1; i < 4; i++)
		assert_string_not_equal(tags[i], tags[i + 1]);
	for (int i = 0; i < 5; i++)
		mem_free(tags[i]);
}

static void a_file_that_changes_while_it_is_read_is_to_be_read_again(void **state)
{
	struct tree *tree = *state;

	put(tree, "docs/log", "begun");
	tree->grown = path_in(tree, "docs/log");
	assert_int_equal(read_item(tree, "docs/log"), ERR_IO);
	assert_non_null(strstr(err_message(), "docs/log changed while it was read"));
	assert_int_equal(source_fault()->scope, SOURCE_ITEM);
	assert_int_equal(source_fault()->retry, SOURCE_RETRY_NOW);
	mem_free(STEAL(tree->grown));
	buf_clear(&tree->seen);
	assert_int_equal(read_item(tree, "docs/log"), 0);
}

static void a_file_removed_meanwhile_is_not_found(void **state)
{
	struct tree *tree = *state;

	assert_int_equal(read_item(tree, "docs/gone"), ERR_NOTFOUND);
	assert_int_equal(source_fault()->scope, SOURCE_ITEM);
	assert_int_equal(list_items(tree, &docs, "docs/gone", see_item), ERR_NOTFOUND);
	assert_int_equal(source_fault()->scope, SOURCE_FOLDER);
}

static ssize_t bad_pread(int fd, void *data, size_t size, off_t offset)
{
	(void)fd;
	(void)data;
	(void)size;
	(void)offset;
	errno = EIO;
	return -1;
}

static void a_file_that_cannot_be_read_fails_alone_and_is_named(void **state)
{
	static const struct io_calls calls = {.pread = bad_pread};
	struct tree *tree = *state;

	put(tree, "docs/bad", "x");
	io_use(&calls);
	int r = read_item(tree, "docs/bad");
	io_use(NULL);
	assert_int_equal(r, ERR_IO);
	assert_non_null(strstr(err_message(), "docs/bad"));
	assert_int_equal(source_fault()->scope, SOURCE_ITEM);
}

/* Nothing is closed to root, so a root becomes somebody else for the while. */
static void become(struct tree *tree, uid_t user)
{
	AUTO_TEXT top = path_in(tree, "docs");
	AUTO_TEXT shut = path_in(tree, "docs/shut");

	assert_int_equal(chown(tree->root, user, (gid_t)-1), 0);
	assert_int_equal(chown(top, user, (gid_t)-1), 0);
	assert_int_equal(chown(shut, user, (gid_t)-1), 0);
	assert_int_equal(seteuid(user), 0);
}

static void a_folder_that_cannot_be_listed_is_named_and_fails_alone(void **state)
{
	struct tree *tree = *state;
	bool is_root = geteuid() == 0;
	AUTO_TEXT path = path_in(tree, "docs/shut");

	make_folder(tree, "docs/shut");
	assert_int_equal(chmod(path, 0), 0);
	if (is_root)
		become(tree, 65534);
	int folders = source_folders(tree->source, &docs, see_folder, tree);
	int items = list_items(tree, &docs, "docs/shut", see_item);
	if (is_root)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(folders, 0);
	assert_seen(tree, "docs<:\ndocs/shut<docs:shut\n");
	assert_int_equal(items, ERR_IO);
	assert_int_equal(source_fault()->scope, SOURCE_FOLDER);
}

static void a_whole_file_comes_in_order(void **state)
{
	struct tree *tree = *state;
	AUTO_TEXT path = path_in(tree, "docs/big");
	AUTO_BUF content = buf_init(SEEN_MAX);

	for (int i = 0; i < 200000; i++)
		assert_int_equal(buf_put_u32(&content, (uint32_t)i), 0);
	assert_int_equal(io_write_file(path, content.data, content.size, 0600), 0);
	assert_int_equal(read_item(tree, "docs/big"), 0);
	assert_int_equal(tree->seen.size, content.size);
	assert_memory_equal(tree->seen.data, content.data, content.size);
}

static int stop_item(void *context, const struct source_item *item)
{
	(void)context;
	(void)item;
	return ERR_LIMIT;
}

static void a_callback_ends_the_listing_with_its_own_result(void **state)
{
	struct tree *tree = *state;

	put(tree, "docs/a", "");
	assert_int_equal(list_items(tree, &docs, "docs", stop_item), ERR_LIMIT);
	assert_string_equal(source_fault()->code, "");
}

static void the_test_looks_into_the_folder(void **state)
{
	struct tree *tree = *state;
	AUTO_JSON report = json_new_object();

	put(tree, "a", "");
	assert_int_equal(source_test(tree->source, report), 0);
	const struct json *check = json_at(json_get(report, "checks"), 0);
	assert_true(json_get_bool(check, "ok", false));
	assert_string_equal(json_get_text(check, "text"), "1 folders and 1 files at the top");
}

static void a_folder_that_is_none_is_refused(void **state)
{
	struct tree *tree = *state;
	AUTO_TEXT missing = path_in(tree, "missing");
	AUTO_TEXT file = path_in(tree, "file");
	struct source *source;

	put(tree, "file", "");
	assert_int_equal(folder_source_new(missing, NULL, &source), ERR_NOTFOUND);
	assert_int_equal(folder_source_new(file, NULL, &source), ERR_INVALID);
	assert_int_equal(folder_source_new("", NULL, &source), ERR_INVALID);
	assert_null(source);
}

static void a_wish_to_stop_is_seen(void **state)
{
	struct tree *tree = *state;
	struct cancel cancel = {0};
	struct source *source;

	put(tree, "docs/a", "x");
	cancel_wish(&cancel);
	assert_int_equal(folder_source_new(tree->root, &cancel, &source), 0);
	int r = source_read(source, &docs, "docs/a", see_bytes, tree);
	source_close(source);
	assert_int_equal(r, ERR_CANCELLED);
}

#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_TREE(each_folder_at_the_top_is_an_object),
		IN_TREE(files_at_the_top_belong_to_an_object_of_their_own),
		IN_TREE(folders_are_walked_parents_first),
		IN_TREE(eml_files_are_messages_and_all_else_is_files),
		IN_TREE(names_of_any_bytes_survive),
		IN_TREE(a_path_longer_than_the_kernel_takes_at_once_is_read),
		IN_TREE(links_and_special_files_are_left_out),
		IN_TREE(no_link_is_followed_even_if_put_in_a_files_place),
		IN_TREE(a_path_that_leads_out_of_the_folder_is_refused),
		IN_TREE(a_tag_changes_with_size_time_and_file),
		IN_TREE(a_file_that_changes_while_it_is_read_is_to_be_read_again),
		IN_TREE(a_file_removed_meanwhile_is_not_found),
		IN_TREE(a_file_that_cannot_be_read_fails_alone_and_is_named),
		IN_TREE(a_folder_that_cannot_be_listed_is_named_and_fails_alone),
		IN_TREE(a_whole_file_comes_in_order),
		IN_TREE(a_callback_ends_the_listing_with_its_own_result),
		IN_TREE(the_test_looks_into_the_folder),
		IN_TREE(a_folder_that_is_none_is_refused),
		IN_TREE(a_wish_to_stop_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
