/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/json.h"
#include "base/mem.h"
#include "license_client/identity.h"
#include "license_client/statefile.h"
#include "world.h"

/* An instance without a key: trials, as time goes by and as somebody meddles with them. */

static int begin(struct world *world, const char *tenant)
{
	return license_client_trial_begin(world->client, tenant, 5000);
}

static struct license_status status_of(struct world *world, const char *tenant)
{
	struct license_status status;

	license_client_tenant_status(world->client, tenant, &status);
	return status;
}

static enum license_state state_of(struct world *world, const char *tenant)
{
	return status_of(world, tenant).state;
}

static int contact(struct world *world)
{
	return license_client_contact(world->client, 5000);
}

static void F1_before_the_first_job_there_is_a_trial_that_backs_nothing_up(void **state)
{
	struct world *world = *state;
	struct license_status status = world_status(world);

	assert_int_equal(status.state, LICENSE_TRIAL);
	assert_string_equal(license_state_name(status.state), "trial");
	assert_true(status.is_trial);
	assert_false(status.may_back_up);
	assert_int_equal(status.expires_s, 0);
	assert_int_equal(world->service->trial.started_s, 0);
	assert_int_equal(contact(world), ERR_LICENSE);
}

static void F1_the_first_job_begins_it_and_the_service_says_how_long(void **state)
{
	struct world *world = *state;

	world->service->trial.items_per_folder = 9;
	assert_int_equal(begin(world, "Contoso"), 0);
	struct license_status status = status_of(world, "contoso");
	assert_int_equal(status.state, LICENSE_TRIAL);
	assert_true(status.may_back_up);
	assert_true(status.is_trial);
	assert_int_equal(status.trial_items, 9);
	assert_int_equal(status.expires_s, world_now() + 30 * DAY_S);
	assert_int_equal(status.offline_until_s, world_now() + 14 * DAY_S);
	assert_string_equal(status.trouble, "");
	assert_false(license_client_has_key(world->client));
	/* Another tenant's has not begun. */
	assert_false(status_of(world, "fabrikam").may_back_up);
	assert_int_equal(status_of(world, "fabrikam").expires_s, 0);
	world_reopen(world);
	assert_true(status_of(world, "contoso").may_back_up);
}

static void F1_of_several_tenants_the_latest_end_is_told(void **state)
{
	struct world *world = *state;

	assert_int_equal(begin(world, "contoso"), 0);
	int64_t first_s = status_of(world, "contoso").expires_s;
	world->service->trial.ends_s += 5 * DAY_S;
	assert_int_equal(begin(world, "fabrikam"), 0);
	world->service->trial.ends_s -= 6 * DAY_S;
	assert_int_equal(begin(world, "litware"), 0);
	assert_int_equal(world_status(world).expires_s, first_s + 5 * DAY_S);
	assert_int_equal(status_of(world, "contoso").expires_s, first_s);
	/* The first one's is over, the second one's is not. */
	world_pass(13 * DAY_S);
	assert_int_equal(contact(world), 0);
	world->service->trial.ends_s = first_s;
	world_pass(13 * DAY_S);
	assert_int_equal(state_of(world, "contoso"), LICENSE_TRIAL);
}

static void T17_F3_the_moment_of_the_end_is_over_also_offline(void **state)
{
	struct world *world = *state;

	assert_int_equal(begin(world, "contoso"), 0);
	world_pass(20 * DAY_S);
	assert_int_equal(contact(world), 0);
	fake_service_lie(world->service, LIE_503);
	assert_int_equal(contact(world), ERR_UNAVAILABLE);
	world_pass(10 * DAY_S - 1);
	assert_int_equal(state_of(world, "contoso"), LICENSE_OFFLINE);
	assert_true(status_of(world, "contoso").may_back_up);
	world_pass(1);
	assert_int_equal(state_of(world, "contoso"), LICENSE_TRIAL_OVER);
	assert_int_equal(world_state(world), LICENSE_TRIAL_OVER);
	assert_string_equal(license_state_name(LICENSE_TRIAL_OVER), "trial_over");
	assert_false(status_of(world, "contoso").may_back_up);
	world_pass(10 * DAY_S); /* it is over before it is suspended */
	assert_int_equal(state_of(world, "contoso"), LICENSE_TRIAL_OVER);
	fake_service_lie(world->service, LIE_NONE);
	assert_int_equal(begin(world, "contoso"), 0);
	assert_int_equal(state_of(world, "contoso"), LICENSE_TRIAL_OVER);
}

