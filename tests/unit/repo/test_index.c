/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "base/text.h"
#include "repo/index_priv.h"
#include "repo/repo_priv.h"
#include "repo/writer_priv.h"

/*
 * The index: tables against a sorted array, and groups of files that are merged.
 */

enum { SMALL = 3000, LARGE = 400000 };

static struct index_entry entry_of(uint64_t number)
{
	struct index_entry entry = {.pack = (uint32_t)number, .size = (uint32_t)number * 3};

	fixture_fill(entry.id, REPO_ID_SIZE, number * 77 + 1);
	return entry;
}

static int compare_entries(const void *a, const void *b)
{
	return memcmp(a, b, REPO_ID_SIZE);
}

/* A table of so many entries has them all, and no others. */
static void assert_table(size_t count)
{
	struct index_entry *entries = mem_array(count, sizeof(*entries));
	struct index_entry found;
	struct index_table *table = NULL;

	for (size_t i = 0; i < count; i++)
		entries[i] = entry_of(i);
	qsort(entries, count, sizeof(*entries), compare_entries);
	assert_int_equal(index_table_new(count, &table), 0);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(index_table_add(table, &entries[i]), 0);
	assert_int_equal(index_table_finish(table), 0);
	assert_int_equal(index_table_count(table), count);
	for (size_t i = 0; i < count; i++) {
		struct index_entry wanted = entry_of(i), other = entry_of(i + count);
		assert_true(index_table_find(table, wanted.id, &found));
		assert_memory_equal(&found, &wanted, sizeof(found));
		assert_false(index_table_find(table, other.id, &found));
	}
	index_table_free(table);
	mem_free(entries);
}

static void table_has_what_was_put_and_nothing_else(void **state)
{
	(void)state;
	assert_table(1);
	assert_table(SMALL);
	assert_table(LARGE); /* in a temporary file */
}

static void ids_at_the_ends_and_alike_are_told_apart(void **state)
{
	(void)state;
	struct index_table *table = NULL;
	struct index_entry entry = {.pack = 7}, found;

	assert_int_equal(index_table_new(300, &table), 0);
	for (int i = 0; i < 256; i++) {
		entry.id[15] = (uint8_t)i;
		assert_int_equal(index_table_add(table, &entry), 0);
		assert_int_equal(
			index_table_add(table, &entry), 0); /* again: the first counts */
	}
	memset(entry.id, 0xff, sizeof(entry.id));
	assert_int_equal(index_table_add(table, &entry), 0);
	assert_int_equal(index_table_finish(table), 0);
	assert_int_equal(index_table_count(table), 257);
	assert_true(index_table_find(table, entry.id, &found));
	memset(entry.id, 0, sizeof(entry.id));
	for (int i = 0; i < 256; i++) {
		entry.id[15] = (uint8_t)i;
		assert_true(index_table_find(table, entry.id, &found));
		assert_int_equal(found.id[15], i);
	}
	entry.id[14] = 1;
	assert_false(index_table_find(table, entry.id, &found));
	index_table_free(table);
}

static void many_entries_are_found_from_hash_and_tables(void **state)
{
	(void)state;
	struct index index = {0};
	struct index_file_pack pack = {.block_count = 0};
	struct index_place place;
	bool known;

	index_add_pack(&index, &pack, &known);
	assert_false(known);
	index_add_block(&index, &(struct directory_block){.sealed = 1000, .plain = 1 << 20});
	for (uint64_t i = 0; i < LARGE; i++) {
		struct index_entry entry = entry_of(i);
		entry.pack = 0;
		entry.place = (uint32_t)i % 1000;
		entry.size = 1;
		assert_int_equal(index_judge_entry(&index, &entry), 0);
		assert_int_equal(index_add_entry(&index, &entry), 0);
	}
	assert_int_equal(index_count(&index), LARGE);
	for (uint64_t i = 0; i < LARGE; i++) {
		assert_true(index_find(&index, entry_of(i).id, &place));
		assert_int_equal(place.offset, i % 1000);
		assert_false(index_has(&index, entry_of(i + LARGE).id));
	}
	index.packs[0].condemned_s = 5;
	assert_false(index_has(&index, entry_of(1).id));
	assert_true(index_find(&index, entry_of(1).id, &place));
	index_free(&index);
}

/* As many groups as commits; each has a chunk that refers to the one before it twice. */
static void commit_some(struct fixture *fixture, uint8_t (*ids)[REPO_ID_SIZE], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		AUTO_TEXT text = mem_printf("page %zu", i);
		uint8_t refs[2][REPO_ID_SIZE] = {{0}};
		struct chunk_put chunk = {
			.piece = PIECE_META, .data = text, .size = strlen(text)};
		if (i > 0) {
			memcpy(refs[0], ids[0], REPO_ID_SIZE);
			memcpy(refs[1], ids[0], REPO_ID_SIZE);
			chunk.refs = (const uint8_t(*)[REPO_ID_SIZE])refs;
			chunk.ref_count = 2;
		}
		assert_int_equal(writer_put_chunk(fixture->writer, &chunk, ids[i]), 0);
		assert_int_equal(repo_writer_commit(fixture->writer), 0);
	}
}

