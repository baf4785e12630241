/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/check.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/mem.h"
#include "repo/check_priv.h"

enum { FAULT_SIZE = 4096 };

void check_fault(struct check *check, const char *format, ...)
{
	char text[FAULT_SIZE];
	va_list arguments;

	check->result->faults++;
	if (!check->options->fault)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	check->options->fault(check->options->context, text);
}

int check_cancelled(const struct check *check)
{
	return cancel_is_wished(check->options->cancel)
		       ? err_set(ERR_CANCELLED, "the check was stopped")
		       : 0;
}

int repo_check(struct repo *repo, const struct check_options *options, struct check_result *out)
{
	*out = (struct check_result){0};
	/* What others have written since is looked at as well, not taken for damage. */
	int r = repo_refresh(repo);
	if (r < 0)
		return r;
	struct check check = {.repo = repo, .options = options, .result = out};
	check.damaged = mem_array(repo->index.block_count + 1, sizeof(*check.damaged));
	out->packs = repo->index.pack_count;
	out->chunks = index_count(&repo->index);
	r = check_packs(&check);
	if (r == 0)
		r = check_snapshots(&check);
	idset_free(&check.seen);
	mem_free(check.damaged);
	return r;
}
