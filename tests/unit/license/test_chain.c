/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "license/chain.h"

static struct chain_event event(void)
{
	return (struct chain_event){
		.license_id = "00112233445566778899aabbccddeeff",
		.revision = 1,
		.at_s = 1795000000,
		.kind = "created",
		.detail = "licenses=10",
	};
}

static void an_event_hashes_as_documented(void **state)
{
	(void)state;
	const uint8_t before[HASH_SIZE] = {0};
	struct chain_event e = event();
	uint8_t hash[HASH_SIZE], expected[HASH_SIZE];
	const char text[] =
		"GARNER-EVENT/1\n"
		"0000000000000000000000000000000000000000000000000000000000000000\n"
		"00112233445566778899aabbccddeeff\n1\n2026-11-18T11:06:40Z\ncreated\n"
		"licenses=10\n";

	chain_next(before, &e, hash);
	hash_sha256(text, sizeof(text) - 1, expected);
	assert_memory_equal(hash, expected, HASH_SIZE);
}

static void each_field_and_all_that_was_before_change_the_hash(void **state)
{
	(void)state;
	uint8_t before[HASH_SIZE] = {0}, hash[HASH_SIZE], other[HASH_SIZE];
	struct chain_event e = event();

	chain_next(before, &e, hash);
	e.revision++;
	chain_next(before, &e, other);
	assert_memory_not_equal(hash, other, HASH_SIZE);
	e = event(), e.at_s++;
	chain_next(before, &e, other);
	assert_memory_not_equal(hash, other, HASH_SIZE);
	e = event(), e.kind = "added";
	chain_next(before, &e, other);
	assert_memory_not_equal(hash, other, HASH_SIZE);
	e = event(), e.detail = "licenses=11";
	chain_next(before, &e, other);
	assert_memory_not_equal(hash, other, HASH_SIZE);
	e = event(), before[31] = 1;
	chain_next(before, &e, other);
	assert_memory_not_equal(hash, other, HASH_SIZE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_hashes_as_documented),
		cmocka_unit_test(each_field_and_all_that_was_before_change_the_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
