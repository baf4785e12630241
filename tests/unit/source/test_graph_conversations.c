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
#include "fixture.h"

#define THREADS "/groups/g1/threads?"
#define POSTS(thread) "/groups/g1/threads/" thread "/posts?"
#define THREAD(id, at)                                                                         \
	"{\"id\":\"" id "\",\"topic\":\"Plan\",\"lastDeliveredDateTime\":\"2026-01-0" at       \
	"T00:00:00Z\"}"
#define POST(id, key)                                                                          \
	"{\"id\":\"" id "\",\"changeKey\":\"" key                                              \
	"\",\"receivedDateTime\":\"2026-01-02T03:04:05Z\"}"

static const struct source_object group = {
	.id = "g1", .kind = "group_mailbox", .name = "sales@contoso.example"};
static const struct source_folder folder = {
	.id = "conversations", .parent_id = "", .name = "Conversations"};

static void lists(struct fixture *fixture, const char *part, const char *values)
{
	AUTO_TEXT body = mem_printf("{\"value\":[%s]}", values);

	fake_says(fixture->fake, part, 200, body);
}

/* Ids, tags and removals since the cursor, which becomes the next one. */
static void assert_changes(struct fixture *fixture, char **cursor, const char *expected)
{
	struct source_listing listing = {
		.cursor = *cursor, .visit = fixture_item, .context = fixture};

	assert_int_equal(source_changes(fixture->source, &group, &folder, &listing), 0);
	mem_replace(cursor, listing.next_cursor);
	AUTO_TEXT seen = fixture_seen(fixture);
	AUTO_TEXT told = mem_printf("%s%s", seen, listing.complete ? "all" : "some");
	assert_string_equal(told, expected);
}

#define NAME(digits) "|2026-01-02 0304 Plan " digits ".json 1767323045\n"

static void read_first(struct fixture *fixture, char **cursor)
{
	lists(fixture, THREADS, THREAD("t1", "1") "," THREAD("t2", "2"));
	lists(fixture, POSTS("t1"), POST("p1", "k1") "," POST("p2", "k2"));
	lists(fixture, POSTS("t2"), POST("p3", "k3"));
	assert_changes(fixture, cursor,
		"+t1 p1 message k1" NAME("4f36c5c5") "+t1 p2 message k2" NAME(
			"f96374c1") "+t2 p3 message k3" NAME("e3c9dccc") "all");
}

static void a_group_has_one_folder_of_its_posts(void **state)
{
	struct fixture *fixture = *state;
	AUTO_TEXT cursor = NULL;

	assert_int_equal(source_folders(fixture->source, &group, fixture_folder, fixture), 0);
	AUTO_TEXT seen = fixture_seen(fixture);
	assert_string_equal(seen, "conversations<:Conversations\n");
	assert_int_equal(fake_count(fixture->fake, "GET"), 0);
	read_first(fixture, &cursor);
}

static void an_unchanged_group_costs_one_request(void **state)
{
	struct fixture *fixture = *state;
	AUTO_TEXT cursor = NULL;

	read_first(fixture, &cursor);
	int before = fake_count(fixture->fake, "GET");
	assert_changes(fixture, &cursor, "some");
	assert_changes(fixture, &cursor, "some");
	assert_int_equal(fake_count(fixture->fake, "GET"), before + 2);
}

static void a_thread_with_a_new_delivery_is_asked_and_what_it_lost_is_gone(void **state)
{
	struct fixture *fixture = *state;
	AUTO_TEXT cursor = NULL;

	read_first(fixture, &cursor);
	lists(fixture, THREADS, THREAD("t1", "5"));
	lists(fixture, THREADS, THREAD("t1", "5"));
	lists(fixture, POSTS("t1"), POST("p2", "k2") "," POST("p4", "k4"));
	assert_changes(fixture, &cursor,
		"+t1 p2 message k2" NAME("f96374c1") "+t1 p4 message k4" NAME(
			"66996c53") "-t1 p1\n-t2 p3\nsome");
	assert_changes(fixture, &cursor, "some");
}

static void a_cursor_that_makes_no_sense_is_none(void **state)
{
	static const char *const cursors[] = {
		"", "x", "{}", "{\"posts\":2,\"threads\":{}}", "{\"posts\":1,\"threads\":[]}"};
	struct fixture *fixture = *state;

	lists(fixture, THREADS, "");
	for (size_t i = 0; i < sizeof(cursors) / sizeof(cursors[0]); i++) {
		AUTO_TEXT cursor = mem_strdup(cursors[i]);
		assert_changes(fixture, &cursor, "all");
	}
}

static void a_thread_deleted_meanwhile_has_no_posts(void **state)
{
	struct fixture *fixture = *state;
	AUTO_TEXT cursor = NULL;

	lists(fixture, THREADS, THREAD("t1", "1"));
	fake_says(fixture->fake, POSTS("t1"), 404,
		"{\"error\":{\"code\":\"ErrorItemNotFound\"}}");
	assert_changes(fixture, &cursor, "all");
}

static void a_failure_leaves_the_cursor(void **state)
{
	struct fixture *fixture = *state;
	struct source_listing listing = {.visit = fixture_item, .context = fixture};

	lists(fixture, THREADS, THREAD("t1", "1"));
	fake_says(fixture->fake, POSTS("t1"), 403,
		"{\"error\":{\"code\":\"ErrorAccessDenied\"}}");
	assert_int_equal(source_changes(fixture->source, &group, &folder, &listing), ERR_AUTH);
	assert_int_equal(source_fault()->scope, SOURCE_FOLDER);
	assert_null(listing.next_cursor);
}

static void a_post_is_read_as_graph_gives_it(void **state)
{
	struct fixture *fixture = *state;

	fake_says(fixture->fake, "/threads/t1/posts/p%3D1?$expand=attachments", 200,
		"{\"id\":\"p=1\"}");
	assert_int_equal(
		source_read(fixture->source, &group, "t1 p=1", fixture_bytes, fixture), 0);
	AUTO_TEXT seen = fixture_seen(fixture);
	assert_string_equal(seen, "{\"id\":\"p=1\"}");
	assert_int_equal(source_read(fixture->source, &group, "t1", fixture_bytes, fixture),
		ERR_NOTFOUND);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, fixture_begin, fixture_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_group_has_one_folder_of_its_posts),
		TEST(an_unchanged_group_costs_one_request),
		TEST(a_thread_with_a_new_delivery_is_asked_and_what_it_lost_is_gone),
		TEST(a_cursor_that_makes_no_sense_is_none),
		TEST(a_thread_deleted_meanwhile_has_no_posts),
		TEST(a_failure_leaves_the_cursor),
		TEST(a_post_is_read_as_graph_gives_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
