/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/text.h"
#include "license/lease.h"

static struct sign_key root, online;
static struct keyset keyset;

static int make_keys(void **state)
{
	(void)state;
	sign_key_new(&root);
	sign_key_new(&online);
	keyset = (struct keyset){.version = 1, .count = 1};
	keyset_key_id(online.public, keyset.keys[0].id);
	memcpy(keyset.keys[0].public, online.public, SIGN_PUBLIC_SIZE);
	keyset.keys[0].from_s = 1795000000;
	keyset.keys[0].until_s = 1795000000 + KEYSET_VALID_S;
	return 0;
}

static struct lease lease(void)
{
	struct lease lease = {
		.license_id = "00112233445566778899aabbccddeeff",
		.instance_id = "ffeeddccbbaa99887766554433221100",
		.epoch = 1,
		.sequence = 7,
		.revision = 42,
		.seats = 100,
		.used = 99,
		.activated_s = 1795000000,
		.expires_s = 1826536000,
		.issued_s = 1795000500,
		.renew_after_s = 1795003200,
		.offline_limit_s = LEASE_OFFLINE_LIMIT_S,
		.assigned_count = 99,
	};

	memset(lease.instance_public, 5, sizeof(lease.instance_public));
	memset(lease.nonce, 6, sizeof(lease.nonce));
	memset(lease.assigned_digest, 7, sizeof(lease.assigned_digest));
	memset(lease.chain, 8, sizeof(lease.chain));
	return lease;
}

static void a_lease_reads_as_it_was_written(void **state)
{
	(void)state;
	struct lease written = lease(), read;
	AUTO_TEXT text = lease_write(&written, &online);

	assert_true(strlen(text) < LEASE_TEXT_MAX);
	assert_int_equal(lease_read(text, &keyset, &read), 0);
	assert_memory_equal(&read, &written, sizeof(read));
}

static void optional_fields_come_back(void **state)
{
	(void)state;
	struct lease written = lease(), read;

	written.has_answer = true;
	memset(written.answer_digest, 9, sizeof(written.answer_digest));
	written.resets_s = 1826536000;
	written.state = LEASE_REVOKED;
	AUTO_TEXT text = lease_write(&written, &online);
	assert_int_equal(lease_read(text, &keyset, &read), 0);
	assert_memory_equal(&read, &written, sizeof(read));
}

static void the_text_of_a_lease_is_as_documented(void **state)
{
	(void)state;
	struct lease written = lease();
	AUTO_TEXT text = lease_write(&written, &online);
	AUTO_TEXT begin = mem_printf("GARNER-LEASE/1\nversion: 1\nkey-id: %s\n"
				     "license: 00112233445566778899aabbccddeeff\n"
				     "instance: ffeeddccbbaa99887766554433221100\n",
		keyset.keys[0].id);

	assert_true(text_starts_with(text, begin));
	assert_non_null(strstr(text, "\nseats: 100\nused: 99\nstate: active\n"));
	assert_non_null(strstr(text, "\nresets: -\n"));
	assert_non_null(strstr(text, "\noffline-limit: 1209600\n"));
	assert_non_null(strstr(text, "\nanswer: -\n"));
}

static void E5_every_changed_byte_of_a_lease_is_noticed(void **state)
{
	(void)state;
	struct lease written = lease(), read;
	AUTO_TEXT text = lease_write(&written, &online);

	for (size_t i = 0; text[i]; i++) {
		char right = text[i];

		for (int bit = 0; bit < 7; bit++) {
			text[i] = (char)(right ^ (1 << bit));
			assert_int_equal(lease_read(text, &keyset, &read), ERR_CORRUPT);
		}
		text[i] = right;
	}
}

static void E5_a_lease_that_was_cut_or_goes_on_is_refused(void **state)
{
	(void)state;
	struct lease written = lease(), read;
	AUTO_TEXT text = lease_write(&written, &online);
	AUTO_TEXT longer = mem_printf("%sx", text);

	assert_int_equal(lease_read(longer, &keyset, &read), ERR_CORRUPT);
	for (size_t size = strlen(text); size-- > 0;) {
		text[size] = '\0';
		assert_int_equal(lease_read(text, &keyset, &read), ERR_CORRUPT);
	}
	assert_int_equal(read.seats, 0);
}

