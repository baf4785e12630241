/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "crypto/webhook.h"

/* The worked example of the Standard Webhooks specification's libraries. */
static const char secret[] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
static const char signature[] = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
static const char body[] = "{\"test\": 2432232314}";
static const int64_t at_s = 1614265330;

static const struct webhook_message message = {
	.id = "msg_p5jXN8AQM9LWM0D4loKWxJek",
	.timestamp = "1614265330",
	.body = body,
	.body_size = sizeof(body) - 1,
};

static struct webhook_secrets read_secrets(const char *text)
{
	struct webhook_secrets secrets;

	assert_int_equal(webhook_secrets_read(text, &secrets), 0);
	return secrets;
}

static void the_example_of_the_specification_is_signed_and_believed(void **state)
{
	const struct webhook_secrets secrets = read_secrets(secret);
	AUTO_TEXT made = webhook_sign(&message, &secrets);

	(void)state;
	assert_string_equal(made, signature);
	assert_int_equal(webhook_verify(&message, signature, &secrets, at_s), 0);
}

static void what_was_changed_or_is_by_another_is_not_believed(void **state)
{
	const struct webhook_secrets secrets = read_secrets(secret);
	AUTO_TEXT other_text = webhook_secret_new();
	const struct webhook_secrets other = read_secrets(other_text);
	struct webhook_message changed = message;

	(void)state;
	assert_int_equal(webhook_verify(&message, signature, &other, at_s), ERR_AUTH);
	changed.body = "{\"test\": 2432232315}";
	assert_int_equal(webhook_verify(&changed, signature, &secrets, at_s), ERR_AUTH);
	changed = message;
	changed.id = "msg_another";
	assert_int_equal(webhook_verify(&changed, signature, &secrets, at_s), ERR_AUTH);
	changed = message;
	changed.timestamp = "1614265331";
	assert_int_equal(webhook_verify(&changed, signature, &secrets, at_s), ERR_AUTH);
	assert_int_equal(
		webhook_verify(&message, "v1,AAAA v1a,x nonsense", &secrets, at_s), ERR_AUTH);
	assert_int_equal(webhook_verify(&message, "", &secrets, at_s), ERR_AUTH);
}

static void the_time_may_be_five_minutes_off(void **state)
{
	const struct webhook_secrets secrets = read_secrets(secret);

	(void)state;
	assert_int_equal(webhook_verify(&message, signature, &secrets, at_s + 300), 0);
	assert_int_equal(webhook_verify(&message, signature, &secrets, at_s - 300), 0);
	assert_int_equal(webhook_verify(&message, signature, &secrets, at_s + 301), ERR_AUTH);
	assert_int_equal(webhook_verify(&message, signature, &secrets, at_s - 301), ERR_AUTH);
}

static void one_of_several_signatures_and_secrets_is_enough(void **state)
{
	AUTO_TEXT fresh = webhook_secret_new();
	AUTO_TEXT both = mem_printf("%s\n%s\n", fresh, secret);
	const struct webhook_secrets secrets = read_secrets(both);
	AUTO_TEXT list = mem_printf("v2,x v1,c29tZXRoaW5n %s", signature);

	(void)state;
	assert_int_equal(secrets.count, 2);
	assert_int_equal(webhook_verify(&message, list, &secrets, at_s), 0);
}

static void headers_that_are_missing_or_make_no_sense_are_refused(void **state)
{
	const struct webhook_secrets secrets = read_secrets(secret);
	struct webhook_message bad = message;

	(void)state;
	assert_int_equal(webhook_verify(&message, NULL, &secrets, at_s), ERR_INVALID);
	bad.id = NULL;
	assert_int_equal(webhook_verify(&bad, signature, &secrets, at_s), ERR_INVALID);
	bad.id = "a.b";
	assert_int_equal(webhook_verify(&bad, signature, &secrets, at_s), ERR_INVALID);
	bad = message;
	bad.timestamp = "soon";
	assert_int_equal(webhook_verify(&bad, signature, &secrets, at_s), ERR_INVALID);
}

static void a_secret_has_its_form(void **state)
{
	struct webhook_secrets secrets;

	(void)state;
	assert_int_equal(webhook_secrets_read("", &secrets), ERR_INVALID);
	assert_int_equal(webhook_secrets_read("whsec_c2hvcnQ=", &secrets), ERR_INVALID);
	assert_int_equal(webhook_secrets_read("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", &secrets),
		ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_of_the_specification_is_signed_and_believed),
		cmocka_unit_test(what_was_changed_or_is_by_another_is_not_believed),
		cmocka_unit_test(the_time_may_be_five_minutes_off),
		cmocka_unit_test(one_of_several_signatures_and_secrets_is_enough),
		cmocka_unit_test(headers_that_are_missing_or_make_no_sense_are_refused),
		cmocka_unit_test(a_secret_has_its_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
