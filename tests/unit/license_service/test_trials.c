/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <pthread.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/text.h"
#include "db/db.h"
#include "license_service/guard.h"
#include "license_service/service.h"
#include "license_service/trials.h"
#include "world.h"

/* Trials: the clock of a tenant in the database, and the same over HTTP. */

static const char contoso[] =
	"1111111111111111111111111111111111111111111111111111111111111111";
static const char fabrikam[] =
	"2222222222222222222222222222222222222222222222222222222222222222";
static const uint8_t nonce[LEASE_NONCE_SIZE] = {7};

static struct trials_request request(const char *tenant, const struct world_instance *instance)
{
	return (struct trials_request){
		.tenant = tenant,
		.instance_id = instance->id,
		.name = "test",
		.public_key = instance->key.public,
		.nonce = nonce,
	};
}

static struct trial ask(struct world *world, const char *tenant,
	const struct world_instance *instance, int64_t now_s)
{
	struct trials_request wanted = request(tenant, instance);
	struct trial trial;

	if (trials_ask(world->store, &wanted, now_s, &trial) < 0)
		fail_msg("cannot ask: %s", err_message());
	return trial;
}

static void F1_the_first_request_begins_30_days(void **state)
{
	struct world *world = *state;
	struct world_instance instance;

	world_new_instance(&instance);
	struct trial trial = ask(world, contoso, &instance, world_start_s);
	assert_int_equal(trial.state, TRIAL_RUNS);
	assert_int_equal(trial.started_s, world_start_s);
	assert_int_equal(trial.ends_s, world_start_s + 30 * WORLD_DAY_S);
	assert_int_equal(trial.items_per_folder, 5);
	assert_int_equal(trial.offline_limit_s, 14 * WORLD_DAY_S);
	assert_int_equal(trial.issued_s, world_start_s);
	assert_int_equal(trial.sequence, 1);
	assert_string_equal(trial.instance_id, instance.id);
	assert_memory_equal(trial.instance_public, instance.key.public, SIGN_PUBLIC_SIZE);
	assert_memory_equal(trial.nonce, nonce, sizeof(nonce));
	assert_int_equal(trial.tenant[0], 0x11);
}

static void T27_F1_one_clock_for_one_tenant_however_many_instances(void **state)
{
	struct world *world = *state;
	struct world_instance first, second, other;
	int64_t end_s = world_start_s + 30 * WORLD_DAY_S;

	world_new_instance(&first);
	world_new_instance(&second);
	world_new_instance(&other);
	assert_int_equal(ask(world, contoso, &first, world_start_s).ends_s, end_s);
	int64_t later_s = world_start_s + 10 * WORLD_DAY_S;
	assert_int_equal(ask(world, contoso, &second, later_s).ends_s, end_s);
	assert_int_equal(ask(world, contoso, &first, later_s).ends_s, end_s);
	assert_int_equal(
		ask(world, fabrikam, &other, later_s).ends_s, later_s + 30 * WORLD_DAY_S);
}

static void F3_a_trial_that_is_over_is_told_and_never_begins_anew(void **state)
{
	struct world *world = *state;
	struct world_instance first, second;
	int64_t end_s = world_start_s + 30 * WORLD_DAY_S;

	world_new_instance(&first);
	world_new_instance(&second);
	ask(world, contoso, &first, world_start_s);
	assert_int_equal(ask(world, contoso, &first, end_s - 1).state, TRIAL_RUNS);
	assert_int_equal(ask(world, contoso, &first, end_s).state, TRIAL_ENDED);
	struct trial trial = ask(world, contoso, &second, end_s + 900 * WORLD_DAY_S);
	assert_int_equal(trial.state, TRIAL_ENDED);
	assert_int_equal(trial.ends_s, end_s);
}

static void F1_the_services_time_never_runs_back_in_a_trial(void **state)
{
	struct world *world = *state;
	struct world_instance first, second;

	world_new_instance(&first);
	world_new_instance(&second);
	ask(world, contoso, &first, world_start_s);
	ask(world, contoso, &first, world_start_s + 29 * WORLD_DAY_S);
	struct trial back = ask(world, contoso, &first, world_start_s);
	assert_int_equal(back.issued_s, world_start_s + 29 * WORLD_DAY_S);
	/* Not for another tenant either. */
	back = ask(world, fabrikam, &second, world_start_s);
	assert_int_equal(back.started_s, world_start_s + 29 * WORLD_DAY_S);
}

