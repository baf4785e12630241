/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <unistd.h>

#include "base/io.h"
#include "base/text.h"
#include "crypto/secret.h"
#include "repo/config.h"
#include "repo/key_record.h"

/* Keys and config, in a repository of its own for each test: made with a key file. */
struct keyring {
	struct fixture *fixture;
	struct storage *storage;
	struct repo_keys keys;
};

static int setup(void **state)
{
	struct keyring *ring = mem_alloc(sizeof(*ring));

	ring->fixture = fixture_new();
	ring->storage = storage_open_folder(ring->fixture->place);
	const struct repo_secret secret = fixture_secret(ring->fixture);
	assert_int_equal(
		keys_create(ring->storage, &secret, AEAD_CHACHA20_POLY1305, &ring->keys), 0);
	*state = ring;
	return 0;
}

static int teardown(void **state)
{
	struct keyring *ring = *state;

	storage_close(ring->storage);
	fixture_free(ring->fixture);
	mem_free(ring);
	return 0;
}

static int open_with(const struct keyring *ring, const struct repo_secret *secret)
{
	struct repo_keys keys;
	int r = keys_open(ring->storage, secret, &keys);

	if (r == 0 && keys.can_read)
		assert_memory_equal(&keys, &ring->keys, sizeof(keys));
	return r;
}

static int open_with_file(const struct keyring *ring)
{
	const struct repo_secret secret = fixture_secret(ring->fixture);

	return open_with(ring, &secret);
}

static size_t count_keys(const struct keyring *ring)
{
	struct key_info *keys = NULL;
	size_t count = 0;

	assert_int_equal(keys_list(ring->storage, &keys, &count), 0);
	mem_free(keys);
	return count;
}

static char *path_in(const struct keyring *ring, const char *name)
{
	return io_join(ring->fixture->place, name);
}

static char *only_key(const struct keyring *ring)
{
	struct key_info *keys = NULL;
	size_t count = 0;

	assert_int_equal(keys_list(ring->storage, &keys, &count), 0);
	assert_int_equal(count, 1);
	AUTO_TEXT name = mem_printf("keys/%s", keys[0].id);
	mem_free(keys);
	return path_in(ring, name);
}

static void read_file(const char *path, struct buf *out)
{
	buf_clear(out);
	assert_int_equal(io_read_file(path, out), 0);
}

static void write_file(const char *path, const struct buf *bytes)
{
	assert_int_equal(io_write_file(path, bytes->data, bytes->size, 0600), 0);
}

static void each_of_several_keys_opens_the_same(void **state)
{
	struct keyring *ring = *state;
	char id[NAME_TEXT], text[RECOVERY_TEXT];
	const struct repo_secret password = {.password = "correct horse"};
	const struct repo_secret wrong = {.password = "battery staple"};

	assert_int_equal(open_with(ring, &password), ERR_PASSWORD);
	assert_int_equal(keys_add(ring->storage, &ring->keys, &password, id), 0);
	assert_int_equal(keys_add_recovery(ring->storage, &ring->keys, text, id), 0);
	const struct repo_secret recovery = {.recovery_key = text};
	assert_int_equal(open_with(ring, &password), 0);
	assert_int_equal(open_with(ring, &recovery), 0);
	assert_int_equal(open_with_file(ring), 0);
	assert_int_equal(open_with(ring, &wrong), ERR_PASSWORD);
	assert_int_equal(count_keys(ring), 3);
}

static void a_removed_key_opens_nothing_and_the_last_one_stays(void **state)
{
	struct keyring *ring = *state;
	char id[NAME_TEXT];
	struct key_info first;
	const struct repo_secret password = {.password = "correct horse"};
	AUTO_TEXT path = only_key(ring);
	const char *name = strrchr(path, '/') + 1;

	assert_int_equal(keys_remove(ring->storage, name), ERR_INVALID);
	assert_int_equal(open_with_file(ring), 0);
	assert_int_equal(keys_add(ring->storage, &ring->keys, &password, id), 0);
	assert_int_equal(keys_find(ring->storage, name, &first), 0);
	assert_int_equal(first.kind, KEY_FILE);
	assert_int_equal(keys_remove(ring->storage, first.id), 0);
	assert_int_equal(keys_remove(ring->storage, first.id), ERR_NOTFOUND);
	assert_int_equal(open_with_file(ring), ERR_PASSWORD);
	assert_int_equal(open_with(ring, &password), 0);
	assert_int_equal(keys_remove(ring->storage, id), ERR_INVALID);
}

static void a_damaged_key_does_not_count_as_another_one(void **state)
{
	struct keyring *ring = *state;
	char id[NAME_TEXT], text[RECOVERY_TEXT];
	AUTO_TEXT path = only_key(ring);
	AUTO_BUF none = buf_init(16);

	assert_int_equal(keys_add_recovery(ring->storage, &ring->keys, text, id), 0);
	assert_int_equal(buf_append_text(&none, "nothing"), 0);
	write_file(path, &none);
	assert_int_equal(keys_remove(ring->storage, id), ERR_INVALID);
	const struct repo_secret recovery = {.recovery_key = text};
	assert_int_equal(open_with(ring, &recovery), 0);
}