static void F1_E3_E4_a_trial_is_suspended_offline_and_heals_by_itself(void **state)
{
	struct world *world = *state;

	assert_int_equal(begin(world, "contoso"), 0);
	fake_service_lie(world->service, LIE_500);
	assert_int_equal(contact(world), ERR_UNAVAILABLE);
	assert_int_equal(status_of(world, "contoso").offline_since_s, world_now());
	world_pass(14 * DAY_S - 1);
	assert_int_equal(state_of(world, "contoso"), LICENSE_OFFLINE);
	world_pass(1);
	assert_int_equal(state_of(world, "contoso"), LICENSE_SUSPENDED);
	assert_false(status_of(world, "contoso").may_back_up);
	fake_service_lie(world->service, LIE_NONE);
	assert_int_equal(contact(world), 0);
	assert_int_equal(state_of(world, "contoso"), LICENSE_TRIAL);
	assert_int_equal(status_of(world, "contoso").offline_since_s, 0);
}

static void F1_offline_at_the_very_first_start_nothing_begins(void **state)
{
	struct world *world = *state;

	fake_service_lie(world->service, LIE_503);
	assert_int_equal(begin(world, "contoso"), ERR_UNAVAILABLE);
	struct license_status status = status_of(world, "contoso");
	assert_int_equal(status.state, LICENSE_TRIAL);
	assert_false(status.may_back_up);
	world->service->trial_is_full = true;
	fake_service_lie(world->service, LIE_NONE);
	assert_int_equal(begin(world, "contoso"), ERR_LICENSE);
	assert_false(status_of(world, "contoso").may_back_up);
}

static void E5_F1_what_is_not_the_services_answer_begins_no_trial(void **state)
{
	struct world *world = *state;
	static const enum lie lies[] = {LIE_BAD_SIGNATURE, LIE_OTHER_ROOT, LIE_OTHER_NONCE,
		LIE_OTHER_INSTANCE, LIE_OTHER_LICENSE, LIE_GARBAGE, LIE_EMPTY, LIE_OTHER_JSON};

	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		fake_service_lie(world->service, lies[i]);
		assert_int_equal(begin(world, "contoso"), ERR_CORRUPT);
		assert_false(status_of(world, "contoso").may_back_up);
		assert_int_equal(status_of(world, "contoso").expires_s, 0);
	}
}

static void E5_F1_an_old_answer_prolongs_no_trial_and_is_told(void **state)
{
	struct world *world = *state;
	static const enum lie lies[] = {LIE_OLD_ANSWER, LIE_FALLING_SEQUENCE, LIE_OLD_KEYSET};

	assert_int_equal(begin(world, "contoso"), 0);
	int64_t until_s = status_of(world, "contoso").offline_until_s;
	world_pass(DAY_S);
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		fake_service_lie(world->service, lies[i]);
		assert_int_equal(begin(world, "contoso"), ERR_CORRUPT);
		assert_int_equal(contact(world), ERR_CORRUPT);
		assert_int_equal(status_of(world, "contoso").offline_until_s, until_s);
		assert_int_equal(state_of(world, "contoso"), LICENSE_OFFLINE);
		assert_string_not_equal(world_status(world).trouble, "");
	}
}

static void E5_F1_a_clock_that_is_set_back_makes_no_trial_longer(void **state)
{
	struct world *world = *state;

	assert_int_equal(begin(world, "contoso"), 0);
	int64_t start_s = world_now();
	world_pass(29 * DAY_S);
	assert_int_equal(contact(world), 0);
	world_set_wall(start_s);
	assert_int_equal(state_of(world, "contoso"), LICENSE_TRIAL);
	assert_non_null(strstr(world_status(world).trouble, "clock"));
	world_reopen(world);
	world_pass(DAY_S); /* the boot clock goes on */
	assert_int_equal(state_of(world, "contoso"), LICENSE_TRIAL_OVER);
	world_set_wall(start_s);
	assert_int_equal(state_of(world, "contoso"), LICENSE_TRIAL_OVER);
}