/* Signs other bytes with the right key: only the form is wrong. */
static void assert_refused_though_signed(const char *from, const char *to)
{
	struct lease written = lease(), read;
	AUTO_TEXT text = lease_write(&written, &online);
	const char *found = strstr(text, from);
	uint8_t signature[SIGN_SIGNATURE_SIZE];

	assert_non_null(found);
	AUTO_TEXT changed =
		mem_printf("%.*s%s%s", (int)(found - text), text, to, found + strlen(from));
	char *end = strstr(changed, "signature: ");
	assert_non_null(end);
	sign_make(&online, changed, (size_t)(end - changed), signature);
	AUTO_TEXT base64 = text_to_base64(signature, sizeof(signature));
	AUTO_TEXT signed_text =
		mem_printf("%.*ssignature: %s\n", (int)(end - changed), changed, base64);
	assert_int_equal(lease_read(signed_text, &keyset, &read), ERR_CORRUPT);
}

static void E5_there_is_one_spelling_for_each_lease(void **state)
{
	(void)state;
	assert_refused_though_signed("seats: 100", "seats: 0100");
	assert_refused_though_signed("seats: 100", "seats: +100");
	assert_refused_though_signed("seats: 100", "seats:  100");
	assert_refused_though_signed("seats: 100", "seats: -1");
	assert_refused_though_signed("seats: 100\n", "seats: 100\r\n");
	assert_refused_though_signed("seats: 100\n", "seats: 100\nseats: 100\n");
	assert_refused_though_signed("seats: 100\n", "");
	assert_refused_though_signed("seats: 100\nused: 99\n", "used: 99\nseats: 100\n");
	assert_refused_though_signed("state: active", "state: trial");
	assert_refused_though_signed("ddeeff", "DDEEFF");
	assert_refused_though_signed("version: 1", "version: 2");
	assert_refused_though_signed("GARNER-LEASE/1", "GARNER-LEASE/2");
	assert_refused_though_signed("signature: ", "more: 1\nsignature: ");
	assert_refused_though_signed("Z\nexpires", "+00:00\nexpires");
}

static void E5_a_lease_outside_of_its_keys_time_is_refused(void **state)
{
	(void)state;
	struct lease written = lease(), read;

	written.issued_s = keyset.keys[0].from_s - 1;
	AUTO_TEXT early = lease_write(&written, &online);
	assert_int_equal(lease_read(early, &keyset, &read), ERR_CORRUPT);
	written.issued_s = keyset.keys[0].until_s;
	AUTO_TEXT late = lease_write(&written, &online);
	assert_int_equal(lease_read(late, &keyset, &read), ERR_CORRUPT);
	written.issued_s = keyset.keys[0].until_s - 1;
	AUTO_TEXT good = lease_write(&written, &online);
	assert_int_equal(lease_read(good, &keyset, &read), 0);
}

static void E5_a_key_that_is_not_in_the_keyset_is_refused(void **state)
{
	(void)state;
	struct lease written = lease(), read;
	struct sign_key other;

	sign_key_new(&other);
	AUTO_TEXT text = lease_write(&written, &other);
	assert_int_equal(lease_read(text, &keyset, &read), ERR_CORRUPT);
	assert_string_equal(err_message(), "lease: its key is not in the keyset");
}

static void the_digest_of_a_set_tells_its_members_apart(void **state)
{
	(void)state;
	uint8_t digest[HASH_SIZE], expected[HASH_SIZE];
	struct hash_stream *stream = hash_stream_new();

	lease_assigned_add(stream, "aa");
	lease_assigned_add(stream, "bb");
	hash_stream_finish(stream, digest);
	hash_sha256("aa\nbb\n", 6, expected);
	assert_memory_equal(digest, expected, HASH_SIZE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lease_reads_as_it_was_written),
		cmocka_unit_test(optional_fields_come_back),
		cmocka_unit_test(the_text_of_a_lease_is_as_documented),
		cmocka_unit_test(E5_every_changed_byte_of_a_lease_is_noticed),
		cmocka_unit_test(E5_a_lease_that_was_cut_or_goes_on_is_refused),
		cmocka_unit_test(E5_there_is_one_spelling_for_each_lease),
		cmocka_unit_test(E5_a_lease_outside_of_its_keys_time_is_refused),
		cmocka_unit_test(E5_a_key_that_is_not_in_the_keyset_is_refused),
		cmocka_unit_test(the_digest_of_a_set_tells_its_members_apart),
	};

	return cmocka_run_group_tests(tests, make_keys, NULL);
}
