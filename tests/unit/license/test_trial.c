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
#include "license/trial.h"

enum { DAY_S = 86400, START_S = 1795000000 };

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
	keyset.keys[0].from_s = START_S;
	keyset.keys[0].until_s = START_S + KEYSET_VALID_S;
	return 0;
}

static struct trial trial(void)
{
	struct trial trial = {
		.instance_id = "ffeeddccbbaa99887766554433221100",
		.sequence = 7,
		.started_s = START_S,
		.ends_s = START_S + TRIAL_DAYS * DAY_S,
		.items_per_folder = TRIAL_ITEMS_PER_FOLDER,
		.issued_s = START_S + 500,
		.renew_after_s = START_S + 3200,
		.offline_limit_s = LEASE_OFFLINE_LIMIT_S,
	};

	trial_tenant("Contoso", trial.tenant);
	memset(trial.instance_public, 5, sizeof(trial.instance_public));
	memset(trial.nonce, 6, sizeof(trial.nonce));
	return trial;
}

static void a_trial_reads_as_it_was_written(void **state)
{
	(void)state;
	struct trial written = trial(), read;

	for (int i = TRIAL_RUNS; i <= TRIAL_ENDED; i++) {
		written.state = (enum trial_state)i;
		AUTO_TEXT text = trial_write(&written, &online);
		assert_true(strlen(text) < TRIAL_TEXT_MAX);
		assert_int_equal(trial_read(text, &keyset, &read), 0);
		assert_memory_equal(&read, &written, sizeof(read));
	}
}

static void the_text_of_a_trial_is_as_documented(void **state)
{
	(void)state;
	struct trial written = trial();
	AUTO_TEXT text = trial_write(&written, &online);
	AUTO_TEXT begin = mem_printf(
		"GARNER-TRIAL/1\nversion: 1\nkey-id: %s\ntenant: ", keyset.keys[0].id);

	assert_true(text_starts_with(text, begin));
	assert_non_null(strstr(text, "\ninstance: ffeeddccbbaa99887766554433221100\n"));
	assert_non_null(strstr(text, "\nsequence: 7\nstate: runs\nstarted: 2026-"));
	assert_non_null(strstr(text, "\nitems-per-folder: 5\n"));
	assert_non_null(strstr(text, "\noffline-limit: 1209600\n"));
}

static void F1_the_tenant_is_its_ids_digest_whatever_its_case(void **state)
{
	(void)state;
	uint8_t one[HASH_SIZE], two[HASH_SIZE], expected[HASH_SIZE];

	trial_tenant("3F2B8C7E-0c1d", one);
	trial_tenant("3f2b8c7e-0C1D", two);
	hash_sha256("GARNER-TENANT/1\n3f2b8c7e-0c1d", 29, expected);
	assert_memory_equal(one, two, HASH_SIZE);
	assert_memory_equal(one, expected, HASH_SIZE);
	trial_tenant("3f2b8c7e-0c1e", two);
	assert_memory_not_equal(one, two, HASH_SIZE);
}

static void E5_F1_every_changed_byte_of_a_trial_is_noticed(void **state)
{
	(void)state;
	struct trial written = trial(), read;
	AUTO_TEXT text = trial_write(&written, &online);

	for (size_t i = 0; text[i]; i++) {
		char right = text[i];

		for (int bit = 0; bit < 7; bit++) {
			text[i] = (char)(right ^ (1 << bit));
			assert_int_equal(trial_read(text, &keyset, &read), ERR_CORRUPT);
			assert_int_equal(read.ends_s, 0);
		}
		text[i] = right;
	}
}

static void E5_F1_a_trial_that_was_cut_or_goes_on_is_refused(void **state)
{
	(void)state;
	struct trial written = trial(), read;
	AUTO_TEXT text = trial_write(&written, &online);
	AUTO_TEXT longer = mem_printf("%sx", text);

	assert_int_equal(trial_read(longer, &keyset, &read), ERR_CORRUPT);
	for (size_t size = strlen(text); size-- > 0;) {
		text[size] = '\0';
		assert_int_equal(trial_read(text, &keyset, &read), ERR_CORRUPT);
	}
}

/* Signs other bytes with the right key: only the form is wrong. */
static void assert_refused_though_signed(const char *from, const char *to)
{
	struct trial written = trial(), read;
	AUTO_TEXT text = trial_write(&written, &online);
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
	assert_int_equal(trial_read(signed_text, &keyset, &read), ERR_CORRUPT);
}

