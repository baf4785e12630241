/* SPDX-License-Identifier: Apache-2.0 */
#include "job/seen.h"

#include "base/mem.h"
#include "job/notice.h"
#include "repo/history.h"

static const char topic[] = "history";

struct seen {
	char **list;
	size_t count, capacity;
};

/* Read to the end before anything is written: another process may be writing, too. */
static int load(struct installation *installation, const struct job *job, struct seen *seen)
{
	AUTO_ROWS rows = NULL;
	int r = db_query(installation->db, &rows,
		"SELECT snapshot FROM seen_head WHERE storage = ?1", "s", job->storage);

	while (r == 0 && (r = db_next(rows)) == 1) {
		mem_grow(&seen->list, &seen->capacity, seen->count + 1, sizeof(*seen->list));
		seen->list[seen->count++] = mem_strdup(db_text(rows, 0));
		r = 0;
	}
	return r;
}

static int drop(struct installation *installation, const struct job *job, const char *snapshot)
{
	return db_run(installation->db,
		"DELETE FROM seen_head WHERE storage = ?1 AND snapshot = ?2", "ss",
		job->storage, snapshot);
}

/* How many of those that were seen the repository knows nothing of; those it does are dropped,
 * the newest ones come in their place. */
static int count_unknown(struct installation *installation, const struct job *job,
	struct repo *repo, int64_t *out)
{
	struct seen seen = {0};
	int r = load(installation, job, &seen);

	*out = 0;
	for (size_t i = 0; i < seen.count; i++) {
		bool known = false;

		if (r == 0)
			r = repo_knows(repo, seen.list[i], &known);
		*out += r == 0 && !known;
		if (r == 0 && known)
			r = drop(installation, job, seen.list[i]);
		mem_free(seen.list[i]);
	}
	mem_free(seen.list);
	return r;
}

static int remember(struct installation *installation, const struct job *job, struct repo *repo)
{
	char(*heads)[SNAPSHOT_ID_TEXT] = NULL;
	size_t count = 0;
	int r = repo_heads(repo, &heads, &count);

	for (size_t i = 0; i < count && r == 0; i++) {
		r = db_run(installation->db, "INSERT INTO seen_head VALUES (?1, ?2)", "ss",
			job->storage, heads[i]);
		if (r == ERR_EXISTS)
			r = 0;
	}
	mem_free(heads);
	return r;
}

/* What the snapshots miss of each other. */
static int count_missing(struct repo *repo, int64_t *out)
{
	struct history_finding *findings = NULL;
	size_t count = 0;
	int r = repo_chain_check(repo, &findings, &count);

	*out = 0;
	for (size_t i = 0; i < count && r == 0; i++)
		*out += findings[i].fault != HISTORY_PUT_BACK;
	mem_free(findings);
	return r;
}

int seen_after_run(struct installation *installation, const struct job *job, struct repo *repo)
{
	int64_t unknown = 0, missing = 0;
	int r = count_unknown(installation, job, repo, &unknown);

	if (r == 0)
		r = count_missing(repo, &missing);
	if (r == 0)
		r = remember(installation, job, repo);
	if (r < 0)
		return r;
	if (unknown + missing == 0)
		return notice_clear_topic(installation, job->name, topic);
	AUTO_TEXT text = mem_printf(
		"snapshots are missing in the repository of the storage %s, and nobody forgot "
		"them: %lld that others speak of, %lld that were the newest when a run ended; "
		"it was put back to an older state, or somebody removed files",
		job->storage, (long long)missing, (long long)unknown);
	const struct notice notice = {.code = "snapshots_missing",
		.job = job->name,
		.object = "",
		.text = text,
		.topic = topic};
	return notice_raise(installation, &notice);
}
