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
#include "crypto/hash.h"
#include "license/request.h"

static struct request request(void)
{
	return (struct request){
		.method = "POST",
		.path = "/v1/claims",
		.license_id = "00112233445566778899aabbccddeeff",
		.instance_id = "ffeeddccbbaa99887766554433221100",
		.at_s = 1795000000,
		.body = "{}",
		.body_size = 2,
	};
}

static void the_signed_text_is_as_documented(void **state)
{
	(void)state;
	struct request r = request();
	struct sign_key key;
	uint8_t signature[SIGN_SIGNATURE_SIZE];
	const char text[] =
		"GARNER-REQUEST/1\nPOST\n/v1/claims\n"
		"00112233445566778899aabbccddeeff\n"
		"ffeeddccbbaa99887766554433221100\n1795000000\n"
		"44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a\n";

	sign_key_new(&key);
	request_sign(&r, &key, signature);
	assert_true(sign_is_valid(key.public, text, sizeof(text) - 1, signature));
	assert_true(request_is_signed(&r, key.public, signature));
}

static void E5_a_signature_holds_for_one_request_alone(void **state)
{
	(void)state;
	struct request r = request(), other;
	struct sign_key key, another;
	uint8_t signature[SIGN_SIGNATURE_SIZE];

	sign_key_new(&key);
	sign_key_new(&another);
	request_sign(&r, &key, signature);
	assert_false(request_is_signed(&r, another.public, signature));
	other = r, other.method = "GET";
	assert_false(request_is_signed(&other, key.public, signature));
	other = r, other.path = "/v1/releases";
	assert_false(request_is_signed(&other, key.public, signature));
	other = r, other.license_id = NULL;
	assert_false(request_is_signed(&other, key.public, signature));
	other = r, other.instance_id = r.license_id;
	assert_false(request_is_signed(&other, key.public, signature));
	other = r, other.at_s++;
	assert_false(request_is_signed(&other, key.public, signature));
	other = r, other.body_size = 1;
	assert_false(request_is_signed(&other, key.public, signature));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_signed_text_is_as_documented),
		cmocka_unit_test(E5_a_signature_holds_for_one_request_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