/* The key of the folder's files, with which whoever may read them can write them too. */
static struct statefile_folder open_folder(struct world *world)
{
	struct statefile_folder folder = {.path = world->state};
	struct identity identity;

	assert_int_equal(identity_load(&folder, &identity), 0);
	return folder;
}

/* Writes the file with one line of the text changed, sealed as it should be. */
static void change_line(struct world *world, const struct json *file, size_t line)
{
	struct statefile_folder folder = open_folder(world);
	AUTO_JSON json = NULL;
	AUTO_TEXT whole = json_text(file, false);

	assert_int_equal(json_parse(whole, strlen(whole), &json), 0);
	struct json *entry = json_at(json_get(json, "trials"), 0);
	AUTO_TEXT text = mem_strdup(json_get_text(entry, "trial"));
	char *at = text;
	for (size_t i = 0; i < line; i++)
		at = strchr(at, '\n') + 1;
	char *last = strchr(at, '\n') - 1;
	*last = *last == '1' ? '2' : '1';
	json_put_text(entry, "trial", text);
	assert_int_equal(statefile_write_json(&folder, "trials", json), 0);
}

static void E5_F1_each_line_of_the_trials_file_is_believed_only_as_signed(void **state)
{
	struct world *world = *state;
	AUTO_JSON file = NULL;
	size_t lines = 0;

	assert_int_equal(begin(world, "contoso"), 0);
	struct statefile_folder folder = open_folder(world);
	assert_int_equal(statefile_read_json(&folder, "trials", &file), 0);
	const char *text = json_get_text(json_at(json_get(file, "trials"), 0), "trial");
	for (const char *at = text; (at = strchr(at, '\n')); at++)
		lines++;
	assert_true(lines > 10);
	for (size_t line = 0; line < lines; line++) {
		change_line(world, file, line);
		assert_int_equal(state_of(world, "contoso"), LICENSE_NONE);
		assert_false(status_of(world, "contoso").may_back_up);
		assert_false(world_status(world).may_back_up);
		assert_string_not_equal(world_status(world).trouble, "");
	}
	/* The next start heals it: the clock is the service's. */
	world_pass(3 * DAY_S);
	assert_int_equal(begin(world, "contoso"), 0);
	assert_int_equal(state_of(world, "contoso"), LICENSE_TRIAL);
	assert_int_equal(status_of(world, "contoso").expires_s, world_now() + 27 * DAY_S);
	assert_string_equal(world_status(world).trouble, "");
}

/* The floor is what the instance says of itself; the time of the last answer is signed. */
static void E5_F1_an_edited_floor_falls_no_lower_than_the_signed_time(void **state)
{
	struct world *world = *state;
	AUTO_JSON file = NULL;

	assert_int_equal(begin(world, "contoso"), 0);
	int64_t start_s = world_now();
	world_pass(29 * DAY_S);
	assert_int_equal(contact(world), 0);
	struct statefile_folder folder = open_folder(world);
	assert_int_equal(statefile_read_json(&folder, "trials", &file), 0);
	static const char *const times[] = {"floor_s", "contact_s", "contact_wall_s"};
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		json_put_int(file, times[i], start_s);
	json_put_text(file, "boot", "another");
	assert_int_equal(statefile_write_json(&folder, "trials", file), 0);
	world_set_wall(start_s);
	world_reopen(world);
	assert_int_equal(state_of(world, "contoso"), LICENSE_TRIAL);
	world_pass(DAY_S); /* by the boot clock, from the signed time on */
	assert_int_equal(state_of(world, "contoso"), LICENSE_TRIAL_OVER);
}