/* The sum of the references of a chunk over all groups that count. */
static int64_t sum_references(struct repo *repo, const uint8_t id[REPO_ID_SIZE])
{
	struct index index = {0};
	struct index_sentences sentences = {0};
	struct index_files files;
	struct index_entry entry;
	struct index_reference reference;
	int64_t sum = 0;

	assert_int_equal(index_files_open(repo, NULL, &files), 0);
	assert_int_equal(index_files_choose(&files), 0);
	assert_int_equal(index_files_packs(&index, &files, &sentences), 0);
	for (size_t i = 0; i < files.count; i++) {
		struct index_part *part = &files.list[i];
		const struct index_head *head = index_reader_head(part->reader);
		for (uint32_t j = 0; part->counts && j < head->entries; j++)
			assert_int_equal(index_reader_entry(part->reader, &entry), 0);
		for (uint32_t j = 0; part->counts && j < head->references; j++) {
			assert_int_equal(index_reader_reference(part->reader, &reference), 0);
			if (memcmp(reference.id, id, REPO_ID_SIZE) == 0)
				sum += reference.delta;
		}
		if (part->counts)
			assert_int_equal(index_reader_end(part->reader), 0);
	}
	index_files_close(&files);
	index_sentences_free(&sentences);
	index_free(&index);
	return sum;
}

enum { COMMITS = 40 };

static void assert_all_there(struct repo *repo, uint8_t (*ids)[REPO_ID_SIZE])
{
	struct index_place place;

	for (size_t i = 0; i < COMMITS; i++)
		assert_true(index_find(&repo->index, ids[i], &place));
	assert_int_equal(sum_references(repo, ids[0]), 2 * (COMMITS - 1));
}

static void many_groups_are_merged_when_a_writer_opens(void **state)
{
	struct fixture *fixture = *state;
	uint8_t ids[COMMITS][REPO_ID_SIZE];
	AUTO_BUF out = buf_init(1000);

	commit_some(fixture, ids, COMMITS);
	assert_int_equal(fixture->repo->index.live_groups, COMMITS);
	assert_all_there(fixture->repo, ids);
	fixture_reopen(fixture);
	assert_true(fixture->repo->index.live_groups < 20);
	assert_all_there(fixture->repo, ids);
	fixture_reopen(fixture);
	assert_all_there(fixture->repo, ids);
	assert_int_equal(writer_get_chunk(fixture->writer, ids[7], &out), 0);
	assert_memory_equal(out.data, "page 7", 6);
}

static void two_merges_at_the_same_time_count_once(void **state)
{
	struct fixture *fixture = *state;
	struct repo_secret secret = fixture_secret(fixture);
	uint8_t ids[COMMITS][REPO_ID_SIZE];
	struct repo *other = NULL;

	commit_some(fixture, ids, COMMITS);
	assert_int_equal(repo_open(storage_open_folder(fixture->place), &secret, &other), 0);
	AUTO_TEXT index = mem_printf("%s/index", fixture->place);
	AUTO_TEXT before = mem_printf("%s/before", fixture->folder);
	AUTO_TEXT merged = mem_printf("%s/merged", fixture->folder);
	fixture_copy_folder(index, before);
	assert_int_equal(index_merge(fixture->repo, 4), 0);
	fixture_copy_folder(index, merged);
	/* The other one has not seen it. */
	fixture_remove_folder(index);
	fixture_copy_folder(before, index);
	assert_int_equal(index_merge(other, 4), 0);
	fixture_copy_folder(merged, index);
	repo_close(other);
	fixture_reopen(fixture);
	assert_all_there(fixture->repo, ids);
	/* And merged once more, all is still counted once. */
	assert_int_equal(index_merge(fixture->repo, 0), 0);
	assert_all_there(fixture->repo, ids);
	fixture_reopen(fixture);
	assert_all_there(fixture->repo, ids);
}

static void refresh_takes_in_what_others_committed_and_merged(void **state)
{
	struct fixture *fixture = *state;
	struct repo_secret secret = fixture_secret(fixture);
	uint8_t ids[COMMITS][REPO_ID_SIZE];
	struct index_place place;
	struct repo *other = NULL;

	assert_int_equal(repo_open(storage_open_folder(fixture->place), &secret, &other), 0);
	commit_some(fixture, ids, COMMITS);
	assert_false(index_find(&other->index, ids[0], &place));
	assert_int_equal(repo_refresh(other), 0);
	assert_all_there(other, ids);
	assert_int_equal(index_merge(fixture->repo, 4), 0);
	assert_int_equal(repo_refresh(other), 0);
	assert_all_there(other, ids);
	assert_true(other->index.live_groups < COMMITS);
	repo_close(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define WITH(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
		cmocka_unit_test(table_has_what_was_put_and_nothing_else),
		cmocka_unit_test(ids_at_the_ends_and_alike_are_told_apart),
		cmocka_unit_test(many_entries_are_found_from_hash_and_tables),
		WITH(many_groups_are_merged_when_a_writer_opens),
		WITH(two_merges_at_the_same_time_count_once),
		WITH(refresh_takes_in_what_others_committed_and_merged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
