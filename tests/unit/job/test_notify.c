/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "job/notice.h"
#include "job/notify.h"

/* A receiver that answers as it is told, and writes down what it got. */
struct fake {
	int answer;
	char *got; /* "RECEIVER EVENT object+object; " each */
	char uid[64];
};

static int take(
	void *context, const struct receiver *receiver, const struct notify_message *message)
{
	struct fake *fake = context;

	mem_replace(&fake->got, mem_printf("%s%s %s", fake->got ? fake->got : "",
					receiver->name, message->event));
	for (size_t i = 0; i < json_count(message->notices); i++) {
		const struct json *notice = json_at(message->notices, i);
		mem_replace(&fake->got,
			mem_printf("%s %s", fake->got, json_get_text_or(notice, "object", "")));
	}
	mem_replace(&fake->got, mem_printf("%s; ", fake->got));
	memset(fake->uid, 0, sizeof(fake->uid));
	memcpy(fake->uid, message->uid, strlen(message->uid) + 1);
	if (fake->answer < 0)
		return err_set(fake->answer, "as told");
	return 0;
}

static void add(const struct fixture *fixture, const char *name, const char *kind, bool cleared)
{
	AUTO_JSON settings = json_new_object();
	AUTO_TEXT secret = NULL;

	json_put_text(settings, "server", "smtp://mail.example:25");
	json_put_text(settings, "from", "a@contoso.example");
	json_put_text(settings, "to", "b@contoso.example");
	json_put_text(settings, "url", "https://hooks.example/x");
	json_put_bool(settings, "cleared", cleared);
	const struct receiver_new receiver = {name, kind, settings, NULL};
	assert_int_equal(receiver_add(fixture->installation, &receiver, &secret), 0);
}

static void tell(const struct fixture *fixture, const char *object)
{
	const struct notice notice = {
		.code = "failed", .job = "nightly", .object = object, .text = "why"};

	assert_int_equal(notice_raise(fixture->installation, &notice), 0);
}

/* A cycle of the daemon at a moment; what was sent in it. */
static void assert_sends(
	const struct fixture *fixture, struct fake *fake, int64_t now_s, const char *expected)
{
	const struct notify_sender sender = {take, fake};
	int r;

	mem_replace(&fake->got, mem_strdup(""));
	assert_int_equal(notify_gather(fixture->installation, now_s), 0);
	while ((r = notify_step(fixture->installation, &sender, now_s)) == 1)
		continue;
	assert_int_equal(r, 0);
	assert_string_equal(fake->got, expected);
}

static void fake_end(struct fake *fake)
{
	mem_free(fake->got);
}

static void I2_each_notice_gets_to_each_receiver_once(void **state)
{
	const struct fixture *fixture = *state;
	struct fake fake = {0};
	int64_t now_s = clock_now_s();

	add(fixture, "mail", "mail", false);
	add(fixture, "hook", "webhook", false);
	tell(fixture, "folder:a");
	tell(fixture, "folder:b");
	assert_sends(fixture, &fake, now_s,
		"mail raised folder:a folder:b; hook raised folder:a; hook raised folder:b; ");
	tell(fixture, "folder:a"); /* the next cycle finds the same */
	assert_sends(fixture, &fake, now_s + 60, "");
	tell(fixture, "folder:c");
	assert_sends(
		fixture, &fake, now_s + 61, "mail raised folder:c; hook raised folder:c; ");
	struct installation *again = fixture_open(fixture);
	const struct fixture restarted = {.installation = again};
	assert_sends(&restarted, &fake, now_s + 62, "");
	installation_close(again);
	fake_end(&fake);
}

static void I2_a_new_receiver_hears_what_stands_and_not_what_is_over(void **state)
{
	const struct fixture *fixture = *state;
	struct fake fake = {0};

	tell(fixture, "folder:over");
	tell(fixture, "folder:a");
	assert_int_equal(notice_clear(fixture->installation, "nightly", "folder:over"), 0);
	add(fixture, "mail", "mail", true);
	assert_sends(fixture, &fake, clock_now_s(), "mail raised folder:a; ");
	fake_end(&fake);
}

static void I2_that_it_is_over_is_told_once_to_who_wants_it_and_heard_of_it(void **state)
{
	const struct fixture *fixture = *state;
	struct fake fake = {0};
	int64_t now_s = clock_now_s();

	add(fixture, "all", "mail", true);
	add(fixture, "bad", "mail", false);
	tell(fixture, "folder:a");
	assert_sends(fixture, &fake, now_s, "all raised folder:a; bad raised folder:a; ");
	assert_int_equal(notice_clear(fixture->installation, "nightly", "folder:a"), 0);
	assert_sends(fixture, &fake, now_s + 1, "all cleared folder:a; ");
	assert_sends(fixture, &fake, now_s + 2, "");
	fake_end(&fake);
}

