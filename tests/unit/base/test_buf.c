/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_all.h"

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

static void append_keeps_what_was_there(void **state)
{
	(void)state;
	AUTO_BUF buf = buf_init(1024);

	assert_int_equal(buf_append(&buf, "abc", 3), 0);
	assert_int_equal(buf_printf(&buf, "%d", 42), 0);
	assert_string_equal(buf_text(&buf), "abc42");
	assert_int_equal(buf.size, 5);
}

static void the_ceiling_is_reached_and_not_passed(void **state)
{
	(void)state;
	unsigned char block[100] = {7};
	AUTO_BUF buf = buf_init(1000);

	for (int i = 0; i < 10; i++)
		assert_int_equal(buf_append(&buf, block, sizeof(block)), 0);
	assert_int_equal(buf_append(&buf, block, 1), ERR_LIMIT);
	assert_string_equal(err_message(), "more than 1000 bytes");
	assert_int_equal(buf.size, 1000);
	assert_int_equal(buf_append(&buf, NULL, 0), 0);
	assert_null(buf_text(&buf));
}

static void a_length_near_the_top_of_size_t_does_not_wrap(void **state)
{
	(void)state;
	AUTO_BUF buf = buf_init(SIZE_MAX / 4);

	assert_int_equal(buf_append(&buf, "x", 1), 0);
	assert_int_equal(buf_append(&buf, "x", SIZE_MAX), ERR_LIMIT);
	assert_int_equal(buf.size, 1);
}

static void steal_hands_over_and_empties(void **state)
{
	(void)state;
	AUTO_BUF buf = buf_init(10);
	size_t size;

	assert_int_equal(buf_append(&buf, "xy", 2), 0);
	unsigned char *data = buf_steal(&buf, &size);
	assert_int_equal(size, 2);
	assert_memory_equal(data, "xy", 2);
	assert_null(buf.data);
	mem_free(data);
}

static void integers_come_back_and_a_short_rest_is_corrupt(void **state)
{
	(void)state;
	AUTO_BUF buf = buf_init(100);
	uint16_t two;
	uint32_t four;
	uint64_t eight;

	assert_int_equal(buf_put_u16(&buf, 0xfedc), 0);
	assert_int_equal(buf_put_u32(&buf, 0xfedcba98), 0);
	assert_int_equal(buf_put_u64(&buf, UINT64_MAX - 1), 0);
	assert_int_equal(buf.data[0], 0xdc);
	struct reader reader = {buf.data, buf.size - 1};
	assert_int_equal(reader_u16(&reader, &two), 0);
	assert_int_equal(reader_u32(&reader, &four), 0);
	assert_int_equal(two, 0xfedc);
	assert_int_equal(four, 0xfedcba98);
	assert_int_equal(reader_u64(&reader, &eight), ERR_CORRUPT);
	reader.size++;
	assert_int_equal(reader_u64(&reader, &eight), 0);
	assert_true(eight == UINT64_MAX - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(append_keeps_what_was_there),
		cmocka_unit_test(the_ceiling_is_reached_and_not_passed),
		cmocka_unit_test(a_length_near_the_top_of_size_t_does_not_wrap),
		cmocka_unit_test(steal_hands_over_and_empties),
		cmocka_unit_test(integers_come_back_and_a_short_rest_is_corrupt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
