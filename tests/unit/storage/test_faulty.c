/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_all.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "storage/faulty.h"

struct fixture {
	struct storage *faulty, *behind; /* the same objects, one of them without faults */
};

static int set_up(void **state)
{
	struct fixture *fixture = mem_alloc(sizeof(*fixture));
	struct fault_plan none = {0};

	fixture->behind = storage_open_memory();
	fixture->faulty = storage_open_faulty(storage_memory_share(fixture->behind), &none);
	assert_int_equal(storage_put(fixture->behind, "a", "01234567", 8), 0);
	assert_int_equal(storage_put(fixture->behind, "b", "x", 1), 0);
	assert_int_equal(storage_put(fixture->behind, "c", "x", 1), 0);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	storage_close(fixture->behind);
	storage_close(fixture->faulty);
	mem_free(fixture);
	return 0;
}

static void plan(struct fixture *fixture, int verbs, enum fault_kind kind)
{
	struct fault_plan plan = {.verbs = verbs, .at = 1, .fault = {.kind = kind}};

	storage_faulty_plan(fixture->faulty, &plan);
}

static char *held(struct fixture *fixture, const char *name)
{
	AUTO_BUF text = buf_init(100);

	if (storage_read_all(fixture->behind, name, &text) < 0)
		return mem_strdup("-");
	return mem_strndup(text.size ? (char *)text.data : "", text.size);
}

static void the_nth_call_fails_and_those_behind_it(void **state)
{
	struct fixture *fixture = *state;
	struct fault_plan second = {.verbs = FAULT_PUT | FAULT_SIZE,
		.at = 2,
		.more = 1,
		.fault = {.kind = FAULT_ERROR, .error = ERR_UNAVAILABLE}};
	uint64_t size;

	storage_faulty_plan(fixture->faulty, &second);
	assert_int_equal(storage_put(fixture->faulty, "d", "1", 1), 0);
	assert_int_equal(storage_remove(fixture->faulty, "b"), 0); /* not meant */
	assert_int_equal(storage_put(fixture->faulty, "e", "1", 1), ERR_UNAVAILABLE);
	assert_non_null(strstr(err_message(), "e: "));
	assert_int_equal(storage_size(fixture->faulty, "a", &size), ERR_UNAVAILABLE);
	assert_int_equal(storage_size(fixture->faulty, "a", &size), 0);
	assert_int_equal(storage_faulty_calls(fixture->faulty), 4);
	AUTO_TEXT e = held(fixture, "e");
	assert_string_equal(e, "-");
}

static void a_put_is_lost_cut_or_late(void **state)
{
	struct fixture *fixture = *state;

	plan(fixture, FAULT_PUT, FAULT_LIE);
	assert_int_equal(storage_put(fixture->faulty, "lost", "1234", 4), 0);
	AUTO_TEXT lost = held(fixture, "lost");
	assert_string_equal(lost, "-");
	plan(fixture, FAULT_PUT, FAULT_CUT);
	assert_int_equal(storage_put(fixture->faulty, "cut", "1234", 4), 0);
	AUTO_TEXT cut = held(fixture, "cut");
	assert_string_equal(cut, "12");
	plan(fixture, FAULT_PUT, FAULT_LATE);
	assert_int_equal(storage_put(fixture->faulty, "late", "1234", 4), ERR_IO);
	AUTO_TEXT late = held(fixture, "late");
	assert_string_equal(late, "1234");
}

static void what_is_read_is_cut_or_another(void **state)
{
	struct fixture *fixture = *state;
	struct storage_range range = {2, 4};
	AUTO_BUF all = buf_init(100);
	char piece[4];
	uint64_t size;

	plan(fixture, FAULT_READ, FAULT_LIE);
	assert_int_equal(storage_read(fixture->faulty, "a", &range, piece), 0);
	assert_memory_equal(piece, "2355", 4);
	plan(fixture, FAULT_READ, FAULT_CUT);
	assert_int_equal(storage_read(fixture->faulty, "a", &range, piece), 0);
	assert_memory_equal(piece, "23\0\0", 4);
	plan(fixture, FAULT_READ, FAULT_CUT);
	assert_int_equal(storage_read_all(fixture->faulty, "a", &all), 0);
	assert_int_equal(all.size, 4);
	plan(fixture, FAULT_SIZE, FAULT_LIE);
	assert_int_equal(storage_size(fixture->faulty, "a", &size), 0);
	assert_int_equal(size, 9);
}

static int note(void *context, const struct storage_entry *entry)
{
	return buf_append_text(context, entry->name);
}

static void a_list_lacks_some(void **state)
{
	struct fixture *fixture = *state;
	AUTO_BUF names = buf_init(100);

	plan(fixture, FAULT_LIST, FAULT_LIE);
	assert_int_equal(storage_list(fixture->faulty, "", note, &names), 0);
	assert_string_equal(buf_text(&names), "ac");
	buf_clear(&names);
	plan(fixture, FAULT_LIST, FAULT_CUT);
	assert_int_equal(storage_list(fixture->faulty, "", note, &names), 0);
	assert_string_equal(buf_text(&names), "a");
}

static struct fault only_b(void *context, const struct fault_call *call)
{
	++*(int *)context;
	return (struct fault){text_equal(call->name, "b") ? FAULT_ERROR : FAULT_NONE};
}

static void a_function_decides(void **state)
{
	struct fixture *fixture = *state;
	int calls = 0;
	struct fault_plan decided = {.decide = only_b, .context = &calls};

	storage_faulty_plan(fixture->faulty, &decided);
	assert_int_equal(storage_remove(fixture->faulty, "a"), 0);
	assert_int_equal(storage_remove(fixture->faulty, "b"), ERR_IO);
	assert_int_equal(storage_remove(fixture->faulty, "c"), 0);
	assert_int_equal(calls, 3);
	AUTO_TEXT b = held(fixture, "b");
	assert_string_equal(b, "x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define WITH(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		WITH(the_nth_call_fails_and_those_behind_it),
		WITH(a_put_is_lost_cut_or_late),
		WITH(what_is_read_is_cut_or_another),
		WITH(a_list_lacks_some),
		WITH(a_function_decides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
