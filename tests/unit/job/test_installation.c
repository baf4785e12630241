/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <string.h>
#include <sys/stat.h>

#include "base/io.h"
#include "base/mem.h"
#include "crypto/secret.h"
#include "job/schema.h"

static int mode_of(const struct fixture *fixture, const char *name)
{
	AUTO_TEXT path = io_join(fixture->state, name);
	struct stat status;

	assert_int_equal(stat(path, &status), 0);
	return status.st_mode & 0777;
}

static void a_state_folder_is_for_its_owner_alone(void **state)
{
	const struct fixture *fixture = *state;

	assert_int_equal(mode_of(fixture, ""), 0700);
	assert_int_equal(mode_of(fixture, "garner.db"), 0600);
	assert_int_equal(mode_of(fixture, "state.key"), 0600);
	assert_int_equal(mode_of(fixture, "license"), 0700);
}

static void assert_comes_back(
	const struct installation *installation, const char *secret, size_t size)
{
	AUTO_TEXT sealed = NULL;
	AUTO_TEXT plain = NULL;
	size_t plain_size;

	assert_int_equal(installation_seal(installation, secret, size, &sealed), 0);
	assert_int_equal(strspn(sealed, "0123456789abcdef"), strlen(sealed));
	assert_int_equal(installation_unseal(installation, sealed, &plain, &plain_size), 0);
	assert_int_equal(plain_size, size);
	assert_memory_equal(plain, secret, size);
	assert_int_equal(plain[size], 0);
}

static void a_sealed_secret_comes_back_also_for_the_next_who_opens_the_folder(void **state)
{
	const struct fixture *fixture = *state;
	struct installation *other = fixture_open(fixture);
	AUTO_TEXT sealed = NULL;
	AUTO_TEXT plain = NULL;
	size_t size;

	assert_comes_back(fixture->installation, "secret", 6);
	assert_comes_back(fixture->installation, "", 0);
	assert_comes_back(fixture->installation, "a\0b", 3);
	assert_int_equal(installation_seal(fixture->installation, "mine", 4, &sealed), 0);
	assert_int_equal(installation_unseal(other, sealed, &plain, &size), 0);
	assert_string_equal(plain, "mine");
	installation_close(other);
}

