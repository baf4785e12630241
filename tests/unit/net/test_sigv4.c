/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_all.h"

#include <string.h>

#include "base/mem.h"
#include "base/timestamp.h"
#include "net/sigv4.h"

#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static const char *signature_of(const char *authorization)
{
	const char *at = strstr(authorization, "Signature=");

	assert_non_null(at);
	return at + strlen("Signature=");
}

static int64_t at(const char *text)
{
	int64_t at_s = 0;

	assert_int_equal(timestamp_parse(text, &at_s), 0);
	return at_s;
}

/* Of the test suite that Amazon published with the algorithm. */
static const struct sigv4_keys suite_keys = {
	"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "us-east-1", "service"};

static void signatures_are_those_of_the_published_suite(void **state)
{
	static const struct sigv4_pair headers[] = {
		{"host", "example.amazonaws.com"}, {"x-amz-date", "20150830T123600Z"}};
	static const struct sigv4_pair query[] = {{"Param2", "value2"}, {"Param1", "value1"}};
	struct sigv4_request request = {.method = "GET",
		.path = "/",
		.headers = headers,
		.header_count = 2,
		.payload_hash = EMPTY};
	int64_t at_s = at("2015-08-30T12:36:00Z");

	(void)state;
	AUTO_TEXT vanilla = sigv4_authorization(&suite_keys, &request, at_s);
	assert_string_equal(vanilla,
		"AWS4-HMAC-SHA256 "
		"Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
		"SignedHeaders=host;x-amz-date, Signature="
		"5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
	request.query = query;
	request.query_count = 2;
	AUTO_TEXT ordered = sigv4_authorization(&suite_keys, &request, at_s);
	assert_string_equal(signature_of(ordered),
		"b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");
	request.query_count = 0;
	request.method = "POST";
	AUTO_TEXT post = sigv4_authorization(&suite_keys, &request, at_s);
	assert_string_equal(signature_of(post),
		"5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
}

/* Of the examples in the reference of S3. */
static const struct sigv4_keys s3_keys = {
	"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1", "s3"};

static void signatures_are_those_of_the_reference_of_s3(void **state)
{
	static const struct sigv4_pair get[] = {{"x-amz-date", "20130524T000000Z"},
		{"x-amz-content-sha256", EMPTY}, {"host", "examplebucket.s3.amazonaws.com"},
		{"range", "bytes=0-9"}};
	static const struct sigv4_pair put[] = {{"date", "Fri, 24 May 2013 00:00:00 GMT"},
		{"host", "examplebucket.s3.amazonaws.com"}, {"x-amz-date", "20130524T000000Z"},
		{"x-amz-storage-class", "REDUCED_REDUNDANCY"},
		{"x-amz-content-sha256",
			"44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"}};
	static const struct sigv4_pair lifecycle[] = {{"lifecycle", ""}};
	static const struct sigv4_pair list[] = {{"prefix", "J"}, {"max-keys", "2"}};
	const struct {
		struct sigv4_request request;
		const char *signature;
	} examples[] = {
		{{"GET", "/test.txt", NULL, 0, get, 4, EMPTY},
			"f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"},
		{{"PUT", "/test$file.text", NULL, 0, put, 5, put[4].value},
			"98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"},
		{{"GET", "/", lifecycle, 1, get, 3, EMPTY},
			"fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"},
		{{"GET", "/", list, 2, get, 3, EMPTY},
			"34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		AUTO_TEXT authorization = sigv4_authorization(
			&s3_keys, &examples[i].request, at("2013-05-24T00:00:00Z"));
		assert_string_equal(signature_of(authorization), examples[i].signature);
	}
}

static void path_and_query_are_encoded_once(void **state)
{
	static const struct sigv4_pair query[] = {
		{"uploads", ""}, {"prefix", "a/b c+d"}, {"a-b", "2"}, {"a", "1"}};

	(void)state;
	AUTO_TEXT path = sigv4_encode_path("/bucket//a b/../%41~\xc3\xa4");
	assert_string_equal(path, "/bucket//a%20b/../%2541~%C3%A4");
	AUTO_TEXT sorted = sigv4_encode_query(query, 4);
	assert_string_equal(sorted, "a=1&a-b=2&prefix=a%2Fb%20c%2Bd&uploads=");
	AUTO_TEXT none = sigv4_encode_query(NULL, 0);
	assert_string_equal(none, "");
}

static void spaces_of_a_header_count_once(void **state)
{
	static const struct sigv4_pair wide[] = {{"host", "h"}, {"x-a", "  a   b  "}};
	static const struct sigv4_pair narrow[] = {{"host", "h"}, {"x-a", "a b"}};
	struct sigv4_request request = {"GET", "/", NULL, 0, wide, 2, EMPTY};

	(void)state;
	AUTO_TEXT one = sigv4_authorization(&s3_keys, &request, 0);
	request.headers = narrow;
	AUTO_TEXT other = sigv4_authorization(&s3_keys, &request, 0);
	assert_string_equal(one, other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signatures_are_those_of_the_published_suite),
		cmocka_unit_test(signatures_are_those_of_the_reference_of_s3),
		cmocka_unit_test(path_and_query_are_encoded_once),
		cmocka_unit_test(spaces_of_a_header_count_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
