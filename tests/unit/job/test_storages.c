/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/io.h"
#include "base/mem.h"
#include "job/storages.h"
#include "repo/keys.h"

static int add(
	const struct fixture *fixture, const char *name, const char *path, const char *password)
{
	AUTO_JSON result = NULL;
	const struct storage_new storage = {.name = name, .path = path, .password = password};
	int r = storages_add(fixture->installation, &storage, &result);

	assert_true((result != NULL) == (r == 0));
	return r;
}

static int open_store(const struct installation *installation, const char *name)
{
	struct repo *repo = NULL;
	struct installation copy = *installation;
	int r = storages_open(&copy, name, &repo);

	assert_true((repo != NULL) == (r == 0));
	repo_close(repo);
	return r;
}

static void without_a_password_a_key_file_is_made_for_the_owner_alone(void **state)
{
	const struct fixture *fixture = *state;
	AUTO_JSON result = NULL;
	struct stat status;
	struct repo *repo;

	assert_int_equal(
		storages_add(fixture->installation,
			&(struct storage_new){.name = "disk", .path = fixture->place}, &result),
		0);
	assert_true(json_get_bool(result, "created", false));
	assert_string_equal(json_get_text(result, "path"), fixture->place);
	const char *key_file = json_get_text(result, "key_file");
	assert_int_equal(stat(key_file, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	assert_int_equal(open_store(fixture->installation, "disk"), 0);
	/* The key file opens it without any state. */
	const struct repo_secret secret = {.key_file = key_file};
	assert_int_equal(repo_open(storage_open_folder(fixture->place), &secret, &repo), 0);
	repo_close(repo);
}

static void a_repository_that_is_there_is_opened_with_its_own_password_alone(void **state)
{
	const struct fixture *fixture = *state;
	AUTO_JSON result = NULL;

	assert_int_equal(add(fixture, "disk", fixture->place, "open sesame"), 0);
	assert_int_equal(add(fixture, "wrong", fixture->place, "open barley"), ERR_PASSWORD);
	assert_int_equal(add(fixture, "none", fixture->place, NULL), ERR_PASSWORD);
	assert_int_equal(open_store(fixture->installation, "wrong"), ERR_NOTFOUND);
	assert_int_equal(storages_add(fixture->installation,
				 &(struct storage_new){.name = "again",
					 .path = fixture->place,
					 .password = "open sesame"},
				 &result),
		0);
	assert_false(json_get_bool(result, "created", true));
	assert_null(json_get_text(result, "key_file"));
	assert_int_equal(open_store(fixture->installation, "again"), 0);
}

static void a_place_with_other_files_in_it_is_left_alone(void **state)
{
	const struct fixture *fixture = *state;

	fixture_put(fixture, "mine.txt", "mine");
	assert_int_equal(add(fixture, "disk", fixture->source, NULL), ERR_EXISTS);
	assert_int_equal(fixture_count_files(fixture->source), 1);
	assert_int_equal(open_store(fixture->installation, "disk"), ERR_NOTFOUND);
}

static void names_are_checked_and_taken_once(void **state)
{
	const struct fixture *fixture = *state;
	AUTO_TEXT other = io_join(fixture->folder, "other");
	AUTO_JSON list = NULL;

	assert_int_equal(add(fixture, "b", fixture->place, NULL), 0);
	assert_int_equal(add(fixture, "b", other, NULL), ERR_EXISTS);
	assert_false(io_exists(other));
	assert_int_equal(add(fixture, "a/b", other, NULL), ERR_INVALID);
	assert_int_equal(add(fixture, "..", other, NULL), 0);
	assert_int_equal(storages_list(fixture->installation, &list), 0);
	const struct json *storages = json_get(list, "storages");
	assert_int_equal(json_count(storages), 2);
	assert_string_equal(json_get_text(json_at(storages, 0), "name"), "..");
	assert_string_equal(json_get_text(json_at(storages, 0), "path"), other);
	assert_string_equal(json_get_text(json_at(storages, 1), "name"), "b");
}

static void the_only_storage_need_not_be_named(void **state)
{
	const struct fixture *fixture = *state;
	AUTO_TEXT other = io_join(fixture->folder, "other");

	assert_int_equal(open_store(fixture->installation, NULL), ERR_NOREPO);
	assert_non_null(strstr(err_message(), "garner storage add"));
	assert_int_equal(add(fixture, "disk", fixture->place, NULL), 0);
	assert_int_equal(open_store(fixture->installation, NULL), 0);
	assert_int_equal(add(fixture, "second", other, NULL), 0);
	assert_int_equal(open_store(fixture->installation, NULL), ERR_INVALID);
	assert_non_null(strstr(err_message(), "--storage NAME"));
	assert_int_equal(open_store(fixture->installation, "second"), 0);
}

static void a_repository_that_went_away_is_told(void **state)
{
	const struct fixture *fixture = *state;
	AUTO_TEXT away = io_join(fixture->folder, "away");

	assert_int_equal(add(fixture, "disk", fixture->place, NULL), 0);
	assert_int_equal(rename(fixture->place, away), 0);
	assert_int_equal(open_store(fixture->installation, "disk"), ERR_NOREPO);
	assert_non_null(strstr(err_message(), "storage disk"));
}

static void a_master_key_that_was_tampered_with_opens_nothing(void **state)
{
	const struct fixture *fixture = *state;

	assert_int_equal(add(fixture, "disk", fixture->place, NULL), 0);
	assert_int_equal(db_run(fixture->installation->db, "UPDATE storage SET master_key = ?1",
				 "s", "00"),
		0);
	assert_int_equal(open_store(fixture->installation, "disk"), ERR_CORRUPT);
	AUTO_TEXT sealed = NULL;
	assert_int_equal(installation_seal(fixture->installation, "short", 5, &sealed), 0);
	assert_int_equal(db_run(fixture->installation->db, "UPDATE storage SET master_key = ?1",
				 "s", sealed),
		0);
	assert_int_equal(open_store(fixture->installation, "disk"), ERR_CORRUPT);
}

static void a_storage_in_use_stays_and_a_removed_one_leaves_its_repository(void **state)
{
	const struct fixture *fixture = *state;

	fixture_add_job(fixture, "all");
	assert_int_equal(storages_remove(fixture->installation, "disk"), ERR_INVALID);
	assert_non_null(strstr(err_message(), "nightly"));
	assert_int_equal(job_remove(fixture->installation, "nightly"), 0);
	assert_int_equal(storages_remove(fixture->installation, "disk"), 0);
	assert_int_equal(storages_remove(fixture->installation, "disk"), ERR_NOTFOUND);
	/* Its key file stays too: what is stored there can still be opened. */
	AUTO_JSON result = NULL;
	assert_int_equal(
		storages_add(fixture->installation,
			&(struct storage_new){.name = "disk", .path = fixture->place}, &result),
		0);
	assert_false(json_get_bool(result, "created", true));
}

static void a_put_only_storage_is_opened_again_by_the_keys_of_a_writer(void **state)
{
	const struct fixture *fixture = *state;
	AUTO_TEXT file = io_join(fixture->installation->folder, "writer");
	AUTO_JSON result = NULL;
	AUTO_JSON none = NULL;
	struct repo *repo = NULL;

	assert_int_equal(storages_open(fixture->installation, "disk", &repo), 0);
	assert_true(repo_keys(repo)->can_read);
	assert_int_equal(keys_export_writer(repo_keys(repo), file), 0);
	repo_close(repo);
	assert_int_equal(
		storages_add(fixture->installation,
			&(struct storage_new){
				.name = "put", .path = fixture->place, .writer_file = file},
			&result),
		0);
	assert_false(json_get_bool(result, "created", true));
	assert_int_equal(storages_open(fixture->installation, "put", &repo), 0);
	assert_false(repo_keys(repo)->can_read);
	repo_close(repo);
	assert_int_equal(
		storages_add(fixture->installation,
			&(struct storage_new){
				.name = "put", .path = fixture->place, .writer_file = file},
			&none),
		ERR_EXISTS);
	assert_int_equal(
		storages_add(fixture->installation,
			&(struct storage_new){
				.name = "other", .path = fixture->folder, .writer_file = file},
			&none),
		ERR_NOREPO);
}

#define EMPTY(test) cmocka_unit_test_setup_teardown(test, fixture_setup_empty, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		EMPTY(without_a_password_a_key_file_is_made_for_the_owner_alone),
		EMPTY(a_repository_that_is_there_is_opened_with_its_own_password_alone),
		EMPTY(a_place_with_other_files_in_it_is_left_alone),
		EMPTY(names_are_checked_and_taken_once),
		EMPTY(the_only_storage_need_not_be_named),
		EMPTY(a_repository_that_went_away_is_told),
		EMPTY(a_master_key_that_was_tampered_with_opens_nothing),
		cmocka_unit_test_setup_teardown(
			a_storage_in_use_stays_and_a_removed_one_leaves_its_repository,
			fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
			a_put_only_storage_is_opened_again_by_the_keys_of_a_writer,
			fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
