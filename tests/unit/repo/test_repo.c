/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "base/io.h"
#include "base/text.h"

static void nothing_there_is_norepo_and_says_what_to_do(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_new();
	struct repo_secret secret = fixture_secret(fixture);
	struct repo *repo = NULL;

	assert_int_equal(
		repo_open(storage_open_folder(fixture->place), &secret, &repo), ERR_NOREPO);
	assert_non_null(strstr(err_message(), "make one"));
	fixture_free(fixture);
}

static void another_secret_is_refused(void **state)
{
	struct fixture *fixture = *state;
	AUTO_TEXT other = io_join(fixture->folder, "other");
	struct repo_secret secret = {.key_file = other};
	struct repo *repo = NULL;

	assert_int_equal(io_write_file(other, "0123456789abcdef0123456789abcdef", 32, 0600), 0);
	assert_int_equal(
		repo_open(storage_open_folder(fixture->place), &secret, &repo), ERR_PASSWORD);
	assert_non_null(strstr(err_message(), "wrong password or key file for the repository"));
	secret = (struct repo_secret){.password = "a guess"};
	assert_int_equal(
		repo_open(storage_open_folder(fixture->place), &secret, &repo), ERR_PASSWORD);
	assert_non_null(strstr(err_message(), "not opened by a password"));
}

static void password_opens_and_a_wrong_one_does_not(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_new();
	struct repo_secret secret = {.password = "correct horse"};
	struct repo_secret wrong = {.password = "correct house"};

	assert_int_equal(fixture_create(fixture->place, &secret, &fixture->repo), 0);
	fixture_close(fixture);
	assert_int_equal(repo_open(storage_open_folder(fixture->place), &wrong, &fixture->repo),
		ERR_PASSWORD);
	assert_int_equal(
		repo_open(storage_open_folder(fixture->place), &secret, &fixture->repo), 0);
	fixture_free(fixture);
}

static void master_key_opens_and_another_does_not(void **state)
{
	struct fixture *fixture = *state;
	uint8_t key[REPO_KEY_SIZE];
	struct repo_secret secret = {.master_key = key};
	struct repo *repo = NULL;

	repo_master_key(fixture->repo, key);
	assert_int_equal(repo_open(storage_open_folder(fixture->place), &secret, &repo), 0);
	repo_close(repo);
	key[7] ^= 1;
	assert_int_equal(
		repo_open(storage_open_folder(fixture->place), &secret, &repo), ERR_PASSWORD);
}

static void short_key_file_is_refused(void **state)
{
	(void)state;
	struct fixture *fixture = fixture_new();
	struct repo_secret secret = fixture_secret(fixture);

	assert_int_equal(io_write_file(fixture->key_file, "short", 5, 0600), 0);
	assert_int_equal(fixture_create(fixture->place, &secret, &fixture->repo), ERR_INVALID);
	assert_non_null(strstr(err_message(), "32 random bytes"));
	fixture_free(fixture);
}

static void create_wants_a_folder_of_its_own(void **state)
{
	struct fixture *fixture = *state;
	struct repo_secret secret = fixture_secret(fixture);
	struct repo *repo = NULL;

	assert_int_equal(fixture_create(fixture->place, &secret, &repo), ERR_EXISTS);
	assert_non_null(strstr(err_message(), "repository"));
	assert_int_equal(fixture_create(fixture->folder, &secret, &repo), ERR_EXISTS);
	assert_non_null(strstr(err_message(), "other files"));
}

static void create_goes_on_where_one_was_broken_off(void **state)
{
	struct fixture *fixture = *state;
	AUTO_TEXT config = io_join(fixture->place, "config");
	struct repo_secret secret = fixture_secret(fixture);

	fixture_close(fixture);
	assert_int_equal(io_remove(config), 0);
	assert_int_equal(fixture_create(fixture->place, &secret, &fixture->repo), 0);
	fixture_reopen(fixture);
}

