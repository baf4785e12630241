/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "repo/directory.h"

/*
 * Directories. What one says is never believed before it is measured, even where its seal is
 * right.
 */

static void put(struct buf *directory, struct directory_block block, uint32_t first_size,
	uint32_t second_size)
{
	uint8_t id[REPO_ID_SIZE] = {0};
	AUTO_BUF chunks = buf_init(1000);

	id[0] = (uint8_t)directory->size;
	id[15] = 1;
	assert_int_equal(directory_put_chunk(&chunks, id, first_size), 0);
	id[15] = 2;
	assert_int_equal(directory_put_chunk(&chunks, id, second_size), 0);
	block.chunks = 2;
	assert_int_equal(directory_put_block(directory, &block, &chunks), 0);
}

static void put_head(struct buf *directory, uint32_t blocks)
{
	struct directory_head head = {.blocks = blocks};

	assert_int_equal(directory_put_head(directory, &head), 0);
}

static int walk(const struct buf *directory, uint64_t blocks_size)
{
	struct directory_visitor nothing = {NULL, NULL, NULL};

	return directory_walk(
		directory, blocks_size + directory->size + AEAD_TAG_SIZE, &nothing);
}

struct seen {
	uint32_t blocks, chunks, last_offset, last_size;
};

static int see_block(void *context, const struct directory_block *block)
{
	struct seen *seen = context;

	assert_int_equal(block->number, seen->blocks++);
	assert_int_equal(block->offset, block->number == 0 ? 0 : 116);
	return 0;
}

static int see_chunk(void *context, const struct directory_chunk *chunk)
{
	struct seen *seen = context;

	seen->chunks++;
	seen->last_offset = chunk->offset;
	seen->last_size = chunk->size;
	return 0;
}

static void sound_directory_gives_its_blocks_and_chunks(void **state)
{
	(void)state;
	AUTO_BUF directory = buf_init(1000);
	struct seen seen = {0};
	struct directory_visitor visitor = {see_block, see_chunk, &seen};

	put_head(&directory, 2);
	put(&directory, (struct directory_block){.sealed = 116, .plain = 100, .piece = 1}, 60,
		40);
	put(&directory,
		(struct directory_block){.sealed = 66, .plain = 500, .piece = 4, .codec = 1}, 1,
		499);
	assert_int_equal(
		directory_walk(&directory, 116 + 66 + directory.size + AEAD_TAG_SIZE, &visitor),
		0);
	assert_int_equal(seen.blocks, 2);
	assert_int_equal(seen.chunks, 4);
	assert_int_equal(seen.last_offset, 1);
	assert_int_equal(seen.last_size, 499);
}

static void head_reads_back_with_and_without_a_box(void **state)
{
	(void)state;
	for (uint8_t kind = 0; kind < 3; kind++) {
		AUTO_BUF directory = buf_init(1000);
		struct directory_head read, head = {.key_kind = kind, .blocks = 7};
		head.commitment[31] = 3;
		head.dictionary[15] = 4;
		head.box[79] = kind == DIRECTORY_KEY_BOX ? 5 : 0;
		assert_int_equal(directory_put_head(&directory, &head), 0);
		assert_int_equal(directory_head_read(&directory, &read),
			kind <= DIRECTORY_KEY_BOX ? 0 : ERR_CORRUPT);
		if (kind <= DIRECTORY_KEY_BOX)
			assert_memory_equal(&read, &head, sizeof(head));
	}
}

static void impossible_numbers_are_corrupt(void **state)
{
	(void)state;
	static const struct {
		struct directory_block block;
		uint32_t first, second;
		uint64_t blocks_size;
		uint32_t blocks;
	} cases[] = {
		{{.sealed = 116, .plain = 100, .piece = 1}, 60, 41, 116, 1},
		{{.sealed = 116, .plain = 100, .piece = 1}, 60, 39, 116, 1},
		{{.sealed = 116, .plain = 100, .piece = 1}, 60, UINT32_MAX, 116, 1},
		{{.sealed = 116, .plain = 100, .piece = 1}, 60, 40, 115, 1},
		{{.sealed = 116, .plain = 100, .piece = 1}, 60, 40, 117, 1},
		{{.sealed = 116, .plain = 100, .piece = 0}, 60, 40, 116, 1},
		{{.sealed = 116, .plain = 100, .piece = 5}, 60, 40, 116, 1},
		{{.sealed = 116, .plain = 100, .piece = 1, .codec = 3}, 60, 40, 116, 1},
		{{.sealed = 116, .plain = 100, .piece = 1, .codec = 1}, 60, 40, 116, 1},
		{{.sealed = 100, .plain = 100, .piece = 1, .codec = 0}, 60, 40, 100, 1},
		{{.sealed = 115, .plain = 100, .piece = 1}, 60, 40, 115, 1},
		{{.sealed = 117, .plain = 100, .piece = 1}, 60, 40, 117, 1},
		{{.sealed = 15, .plain = 100, .piece = 1, .codec = 1}, 60, 40, 15, 1},
		{{.sealed = 116, .plain = (4 << 20) + 1, .piece = 3, .codec = 1}, 4 << 20, 1,
			116, 1},
		{{.sealed = 116, .plain = (1 << 20) + 1, .piece = 1, .codec = 1}, 1 << 20, 1,
			116, 1},
		{{.sealed = UINT32_MAX, .plain = 100, .piece = 1}, 60, 40, UINT32_MAX, 1},
		{{.sealed = 116, .plain = 100, .piece = 1}, 60, 40, 116, 0},
		{{.sealed = 116, .plain = 100, .piece = 1}, 60, 40, 116, 2},
		{{.sealed = 116, .plain = 100, .piece = 1}, 60, 40, 116, UINT32_MAX},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		AUTO_BUF directory = buf_init(1000);
		put_head(&directory, cases[i].blocks);
		put(&directory, cases[i].block, cases[i].first, cases[i].second);
		assert_int_equal(walk(&directory, cases[i].blocks_size), ERR_CORRUPT);
	}
}

static void cut_directory_is_corrupt(void **state)
{
	(void)state;
	AUTO_BUF directory = buf_init(1000);

	put_head(&directory, 1);
	put(&directory, (struct directory_block){.sealed = 116, .plain = 100, .piece = 1}, 60,
		40);
	size_t whole = directory.size;
	assert_int_equal(walk(&directory, 116), 0);
	for (size_t size = 0; size < whole; size++) {
		directory.size = size;
		assert_int_equal(walk(&directory, 116), ERR_CORRUPT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sound_directory_gives_its_blocks_and_chunks),
		cmocka_unit_test(head_reads_back_with_and_without_a_box),
		cmocka_unit_test(impossible_numbers_are_corrupt),
		cmocka_unit_test(cut_directory_is_corrupt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
