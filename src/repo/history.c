/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/history.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "repo/snapshot_file.h"

int repo_heads(struct repo *repo, char (**out)[SNAPSHOT_ID_TEXT], size_t *out_count)
{
	struct snapshot_chain chain;
	struct snapshot_link *heads = NULL;
	size_t damaged;
	int r = snapshot_chain_load(repo, &chain, &damaged);

	if (r < 0)
		return r;
	*out_count = snapshot_chain_heads(&chain, SNAPSHOT_EARLIER_MAX, &heads);
	*out = mem_array(*out_count + 1, SNAPSHOT_ID_TEXT);
	for (size_t i = 0; i < *out_count; i++)
		text_to_hex(heads[i].name, NAME_SIZE, (*out)[i]);
	mem_free(heads);
	snapshot_chain_free(&chain);
	return 0;
}

int repo_knows(struct repo *repo, const char *id, bool *out)
{
	struct snapshot_chain chain;
	uint8_t name[NAME_SIZE];
	size_t damaged;

	if (strlen(id) != SNAPSHOT_ID_TEXT - 1 || text_from_hex(id, name, sizeof(name)) < 0)
		return err_set(ERR_INVALID, "\"%s\" is no id of a snapshot", id);
	int r = snapshot_chain_load(repo, &chain, &damaged);
	if (r == 0)
		*out = snapshot_chain_find(&chain, name) ||
		       snapshot_chain_is_forgotten(&chain, name);
	snapshot_chain_free(&chain);
	return r;
}

int repo_chain_check(struct repo *repo, struct history_finding **out, size_t *out_count)
{
	static const enum history_fault faults[] = {
		[SNAPSHOT_MISSING] = HISTORY_MISSING,
		[SNAPSHOT_PUT_BACK] = HISTORY_PUT_BACK,
		[SNAPSHOT_EXCHANGED] = HISTORY_EXCHANGED,
	};
	struct snapshot_chain chain;
	struct snapshot_finding *findings = NULL;
	size_t damaged;
	int r = snapshot_chain_load(repo, &chain, &damaged);

	if (r < 0)
		return r;
	*out_count = snapshot_chain_check(&chain, &findings);
	*out = mem_array(*out_count + 1, sizeof(**out));
	for (size_t i = 0; i < *out_count; i++) {
		(*out)[i].fault = faults[findings[i].fault];
		text_to_hex(findings[i].name, NAME_SIZE, (*out)[i].id);
		text_to_hex(findings[i].by, NAME_SIZE, (*out)[i].by);
	}
	mem_free(findings);
	snapshot_chain_free(&chain);
	return 0;
}