static void E5_each_answer_is_later_than_the_last_one(void **state)
{
	struct world *world = *state;
	struct world_instance first, second;

	world_new_instance(&first);
	world_new_instance(&second);
	for (int i = 1; i <= 5; i++)
		assert_int_equal(ask(world, contoso, &first, world_start_s).sequence, i);
	assert_int_equal(ask(world, contoso, &second, world_start_s).sequence, 1);
	assert_int_equal(ask(world, fabrikam, &first, world_start_s).sequence, 1);
}

static void another_instance_cannot_take_a_known_ones_id(void **state)
{
	struct world *world = *state;
	struct world_instance first, thief;
	struct trial trial;

	world_new_instance(&first);
	world_new_instance(&thief);
	memcpy(thief.id, first.id, sizeof(thief.id));
	ask(world, contoso, &first, world_start_s);
	struct trials_request wanted = request(contoso, &thief);
	assert_int_equal(trials_ask(world->store, &wanted, world_start_s, &trial), ERR_EXISTS);
	assert_int_equal(ask(world, contoso, &first, world_start_s).sequence, 2);
}

static void only_so_many_instances_share_a_trial(void **state)
{
	struct world *world = *state;
	struct world_instance instance;
	struct trial trial;

	world_new_instance(&instance);
	ask(world, contoso, &instance, world_start_s);
	assert_int_equal(db_begin(store_db(world->store)), 0);
	for (int i = 1; i < TRIALS_INSTANCES_MAX; i++) {
		AUTO_TEXT id = mem_printf("%032x", (unsigned)i);
		assert_int_equal(
			db_run(store_db(world->store),
				"INSERT INTO trial_instance VALUES (?1, ?2, '', '', 0, 0, 1)",
				"ss", contoso, id),
			0);
	}
	assert_int_equal(db_commit(store_db(world->store)), 0);
	assert_int_equal(ask(world, contoso, &instance, world_start_s).sequence, 2);
	world_new_instance(&instance);
	struct trials_request wanted = request(contoso, &instance);
	assert_int_equal(trials_ask(world->store, &wanted, world_start_s, &trial), ERR_LIMIT);
}

static void who_may_make_nothing_new_still_finds_what_is_known(void **state)
{
	struct world *world = *state;
	struct world_instance first, second;
	struct trial trial;

	world_new_instance(&first);
	world_new_instance(&second);
	ask(world, contoso, &first, world_start_s);
	struct trials_request wanted = request(contoso, &second);
	wanted.only_known = true;
	assert_int_equal(
		trials_ask(world->store, &wanted, world_start_s, &trial), ERR_THROTTLED);
	wanted = request(fabrikam, &first);
	wanted.only_known = true;
	assert_int_equal(
		trials_ask(world->store, &wanted, world_start_s, &trial), ERR_THROTTLED);
	wanted = request(contoso, &first);
	wanted.only_known = true;
	assert_int_equal(trials_ask(world->store, &wanted, world_start_s, &trial), 0);
	assert_false(wanted.was_new);
	/* Nothing of what was refused is there. */
	assert_int_equal(ask(world, fabrikam, &first, world_start_s + 100).started_s,
		world_start_s + 100);
}

static void F1_settings_hold_for_new_trials_only(void **state)
{
	struct world *world = *state;
	struct world_instance instance;

	world_new_instance(&instance);
	ask(world, contoso, &instance, world_start_s);
	world->home->trials =
		(struct trial_settings){.days = 60, .items_per_folder = 9, .offline_days = 2};
	struct trial old = ask(world, contoso, &instance, world_start_s + 1);
	assert_int_equal(old.ends_s, world_start_s + 30 * WORLD_DAY_S);
	assert_int_equal(old.items_per_folder, 5);
	assert_int_equal(old.offline_limit_s, 14 * WORLD_DAY_S);
	struct trial new = ask(world, fabrikam, &instance, world_start_s + 1);
	assert_int_equal(new.ends_s, world_start_s + 1 + 60 * WORLD_DAY_S);
	assert_int_equal(new.items_per_folder, 9);
	assert_int_equal(new.offline_limit_s, 2 * WORLD_DAY_S);
}

