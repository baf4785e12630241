/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_all.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/text.h"
#include "liar.h"
#include "storage/s3.h"

enum { LARGE = 3 * LIAR_PART + 1234, TRIES = 4 };

static struct liar *liar;
static unsigned char *large;

static struct s3_settings settings(void)
{
	return (struct s3_settings){
		.endpoint = liar_url(liar),
		.bucket = "bucket",
		.access_key = "access",
		.secret_key = "secret",
		.tries = TRIES,
		.first_wait_ms = 1,
		.stall_timeout_ms = 1000,
		.part_size = LIAR_PART,
	};
}

static struct storage *open_liar(void)
{
	struct s3_settings to = settings();
	struct storage *storage = NULL;

	assert_int_equal(storage_open_s3(&to, &storage), 0);
	return storage;
}

static int set_up(void **state)
{
	(void)state;
	liar = liar_start();
	large = mem_alloc(LARGE);
	for (size_t i = 0; i < LARGE; i++)
		large[i] = (unsigned char)(i * 31 + i / 1000);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	liar_stop(liar);
	mem_free(large);
	return 0;
}

static int note(void *context, const struct storage_entry *entry)
{
	struct buf *out = context;

	return buf_printf(out, "%s:%d ", entry->name, (int)entry->size);
}

/* The results of one round over all calls. Whatever is reported as done is done. */
struct round {
	int worst; /* the first error */
	int errors;
};

static void result(struct round *round, int r)
{
	if (r < 0 && !round->errors++)
		round->worst = r;
	if (r < 0)
		assert_true(strlen(err_message()) > 10);
}

static void put_one(struct storage *storage, struct round *round, const char *name,
	const void *data, size_t size)
{
	int r = storage_put(storage, name, data, size);
	int holds = liar_holds(liar, name, data, size);

	result(round, r);
	assert_true(r == 0 ? holds == 1 : holds != 0);
}

static void read_all(struct storage *storage, struct round *round)
{
	AUTO_BUF all = buf_init(LARGE);
	int r = storage_read_all(storage, "packs/large", &all);

	if (r == ERR_NOTFOUND && round->errors)
		return; /* it was not put */
	result(round, r);
	if (r == 0) {
		assert_int_equal(all.size, LARGE);
		assert_memory_equal(all.data, large, LARGE);
	}
}

static void read_piece(struct storage *storage, struct round *round)
{
	struct storage_range range = {3, 4};
	char piece[4];
	uint64_t size = 0;
	int r = storage_read(storage, "packs/small", &range, piece);

	if (r == ERR_NOTFOUND && round->errors)
		return;
	result(round, r);
	if (r == 0)
		assert_memory_equal(piece, "lo w", 4);
	r = storage_size(storage, "packs/small", &size);
	result(round, r);
	if (r == 0)
		assert_int_equal(size, 11);
}

static struct round all_calls(void)
{
	AUTO_TEXT listed = mem_printf("config:1 packs/large:%d packs/small:11 ", LARGE);
	struct storage *storage = open_liar();
	struct round round = {0, 0};
	AUTO_BUF names = buf_init(1000);
	int64_t now = 0;

	put_one(storage, &round, "packs/small", "hello world", 11);
	put_one(storage, &round, "packs/large", large, LARGE);
	put_one(storage, &round, "config", "1", 1);
	read_piece(storage, &round);
	read_all(storage, &round);
	bool all_there = round.errors == 0;
	int r = storage_list(storage, "", note, &names);
	result(&round, r);
	if (r == 0 && all_there)
		assert_string_equal(buf_text(&names), listed);
	result(&round, storage_now(storage, &now));
	r = storage_remove(storage, "config");
	result(&round, r);
	if (r == 0 && round.errors == 0)
		assert_int_equal(liar_holds(liar, "config", "1", 1), -1);
	result(&round, storage_clean(storage, INT64_MAX));
	storage_close(storage);
	return round;
}

/* Lies once at each call, one after the other. */
static void lie_at_each(enum lie_kind kind, int step, bool must_heal)
{
	int at = 1, calls;

	do {
		liar_forget(liar);
		liar_plan(liar, kind, at, 1);
		struct round round = all_calls();
		calls = liar_calls(liar);
		if (must_heal && round.errors)
			fail_msg("lie %d at call %d: %s", (int)kind, at, err_message());
		/* Nothing is left of it. */
		assert_int_equal(liar_open_uploads(liar), 0);
		at += step;
	} while (at <= calls);
	assert_true(at > 15);
}

