/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "repo/check_priv.h"

enum { FAULT_SIZE = 4096 };

void check_fault(struct check *check, const struct check_fault *fault, const char *format, ...)
{
	char text[FAULT_SIZE];
	struct check_fault told = *fault;
	va_list arguments;

	check->result->faults++;
	check->result->mendable += fault->can_mend;
	if (!check->options->fault)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	told.text = text;
	check->options->fault(check->options->context, &told);
}

int check_cancelled(const struct check *check)
{
	return cancel_is_wished(check->options->cancel)
		       ? err_set(ERR_CANCELLED, "the check was stopped")
		       : 0;
}

void check_advance(struct check *check, uint64_t bytes)
{
	check->done += bytes;
	check->result->bytes_read += bytes;
	if (check->done > check->total)
		check->total = check->done;
	if (check->options->progress)
		check->options->progress(check->options->context, check->done, check->total);
}

void check_sum_add(struct check_sum *sum, const uint8_t id[REPO_ID_SIZE], int64_t times)
{
	sum->low += bytes_get_u64(id) * (uint64_t)times;
	sum->high += bytes_get_u64(id + 8) * (uint64_t)times;
}

bool check_has(const struct check *check, const uint8_t id[REPO_ID_SIZE])
{
	struct index_place place;

	return index_find(&check->repo->index, id, &place) && !check->damaged[place.block];
}

static int run(struct check *check)
{
	int r = check_files(check);

	if (r == 0)
		r = check_packs(check);
	if (r == 0)
		r = check_references(check);
	return r == 0 ? check_snapshots(check) : r;
}

/* Then nothing can be said of what is in the packs. */
static int run_without_index(struct check *check, const char *why)
{
	const struct check_fault fault = {.file = "index"};

	check_fault(check, &fault, "the index cannot be read: %s; garner repair makes it anew",
		why);
	return check_files(check);
}

int repo_check(struct repo *repo, const struct check_options *options, struct check_result *out)
{
	*out = (struct check_result){0};
	/* What others have written since is looked at as well, not taken for damage. */
	int r = repo_refresh(repo);
	if (r < 0 && r != ERR_CORRUPT)
		return r;
	AUTO_TEXT why = r < 0 ? mem_strdup(err_message()) : NULL;
	struct check check = {.repo = repo, .options = options, .result = out};
	check.damaged = mem_array(repo->index.block_count + 1, sizeof(*check.damaged));
	out->chunks = index_count(&repo->index);
	r = why ? run_without_index(&check, why) : run(&check);
	idset_free(&check.lost);
	idset_free(&check.pages);
	idset_free(&check.whole);
	mem_free(check.damaged);
	return r;
}
