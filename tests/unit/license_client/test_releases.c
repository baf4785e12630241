/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/mem.h"
#include "world.h"

static void D4_T11_a_license_is_released_after_30_days_and_not_a_second_before(void **state)
{
	struct world *world = *state;
	char subject[LICENSE_SUBJECT_TEXT];
	struct license_claim claim;
	struct license_release release = {.subject = world_subject(world, "a", subject)};
	int64_t start = world_now();

	assert_int_equal(world_claim(world, &claim, "a", NULL), 0);
	world_pass(30 * DAY_S - 1);
	assert_int_equal(license_client_release(world->client, &release, 1), 0);
	assert_false(release.released);
	assert_int_equal(release.releasable_s, start + 30 * DAY_S);
	assert_true(license_client_is_held(world->client, subject));
	world_pass(1);
	assert_int_equal(license_client_release(world->client, &release, 1), 0);
	assert_true(release.released);
	assert_false(license_client_is_held(world->client, subject));
	assert_int_equal(world_status(world).used, 0);
}

static void D5_T20_a_license_of_another_instance_is_released_by_any(void **state)
{
	struct world *world = *state;
	char subject[LICENSE_SUBJECT_TEXT];
	struct license_release release = {.subject = world_subject(world, "z", subject)};

	fake_service_assign(world->service, subject);
	world_pass(30 * DAY_S);
	assert_int_equal(license_client_release(world->client, &release, 1), 0);
	assert_true(release.released);
	assert_int_equal(world->service->assigned.count, 0);
}

static void D5_offline_a_release_is_refused(void **state)
{
	struct world *world = *state;
	char subject[LICENSE_SUBJECT_TEXT];
	struct license_claim claim;
	struct license_release release = {.subject = world_subject(world, "a", subject)};

	assert_int_equal(world_claim(world, &claim, "a", NULL), 0);
	world_pass(10 * DAY_S);
	fake_service_lie(world->service, LIE_CUT);
	assert_int_equal(license_client_release(world->client, &release, 1), ERR_NETWORK);
	assert_false(release.released);
	assert_non_null(strstr(err_message(), "needs the licensing service"));
	assert_true(license_client_is_held(world->client, subject));
}

static void D7_a_released_license_is_free_at_once(void **state)
{
	struct world *world = *state;
	char subject[LICENSE_SUBJECT_TEXT];
	struct license_claim claim;
	struct license_release release = {.subject = world_subject(world, "a", subject)};

	world->service->lease.seats = 1;
	assert_int_equal(world_claim(world, &claim, "a", NULL), 0);
	world_pass(30 * DAY_S);
	assert_int_equal(license_client_contact(world->client, 5000), 0);
	assert_int_equal(world_claim(world, &claim, "b", NULL), 0);
	assert_false(claim.granted);
	assert_true(license_client_is_held(world->client, subject));
	assert_int_equal(license_client_release(world->client, &release, 1), 0);
	assert_false(license_client_is_held(world->client, subject));
	assert_int_equal(world_claim(world, &claim, "b", NULL), 0);
	assert_true(claim.granted);
}

static void D8_of_several_those_go_that_may(void **state)
{
	struct world *world = *state;
	char old[LICENSE_SUBJECT_TEXT], young[LICENSE_SUBJECT_TEXT],
		never[LICENSE_SUBJECT_TEXT];
	struct license_claim claim;

	assert_int_equal(world_claim(world, &claim, "old", NULL), 0);
	world_pass(20 * DAY_S);
	assert_int_equal(license_client_contact(world->client, 5000), 0);
	assert_int_equal(world_claim(world, &claim, "young", NULL), 0);
	int64_t assigned = world_now();
	world_pass(10 * DAY_S);
	struct license_release releases[] = {
		{.subject = world_subject(world, "young", young)},
		{.subject = world_subject(world, "old", old)},
		{.subject = world_subject(world, "never", never)},
	};
	assert_int_equal(license_client_release(world->client, releases, 3), 0);
	assert_false(releases[0].released);
	assert_int_equal(releases[0].releasable_s, assigned + 30 * DAY_S);
	assert_true(releases[1].released);
	assert_false(releases[2].released);
	assert_int_equal(releases[2].releasable_s, 0);
	assert_true(license_client_is_held(world->client, young));
	assert_false(license_client_is_held(world->client, old));
}

static void what_is_no_subject_is_refused_before_anything_goes(void **state)
{
	struct world *world = *state;
	char subject[LICENSE_SUBJECT_TEXT];
	struct license_release releases[] = {
		{.subject = world_subject(world, "a", subject)},
		{.subject = "ada@contoso.example"},
	};

	int calls = world->service->calls;
	assert_int_equal(license_client_release(world->client, releases, 2), ERR_INVALID);
	assert_non_null(strstr(err_message(), "ada@contoso.example"));
	assert_int_equal(world->service->calls, calls);
}

static void a_revoked_license_releases_nothing(void **state)
{
	struct world *world = *state;
	char subject[LICENSE_SUBJECT_TEXT];
	struct license_release release = {.subject = world_subject(world, "a", subject)};

	world->service->lease.state = LEASE_REVOKED;
	assert_int_equal(license_client_release(world->client, &release, 1), ERR_LICENSE);
}

static void D2_the_list_has_every_subject_with_its_times(void **state)
{
	struct world *world = *state;
	char subject[LICENSE_SUBJECT_TEXT];
	struct license_subject *subjects;
	size_t count;

	for (int i = 0; i < 4; i++) {
		char name[] = {(char)('p' + i), 0};
		fake_service_assign(world->service, world_subject(world, name, subject));
	}
	int64_t start = world_now();
	world_pass(100);
	assert_int_equal(license_client_subjects(world->client, &subjects, &count), 0);
	assert_int_equal(count, 4);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(subjects[i].assigned_s, start);
		assert_int_equal(subjects[i].releasable_s, start + 30 * DAY_S);
		assert_true(i == 0 || strcmp(subjects[i - 1].id, subjects[i].id) < 0);
	}
	mem_free(subjects);

	fake_service_lie(world->service, LIE_500);
	world_reopen(world);
	assert_int_equal(license_client_subjects(world->client, &subjects, &count), 0);
	assert_int_equal(count, 4);
	mem_free(subjects);
}

static void the_list_needs_a_license(void **state)
{
	struct world *world = *state;
	struct license_subject *subjects;
	size_t count;

	assert_int_equal(
		license_client_subjects(world->client, &subjects, &count), ERR_LICENSE);
	assert_null(subjects);
}

#define TEST(name, setup) cmocka_unit_test_setup_teardown(name, setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(D4_T11_a_license_is_released_after_30_days_and_not_a_second_before,
			world_setup_active),
		TEST(D5_T20_a_license_of_another_instance_is_released_by_any,
			world_setup_active),
		TEST(D5_offline_a_release_is_refused, world_setup_active),
		TEST(D7_a_released_license_is_free_at_once, world_setup_active),
		TEST(D8_of_several_those_go_that_may, world_setup_active),
		TEST(what_is_no_subject_is_refused_before_anything_goes, world_setup_active),
		TEST(a_revoked_license_releases_nothing, world_setup_active),
		TEST(D2_the_list_has_every_subject_with_its_times, world_setup_active),
		TEST(the_list_needs_a_license, world_setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