static void I2_tries_come_later_and_later_under_one_id_and_end_after_a_day(void **state)
{
	const struct fixture *fixture = *state;
	struct fake fake = {.answer = ERR_NETWORK};
	int64_t now_s = clock_now_s();
	AUTO_JSON list = NULL;

	add(fixture, "mail", "mail", false);
	tell(fixture, "folder:a");
	assert_sends(fixture, &fake, now_s, "mail raised folder:a; ");
	AUTO_TEXT uid = mem_strdup(fake.uid);
	assert_sends(fixture, &fake, now_s + NOTIFY_FIRST_WAIT_S - 1, "");
	assert_sends(fixture, &fake, now_s + NOTIFY_FIRST_WAIT_S, "mail raised folder:a; ");
	assert_string_equal(fake.uid, uid);
	int tries = 2;
	for (int64_t at = now_s; at <= now_s + NOTIFY_GIVE_UP_S + 3600; at += 30) {
		mem_replace(&fake.got, mem_strdup(""));
		const struct notify_sender sender = {take, &fake};
		tries += notify_step(fixture->installation, &sender, at) == 1;
	}
	assert_in_range(tries, 25, 40);
	assert_int_equal(receiver_list(fixture->installation, &list), 0);
	const struct json *receiver = json_at(json_get(list, "receivers"), 0);
	assert_int_equal(json_get_int(receiver, "given_up", -1), 1);
	assert_string_equal(json_get_text(receiver, "last_error"), "as told");
	AUTO_TEXT notices = fixture_notices(fixture, false);
	assert_string_equal(notices, "notify_failed \nfailed folder:a\n");
	/* It is not told of its own trouble; and the next success ends that. */
	fake.answer = 0;
	tell(fixture, "folder:b");
	assert_sends(fixture, &fake, now_s + 2 * NOTIFY_GIVE_UP_S, "mail raised folder:b; ");
	AUTO_TEXT after = fixture_notices(fixture, false);
	assert_string_equal(after, "failed folder:b\nfailed folder:a\n");
	fake_end(&fake);
}

static void one_receiver_that_is_down_holds_up_no_other(void **state)
{
	const struct fixture *fixture = *state;
	struct fake fake = {.answer = ERR_NETWORK};
	int64_t now_s = clock_now_s();

	add(fixture, "down", "webhook", false);
	tell(fixture, "folder:a");
	tell(fixture, "folder:b");
	tell(fixture, "folder:c");
	/* One try stands for all that waits there. */
	assert_sends(fixture, &fake, now_s, "down raised folder:a; ");
	fake.answer = 0;
	add(fixture, "up", "mail", false);
	assert_sends(fixture, &fake, now_s + 1, "up raised folder:a folder:b folder:c; ");
	fake.answer = ERR_CANCELLED; /* the daemon ends: nothing is counted */
	const struct notify_sender sender = {take, &fake};
	assert_int_equal(
		notify_step(fixture->installation, &sender, now_s + 60), ERR_CANCELLED);
	fake.answer = ERR_INVALID; /* this one is refused: the others go */
	assert_int_equal(notify_step(fixture->installation, &sender, now_s + 60), 1);
	fake.answer = 0;
	assert_int_equal(notify_step(fixture->installation, &sender, now_s + 60), 1);
	assert_int_equal(notify_step(fixture->installation, &sender, now_s + 60), 1);
	assert_int_equal(notify_step(fixture->installation, &sender, now_s + 60), 0);
	fake_end(&fake);
}

static void a_text_says_where_what_and_what_to_do_and_masks_a_key(void **state)
{
	AUTO_JSON notices = json_new_array();
	struct json *notice = json_new_object();
	const struct notify_message message = {.uid = "x",
		.event = "raised",
		.host = "srv",
		.created_s = 1,
		.notices = notices};

	(void)state;
	json_put_text(notice, "code", "run_failed");
	json_put_text(notice, "job", "night");
	json_put_text(notice, "text", "key 7ZK3M-AAAAA-BBBBB-CCCCC-DDDDD is wrong");
	json_append(notices, notice);
	AUTO_TEXT subject = notify_subject(&message);
	assert_string_equal(subject, "Garner on srv: job night: a run failed; see the reason, "
				     "and start the job again");
	AUTO_TEXT text = notify_text(&message);
	assert_non_null(strstr(text, "key 7ZK3M-*****-*****-*****-***** is wrong"));
	AUTO_TEXT body = notify_body(&message);
	assert_non_null(strstr(body, "\"type\":\"notice.raised\""));
	assert_null(strstr(body, "AAAAA"));
}

#define IN_FOLDER(test)                                                                        \
	cmocka_unit_test_setup_teardown(test, fixture_setup_empty, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(I2_each_notice_gets_to_each_receiver_once),
		IN_FOLDER(I2_a_new_receiver_hears_what_stands_and_not_what_is_over),
		IN_FOLDER(I2_that_it_is_over_is_told_once_to_who_wants_it_and_heard_of_it),
		IN_FOLDER(I2_tries_come_later_and_later_under_one_id_and_end_after_a_day),
		IN_FOLDER(one_receiver_that_is_down_holds_up_no_other),
		cmocka_unit_test(a_text_says_where_what_and_what_to_do_and_masks_a_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
