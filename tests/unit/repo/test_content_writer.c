/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "base/io.h"
#include "base/text.h"

enum { BIG = 9 << 20 };

static void content_reads_back_before_and_after_reopening(void **state)
{
	struct fixture *fixture = *state;
	struct repo_content content = fixture_put_text(fixture->writer, "a message");

	assert_int_equal(content.kind, REPO_CHUNK);
	assert_int_equal(repo_writer_commit(fixture->writer), 0);
	fixture_assert_content(fixture->repo, &content, "a message", 9);
	fixture_reopen(fixture);
	assert_true(repo_has(fixture->repo, &content));
	fixture_assert_content(fixture->repo, &content, "a message", 9);
}

static void empty_content_is_one_like_others(void **state)
{
	struct fixture *fixture = *state;
	struct repo_content content = fixture_put(fixture->writer, NULL, 0);

	assert_int_equal(content.size, 0);
	assert_int_equal(repo_writer_commit(fixture->writer), 0);
	fixture_reopen(fixture);
	assert_true(repo_has(fixture->repo, &content));
	fixture_assert_content(fixture->repo, &content, "", 0);
}

static void what_was_not_committed_is_not_there(void **state)
{
	struct fixture *fixture = *state;
	struct repo_content content = fixture_put_text(fixture->writer, "lost");

	fixture_reopen(fixture);
	assert_false(repo_has(fixture->repo, &content));
}

static void same_content_is_stored_once(void **state)
{
	struct fixture *fixture = *state;
	struct repo_content first = fixture_put_text(fixture->writer, "the same");
	struct repo_content second = fixture_put_text(fixture->writer, "the same");

	assert_memory_equal(first.id, second.id, REPO_ID_SIZE);
	assert_int_equal(repo_writer_commit(fixture->writer), 0);
	uint64_t stored = repo_writer_stored(fixture->writer);
	second = fixture_put_text(fixture->writer, "the same");
	assert_int_equal(repo_writer_commit(fixture->writer), 0);
	assert_memory_equal(first.id, second.id, REPO_ID_SIZE);
	assert_int_equal(repo_writer_stored(fixture->writer), stored);
}

static void commit_with_nothing_new_writes_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct repo_stats before, after;

	fixture_put_text(fixture->writer, "something");
	assert_int_equal(repo_writer_commit(fixture->writer), 0);
	assert_int_equal(repo_stats(fixture->repo, &before), 0);
	assert_int_equal(repo_writer_commit(fixture->writer), 0);
	assert_int_equal(repo_stats(fixture->repo, &after), 0);
	assert_int_equal(before.stored_bytes, after.stored_bytes);
}

static void big_content_becomes_a_list_and_reads_back(void **state)
{
	struct fixture *fixture = *state;
	uint8_t *data = mem_alloc(BIG);

	fixture_fill(data, BIG, 1);
	struct repo_content content = fixture_put(fixture->writer, data, BIG);
	assert_int_equal(content.kind, REPO_LIST);
	assert_int_equal(repo_writer_commit(fixture->writer), 0);
	fixture_reopen(fixture);
	fixture_assert_content(fixture->repo, &content, data, BIG);
	mem_free(data);
}

static void pieces_do_not_matter(void **state)
{
	struct fixture *fixture = *state;
	struct content_writer *content = NULL;
	struct repo_content whole, pieces;
	uint64_t seed = 5;
	uint8_t *data = mem_alloc(BIG);

	fixture_fill(data, BIG, 2);
	whole = fixture_put(fixture->writer, data, BIG);
	assert_int_equal(content_begin(fixture->writer, CONTENT_FILE, &content), 0);
	for (size_t at = 0; at < BIG;) {
		size_t size = fixture_random(&seed) % 200000;
		size = size > BIG - at ? BIG - at : size;
		assert_int_equal(content_add(content, data + at, size), 0);
		at += size;
	}
	assert_int_equal(content_finish(content, &pieces), 0);
	assert_memory_equal(whole.id, pieces.id, REPO_ID_SIZE);
	assert_int_equal(whole.size, pieces.size);
	mem_free(data);
}

static void small_change_in_a_big_content_stores_little(void **state)
{
	struct fixture *fixture = *state;
	uint8_t *data = mem_alloc(BIG + 1);

	fixture_fill(data, BIG + 1, 3);
	fixture_put(fixture->writer, data + 1, BIG);
	assert_int_equal(repo_writer_commit(fixture->writer), 0);
	uint64_t before = repo_writer_stored(fixture->writer);
	struct repo_content content = fixture_put(fixture->writer, data, BIG + 1);
	assert_int_equal(repo_writer_commit(fixture->writer), 0);
	assert_true(repo_writer_stored(fixture->writer) - before < BIG * 2 / 3);
	fixture_assert_content(fixture->repo, &content, data, BIG + 1);
	mem_free(data);
}

static void dropped_content_leaves_the_writer_well(void **state)
{
	struct fixture *fixture = *state;
	struct content_writer *content = NULL;

	assert_int_equal(content_begin(fixture->writer, CONTENT_FILE, &content), 0);
	assert_int_equal(content_add(content, "half of it", 10), 0);
	content_drop(content);
	struct repo_content other = fixture_put_text(fixture->writer, "whole");
	assert_int_equal(repo_writer_commit(fixture->writer), 0);
	fixture_assert_content(fixture->repo, &other, "whole", 5);
}

static void wrong_size_or_kind_is_corrupt(void **state)
{
	struct fixture *fixture = *state;
	struct repo_content content = fixture_put_text(fixture->writer, "nine byte");

	assert_int_equal(repo_writer_commit(fixture->writer), 0);
	content.size = 8;
	assert_false(repo_has(fixture->repo, &content));
	assert_int_equal(repo_read(fixture->repo, &content, NULL, NULL), ERR_CORRUPT);
	content.size = 9;
	content.kind = REPO_LIST;
	assert_false(repo_has(fixture->repo, &content));
	assert_int_equal(repo_read(fixture->repo, &content, NULL, NULL), ERR_CORRUPT);
}