static void E5_F1_a_changed_byte_of_the_trials_file_is_noticed(void **state)
{
	struct world *world = *state;

	assert_int_equal(begin(world, "contoso"), 0);
	world_flip(world, "trials", 40);
	assert_int_equal(state_of(world, "contoso"), LICENSE_NONE);
	world_flip(world, "trials", 40);
	assert_int_equal(state_of(world, "contoso"), LICENSE_TRIAL);
	world_flip(world, "trials", -5);
	assert_int_equal(state_of(world, "contoso"), LICENSE_NONE);
}

static void E5_F1_another_instances_trial_is_of_no_use(void **state)
{
	struct world *world = *state;
	AUTO_TEXT other_state = io_join(world->folder, "other");
	AUTO_TEXT mine = io_join(world->state, "trials");
	AUTO_TEXT theirs = io_join(other_state, "trials");
	AUTO_BUF bytes = buf_init(1 << 20);
	struct license_client *other;
	struct license_status status;

	assert_int_equal(begin(world, "contoso"), 0);
	assert_int_equal(license_client_open(other_state, &other), 0);
	assert_int_equal(license_client_set_server(other, fake_service_url(world->service),
				 world->root_file, NULL),
		0);
	assert_int_equal(io_read_file(mine, &bytes), 0);
	assert_int_equal(io_write_file(theirs, bytes.data, bytes.size, 0600), 0);
	license_client_tenant_status(other, "contoso", &status);
	assert_int_equal(status.state, LICENSE_NONE);
	assert_false(status.may_back_up);
	license_client_close(other);
}

static void F4_a_key_ends_the_trial_and_is_known_whatever_becomes_of_it(void **state)
{
	struct world *world = *state;

	assert_int_equal(begin(world, "contoso"), 0);
	world_pass(40 * DAY_S);
	assert_int_equal(state_of(world, "contoso"), LICENSE_TRIAL_OVER);
	assert_int_equal(license_client_activate(world->client, world->service->key), 0);
	struct license_status status = status_of(world, "contoso");
	assert_int_equal(status.state, LICENSE_ACTIVE);
	assert_false(status.is_trial);
	assert_true(license_client_has_key(world->client));
	assert_int_equal(begin(world, "contoso"), ERR_LICENSE);
	world_pass(400 * DAY_S);
	assert_int_equal(state_of(world, "contoso"), LICENSE_EXPIRED);
	assert_true(license_client_has_key(world->client));
}

static void F4_a_lease_that_is_not_verified_is_no_key(void **state)
{
	struct world *world = *state;

	assert_int_equal(license_client_activate(world->client, world->service->key), 0);
	world_flip(world, "lease", 40);
	assert_false(license_client_has_key(world->client));
	assert_int_equal(world_state(world), LICENSE_NONE);
	world_flip(world, "license", 40);
	assert_int_equal(world_state(world), LICENSE_NONE);
	assert_int_equal(begin(world, "contoso"), ERR_LICENSE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(F1_before_the_first_job_there_is_a_trial_that_backs_nothing_up),
		TEST(F1_the_first_job_begins_it_and_the_service_says_how_long),
		TEST(F1_of_several_tenants_the_latest_end_is_told),
		TEST(T17_F3_the_moment_of_the_end_is_over_also_offline),
		TEST(F1_E3_E4_a_trial_is_suspended_offline_and_heals_by_itself),
		TEST(F1_offline_at_the_very_first_start_nothing_begins),
		TEST(E5_F1_what_is_not_the_services_answer_begins_no_trial),
		TEST(E5_F1_an_old_answer_prolongs_no_trial_and_is_told),
		TEST(E5_F1_a_clock_that_is_set_back_makes_no_trial_longer),
		TEST(E5_F1_each_line_of_the_trials_file_is_believed_only_as_signed),
		TEST(E5_F1_an_edited_floor_falls_no_lower_than_the_signed_time),
		TEST(E5_F1_a_changed_byte_of_the_trials_file_is_noticed),
		TEST(E5_F1_another_instances_trial_is_of_no_use),
		TEST(F4_a_key_ends_the_trial_and_is_known_whatever_becomes_of_it),
		TEST(F4_a_lease_that_is_not_verified_is_no_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
