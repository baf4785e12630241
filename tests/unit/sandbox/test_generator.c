/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/text.h"
#include "sandbox/generator.h"
#include "sandbox/mail_facts.h"

static struct content_recipe recipe(uint32_t number)
{
	return (struct content_recipe){
		"tenant", "contoso.example", "ada@contoso.example", number};
}

static void the_same_recipe_makes_the_same_bytes(void **state)
{
	(void)state;
	for (uint32_t number = 1; number <= 50; number++) {
		struct content_recipe one = recipe(number);
		AUTO_BUF first = buf_init(GENERATOR_MESSAGE_MAX);
		AUTO_BUF second = buf_init(GENERATOR_MESSAGE_MAX);
		assert_int_equal(generator_message(&one, &first), 0);
		assert_int_equal(generator_message(&one, &second), 0);
		assert_int_equal(first.size, second.size);
		assert_memory_equal(first.data, second.data, first.size);
	}
}

static void a_header_is_the_beginning_of_its_message(void **state)
{
	(void)state;
	for (uint32_t number = 1; number <= 50; number++) {
		struct content_recipe one = recipe(number);
		AUTO_BUF header = buf_init(GENERATOR_MESSAGE_MAX);
		AUTO_BUF message = buf_init(GENERATOR_MESSAGE_MAX);
		assert_int_equal(generator_header(&one, &header), 0);
		assert_int_equal(generator_message(&one, &message), 0);
		assert_true(header.size < message.size);
		assert_memory_equal(header.data, message.data, header.size);
	}
}

static void another_number_or_owner_makes_another_message(void **state)
{
	(void)state;
	struct content_recipe one = recipe(1), other = recipe(2), whose = recipe(1);
	AUTO_BUF a = buf_init(GENERATOR_MESSAGE_MAX);
	AUTO_BUF b = buf_init(GENERATOR_MESSAGE_MAX);
	AUTO_BUF c = buf_init(GENERATOR_MESSAGE_MAX);

	whose.owner = "bert@contoso.example";
	assert_int_equal(generator_header(&one, &a), 0);
	assert_int_equal(generator_header(&other, &b), 0);
	assert_int_equal(generator_header(&whose, &c), 0);
	assert_string_not_equal(buf_text(&a), buf_text(&b));
	assert_string_not_equal(buf_text(&a), buf_text(&c));
}

static void some_messages_have_attachments_and_all_have_their_facts(void **state)
{
	(void)state;
	int attached = 0;

	for (uint32_t number = 1; number <= 100; number++) {
		struct content_recipe one = recipe(number);
		AUTO_BUF message = buf_init(GENERATOR_MESSAGE_MAX);
		AUTO_FACTS facts;
		assert_int_equal(generator_message(&one, &message), 0);
		mail_facts_read((const char *)message.data, message.size, &facts);
		assert_true(facts.sent_s > 0 && facts.received_s == facts.sent_s);
		assert_true(facts.subject[0] && facts.message_id[0]);
		assert_non_null(facts.from);
		assert_int_equal(json_count(facts.to), 1);
		attached += facts.has_attachments;
		assert_true(facts.has_attachments ==
			    (strstr(buf_text(&message), "base64") != NULL));
	}
	assert_in_range(attached, 20, 60);
}

static void folders_are_an_inbox_and_some_others(void **state)
{
	(void)state;
	assert_string_equal(generator_folder(1), "Inbox");
	assert_string_equal(generator_folder(5), "SentItems");
	assert_string_equal(generator_folder(7), "Projects/Alpha");
	assert_string_equal(generator_folder(13), "Inbox");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_recipe_makes_the_same_bytes),
		cmocka_unit_test(a_header_is_the_beginning_of_its_message),
		cmocka_unit_test(another_number_or_owner_makes_another_message),
		cmocka_unit_test(some_messages_have_attachments_and_all_have_their_facts),
		cmocka_unit_test(folders_are_an_inbox_and_some_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
