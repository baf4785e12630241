/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "sandbox/quickxor.h"

/* Bytes and their hash, as OneDrive gives them. */
static const char *const vectors[][2] = {
	{"", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="},
	{"Sg==", "SgAAAAAAAAAAAAAAAQAAAAAAAAA="},
	{"tbQ=", "taAFAAAAAAAAAAAAAgAAAAAAAAA="},
	{"J9iPGCbfZSTNyw==", "J8DGIzBggm+UgQTNUgYAAAAAAAA="},
	{"2fuxhBJXtpWFe8dOfdGeHw==", "O9tHLAghgSvYohKFyMMxnNCHaHg="},
	{"bU2j/0XYdgfPFD4691jV0AOUEUPR4Z5E", "bnLBiLpVgnxVkXhNsIAPdHAPLFQ="},
	{"lScPwPsyUsH2T1Qsr31wXtP55Wqbe47Uyg==", "VDMSy8eI26nBHCB0e8gVWPCKPsA="},
	{"Mb7EGva2rEE5fENDL85P+BsapHEEjv2/siVhKjvAQe02feExVOQSkfmuYzU/kTF1MaKjPmKF/w+cbvwfdWL8"
	 "aQ==",
		"n1anP5NfvD4XDYWIeRPW3ZkPv1Y="},
};

static void the_hash_is_microsofts_in_pieces_of_any_size(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
		for (size_t piece = 1; piece < 100; piece += 7) {
			AUTO_BUF bytes = buf_init(1024);
			struct quickxor hash = {0};
			assert_int_equal(text_from_base64(vectors[i][0], &bytes), 0);
			for (size_t at = 0; at < bytes.size; at += piece)
				quickxor_add(&hash, bytes.data + at,
					bytes.size - at < piece ? bytes.size - at : piece);
			AUTO_TEXT text = quickxor_text(&hash);
			assert_string_equal(text, vectors[i][1]);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_hash_is_microsofts_in_pieces_of_any_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
