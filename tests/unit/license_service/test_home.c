/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sys/stat.h>

#include "base/io.h"
#include "base/mem.h"
#include "license/keyset.h"
#include "world.h"

static mode_t mode_of(const struct home *home, const char *name)
{
	struct stat about;
	AUTO_TEXT path = home_path(home, name);

	assert_int_equal(stat(path, &about), 0);
	return about.st_mode & 07777;
}

static void the_first_start_makes_what_is_needed_and_the_next_finds_it(void **state)
{
	(void)state;
	struct world world;
	struct home *again;
	AUTO_BUF root = buf_init(100);
	uint8_t public[SIGN_PUBLIC_SIZE];

	world_open(&world);
	assert_int_equal(mode_of(world.home, "root.key"), 0600);
	assert_int_equal(mode_of(world.home, "service.key"), 0600);
	if (!world.database.is_postgres)
		assert_int_equal(mode_of(world.home, "licensing.db"), 0600);
	AUTO_TEXT path = home_path(world.home, "root.pub");
	assert_int_equal(io_read_file(path, &root), 0);
	assert_int_equal(keyset_root_read(buf_text(&root), public), 0);
	assert_memory_equal(public, world.home->root.public, sizeof(public));

	assert_int_equal(home_open(world.folder, NULL, &again), 0);
	assert_memory_equal(&again->root, &world.home->root, sizeof(again->root));
	assert_memory_equal(again->pepper, world.home->pepper, sizeof(again->pepper));
	assert_memory_not_equal(again->pepper, again->seal, sizeof(again->pepper));
	home_close(again);
	world_close(&world);
}

static void another_database_can_be_named(void **state)
{
	(void)state;
	struct world world;
	struct home *home;

	world_open(&world);
	AUTO_TEXT url = mem_printf("sqlite:%s/other.db", world.folder);
	assert_int_equal(home_open(world.folder, url, &home), 0);
	assert_string_equal(home->database, url + strlen("sqlite:"));
	home_close(home);
	assert_int_equal(home_open(world.folder, "postgresql://x/y", &home), 0);
	assert_string_equal(home->database, "postgresql://x/y");
	home_close(home);
	assert_int_equal(home_open(world.folder, "mysql://x/y", &home), ERR_INVALID);
	assert_null(home);
	assert_int_equal(home_open(world.folder, "sqlite:", &home), ERR_INVALID);
	world_close(&world);
}

static int open_with(const struct world *world, const char *name, const char *text)
{
	struct home *home;
	AUTO_TEXT path = home_path(world->home, name);

	assert_int_equal(io_write_file(path, text, strlen(text), 0600), 0);
	int r = home_open(world->folder, NULL, &home);
	home_close(home);
	return r;
}

static int open_with_mail(const struct world *world, const char *server)
{
	AUTO_TEXT text = mem_printf("{ \"server\": \"%s\", \"from\": \"shop@vendor.example\", "
				    "\"tls\": false }",
		server);

	return open_with(world, "mail.json", text);
}

static void mail_without_tls_goes_to_this_machine_only(void **state)
{
	(void)state;
	struct world world;

	world_open(&world);
	assert_int_equal(open_with_mail(&world, "smtp://127.0.0.1:2525"), 0);
	assert_int_equal(open_with_mail(&world, "smtp://localhost:25"), 0);
	assert_int_equal(open_with_mail(&world, "smtp://[::1]:25"), 0);
	assert_int_equal(open_with_mail(&world, "smtp://mail.example:25"), ERR_INVALID);
	assert_int_equal(
		open_with_mail(&world, "smtp://localhost:x@mail.example:25"), ERR_INVALID);
	assert_int_equal(
		open_with_mail(&world, "smtp://127.0.0.1:@[2001:db8::1]"), ERR_INVALID);
	assert_int_equal(open_with_mail(&world, "smtp://localhost.example:25"), ERR_INVALID);
	assert_non_null(strstr(err_message(), "this machine only"));
	world_close(&world);
}

static int open_with_link(const struct world *world, const char *url)
{
	AUTO_TEXT text =
		mem_printf("{ \"webhook\": { \"text\": \"by card\", \"url\": \"%s\" } }", url);

	return open_with(world, "payment.json", text);
}

static void a_link_for_payment_is_https_where_it_leads_elsewhere(void **state)
{
	(void)state;
	struct world world;

	world_open(&world);
	assert_int_equal(open_with_link(&world, "https://pay.example/?o={order}"), 0);
	assert_int_equal(open_with_link(&world, "http://127.0.0.1:8080/?o={order}"), 0);
	assert_int_equal(open_with_link(&world, "http://pay.example/"), ERR_INVALID);
	assert_int_equal(open_with_link(&world, "http://127.0.0.1.example/"), ERR_INVALID);
	assert_int_equal(
		open_with_link(&world, "http://127.0.0.1:1@pay.example/"), ERR_INVALID);
	assert_non_null(strstr(err_message(), "https://"));
	world_close(&world);
}

static void a_database_out_of_reach_is_told_without_its_password(void **state)
{
	(void)state;
	struct world world;
	struct home *home;
	struct store *store;

	world_open(&world);
	assert_int_equal(
		home_open(world.folder, "postgresql://user:hush@127.0.0.1:1/x", &home), 0);
	assert_int_equal(store_open(home, &store), ERR_NETWORK);
	assert_null(store);
	assert_non_null(strstr(err_message(), "user@127.0.0.1:1/x"));
	assert_null(strstr(err_message(), "hush"));
	home_close(home);
	world_close(&world);
}

static void G2_a_price_list_that_makes_no_sense_is_told_with_its_place(void **state)
{
	(void)state;
	static const char *const wrong[] = {
		"{}",
		"{\"currency\":\"EUR\",\"steps\":[]}",
		"{\"currency\":\"EURO\",\"steps\":[{\"from\":1,\"amount\":1}]}",
		"{\"currency\":\"EUR\",\"steps\":[{\"from\":2,\"amount\":1}]}",
		"{\"currency\":\"EUR\",\"steps\":[{\"from\":1,\"amount\":-1}]}",
		("{\"currency\":\"EUR\",\"steps\":[{\"from\":1,\"amount\":1},"
		 "{\"from\":1,\"amount\":1}]}"),
		"no json",
	};
	struct world world;
	struct home *home;

	world_open(&world);
	AUTO_TEXT path = home_path(world.home, "prices.json");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(io_write_file(path, wrong[i], strlen(wrong[i]), 0644), 0);
		assert_int_equal(home_open(world.folder, NULL, &home), ERR_INVALID);
		assert_non_null(strstr(err_message(), "prices.json"));
	}
	world_close(&world);
}

static void a_damaged_root_key_is_told(void **state)
{
	(void)state;
	struct world world;
	struct home *home;

	world_open(&world);
	AUTO_TEXT path = home_path(world.home, "root.key");
	assert_int_equal(io_write_file(path, "AAAA\n", 5, 0600), 0);
	assert_int_equal(home_open(world.folder, NULL, &home), ERR_CORRUPT);
	assert_non_null(strstr(err_message(), "root.key"));
	world_close(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_start_makes_what_is_needed_and_the_next_finds_it),
		cmocka_unit_test(another_database_can_be_named),
		cmocka_unit_test(mail_without_tls_goes_to_this_machine_only),
		cmocka_unit_test(a_link_for_payment_is_https_where_it_leads_elsewhere),
		cmocka_unit_test(a_database_out_of_reach_is_told_without_its_password),
		cmocka_unit_test(G2_a_price_list_that_makes_no_sense_is_told_with_its_place),
		cmocka_unit_test(a_damaged_root_key_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
