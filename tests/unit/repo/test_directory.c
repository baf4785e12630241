/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "repo/directory.h"
#include "repo/index.h"

/*
 * Directories and the index that is made of them. What a directory says is never believed
 * before it is measured, even where its seal is right.
 */

enum { TAIL = 16 + PACK_TRAILER_SIZE }; /* seal of the directory, trailer */

static void put(struct buf *directory, struct directory_block block, uint32_t first_size,
	uint32_t second_size)
{
	uint8_t id[REPO_ID_SIZE] = {0};
	AUTO_BUF chunks = buf_init(1000);

	id[0] = (uint8_t)directory->size;
	id[31] = 1;
	assert_int_equal(directory_put_chunk(&chunks, id, first_size), 0);
	id[31] = 2;
	assert_int_equal(directory_put_chunk(&chunks, id, second_size), 0);
	block.chunks = 2;
	assert_int_equal(directory_put_block(directory, &block, &chunks), 0);
}

static int walk(const struct buf *directory, uint64_t blocks_size)
{
	struct directory_visitor nothing = {NULL, NULL, NULL};

	return directory_walk(directory, blocks_size + directory->size + TAIL, &nothing);
}

static void sound_directory_goes_into_the_index(void **state)
{
	(void)state;
	AUTO_BUF directory = buf_init(1000);
	struct index index = {0};
	uint8_t id[REPO_ID_SIZE] = {0};

	put(&directory, (struct directory_block){.sealed = 116, .plain = 100, .piece = 1}, 60,
		40);
	put(&directory,
		(struct directory_block){.sealed = 66, .plain = 500, .piece = 2, .codec = 1}, 0,
		500);
	struct index_pack pack = {.size = 116 + 66 + directory.size + TAIL};
	assert_int_equal(index_add(&index, &pack, &directory), 0);
	assert_int_equal(index.chunks.count, 4);
	assert_int_equal(index.block_count, 2);
	id[0] = DIRECTORY_CHUNK_SIZE * 2 + 14;
	id[31] = 2;
	const struct index_place *place = index_find(&index, id);
	assert_non_null(place);
	assert_int_equal(place->block, 1);
	assert_int_equal(place->offset, 0);
	assert_int_equal(place->size, 500);
	assert_int_equal(index.blocks[1].offset, 116);
	assert_int_equal(index_block_number(&index, 1), 1);
	id[31] = 3;
	assert_null(index_find(&index, id));
	index_free(&index);
}

static void chunk_that_is_known_stays_where_it_is(void **state)
{
	(void)state;
	AUTO_BUF directory = buf_init(1000);
	struct index index = {0};
	uint8_t id[REPO_ID_SIZE] = {0};

	put(&directory, (struct directory_block){.sealed = 116, .plain = 100, .piece = 1}, 60,
		40);
	struct index_pack pack = {.size = 116 + directory.size + TAIL};
	assert_int_equal(index_add(&index, &pack, &directory), 0);
	assert_int_equal(index_add(&index, &pack, &directory), 0);
	assert_int_equal(index.chunks.count, 2);
	assert_int_equal(index.block_count, 2);
	assert_int_equal(index.pack_count, 2);
	id[31] = 1;
	assert_int_equal(index_find(&index, id)->block, 0);
	assert_int_equal(index_block_number(&index, 1), 0);
	index_free(&index);
}

static void impossible_numbers_are_corrupt(void **state)
{
	(void)state;
	static const struct {
		struct directory_block block;
		uint32_t first, second;
		uint64_t blocks_size;
	} cases[] = {
		{{.sealed = 116, .plain = 100, .piece = 1}, 60, 41, 116},
		{{.sealed = 116, .plain = 100, .piece = 1}, 60, 39, 116},
		{{.sealed = 116, .plain = 100, .piece = 1}, 60, UINT32_MAX, 116},
		{{.sealed = 116, .plain = 100, .piece = 1}, 60, 40, 115},
		{{.sealed = 116, .plain = 100, .piece = 1}, 60, 40, 117},
		{{.sealed = 116, .plain = 100, .piece = 3}, 60, 40, 116},
		{{.sealed = 116, .plain = 100, .piece = 1, .codec = 2}, 60, 40, 116},
		{{.sealed = 116, .plain = 100, .piece = 1, .codec = 1}, 60, 40, 116},
		{{.sealed = 115, .plain = 100, .piece = 1}, 60, 40, 115},
		{{.sealed = 117, .plain = 100, .piece = 1}, 60, 40, 117},
		{{.sealed = 15, .plain = 100, .piece = 1, .codec = 1}, 60, 40, 15},
		{{.sealed = 116, .plain = (4 << 20) + 1, .piece = 1, .codec = 1}, 4 << 20, 1,
			116},
		{{.sealed = UINT32_MAX, .plain = 100, .piece = 1}, 60, 40, UINT32_MAX},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		AUTO_BUF directory = buf_init(1000);
		put(&directory, cases[i].block, cases[i].first, cases[i].second);
		assert_int_equal(walk(&directory, cases[i].blocks_size), ERR_CORRUPT);
	}
}

static void cut_directory_is_corrupt_and_adds_nothing(void **state)
{
	(void)state;
	AUTO_BUF directory = buf_init(1000);
	struct index index = {0};

	put(&directory, (struct directory_block){.sealed = 116, .plain = 100, .piece = 1}, 60,
		40);
	size_t whole = directory.size;
	for (size_t size = 1; size < whole; size++) {
		directory.size = size;
		struct index_pack pack = {.size = 116 + size + TAIL};
		assert_int_equal(index_add(&index, &pack, &directory), ERR_CORRUPT);
	}
	assert_int_equal(index.pack_count, 0);
	assert_int_equal(index.chunks.count, 0);
	index_free(&index);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sound_directory_goes_into_the_index),
		cmocka_unit_test(chunk_that_is_known_stays_where_it_is),
		cmocka_unit_test(impossible_numbers_are_corrupt),
		cmocka_unit_test(cut_directory_is_corrupt_and_adds_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
