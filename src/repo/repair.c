/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/repair.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/mem.h"
#include "repo/check.h"
#include "repo/lease.h"
#include "repo/repair_priv.h"

enum { NOTE_SIZE = 4096 };

void repair_note(struct repair *repair, const struct repair_note *note, const char *format, ...)
{
	char text[NOTE_SIZE];
	struct repair_note told = *note;
	va_list arguments;

	if (note->kind == REPAIR_MENDED)
		repair->result->mended++;
	else if (note->kind == REPAIR_MADE)
		repair->result->made++;
	else if (!note->object)
		repair->result->lost_files++;
	if (!repair->options->note)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	told.text = text;
	repair->options->note(repair->options->context, &told);
}

int repair_cancelled(const struct repair *repair)
{
	return cancel_is_wished(repair->options->cancel)
		       ? err_set(ERR_CANCELLED, "the repair was stopped; it goes on when it is "
						"started again")
		       : 0;
}

/* Whoever adds at this moment counts on an index that is about to be replaced. */
static int refuse_writers(const struct repo *repo, size_t own)
{
	struct lease *leases = NULL;
	size_t count = 0;
	int r = leases_at_work(repo->storage, &repo->keys, false, &leases, &count);

	mem_free(leases);
	if (r == 0 && count > own)
		return err_set(ERR_LOCKED,
			"%zu backups into this repository are at work; repair it when they "
			"have "
			"ended",
			count - own);
	return r;
}

/* What is left after the files were given back: whatever it is, an index that is made anew
 * from the packs has no more than is there. */
static void take_fault(void *context, const struct check_fault *fault)
{
	struct repair *repair = context;

	(void)fault;
	repair->index_is_lost = true;
}

static int judge_index(struct repair *repair)
{
	const struct check_options options = {.data_percent = 0,
		.cancel = repair->options->cancel,
		.fault = take_fault,
		.context = repair};
	struct check_result result;
	int r = repo_refresh(repair->repo);

	if (r == 0)
		r = repo_check(repair->repo, &options, &result);
	if (r == ERR_CORRUPT || r == ERR_NOTFOUND) {
		repair->index_is_lost = true;
		r = 0;
	}
	return r;
}

static int run(struct repair *repair)
{
	int r = repair_files(repair);

	if (r == 0 && !repair->index_is_lost)
		r = judge_index(repair);
	if (r == 0 && (repair->index_is_lost || repair->packs_are_hurt)) {
		r = repair_index(repair);
		/* What snapshots then lack, the index that is not there yet would say. */
		if (repair->options->dry_run)
			return r;
	}
	if (r == 0)
		r = repair_snapshots(repair);
	/* Whoever remembers one of these trees (a job its last one) is to see that it is gone,
	 * and to store anew what was lost of it. */
	return r == 0 && repair->gone.count > 0 && !repair->options->dry_run
		       ? repair_index(repair)
		       : r;
}

int repo_repair(
	struct repo *repo, const struct repair_options *options, struct repair_result *out)
{
	struct repair repair = {.repo = repo, .options = options, .result = out};
	struct lease lease;

	*out = (struct repair_result){0};
	if (!repo->keys.can_read)
		return err_set(ERR_AUTH,
			"this key adds to the repository and cannot read it; use "
			"its password or key file");
	int r = refuse_writers(repo, 0);
	if (r == 0 && !options->dry_run)
		r = lease_begin_work(repo->storage, &repo->keys, LEASE_PRUNE, &lease);
	if (r < 0)
		return r;
	/* One that began at the same moment has seen this one, or is seen now. */
	if (!options->dry_run)
		r = refuse_writers(repo, 1);
	if (r == 0)
		r = run(&repair);
	idset_free(&repair.gone);
	idset_free(&repair.told);
	if (!options->dry_run) {
		int ended = lease_end(repo->storage, &lease);
		r = r < 0 ? r : ended;
	}
	if (r == 0 && (out->lost_files > 0 || out->lost_items > 0))
		return err_set(
			ERR_PARTIAL, "not all could be given back; what is lost was named");
	return r;
}