static void E5_there_is_one_spelling_for_each_trial(void **state)
{
	(void)state;
	assert_refused_though_signed("items-per-folder: 5", "items-per-folder: 05");
	assert_refused_though_signed("items-per-folder: 5", "items-per-folder: 0");
	assert_refused_though_signed("items-per-folder: 5", "items-per-folder: 1000001");
	assert_refused_though_signed("state: runs\n", "");
	assert_refused_though_signed("state: runs\n", "state: active\n");
	assert_refused_though_signed("sequence: 7\n", "sequence: 7\nsequence: 7\n");
	assert_refused_though_signed("GARNER-TRIAL/1", "GARNER-LEASE/1");
	assert_refused_though_signed("version: 1", "version: 2");
}

static void E5_a_trial_outside_of_its_keys_time_or_of_another_key_is_refused(void **state)
{
	(void)state;
	struct trial written = trial(), read;
	struct sign_key other;

	written.issued_s = keyset.keys[0].from_s - 1;
	AUTO_TEXT early = trial_write(&written, &online);
	assert_int_equal(trial_read(early, &keyset, &read), ERR_CORRUPT);
	written.issued_s = keyset.keys[0].until_s;
	AUTO_TEXT late = trial_write(&written, &online);
	assert_int_equal(trial_read(late, &keyset, &read), ERR_CORRUPT);
	sign_key_new(&other);
	written = trial();
	AUTO_TEXT foreign = trial_write(&written, &other);
	assert_int_equal(trial_read(foreign, &keyset, &read), ERR_CORRUPT);
}

static void a_lease_is_no_trial(void **state)
{
	(void)state;
	struct lease lease = {
		.license_id = "00112233445566778899aabbccddeeff",
		.instance_id = "ffeeddccbbaa99887766554433221100",
		.issued_s = START_S + 1,
	};
	struct trial read;
	AUTO_TEXT text = lease_write(&lease, &online);

	assert_int_equal(trial_read(text, &keyset, &read), ERR_CORRUPT);
	assert_string_equal(err_message(), "trial: it is no trial");
}

static void F1_F3_the_moment_of_the_end_is_over(void **state)
{
	(void)state;
	struct trial at = trial();

	at.issued_s = at.ends_s - 10;
	assert_int_equal(trial_judge(&at, at.ends_s - 1, 0), TRIAL_ACTIVE);
	assert_int_equal(trial_judge(&at, at.ends_s, 0), TRIAL_OVER);
	assert_int_equal(trial_judge(&at, at.ends_s + 100 * DAY_S, 1), TRIAL_OVER);
	at.state = TRIAL_ENDED; /* the service's word counts whatever the clock says */
	assert_int_equal(trial_judge(&at, at.started_s, 0), TRIAL_OVER);
	assert_false(trial_may_back_up(TRIAL_OVER));
}

static void F1_E3_the_longest_offline_time_suspends_a_trial(void **state)
{
	(void)state;
	struct trial at = trial();
	int64_t until_s = at.issued_s + 14 * DAY_S;

	assert_int_equal(trial_offline_until(&at), until_s);
	assert_int_equal(trial_judge(&at, until_s - 1, at.issued_s + 5), TRIAL_OFFLINE);
	assert_int_equal(trial_judge(&at, until_s, at.issued_s + 5), TRIAL_SUSPENDED);
	assert_int_equal(trial_judge(&at, until_s, 0), TRIAL_SUSPENDED);
	assert_int_equal(trial_judge(&at, until_s - 1, 0), TRIAL_ACTIVE);
	assert_true(trial_may_back_up(TRIAL_OFFLINE));
	assert_true(trial_may_back_up(TRIAL_ACTIVE));
	assert_false(trial_may_back_up(TRIAL_SUSPENDED));
}

static void F2_the_first_items_of_a_folder_are_handed_out(void **state)
{
	(void)state;
	assert_true(trial_hands_out(5, 0));
	assert_true(trial_hands_out(5, 4));
	assert_false(trial_hands_out(5, 5));
	assert_false(trial_hands_out(5, UINT64_MAX));
	assert_true(trial_hands_out(0, UINT64_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_trial_reads_as_it_was_written),
		cmocka_unit_test(the_text_of_a_trial_is_as_documented),
		cmocka_unit_test(F1_the_tenant_is_its_ids_digest_whatever_its_case),
		cmocka_unit_test(E5_F1_every_changed_byte_of_a_trial_is_noticed),
		cmocka_unit_test(E5_F1_a_trial_that_was_cut_or_goes_on_is_refused),
		cmocka_unit_test(E5_there_is_one_spelling_for_each_trial),
		cmocka_unit_test(
			E5_a_trial_outside_of_its_keys_time_or_of_another_key_is_refused),
		cmocka_unit_test(a_lease_is_no_trial),
		cmocka_unit_test(F1_F3_the_moment_of_the_end_is_over),
		cmocka_unit_test(F1_E3_the_longest_offline_time_suspends_a_trial),
		cmocka_unit_test(F2_the_first_items_of_a_folder_are_handed_out),
	};

	return cmocka_run_group_tests(tests, make_keys, NULL);
}