static void a_500_or_503_at_any_call_is_tried_again(void **state)
{
	(void)state;
	lie_at_each(LIE_500, 1, true);
	lie_at_each(LIE_503, 3, true);
}

static void an_answer_that_is_lost_at_any_call_changes_nothing(void **state)
{
	(void)state;
	lie_at_each(LIE_500_LATE, 1, true);
	lie_at_each(LIE_CUT, 1, true);
}

static void an_answer_that_does_not_come_is_not_waited_for(void **state)
{
	(void)state;
	lie_at_each(LIE_SLOW, 5, true);
}

static void a_short_or_wrong_answer_at_any_call_is_an_error_or_harmless(void **state)
{
	(void)state;
	lie_at_each(LIE_SHORT, 1, false);
	lie_at_each(LIE_WRONG, 1, false);
}

static void a_page_of_somebody_in_between_is_an_error_or_harmless(void **state)
{
	(void)state;
	lie_at_each(LIE_HTML, 1, false);
}

static void tries_are_bounded_and_the_last_error_is_told(void **state)
{
	struct storage *storage = open_liar();
	uint64_t size;

	(void)state;
	liar_plan(liar, LIE_500, 1, 1000);
	assert_int_equal(storage_put(storage, "a", "1", 1), ERR_UNAVAILABLE);
	assert_non_null(strstr(err_message(), "500 InternalError"));
	assert_int_equal(liar_calls(liar), TRIES);
	liar_plan(liar, LIE_503, 1, 1000);
	AUTO_BUF all = buf_init(100);
	assert_int_equal(storage_read_all(storage, "a", &all), ERR_THROTTLED);
	assert_int_equal(storage_size(storage, "a", &size), ERR_UNAVAILABLE); /* no body */
	liar_plan(liar, LIE_CUT, 1, 1000);
	assert_int_equal(storage_list(storage, "", note, &all), ERR_NETWORK);
	assert_int_equal(liar_calls(liar), TRIES);
	storage_close(storage);
}

static void wrong_answers_are_named(void **state)
{
	struct storage *storage = open_liar();
	struct storage_range range = {0, 3};
	char piece[3];

	(void)state;
	assert_int_equal(storage_put(storage, "a", "abc", 3), 0);
	assert_int_equal(storage_put(storage, "c", "abc", 3), 0);
	liar_plan(liar, LIE_WRONG, 1, 1000);
	assert_int_equal(storage_read(storage, "a", &range, piece), ERR_PROTOCOL);
	assert_int_equal(storage_put(storage, "b", "abc", 3), ERR_PROTOCOL);
	assert_non_null(strstr(err_message(), "other bytes"));
	assert_int_equal(liar_holds(liar, "b", "abc", 3), -1); /* taken away again */
	AUTO_BUF all = buf_init(100);
	assert_int_equal(storage_list(storage, "", note, &all), ERR_PROTOCOL);
	liar_plan(liar, LIE_SHORT, 1, 1000);
	assert_int_equal(storage_read_all(storage, "a", &all), ERR_CORRUPT);
	assert_int_equal(storage_read(storage, "a", &range, piece), ERR_PROTOCOL);
	storage_close(storage);
}

