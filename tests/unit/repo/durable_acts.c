/* SPDX-License-Identifier: Apache-2.0 */
#include "durable.h"

#include "repo/check.h"
#include "repo/history.h"
#include "repo/prune.h"
#include "repo/repair.h"

static int sync_nothing(int fd)
{
	(void)fd;
	return 0;
}

const struct io_calls durable_hasty = {.fdatasync = sync_nothing, .fsync = sync_nothing};

static int open_on(
	const struct durable_world *world, struct storage *storage, struct repo **out)
{
	struct repo_secret secret = fixture_secret(world->fixture);

	return repo_open(storage, &secret, out);
}

void durable_make(struct durable_world *world, struct storage *storage)
{
	struct repo_secret secret = fixture_secret(world->fixture);
	const struct repo_options options = repo_options_default();
	char id[SNAPSHOT_ID_TEXT];
	struct repo *repo = NULL;

	assert_int_equal(repo_create(storage, &secret, &options, &repo), 0);
	assert_int_equal(durable_back_up(repo, NULL, 1, world->tree, world->first), 0);
	assert_int_equal(durable_back_up(repo, world->tree, 2, world->tree, id), 0);
	repo_close(repo);
}

int durable_act_create(const struct durable_world *world, struct storage *storage)
{
	struct repo_secret secret = fixture_secret(world->fixture);
	const struct repo_options options = repo_options_default();
	struct repo *repo = NULL;
	int r = repo_create(storage, &secret, &options, &repo);

	repo_close(repo);
	return r;
}

int durable_act_back_up(const struct durable_world *world, struct storage *storage)
{
	uint8_t tree[REPO_ID_SIZE];
	char id[SNAPSHOT_ID_TEXT];
	struct repo *repo = NULL;
	int r = open_on(world, storage, &repo);

	if (r == 0)
		r = durable_back_up(repo, world->tree, 3, tree, id);
	repo_close(repo);
	return r;
}

int durable_act_read(const struct durable_world *world, struct storage *storage)
{
	struct repo *repo = NULL;
	size_t count;
	int r = open_on(world, storage, &repo);

	if (r == 0)
		r = durable_read_all(repo, NULL, 0, &count);
	repo_close(repo);
	return r;
}

struct faults {
	size_t count;
	char *first;
};

static void count_fault(void *context, const struct check_fault *fault)
{
	struct faults *faults = context;

	assert_true(strlen(fault->text) > 10);
	faults->count++;
	if (!faults->first)
		faults->first = mem_strdup(fault->text);
}

/* A fault that was found is as good as an error. */
int durable_act_check(const struct durable_world *world, struct storage *storage)
{
	struct faults faults = {0};
	struct check_options options = {
		.data_percent = 100, .turn = -1, .fault = count_fault, .context = &faults};
	struct check_result result;
	struct repo *repo = NULL;
	int r = open_on(world, storage, &repo);

	if (r == 0)
		r = repo_check(repo, &options, &result);
	if (r == 0)
		assert_int_equal(result.faults, faults.count);
	repo_close(repo);
	if (r == 0 && faults.count > 0)
		r = err_set(ERR_CORRUPT, "%s", faults.first);
	mem_free(faults.first);
	return r;
}

int durable_act_forget(const struct durable_world *world, struct storage *storage)
{
	char ids[1][SNAPSHOT_ID_TEXT];
	struct repo *repo = NULL;
	int r = open_on(world, storage, &repo);

	memcpy(ids[0], world->first, SNAPSHOT_ID_TEXT);
	if (r == 0)
		r = repo_forget(repo, (const char(*)[SNAPSHOT_ID_TEXT])ids, 1);
	repo_close(repo);
	return r;
}

int durable_act_prune(const struct durable_world *world, struct storage *storage)
{
	const struct prune_options how = {0};
	struct prune_result result = {0};
	char ids[1][SNAPSHOT_ID_TEXT];
	struct repo *repo = NULL;
	int r = open_on(world, storage, &repo);

	memcpy(ids[0], world->first, SNAPSHOT_ID_TEXT);
	if (r == 0)
		r = repo_forget(repo, (const char(*)[SNAPSHOT_ID_TEXT])ids, 1);
	if (r == 0 || (r == ERR_NOTFOUND && repo))
		r = repo_prune(repo, &how, &result);
	prune_result_free(&result);
	repo_close(repo);
	return r;
}

int durable_act_repair(const struct durable_world *world, struct storage *storage)
{
	struct repo_secret secret = fixture_secret(world->fixture);
	const struct repo_options options = repo_options_default();
	struct repair_options how = {0};
	struct repair_result result;
	struct repo *repo = NULL;
	int r = repo_open_damaged(storage, &secret, &repo);

	if (r == 0) {
		repo_use_options(repo, &options);
		r = repo_repair(repo, &how, &result);
	}
	repo_close(repo);
	return r;
}

static int take_first(void *context, const struct storage_entry *entry)
{
	char **name = context;

	*name = mem_strdup(entry->name);
	return 1;
}

void durable_damage(struct storage *storage)
{
	AUTO_TEXT index = NULL;
	AUTO_TEXT pack = NULL;
	AUTO_BUF bytes = buf_init(64 << 20);

	assert_int_equal(storage_list(storage, "index", take_first, &index), 1);
	assert_int_equal(storage_remove(storage, index), 0);
	assert_int_equal(storage_list(storage, "packs", take_first, &pack), 1);
	assert_int_equal(storage_read_all(storage, pack, &bytes), 0);
	bytes.data[bytes.size / 3] ^= 4;
	assert_int_equal(storage_replace(storage, pack, bytes.data, bytes.size), 0);
	storage_close(storage);
}

static int remove_object(void *context, const struct storage_entry *entry)
{
	return storage_remove(context, entry->name);
}

void durable_end_writers(struct storage *storage)
{
	assert_int_equal(storage_list(storage, "writers", remove_object, storage), 0);
	storage_close(storage);
}

size_t durable_put_back(struct repo *repo)
{
	struct history_finding *findings = NULL;
	size_t count = 0;

	assert_int_equal(repo_chain_check(repo, &findings, &count), 0);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(findings[i].fault, HISTORY_PUT_BACK);
	mem_free(findings);
	return count;
}

void durable_assert_intact(
	const struct durable_world *world, struct storage *storage, size_t least)
{
	struct check_options options = {.data_percent = 100, .turn = -1};
	struct check_result result;
	struct repo *repo = NULL;
	size_t count = 0;

	assert_int_equal(open_on(world, storage, &repo), 0);
	assert_int_equal(durable_read_all(repo, NULL, 0, &count), 0);
	assert_true(count >= least);
	assert_int_equal(durable_read(repo, world->tree, 2), 0);
	assert_int_equal(repo_check(repo, &options, &result), 0);
	/* What was forgotten and did not go yet is no damage. */
	assert_int_equal(result.faults, durable_put_back(repo));
	repo_close(repo);
}