static void settings_that_make_no_sense_are_told(void **state)
{
	struct world *world = *state;
	static const char *const wrong[] = {
		"[]",
		"{}",
		"no json",
		"{\"days\":30,\"items_per_folder\":5}",
		"{\"days\":0,\"items_per_folder\":5,\"offline_days\":14}",
		"{\"days\":3651,\"items_per_folder\":5,\"offline_days\":14}",
		"{\"days\":\"30\",\"items_per_folder\":5,\"offline_days\":14}",
		"{\"days\":30,\"items_per_folder\":-5,\"offline_days\":14}",
		"{\"days\":30,\"items_per_folder\":5,\"offline_days\":14,\"day\":1}",
	};
	static const char right[] = "{\"days\":1,\"items_per_folder\":2,\"offline_days\":3}";
	struct trial_settings settings;
	AUTO_TEXT path = home_path(world->home, "trial.json");

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(io_write_file(path, wrong[i], strlen(wrong[i]), 0644), 0);
		assert_int_equal(trial_settings_open(path, &settings), ERR_INVALID);
		assert_non_null(strstr(err_message(), path));
	}
	assert_int_equal(io_write_file(path, right, strlen(right), 0644), 0);
	assert_int_equal(trial_settings_open(path, &settings), 0);
	assert_int_equal(settings.days, 1);
	assert_int_equal(settings.items_per_folder, 2);
	assert_int_equal(settings.offline_days, 3);
}

static void the_vendor_sees_the_trials(void **state)
{
	struct world *world = *state;
	struct world_instance first, second;
	AUTO_JSON report = NULL;

	world_new_instance(&first);
	world_new_instance(&second);
	ask(world, fabrikam, &first, world_start_s);
	ask(world, fabrikam, &second, world_start_s + 5);
	ask(world, contoso, &first, world_start_s + 9);
	assert_int_equal(
		trials_list(world->store, world_start_s + 30 * WORLD_DAY_S, &report), 0);
	const struct json *trials = json_get(report, "trials");
	assert_int_equal(json_count(trials), 2);
	assert_string_equal(json_get_text(json_at(trials, 0), "tenant"), "222222222222");
	assert_string_equal(json_get_text(json_at(trials, 0), "state"), "over");
	assert_int_equal(json_get_int(json_at(trials, 0), "instances", 0), 2);
	assert_string_equal(json_get_text(json_at(trials, 1), "state"), "runs");
	assert_int_equal(json_get_int(json_at(trials, 1), "instances", 0), 1);
}

/* Over HTTP. */

enum { RACERS = 16 };

struct fixture {
	struct world world;
	struct service *service;
	struct http_client *http;
	pthread_barrier_t start;
};

static int set_up(void **state)
{
	struct fixture *f = mem_alloc(sizeof(*f));
	const struct service_options options = {.listen = "127.0.0.1:0"};
	const struct http_client_options client = {0};

	world_open(&f->world);
	assert_int_equal(service_start(f->world.home, &options, &f->service), 0);
	assert_int_equal(http_client_new(&client, &f->http), 0);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	http_client_free(f->http);
	service_stop(f->service);
	world_close(&f->world);
	mem_free(f);
	return 0;
}

static struct json *trial_body(const struct world_instance *instance, const char *tenant)
{
	struct json *body = world_activation(instance, "");

	json_remove(body, "license_key");
	json_remove(body, "wrapped_secret");
	json_put_text(body, "tenant", tenant);
	return body;
}

/* Sends and takes over the body; the status, and the reply for the caller to free. */
static int send_body(struct fixture *f, const struct world_instance *instance,
	struct json *body, struct json **reply)
{
	const struct world_post post = {.http = f->http,
		.url = service_url(f->service),
		.path = "/v1/trial",
		.instance = instance,
		.at_s = clock_now_s()};
	int status = world_post(&post, body, reply);

	json_free(body);
	return status;
}

static struct trial believe(struct fixture *f, const struct json *reply)
{
	struct keyset keyset;
	struct trial trial;

	assert_int_equal(keyset_read(json_get_text(reply, "keyset"), f->world.home->root.public,
				 &keyset),
		0);
	assert_int_equal(trial_read(json_get_text(reply, "trial"), &keyset, &trial), 0);
	return trial;
}

static void F1_the_service_grants_a_signed_trial(void **state)
{
	struct fixture *f = *state;
	struct world_instance instance;
	AUTO_JSON reply = NULL;

	world_new_instance(&instance);
	assert_int_equal(send_body(f, &instance, trial_body(&instance, contoso), &reply), 200);
	struct trial trial = believe(f, reply);
	assert_int_equal(trial.ends_s - trial.started_s, 30 * WORLD_DAY_S);
	assert_string_equal(trial.instance_id, instance.id);
	assert_int_equal(trial.nonce[0], 0x77);
	assert_null(json_get(reply, "lease"));
}