static void refusals_say_what_to_do(void **state)
{
	static const struct {
		int status;
		const char *code, *more;
		int error;
		const char *words;
	} cases[] = {
		{403, "SignatureDoesNotMatch", NULL, ERR_AUTH, "is the secret key"},
		{403, "InvalidAccessKeyId", NULL, ERR_AUTH, "access key is not known"},
		{403, "RequestTimeTooSkewed", NULL, ERR_AUTH, "clock"},
		{403, "AccessDenied", NULL, ERR_AUTH, "permission"},
		{400, "ExpiredToken", NULL, ERR_AUTH, "session token has ended"},
		{404, "NoSuchBucket", NULL, ERR_INVALID, "no bucket \"bucket\""},
		{301, "PermanentRedirect", NULL, ERR_INVALID, "another region"},
		{400, "AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>", ERR_INVALID,
			"region=eu-west-1"},
		{501, "NotImplemented", NULL, ERR_PROTOCOL, "so it is (501 NotImplemented)"},
		{507, "InsufficientStorage", NULL, ERR_IO, "make room"},
	};
	struct storage *storage = open_liar();
	AUTO_BUF all = buf_init(100);
	uint64_t size;
	int64_t now;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		liar_say(liar, cases[i].status, cases[i].code, cases[i].more);
		assert_int_equal(storage_read_all(storage, "a", &all), cases[i].error);
		if (!strstr(err_message(), cases[i].words))
			fail_msg("%s: %s", cases[i].code, err_message());
		assert_null(strstr(err_message(), "secret\""));
		assert_int_equal(storage_size(storage, "a", &size), cases[i].error);
		if (!strstr(err_message(), cases[i].words))
			fail_msg("%s: %s", cases[i].code, err_message());
		assert_int_equal(storage_now(storage, &now), cases[i].error);
		assert_int_equal(storage_list(storage, "", note, &all), cases[i].error);
	}
	storage_close(storage);
}

static void a_server_that_takes_a_second_object_is_looked_at_before(void **state)
{
	struct storage *storage = open_liar();

	(void)state;
	liar_ignore_conditions(liar);
	assert_int_equal(storage_put(storage, "a", "first", 5), 0);
	assert_int_equal(storage_put(storage, "a", "second", 6), ERR_EXISTS);
	assert_int_equal(liar_holds(liar, "a", "first", 5), 1);
	assert_int_equal(storage_put(storage, "b", large, LARGE), 0);
	assert_int_equal(storage_put(storage, "b", large, LARGE), ERR_EXISTS);
	assert_int_equal(liar_open_uploads(liar), 0);
	storage_close(storage);
}

static void *wish_soon(void *context)
{
	usleep(200000);
	cancel_wish(context);
	return NULL;
}

static void a_wish_to_stop_ends_the_waiting(void **state)
{
	struct s3_settings to = settings();
	struct cancel cancel = {false};
	struct storage *storage;
	pthread_t thread;
	uint64_t size;

	(void)state;
	to.tries = 100;
	to.first_wait_ms = 60000;
	assert_int_equal(storage_open_s3(&to, &storage), 0);
	storage_use_cancel(storage, &cancel);
	liar_plan(liar, LIE_500, 1, 1000);
	assert_int_equal(pthread_create(&thread, NULL, wish_soon, &cancel), 0);
	int64_t begun_us = clock_monotonic_us();
	assert_int_equal(storage_size(storage, "a", &size), ERR_CANCELLED);
	assert_true(clock_monotonic_us() - begun_us < 3000000);
	pthread_join(thread, NULL);
	storage_close(storage);
}

/* A real server's refusals, where there is one: GARNER_TEST_S3 as in test_sides. */
static char *endpoint; /* of that server */
static char *real_access, *real_secret;

static struct storage *open_real(const struct s3_settings *change)
{
	struct s3_settings to = {
		.endpoint = endpoint,
		.bucket = "garner",
		.access_key = real_access,
		.secret_key = real_secret,
		.tries = 2,
		.host_style = change->host_style,
	};
	struct storage *storage = NULL;

	if (change->bucket)
		to.bucket = change->bucket;
	if (change->access_key)
		to.access_key = change->access_key;
	if (change->secret_key)
		to.secret_key = change->secret_key;
	if (change->endpoint)
		to.endpoint = change->endpoint;
	assert_int_equal(storage_open_s3(&to, &storage), 0);
	return storage;
}

static void assert_refused(const struct s3_settings *change, int error, const char *words)
{
	struct storage *storage = open_real(change);
	AUTO_BUF all = buf_init(100);
	uint64_t size;

	assert_int_equal(storage_read_all(storage, "config", &all), error);
	if (!strstr(err_message(), words))
		fail_msg("%s", err_message());
	assert_int_equal(storage_put(storage, "config", "1", 1), error);
	assert_int_equal(storage_list(storage, "", note, &all), error);
	assert_int_equal(storage_size(storage, "config", &size), error);
	assert_non_null(strstr(err_message(), words));
	storage_close(storage);
}

