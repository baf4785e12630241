/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "license/subject.h"

static enum subject_need need(struct subject_facts facts)
{
	return subject_judge_mailbox(&facts).need;
}

static const char *code(struct subject_facts facts)
{
	return subject_judge_mailbox(&facts).code;
}

static void B1_a_user_mailbox_needs_its_user(void **state)
{
	(void)state;
	struct subject_facts facts = {
		.m365_license = true, .exchange_license = true, .has_mailbox = true};

	assert_int_equal(need(facts), SUBJECT_NEED_USER);
	assert_string_equal(code(facts), "");
}

static void T9_a_room_needs_one_only_while_it_has_an_exchange_license(void **state)
{
	(void)state;
	struct subject_facts facts = {.purpose = SUBJECT_PURPOSE_ROOM, .has_mailbox = true};

	assert_int_equal(need(facts), SUBJECT_NEED_NONE);
	facts.exchange_license = facts.m365_license = true;
	assert_int_equal(need(facts), SUBJECT_NEED_USER);
	facts.exchange_license = false;
	assert_int_equal(need(facts), SUBJECT_NEED_NONE);
}

static void B4_shared_room_and_equipment_are_judged_alike(void **state)
{
	(void)state;
	const enum subject_purpose purposes[] = {
		SUBJECT_PURPOSE_SHARED, SUBJECT_PURPOSE_ROOM, SUBJECT_PURPOSE_EQUIPMENT};

	for (size_t i = 0; i < 3; i++) {
		struct subject_facts facts = {.purpose = purposes[i], .has_mailbox = true};

		assert_int_equal(need(facts), SUBJECT_NEED_NONE);
		facts.exchange_license = true;
		assert_int_equal(need(facts), SUBJECT_NEED_USER);
		facts.has_mailbox = false;
		assert_int_equal(need(facts), SUBJECT_NEED_UNSUPPORTED);
	}
}

static void B5_a_site_mailbox_needs_none(void **state)
{
	(void)state;
	struct subject_facts facts = {.purpose = SUBJECT_PURPOSE_SITE, .has_mailbox = true};

	assert_int_equal(need(facts), SUBJECT_NEED_NONE);
	facts.exchange_license = true;
	assert_int_equal(need(facts), SUBJECT_NEED_NONE);
}

static void T10_a_user_without_an_exchange_license_is_not_supported(void **state)
{
	(void)state;
	struct subject_facts facts = {.m365_license = true};

	assert_int_equal(need(facts), SUBJECT_NEED_UNSUPPORTED);
	assert_string_equal(code(facts), "no_exchange_license");
	facts.has_mailbox = true;
	assert_int_equal(need(facts), SUBJECT_NEED_UNSUPPORTED);
}

static void B7_a_disabled_mailbox_is_not_supported(void **state)
{
	(void)state;
	struct subject_facts facts = {.m365_license = true, .exchange_license = true};

	assert_int_equal(need(facts), SUBJECT_NEED_UNSUPPORTED);
	assert_string_equal(code(facts), "mailbox_disabled");
}

static void B_a_guest_is_never_counted(void **state)
{
	(void)state;
	for (int i = SUBJECT_PURPOSE_USER; i <= SUBJECT_PURPOSE_SITE; i++) {
		struct subject_facts facts = {.purpose = (enum subject_purpose)i,
			.guest = true,
			.m365_license = true,
			.exchange_license = true,
			.has_mailbox = true};

		assert_int_equal(need(facts), SUBJECT_NEED_NO_OBJECT);
		assert_string_equal(code(facts), "guest");
	}
}

static void B_a_user_without_any_license_is_no_object(void **state)
{
	(void)state;
	assert_int_equal(need((struct subject_facts){0}), SUBJECT_NEED_NO_OBJECT);
	assert_int_equal(
		need((struct subject_facts){.has_mailbox = true}), SUBJECT_NEED_NO_OBJECT);
}