static void later_version_is_named_as_such(void **state)
{
	struct fixture *fixture = *state;
	AUTO_TEXT config = io_join(fixture->place, "config");
	struct repo_secret secret = fixture_secret(fixture);
	AUTO_TEXT copy = io_join(fixture->place, "config.copy");
	static const char text[] = "garner repository\nversion 3\nid whatever\n";

	fixture_close(fixture);
	assert_int_equal(io_write_file(config, text, strlen(text), 0600), 0);
	assert_int_equal(io_write_file(copy, text, strlen(text), 0600), 0);
	assert_int_equal(
		repo_open(storage_open_folder(fixture->place), &secret, &fixture->repo),
		ERR_NOREPO);
	assert_non_null(strstr(err_message(), "another version"));
}

static void refresh_sees_what_another_has_written(void **state)
{
	struct fixture *fixture = *state;
	struct repo_secret secret = fixture_secret(fixture);
	struct repo *reader = NULL;

	assert_int_equal(repo_open(storage_open_folder(fixture->place), &secret, &reader), 0);
	struct repo_content content = fixture_put_text(fixture->writer, "of another process");
	assert_int_equal(repo_writer_commit(fixture->writer), 0);
	assert_false(repo_has(reader, &content));
	assert_int_equal(repo_refresh(reader), 0);
	fixture_assert_content(reader, &content, "of another process", 18);
	repo_close(reader);
}

static void two_writers_at_once_disturb_each_other_in_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct repo_secret secret = fixture_secret(fixture);
	struct repo *other = NULL;
	struct repo_writer *second = NULL;
	char id[SNAPSHOT_ID_TEXT];
	static const struct fixture_item one[] = {{"a", "both"}, {"b", "first"}};
	static const struct fixture_item two[] = {{"a", "both"}, {"b", "second"}};

	assert_int_equal(repo_open(storage_open_folder(fixture->place), &secret, &other), 0);
	assert_int_equal(repo_writer_open(other, &second), 0);
	struct fixture_tree first_tree = fixture_object(fixture->writer, NULL, one, 2);
	struct fixture_tree second_tree = fixture_object(second, NULL, two, 2);
	assert_int_equal(fixture_snapshot(fixture->writer, first_tree.id, 1, id), 0);
	assert_int_equal(fixture_snapshot(second, second_tree.id, 2, id), 0);
	repo_writer_close(second);
	repo_close(other);

	fixture_reopen(fixture);
	assert_true(repo_has_tree(fixture->repo, first_tree.id));
	assert_true(repo_has_tree(fixture->repo, second_tree.id));
}

static void stats_count_what_is_there(void **state)
{
	struct fixture *fixture = *state;
	static const struct fixture_item items[] = {{"a", "one"}, {"b", "two"}};
	struct fixture_tree tree = fixture_object(fixture->writer, NULL, items, 2);
	struct repo_stats stats;
	char id[SNAPSHOT_ID_TEXT];

	assert_int_equal(fixture_snapshot(fixture->writer, tree.id, 1, id), 0);
	assert_int_equal(repo_stats(fixture->repo, &stats), 0);
	assert_int_equal(stats.packs, 1);
	assert_int_equal(stats.chunks, 4); /* two items, their list, the tree */
	assert_int_equal(stats.snapshots, 1);
	assert_true(stats.stored_bytes > 500 && stats.stored_bytes < 4000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_there_is_norepo_and_says_what_to_do),
		cmocka_unit_test_setup_teardown(
			another_secret_is_refused, fixture_setup, fixture_teardown),
		cmocka_unit_test(password_opens_and_a_wrong_one_does_not),
		cmocka_unit_test_setup_teardown(
			master_key_opens_and_another_does_not, fixture_setup, fixture_teardown),
		cmocka_unit_test(short_key_file_is_refused),
		cmocka_unit_test_setup_teardown(
			create_wants_a_folder_of_its_own, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(create_goes_on_where_one_was_broken_off,
			fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
			later_version_is_named_as_such, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
			refresh_sees_what_another_has_written, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
			two_writers_at_once_disturb_each_other_in_nothing, fixture_setup,
			fixture_teardown),
		cmocka_unit_test_setup_teardown(
			stats_count_what_is_there, fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
