/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "crypto/secret.h"
#include "repo/snapshot_body.h"

static struct repo_keys keys;

static int make_keys(void **state)
{
	static const uint8_t master[REPO_KEY_SIZE] = "a master key", id[NAME_SIZE] = "id";

	(void)state;
	derived_make(&keys, master, id, AEAD_AES_256_GCM);
	return 0;
}

static const uint8_t name[NAME_SIZE] = "name of a file";

/* A snapshot of two objects with two before it; a note where `is_note`. */
static void encode(bool is_note, struct snapshot_node *node, struct buf *out)
{
	char kind[] = "shared_mailbox", bureau[] = "Büro@contoso.example", job[] = "every hour";
	struct repo_object objects[2] = {
		{.kind = kind, .name = bureau, .kept = true, .stored_s = -5, .items = 7},
		{.kind = kind, .name = job, .bytes = 9, .trial_items = UINT32_MAX},
	};
	struct snapshot snapshot = {.job = job, .objects = objects, .object_count = 2};
	static struct snapshot_link links[3];

	for (uint8_t i = 0; i < 3; i++) {
		memset(links[i].name, i + 1, NAME_SIZE);
		memset(links[i].hash, i + 100, HASH_SIZE);
	}
	snapshot.writer[3] = 8;
	*node = (struct snapshot_node){.created_s = 1795000001,
		.place = 70000,
		.earlier = links,
		.earlier_count = 2,
		.forgotten = is_note ? links : NULL,
		.forgotten_count = is_note ? 3 : 0};
	memcpy(node->self.name, name, NAME_SIZE);
	assert_int_equal(snapshot_encode(&keys, node, is_note ? NULL : &snapshot, out), 0);
}

static int decode(const struct buf *bytes, struct snapshot_node *node, struct snapshot **out)
{
	*node = (struct snapshot_node){0};
	memcpy(node->self.name, name, NAME_SIZE);
	return snapshot_decode(&keys, bytes, node, out);
}

static void a_snapshot_reads_back_with_what_stands_before_it(void **state)
{
	(void)state;
	AUTO_BUF bytes = buf_init(4096);
	struct snapshot_node made, node;
	struct snapshot *read = NULL;

	encode(false, &made, &bytes);
	assert_int_equal(decode(&bytes, &node, &read), 0);
	assert_int_equal(node.kind, SNAPSHOT_KEPT);
	assert_int_equal(node.created_s, 1795000001);
	assert_int_equal(node.place, 70000);
	assert_memory_equal(node.self.hash, made.self.hash, HASH_SIZE);
	assert_int_equal(node.earlier_count, 2);
	assert_int_equal(node.earlier[1].name[0], 2);
	assert_int_equal(node.earlier[1].hash[31], 101);
	assert_int_equal(node.forgotten_count, 0);
	assert_string_equal(read->id, "6e616d65206f6620612066696c650000");
	assert_int_equal(read->created_s, 1795000001);
	assert_string_equal(read->job, "every hour");
	assert_int_equal(read->writer[3], 8);
	assert_int_equal(read->object_count, 2);
	assert_string_equal(read->objects[0].kind, "shared_mailbox");
	assert_string_equal(read->objects[0].name, "Büro@contoso.example");
	assert_true(read->objects[0].kept);
	assert_false(read->objects[1].kept);
	assert_int_equal(read->objects[0].stored_s, -5);
	assert_int_equal(read->objects[0].items, 7);
	assert_int_equal(read->objects[1].bytes, 9);
	assert_true(read->objects[1].trial_items == UINT32_MAX);
	snapshot_free(read);
	snapshot_node_free(&node);
}

static void a_note_reads_back_with_what_was_forgotten(void **state)
{
	(void)state;
	AUTO_BUF bytes = buf_init(4096);
	struct snapshot_node made, node;
	struct snapshot *read = NULL;

	encode(true, &made, &bytes);
	assert_int_equal(decode(&bytes, &node, &read), 0);
	assert_null(read);
	assert_int_equal(node.kind, SNAPSHOT_NOTE);
	assert_int_equal(node.earlier_count, 2);
	assert_int_equal(node.forgotten_count, 3);
	assert_int_equal(node.forgotten[2].name[15], 3);
	assert_int_equal(node.forgotten[2].hash[0], 102);
	snapshot_node_free(&node);
}

static void any_flipped_bit_or_other_length_is_damage(void **state)
{
	(void)state;

	for (int is_note = 0; is_note < 2; is_note++) {
		AUTO_BUF bytes = buf_init(4096);
		struct snapshot_node made, node;
		struct snapshot *read = NULL;

		encode(is_note, &made, &bytes);
		for (size_t bit = 0; bit < 8 * bytes.size; bit++) {
			bytes.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_int_equal(decode(&bytes, &node, &read), ERR_CORRUPT);
			assert_null(read);
			bytes.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		for (size_t size = 0; size < bytes.size; size++) {
			struct buf cut = bytes;
			cut.size = size;
			assert_int_equal(decode(&cut, &node, &read), ERR_CORRUPT);
		}
		assert_int_equal(buf_append(&bytes, "", 1), 0);
		assert_int_equal(decode(&bytes, &node, &read), ERR_CORRUPT);
	}
}

static void under_another_name_or_key_it_is_damage(void **state)
{
	(void)state;
	AUTO_BUF bytes = buf_init(4096);
	struct snapshot_node made, node = {0};
	struct snapshot *read = NULL;
	struct repo_keys other = keys;

	encode(false, &made, &bytes);
	assert_int_equal(snapshot_decode(&keys, &bytes, &node, &read), ERR_CORRUPT);
	memcpy(node.self.name, name, NAME_SIZE);
	other.signing[0] ^= 1;
	assert_int_equal(snapshot_decode(&other, &bytes, &node, &read), ERR_CORRUPT);
	other = keys;
	other.id[0] ^= 1;
	assert_int_equal(snapshot_decode(&other, &bytes, &node, &read), ERR_CORRUPT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_snapshot_reads_back_with_what_stands_before_it),
		cmocka_unit_test(a_note_reads_back_with_what_was_forgotten),
		cmocka_unit_test(any_flipped_bit_or_other_length_is_damage),
		cmocka_unit_test(under_another_name_or_key_it_is_damage),
	};

	return cmocka_run_group_tests(tests, make_keys, NULL);
}