static void B16_on_premises_a_usable_mailbox_counts_as_licensed(void **state)
{
	(void)state;
	struct subject_facts facts = {.on_premises = true, .has_mailbox = true};

	assert_int_equal(need(facts), SUBJECT_NEED_USER);
	facts.has_mailbox = false;
	assert_int_equal(need(facts), SUBJECT_NEED_UNSUPPORTED);
	facts = (struct subject_facts){
		.purpose = SUBJECT_PURPOSE_SHARED, .on_premises = true, .has_mailbox = true};
	assert_int_equal(need(facts), SUBJECT_NEED_NONE);
}

static void B6_an_archive_mailbox_is_no_fact_of_its_own(void **state)
{
	(void)state;
	struct subject_facts facts = {
		.m365_license = true, .exchange_license = true, .has_mailbox = true};
	struct subject_verdict with = subject_judge_mailbox(&facts);

	/* There is nothing to say of an archive: one verdict, one user for both. */
	assert_int_equal(with.need, SUBJECT_NEED_USER);
	facts.has_mailbox = false;
	assert_int_equal(need(facts), SUBJECT_NEED_UNSUPPORTED);
}

static void B12_a_drive_needs_its_user_with_or_without_a_mailbox(void **state)
{
	(void)state;
	struct subject_facts facts = {.m365_license = true};

	assert_int_equal(subject_judge_drive(&facts).need, SUBJECT_NEED_USER);
	assert_string_equal(subject_judge_drive(&facts).code, "");
	facts.exchange_license = facts.has_mailbox = true;
	assert_int_equal(subject_judge_drive(&facts).need, SUBJECT_NEED_USER);
	/* An account of a shared mailbox that was given a license of its own. */
	facts.purpose = SUBJECT_PURPOSE_SHARED;
	assert_int_equal(subject_judge_drive(&facts).need, SUBJECT_NEED_USER);
}

static void B12_a_drive_of_a_guest_or_without_a_license_is_not_supported_and_named(void **state)
{
	(void)state;
	struct subject_facts guest = {.guest = true, .m365_license = true};
	struct subject_facts unlicensed = {.has_mailbox = true};

	assert_int_equal(subject_judge_drive(&guest).need, SUBJECT_NEED_UNSUPPORTED);
	assert_string_equal(subject_judge_drive(&guest).code, "guest");
	assert_int_equal(subject_judge_drive(&unlicensed).need, SUBJECT_NEED_UNSUPPORTED);
	assert_string_equal(subject_judge_drive(&unlicensed).code, "no_license");
	assert_true(strlen(subject_judge_drive(&guest).text) > 0);
	assert_true(strlen(subject_judge_drive(&unlicensed).text) > 0);
}

static void B16_on_premises_resources_need_none_and_disabled_ones_are_named(void **state)
{
	(void)state;
	for (int i = SUBJECT_PURPOSE_SHARED; i <= SUBJECT_PURPOSE_SITE; i++) {
		struct subject_facts facts = {.purpose = (enum subject_purpose)i,
			.on_premises = true,
			.has_mailbox = true};

		assert_int_equal(need(facts), SUBJECT_NEED_NONE);
		facts.has_mailbox = false;
		assert_int_equal(need(facts), SUBJECT_NEED_UNSUPPORTED);
		assert_string_equal(code(facts), "mailbox_disabled");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(B1_a_user_mailbox_needs_its_user),
		cmocka_unit_test(T9_a_room_needs_one_only_while_it_has_an_exchange_license),
		cmocka_unit_test(B4_shared_room_and_equipment_are_judged_alike),
		cmocka_unit_test(B5_a_site_mailbox_needs_none),
		cmocka_unit_test(T10_a_user_without_an_exchange_license_is_not_supported),
		cmocka_unit_test(B7_a_disabled_mailbox_is_not_supported),
		cmocka_unit_test(B_a_guest_is_never_counted),
		cmocka_unit_test(B_a_user_without_any_license_is_no_object),
		cmocka_unit_test(B16_on_premises_a_usable_mailbox_counts_as_licensed),
		cmocka_unit_test(B6_an_archive_mailbox_is_no_fact_of_its_own),
		cmocka_unit_test(B12_a_drive_needs_its_user_with_or_without_a_mailbox),
		cmocka_unit_test(
			B12_a_drive_of_a_guest_or_without_a_license_is_not_supported_and_named),
		cmocka_unit_test(
			B16_on_premises_resources_need_none_and_disabled_ones_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