static void what_is_no_sealed_secret_is_corrupt(void **state)
{
	const struct fixture *fixture = *state;
	AUTO_TEXT sealed = NULL;
	char *plain;
	size_t size;

	assert_int_equal(installation_seal(fixture->installation, "secret", 6, &sealed), 0);
	static const char *const bad[] = {"", "0", "00", "zz", "not hexadecimal at all"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(
			installation_unseal(fixture->installation, bad[i], &plain, &size),
			ERR_CORRUPT);
	AUTO_TEXT odd = mem_printf("%s0", sealed);
	assert_int_equal(
		installation_unseal(fixture->installation, odd, &plain, &size), ERR_CORRUPT);
	sealed[0] = sealed[0] == '0' ? '1' : '0';
	assert_int_equal(
		installation_unseal(fixture->installation, sealed, &plain, &size), ERR_CORRUPT);
	assert_non_null(strstr(err_message(), fixture->state));
}

static int open_again(struct fixture *fixture)
{
	installation_close(fixture->installation);
	fixture->installation = NULL;
	return installation_open(fixture->state, &fixture->installation);
}

static void a_damaged_state_folder_says_which_file(void **state)
{
	struct fixture *fixture = *state;
	AUTO_TEXT key = io_join(fixture->state, "state.key");
	AUTO_TEXT database = io_join(fixture->state, "garner.db");
	AUTO_BUF kept = buf_init(100);

	assert_int_equal(io_read_file(key, &kept), 0);
	assert_int_equal(io_write_file(key, "short", 5, 0600), 0);
	assert_int_equal(open_again(fixture), ERR_CORRUPT);
	assert_null(fixture->installation);
	assert_non_null(strstr(err_message(), "state.key"));
	assert_int_equal(io_write_file(key, kept.data, kept.size, 0600), 0);
	assert_int_equal(io_write_file(database, "this is no database", 19, 0600), 0);
	assert_int_equal(open_again(fixture), ERR_CORRUPT);
	assert_non_null(strstr(err_message(), "garner.db"));
}

static void a_folder_of_a_newer_program_is_refused(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(db_run(fixture->installation->db,
				 "INSERT INTO schema_version VALUES (1000)", ""),
		0);
	assert_int_equal(open_again(fixture), ERR_INVALID);
	assert_non_null(strstr(err_message(), "newer"));
}

static void a_path_that_can_be_no_folder_is_told(void **state)
{
	const struct fixture *fixture = *state;
	AUTO_TEXT file = io_join(fixture->source, "file");
	AUTO_TEXT below = io_join(file, "state");
	struct installation *none;

	fixture_put(fixture, "file", "");
	assert_int_equal(installation_open(below, &none), ERR_IO);
	assert_null(none);
	installation_close(NULL);
}

static void a_name_is_a_short_line_of_text(void **state)
{
	(void)state;
	static const char *const good[] = {"a", "Nightly backup", "ä€😀", "..", "a.b-c_d", "%"};
	static const char *const bad[] = {"", "a/b", "a:b", "a\nb", "\t", "\x7f", "\xc3",
		"a\xff", "\xc2\x85" /* a control character of Latin 1 */};
	AUTO_TEXT longest = mem_alloc(102);

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		assert_int_equal(installation_check_name("job", good[i]), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(installation_check_name("job", bad[i]), ERR_INVALID);
	memset(longest, 'x', 100);
	assert_int_equal(installation_check_name("job", longest), 0);
	longest[100] = 'x';
	assert_int_equal(installation_check_name("job", longest), ERR_INVALID);
	assert_non_null(strstr(err_message(), "job"));
}

/* Of two mailboxes of one user, and of another's: as it stood before objects could be shared.
 */
static void D9_what_was_needed_is_kept_when_the_tables_change(void **state)
{
	static const char *const rows[] = {
		"INSERT INTO connection VALUES ('c', 'm365', '{}', NULL, 1)",
		"INSERT INTO storage VALUES ('s', '/s', '', 1)",
		"INSERT INTO job VALUES (1, 'j', 'c', 's', 'all', 'name', '', 0, 1)",
		"INSERT INTO subject VALUES ('aa', 'ada', 1), ('bb', 'bob', 1)",
		"INSERT INTO need VALUES (1, 'mailbox', 'ada', 'aa', 'B1')",
		"INSERT INTO need VALUES (1, 'shared_mailbox', 'info', 'aa', 'B4')",
		"INSERT INTO need VALUES (1, 'mailbox', 'bob', 'bb', 'B1')",
	};
	const struct fixture *fixture = *state;
	static const int numbers[] = {3, 2, 1, 3, 2};
	AUTO_TEXT path = io_join(fixture->folder, "before.db");
	AUTO_ROWS found = NULL;
	struct db *db;

	assert_int_equal(db_open(path, &db), 0);
	assert_int_equal(db_migrate(db, schema_scripts, 1), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(db_run(db, rows[i], ""), 0);
	assert_int_equal(db_migrate(db, schema_scripts, schema_script_count), 0);
	assert_int_equal(db_one(db, &found,
				 "SELECT count(*), count(DISTINCT subject), sum(rule = 'B4'), "
				 "sum(via = '[\"owner\"]'), (SELECT count(*) FROM need_set), "
				 "(SELECT name FROM subject WHERE id = 'aa') FROM need",
				 ""),
		1);
	for (int column = 0; column < 5; column++)
		assert_int_equal(db_int(found, column), numbers[column]);
	assert_string_equal(db_text(found, 5), "ada");
	db_end(found);
	found = NULL;
	db_close(db);
}

#define IN_FOLDER(test)                                                                        \
	cmocka_unit_test_setup_teardown(test, fixture_setup_empty, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(a_state_folder_is_for_its_owner_alone),
		IN_FOLDER(a_sealed_secret_comes_back_also_for_the_next_who_opens_the_folder),
		IN_FOLDER(what_is_no_sealed_secret_is_corrupt),
		IN_FOLDER(a_damaged_state_folder_says_which_file),
		IN_FOLDER(a_folder_of_a_newer_program_is_refused),
		IN_FOLDER(a_path_that_can_be_no_folder_is_told),
		IN_FOLDER(D9_what_was_needed_is_kept_when_the_tables_change),
		cmocka_unit_test(a_name_is_a_short_line_of_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