static void expect_problem(struct fixture *f, const struct world_instance *instance,
	struct json *body, int status, const char *code)
{
	AUTO_JSON reply = NULL;

	assert_int_equal(send_body(f, instance, body, &reply), status);
	assert_string_equal(json_get_text_or(reply, "code", ""), code);
}

static void what_is_no_request_for_a_trial_is_refused(void **state)
{
	struct fixture *f = *state;
	struct world_instance instance, other;

	world_new_instance(&instance);
	world_new_instance(&other);
	expect_problem(f, &instance, trial_body(&instance, "contoso"), 400, "request_invalid");
	struct json *body = trial_body(&instance, contoso);
	json_remove(body, "tenant");
	expect_problem(f, &instance, body, 400, "request_invalid");
	expect_problem(f, &instance, trial_body(&other, contoso), 401, "signature_invalid");
	memcpy(other.id, instance.id, sizeof(other.id));
	AUTO_JSON reply = NULL;
	assert_int_equal(send_body(f, &instance, trial_body(&instance, contoso), &reply), 200);
	expect_problem(f, &other, trial_body(&other, contoso), 409, "instance_conflict");
}

static void who_makes_many_trials_has_to_wait_and_what_is_known_goes_on(void **state)
{
	struct fixture *f = *state;
	struct world_instance instance;

	world_new_instance(&instance);
	for (unsigned i = 0; i < GUARD_FAILURES_MAX; i++) {
		char tenant[WORLD_SUBJECT_SIZE];
		AUTO_JSON reply = NULL;
		world_subject(i, tenant);
		assert_int_equal(
			send_body(f, &instance, trial_body(&instance, tenant), &reply), 200);
	}
	expect_problem(f, &instance, trial_body(&instance, contoso), 429, "slow_down");
	char known[WORLD_SUBJECT_SIZE];
	AUTO_JSON reply = NULL;
	world_subject(0, known);
	assert_int_equal(send_body(f, &instance, trial_body(&instance, known), &reply), 200);
}

struct racer {
	struct fixture *fixture;
	struct world_instance instance;
	struct trial trial;
};

static void *race(void *context)
{
	struct racer *racer = context;
	AUTO_JSON reply = NULL;

	pthread_barrier_wait(&racer->fixture->start);
	int status = send_body(racer->fixture, &racer->instance,
		trial_body(&racer->instance, contoso), &reply);
	if (status == 200)
		racer->trial = believe(racer->fixture, reply);
	return NULL;
}

static void T27_F1_two_that_begin_at_once_get_the_same_end(void **state)
{
	struct fixture *f = *state;
	static struct racer racers[RACERS];
	pthread_t threads[RACERS];
	AUTO_JSON report = NULL;

	pthread_barrier_init(&f->start, NULL, RACERS);
	for (int i = 0; i < RACERS; i++) {
		racers[i] = (struct racer){.fixture = f};
		world_new_instance(&racers[i].instance);
		assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
	}
	for (int i = 0; i < RACERS; i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&f->start);
	for (int i = 0; i < RACERS; i++) {
		assert_int_not_equal(racers[i].trial.ends_s, 0);
		assert_int_equal(racers[i].trial.ends_s, racers[0].trial.ends_s);
		assert_int_equal(racers[i].trial.sequence, 1);
	}
	assert_int_equal(trials_list(f->world.store, clock_now_s(), &report), 0);
	assert_int_equal(
		json_get_int(json_at(json_get(report, "trials"), 0), "instances", 0), RACERS);
}

#define UNIT(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)
#define API(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(F1_the_first_request_begins_30_days),
		UNIT(T27_F1_one_clock_for_one_tenant_however_many_instances),
		UNIT(F3_a_trial_that_is_over_is_told_and_never_begins_anew),
		UNIT(F1_the_services_time_never_runs_back_in_a_trial),
		UNIT(E5_each_answer_is_later_than_the_last_one),
		UNIT(another_instance_cannot_take_a_known_ones_id),
		UNIT(only_so_many_instances_share_a_trial),
		UNIT(who_may_make_nothing_new_still_finds_what_is_known),
		UNIT(F1_settings_hold_for_new_trials_only),
		UNIT(settings_that_make_no_sense_are_told),
		UNIT(the_vendor_sees_the_trials),
		API(F1_the_service_grants_a_signed_trial),
		API(what_is_no_request_for_a_trial_is_refused),
		API(who_makes_many_trials_has_to_wait_and_what_is_known_goes_on),
		API(T27_F1_two_that_begin_at_once_get_the_same_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