static int64_t an_hour_on(void *context)
{
	struct timespec now;

	(void)context;
	clock_gettime(CLOCK_REALTIME, &now);
	return (now.tv_sec + 3600) * INT64_C(1000000);
}

static void no_sleep(void *context, int64_t us)
{
	(void)context, (void)us;
}

static void a_real_server_refuses_with_a_reason(void **state)
{
	const struct clock fast = {an_hour_on, an_hour_on, no_sleep, NULL};

	(void)state;
	assert_refused(&(struct s3_settings){.secret_key = "another"}, ERR_AUTH,
		"is the secret key the one");
	assert_refused(&(struct s3_settings){.access_key = "another"}, ERR_AUTH,
		"access key is not known");
	assert_refused(&(struct s3_settings){.bucket = "not-there"}, ERR_INVALID,
		"there is no bucket \"not-there\"");
	clock_use(&fast);
	assert_refused(&(struct s3_settings){0}, ERR_AUTH, "minutes before that of the server");
	clock_use(NULL);
}

static void the_bucket_may_stand_in_the_host(void **state)
{
	AUTO_TEXT local = mem_printf("http://localhost%s", strrchr(endpoint, ':'));
	struct storage *storage =
		open_real(&(struct s3_settings){.host_style = true, .endpoint = local});
	AUTO_TEXT name = mem_printf("host-style/%lld", (long long)clock_now_us());
	AUTO_BUF all = buf_init(100);

	(void)state;
	assert_int_equal(storage_put(storage, name, "text", 4), 0);
	assert_int_equal(storage_read_all(storage, name, &all), 0);
	assert_string_equal(buf_text(&all), "text");
	storage_close(storage);
}

static void uploads_that_nobody_came_back_to_are_cleaned_away(void **state)
{
	struct storage *storage = open_real(&(struct s3_settings){0});
	int64_t now;

	(void)state;
	assert_int_equal(storage_now(storage, &now), 0);
	assert_int_equal(storage_clean(storage, now - 3600), 0);
	assert_int_equal(storage_clean(storage, now + 3600), 0);
	storage_close(storage);
}

static int open_text(const char *text, const char **place)
{
	static char kept[300];
	struct storage_options options = {0};
	struct storage *storage = NULL;
	int r = storage_open_url(text, &options, &storage);

	if (r == 0) {
		strncpy(kept, storage_place(storage), sizeof(kept) - 1);
		*place = kept;
	}
	storage_close(storage);
	return r;
}

static void addresses_are_read_or_refused_with_a_reason(void **state)
{
	static const struct {
		const char *text;
		const char *place; /* NULL: refused */
	} cases[] = {
		{"/backup/garner", "/backup/garner"},
		{"s3://bucket", "https://s3.us-east-1.amazonaws.com/bucket"},
		{"s3://bucket/a/b/?region=eu-west-1",
			"https://s3.eu-west-1.amazonaws.com/bucket/a/b"},
		{"s3://bucket/a?endpoint=S3.host.example:9000&style=host",
			"https://s3.host.example:9000/bucket/a"},
		{"https://host.example:443/bucket/a", "https://host.example/bucket/a"},
		{"http://127.0.0.1:7480/bucket", "http://127.0.0.1:7480/bucket"},
		{"s3://bucket?endpoint=localhost:1&tls=no", "http://localhost:1/bucket"},
		{"http://host.example/bucket", NULL},
		{"https://host.example", NULL},
		{"https://host.example/", NULL},
		{"https://user:pass@host.example/bucket", NULL},
		{"https://host.example/bucket/../other", NULL},
		{"https://host.example/bucket?region=", NULL},
		{"https://host.example/bucket?secret=x", NULL},
		{"https://host.example/bucket?style=upside", NULL},
		{"https://host.example/bucket?endpoint=x", NULL},
		{"s3://", NULL},
		{"s3://b", NULL},
		{"s3://bucket/a b", NULL},
		{"s3://buck\"et", NULL},
		{"s3://bucket?endpoint=a/b", NULL},
	};

	(void)state;
	setenv("AWS_ACCESS_KEY_ID", "a", 1);
	setenv("AWS_SECRET_ACCESS_KEY", "s", 1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *place = NULL;
		int r = open_text(cases[i].text, &place);
		if (!cases[i].place) {
			if (r != ERR_INVALID)
				fail_msg("%s is taken", cases[i].text);
			continue;
		}
		assert_int_equal(r, 0);
		assert_string_equal(place, cases[i].place);
	}
	unsetenv("AWS_ACCESS_KEY_ID");
	const char *place;
	assert_int_equal(open_text("s3://bucket", &place), ERR_INVALID);
	assert_non_null(strstr(err_message(), "AWS_ACCESS_KEY_ID"));
}

