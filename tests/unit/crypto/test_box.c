/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_all.h"

#include <string.h>

#include "base/text.h"
#include "crypto/box.h"
#include "crypto/secret.h"

static void from_hex(const char *hex, void *out)
{
	assert_int_equal(text_from_hex(hex, out, strlen(hex) / 2), 0);
}

static void the_public_half_is_as_rfc_7748_says(void **state)
{
	(void)state;
	uint8_t private[BOX_KEY_SIZE], public[BOX_KEY_SIZE], expected[BOX_KEY_SIZE];

	from_hex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a", private);
	from_hex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a", expected);
	box_public(private, public);
	assert_memory_equal(public, expected, sizeof(expected));
}

static void only_the_private_key_opens_a_box(void **state)
{
	(void)state;
	uint8_t private[BOX_KEY_SIZE], other[BOX_KEY_SIZE], public[BOX_KEY_SIZE];
	uint8_t sealed[32 + BOX_OVERHEAD], again[sizeof(sealed)], out[32];
	static const uint8_t text[32] = "the data key of one pack";

	secret_random(private, sizeof(private));
	secret_random(other, sizeof(other));
	box_public(private, public);
	assert_int_equal(box_seal(public, text, sizeof(text), sealed), 0);
	assert_int_equal(box_seal(public, text, sizeof(text), again), 0);
	assert_memory_not_equal(sealed, again, sizeof(sealed));
	assert_int_equal(box_open(private, sealed, sizeof(sealed), out), 0);
	assert_memory_equal(out, text, sizeof(text));
	assert_int_equal(box_open(other, sealed, sizeof(sealed), out), ERR_CORRUPT);
	assert_int_equal(box_open(public, sealed, sizeof(sealed), out), ERR_CORRUPT);
}

static void a_changed_or_cut_box_is_corrupt(void **state)
{
	(void)state;
	uint8_t private[BOX_KEY_SIZE], public[BOX_KEY_SIZE];
	uint8_t sealed[4 + BOX_OVERHEAD], out[4];

	secret_random(private, sizeof(private));
	box_public(private, public);
	assert_int_equal(box_seal(public, "text", 4, sealed), 0);
	for (size_t i = 0; i < sizeof(sealed); i++) {
		sealed[i] ^= 1;
		assert_int_equal(box_open(private, sealed, sizeof(sealed), out), ERR_CORRUPT);
		sealed[i] ^= 1;
	}
	for (size_t size = 0; size < sizeof(sealed); size++)
		assert_int_equal(box_open(private, sealed, size, out), ERR_CORRUPT);
	assert_int_equal(box_open(private, sealed, sizeof(sealed), out), 0);
}

static void a_key_of_small_order_seals_nothing(void **state)
{
	(void)state;
	static const uint8_t zeros[BOX_KEY_SIZE];
	uint8_t sealed[4 + BOX_OVERHEAD];

	assert_int_equal(box_seal(zeros, "text", 4, sealed), ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_public_half_is_as_rfc_7748_says),
		cmocka_unit_test(only_the_private_key_opens_a_box),
		cmocka_unit_test(a_changed_or_cut_box_is_corrupt),
		cmocka_unit_test(a_key_of_small_order_seals_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