static void any_flipped_byte_of_a_key_still_opens_and_is_mended(void **state)
{
	struct keyring *ring = *state;
	AUTO_TEXT path = only_key(ring);
	AUTO_BUF bytes = buf_init(KEY_OBJECT_SIZE);
	int mended = 0;

	read_file(path, &bytes);
	assert_int_equal(bytes.size, KEY_OBJECT_SIZE);
	for (size_t i = 0; i < KEY_OBJECT_SIZE; i++) {
		struct key_info *keys = NULL;
		size_t count = 0;

		bytes.data[i] ^= 0xff;
		write_file(path, &bytes);
		bytes.data[i] ^= 0xff;
		assert_int_equal(open_with_file(ring), 0);
		assert_int_equal(keys_list(ring->storage, &keys, &count), 0);
		assert_int_equal(count, 1);
		assert_int_equal(keys[0].bad_copies, 1);
		mem_free(keys);
	}
	assert_int_equal(keys_repair(ring->storage, &mended), 0);
	assert_int_equal(mended, 1);
	AUTO_TEXT again = only_key(ring);
	AUTO_BUF whole = buf_init(KEY_OBJECT_SIZE);
	read_file(again, &whole);
	assert_memory_equal(whole.data, bytes.data, KEY_OBJECT_SIZE);
	assert_int_equal(keys_repair(ring->storage, &mended), 0);
	assert_int_equal(mended, 0);
}

static void a_key_of_another_repository_does_not_open_this_one(void **state)
{
	struct keyring *ring = *state;
	struct key_record record = {.made_s = 1795000000};
	uint8_t other[NAME_SIZE] = "another one", master[REPO_KEY_SIZE];
	const struct repo_secret secret = fixture_secret(ring->fixture);

	assert_int_equal(key_record_wrap(&record, &secret, other, ring->keys.master), 0);
	assert_int_equal(
		key_record_unwrap(&record, &secret, ring->keys.id, master), ERR_PASSWORD);
	assert_int_equal(key_record_unwrap(&record, &secret, other, master), 0);
	assert_memory_equal(master, ring->keys.master, sizeof(master));
	record.made_s++;
	assert_int_equal(key_record_unwrap(&record, &secret, other, master), ERR_PASSWORD);
}

static void a_cost_out_of_bounds_is_passed_over(void **state)
{
	struct keyring *ring = *state;
	struct key_record record = {.kind = KEY_PASSWORD, .cost = {99, 4u << 20}};
	uint8_t object[KEY_OBJECT_SIZE];
	const struct repo_secret password = {.password = "correct horse"};

	key_record_put(&record, object);
	assert_int_equal(storage_put(ring->storage, "keys/00112233445566778899aabbccddeeff",
				 object, sizeof(object)),
		0);
	assert_int_equal(open_with(ring, &password), ERR_PASSWORD);
	assert_int_equal(open_with_file(ring), 0);
}

static void any_flipped_byte_of_config_is_told_and_mended(void **state)
{
	struct keyring *ring = *state;

	for (int which = 0; which < CONFIG_FILES; which++) {
		AUTO_TEXT path = path_in(ring, config_names[which]);
		AUTO_BUF bytes = buf_init(4096), after = buf_init(4096);
		bool good[CONFIG_FILES];
		int mended = 0;

		read_file(path, &bytes);
		for (size_t i = 0; i < bytes.size; i++) {
			bytes.data[i] ^= 1;
			write_file(path, &bytes);
			bytes.data[i] ^= 1;
			assert_int_equal(open_with_file(ring), 0);
			assert_int_equal(config_check(ring->storage, &ring->keys, good), 0);
			assert_false(good[which]);
			assert_true(good[1 - which]);
		}
		assert_int_equal(config_repair(ring->storage, &ring->keys, &mended), 0);
		assert_int_equal(mended, 1);
		read_file(path, &after);
		assert_int_equal(after.size, bytes.size);
		assert_memory_equal(after.data, bytes.data, bytes.size);
	}
}

static void a_copy_alone_makes_a_repository_only_of_what_holds_data(void **state)
{
	struct keyring *ring = *state;
	AUTO_TEXT config = path_in(ring, "config");

	assert_int_equal(unlink(config), 0);
	assert_int_equal(open_with_file(ring), ERR_NOREPO);
	assert_int_equal(
		storage_put(ring->storage, "index/00112233445566778899aabbccddeeff", "x", 1),
		0);
	assert_int_equal(open_with_file(ring), 0);
}