static void write_credentials(const char *path, const char *text, mode_t mode)
{
	unlink(path);
	assert_int_equal(io_write_file(path, text, strlen(text), 0600), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static void credentials_come_from_a_private_file(void **state)
{
	char folder[] = "/tmp/garner-keys-XXXXXX";
	struct s3_credentials keys;

	(void)state;
	assert_non_null(mkdtemp(folder));
	AUTO_TEXT path = io_join(folder, "keys");
	write_credentials(path,
		"# of the bucket\naccess_key AK\n secret_key = S/K+=  \r\n\nsession_token: T\n",
		0600);
	assert_int_equal(s3_credentials_read(path, &keys), 0);
	assert_string_equal(keys.access_key, "AK");
	assert_string_equal(keys.secret_key, "S/K+=");
	assert_string_equal(keys.session_token, "T");
	s3_credentials_free(&keys);
	write_credentials(path, "access_key AK\nsecret_key SK\n", 0640);
	assert_int_equal(s3_credentials_read(path, &keys), ERR_AUTH);
	assert_non_null(strstr(err_message(), "chmod 600"));
	write_credentials(path, "access_key AK\n", 0600);
	assert_int_equal(s3_credentials_read(path, &keys), ERR_INVALID);
	write_credentials(path, "access_key AK\nTOPSECRET\n", 0600);
	assert_int_equal(s3_credentials_read(path, &keys), ERR_INVALID);
	assert_non_null(strstr(err_message(), "line 2"));
	assert_null(strstr(err_message(), "TOPSECRET"));
	write_credentials(path, "access_key A K\nsecret_key SK\n", 0600);
	assert_int_equal(s3_credentials_read(path, &keys), ERR_INVALID);
	unlink(path);
	assert_int_equal(s3_credentials_read(path, &keys), ERR_NOTFOUND);
	rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define WITH(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		WITH(a_500_or_503_at_any_call_is_tried_again),
		WITH(an_answer_that_is_lost_at_any_call_changes_nothing),
		WITH(an_answer_that_does_not_come_is_not_waited_for),
		WITH(a_short_or_wrong_answer_at_any_call_is_an_error_or_harmless),
		WITH(a_page_of_somebody_in_between_is_an_error_or_harmless),
		WITH(tries_are_bounded_and_the_last_error_is_told),
		WITH(wrong_answers_are_named),
		WITH(refusals_say_what_to_do),
		WITH(a_server_that_takes_a_second_object_is_looked_at_before),
		WITH(a_wish_to_stop_ends_the_waiting),
		WITH(addresses_are_read_or_refused_with_a_reason),
		WITH(credentials_come_from_a_private_file),
		/* With a real server alone, so at the end. */
		cmocka_unit_test(a_real_server_refuses_with_a_reason),
		cmocka_unit_test(the_bucket_may_stand_in_the_host),
		cmocka_unit_test(uploads_that_nobody_came_back_to_are_cleaned_away),
	};
	enum { REAL = 3 };
	size_t count = sizeof(tests) / sizeof(tests[0]);
	const char *url = getenv("GARNER_TEST_S3");

	if (url) { /* other tests change the environment */
		endpoint = mem_strndup(url, (size_t)(strrchr(url, '/') - url));
		real_access = mem_strdup(getenv("AWS_ACCESS_KEY_ID"));
		real_secret = mem_strdup(getenv("AWS_SECRET_ACCESS_KEY"));
	}
	int failed =
		_cmocka_run_group_tests("s3", tests, url ? count : count - REAL, NULL, NULL);
	mem_free(endpoint);
	mem_free(real_access);
	mem_free(real_secret);
	return failed;
}