static void many_small_contents_share_packs_and_blocks(void **state)
{
	struct fixture *fixture = *state;
	enum { COUNT = 20000 };
	struct repo_content *contents = mem_array(COUNT, sizeof(*contents));
	struct repo_stats stats;

	for (size_t i = 0; i < COUNT; i++) {
		AUTO_TEXT text = mem_printf("Subject: message %zu\r\n\r\nHello again.\r\n", i);
		contents[i] = fixture_put_text(fixture->writer, text);
	}
	assert_int_equal(repo_writer_commit(fixture->writer), 0);
	fixture_reopen(fixture);
	for (size_t i = 0; i < COUNT; i++) {
		AUTO_TEXT text = mem_printf("Subject: message %zu\r\n\r\nHello again.\r\n", i);
		fixture_assert_content(fixture->repo, &contents[i], text, strlen(text));
	}
	assert_int_equal(repo_stats(fixture->repo, &stats), 0);
	assert_int_equal(stats.packs, 1);
	assert_true(stats.stored_bytes < COUNT * 90);
	mem_free(contents);
}

/* A ZIP file of members that are stored, each of pseudo-random bytes from its seed. */
static void put_member(struct buf *zip, uint64_t seed, uint32_t size)
{
	uint8_t *bytes = mem_array(size, 1);
	int r = buf_append(zip, "PK\3\4\24\0\0\0\0\0\0\0\0\0", 14);

	fixture_fill(bytes, size, seed);
	r = r < 0 ? r : buf_put_u32(zip, (uint32_t)seed); /* where the CRC stands */
	r = r < 0 ? r : buf_put_u32(zip, size);
	r = r < 0 ? r : buf_put_u32(zip, size);
	r = r < 0 ? r : buf_append(zip, "\1\0\0\0m", 5); /* lengths, and the name */
	r = r < 0 ? r : buf_append(zip, bytes, size);
	assert_int_equal(r, 0);
	mem_free(bytes);
}

static struct repo_content put_pieces(
	struct repo_writer *writer, const struct buf *data, size_t piece)
{
	struct content_writer *content = NULL;
	struct repo_content out = {0};

	assert_int_equal(content_begin(writer, CONTENT_FILE, &content), 0);
	for (size_t at = 0; at < data->size; at += piece) {
		size_t size = data->size - at < piece ? data->size - at : piece;
		assert_int_equal(content_add(content, data->data + at, size), 0);
	}
	assert_int_equal(content_finish(content, &out), 0);
	return out;
}

static void members_of_zip_files_are_stored_once(void **state)
{
	struct fixture *fixture = *state;
	AUTO_BUF first = buf_init(1 << 20), second = buf_init(1 << 20);

	put_member(&first, 1, 700);
	put_member(&first, 2, 200000); /* the picture in both */
	put_member(&first, 3, 30000);
	assert_int_equal(buf_append_text(&first, "PK\1\2 and so on, the end"), 0);
	put_member(&second, 4, 900);
	put_member(&second, 2, 200000);
	put_member(&second, 5, 20000);
	assert_int_equal(buf_append_text(&second, "PK\1\2 and otherwise"), 0);

	struct repo_content one = put_pieces(fixture->writer, &first, first.size);
	assert_int_equal(repo_writer_commit(fixture->writer), 0);
	uint64_t stored = repo_writer_stored(fixture->writer);
	assert_int_equal(one.kind, REPO_LIST);
	struct repo_content same = put_pieces(fixture->writer, &first, 3);
	assert_memory_equal(same.id, one.id, REPO_ID_SIZE);
	assert_int_equal(repo_writer_commit(fixture->writer), 0);
	assert_int_equal(repo_writer_stored(fixture->writer), stored);

	struct repo_content other = put_pieces(fixture->writer, &second, 1000);
	assert_int_equal(repo_writer_commit(fixture->writer), 0);
	assert_true(repo_writer_stored(fixture->writer) - stored < 40000);
	fixture_reopen(fixture);
	fixture_assert_content(fixture->repo, &one, first.data, first.size);
	fixture_assert_content(fixture->repo, &other, second.data, second.size);
}

static void what_begins_as_a_zip_file_and_ends_at_once_reads_back(void **state)
{
	struct fixture *fixture = *state;

	for (size_t size = 1; size < 40; size++) {
		AUTO_BUF data = buf_init(64);
		static const uint8_t start[40] = "PK\3\4";
		assert_int_equal(buf_append(&data, start, size), 0);
		struct repo_content content = put_pieces(fixture->writer, &data, 1);
		assert_int_equal(repo_writer_commit(fixture->writer), 0);
		fixture_assert_content(fixture->repo, &content, data.data, data.size);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define WITH(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
		WITH(content_reads_back_before_and_after_reopening),
		WITH(empty_content_is_one_like_others),
		WITH(what_was_not_committed_is_not_there),
		WITH(same_content_is_stored_once),
		WITH(commit_with_nothing_new_writes_nothing),
		WITH(big_content_becomes_a_list_and_reads_back),
		WITH(pieces_do_not_matter),
		WITH(members_of_zip_files_are_stored_once),
		WITH(what_begins_as_a_zip_file_and_ends_at_once_reads_back),
		WITH(small_change_in_a_big_content_stores_little),
		WITH(dropped_content_leaves_the_writer_well),
		WITH(wrong_size_or_kind_is_corrupt),
		WITH(many_small_contents_share_packs_and_blocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