static void another_version_is_left_alone(void **state)
{
	struct keyring *ring = *state;
	AUTO_BUF text = buf_init(4096);

	assert_int_equal(buf_append_text(&text, "garner repository\nversion 1\nid x\n"), 0);
	for (int i = 0; i < CONFIG_FILES; i++) {
		AUTO_TEXT path = path_in(ring, config_names[i]);
		write_file(path, &text);
	}
	assert_int_equal(open_with_file(ring), ERR_NOREPO);
}

static void a_put_only_writer_has_what_adding_needs_and_no_more(void **state)
{
	struct keyring *ring = *state;
	static const uint8_t zeros[DERIVED_KEY_SIZE];
	char id[NAME_TEXT];
	struct repo_keys keys;
	AUTO_TEXT path = io_join(ring->fixture->folder, "writer");
	const struct repo_secret secret = {.writer_file = path};
	const struct repo_secret password = {.password = "correct horse"};

	assert_int_equal(keys_export_writer(&ring->keys, path), 0);
	assert_int_equal(keys_export_writer(&ring->keys, path), ERR_EXISTS);
	assert_int_equal(keys_open(ring->storage, &secret, &keys), 0);
	assert_false(keys.can_read);
	assert_memory_equal(keys.master, zeros, sizeof(zeros));
	assert_memory_equal(keys.data_root, zeros, sizeof(zeros));
	assert_memory_equal(keys.box_private, zeros, sizeof(zeros));
	assert_memory_equal(keys.id, ring->keys.id, NAME_SIZE);
	assert_int_equal(keys.aead, AEAD_CHACHA20_POLY1305);
	assert_memory_equal(keys.config, ring->keys.config, 32);
	assert_memory_equal(keys.chunk_id, ring->keys.chunk_id, 32);
	assert_memory_equal(keys.chunker, ring->keys.chunker, DERIVED_CHUNKER_SIZE);
	assert_memory_equal(keys.boundary, ring->keys.boundary, 16);
	assert_memory_equal(keys.meta_root, ring->keys.meta_root, 32);
	assert_memory_equal(keys.signing, ring->keys.signing, 32);
	assert_memory_equal(keys.box_public, ring->keys.box_public, 32);
	assert_int_equal(keys_add(ring->storage, &keys, &password, id), ERR_AUTH);
}

static void a_damaged_writer_file_opens_nothing(void **state)
{
	struct keyring *ring = *state;
	AUTO_BUF set = buf_init(4096);
	struct repo_keys keys;

	assert_int_equal(keys_put_writer(&ring->keys, &set), 0);
	assert_int_equal(keys_get_writer(set.data, set.size, &keys), 0);
	for (size_t i = 0; i < set.size; i++) {
		set.data[i] ^= 1;
		assert_int_equal(keys_get_writer(set.data, set.size, &keys), ERR_PASSWORD);
		set.data[i] ^= 1;
		assert_int_equal(keys_get_writer(set.data, i, &keys), ERR_PASSWORD);
	}
}

static void a_recovery_key_is_read_as_people_type_it(void **state)
{
	(void)state;
	uint8_t key[RECOVERY_SIZE], read[RECOVERY_SIZE];
	char text[RECOVERY_TEXT];

	for (uint8_t i = 0; i < RECOVERY_SIZE; i++)
		key[i] = (uint8_t)(i * 37 + 11);
	recovery_to_text(key, text);
	assert_int_equal(strlen(text), 39);
	for (size_t i = 4; i < 39; i += 5)
		assert_int_equal(text[i], '-');
	assert_true(recovery_from_text(text, read));
	assert_memory_equal(read, key, sizeof(key));
	text_lower(text);
	assert_true(recovery_from_text(text, read));
	assert_memory_equal(read, key, sizeof(key));
	memset(key, 0, sizeof(key));
	key[0] = 0x08; /* the first symbol is 1 */
	assert_true(recovery_from_text("l0oO 0000 0000 0000 0000 0000 0000 0000", read));
	assert_memory_equal(read, key, sizeof(key));
	text[38] = '\0';
	assert_false(recovery_from_text(text, read));
	assert_false(recovery_from_text("", read));
	assert_false(recovery_from_text("U000-0000-0000-0000-0000-0000-0000-0000", read));
	assert_false(recovery_from_text("0000-0000-0000-0000-0000-0000-0000-0000-0", read));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(each_of_several_keys_opens_the_same),
		TEST(a_removed_key_opens_nothing_and_the_last_one_stays),
		TEST(a_damaged_key_does_not_count_as_another_one),
		TEST(any_flipped_byte_of_a_key_still_opens_and_is_mended),
		TEST(a_key_of_another_repository_does_not_open_this_one),
		TEST(a_cost_out_of_bounds_is_passed_over),
		TEST(any_flipped_byte_of_config_is_told_and_mended),
		TEST(a_copy_alone_makes_a_repository_only_of_what_holds_data),
		TEST(another_version_is_left_alone),
		TEST(a_put_only_writer_has_what_adding_needs_and_no_more),
		TEST(a_damaged_writer_file_opens_nothing),
		cmocka_unit_test(a_recovery_key_is_read_as_people_type_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
