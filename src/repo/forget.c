/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "repo/history.h"
#include "repo/repo_priv.h"
#include "repo/sealed_file.h"
#include "repo/snapshot_file.h"

/* Forgetting: a note that names the snapshots, then their files go. So whoever finds one
 * missing can tell that from a removal that nobody wanted. */

enum { NOTES_MOST = 16 /* then a note takes the place of those before it */ };

struct forgetting {
	struct snapshot_chain chain;
	struct snapshot_node note;
	size_t capacity;
};

static void add(struct forgetting *forgetting, const struct snapshot_link *link)
{
	struct snapshot_node *note = &forgetting->note;

	mem_grow(&note->forgotten, &forgetting->capacity, note->forgotten_count + 1,
		sizeof(*note->forgotten));
	note->forgotten[note->forgotten_count++] = *link;
}

static int add_wanted(
	struct forgetting *forgetting, const char (*ids)[SNAPSHOT_ID_TEXT], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint8_t name[NAME_SIZE];
		const struct snapshot_node *node = NULL;

		if (text_from_hex(ids[i], name, sizeof(name)) == 0)
			node = snapshot_chain_find(&forgetting->chain, name);
		if (!node || node->kind != SNAPSHOT_KEPT)
			return err_set(ERR_NOTFOUND,
				"there is no snapshot %s to forget, or it is damaged", ids[i]);
		/* Where an attempt before this one has come as far as the note, its file is
		 * what is left to remove. */
		if (!snapshot_chain_is_forgotten(&forgetting->chain, name))
			add(forgetting, &node->self);
	}
	return 0;
}

static void take_over_notes(struct forgetting *forgetting)
{
	const struct snapshot_chain *chain = &forgetting->chain;
	size_t notes = 0;

	for (size_t i = 0; i < chain->count; i++)
		notes += chain->nodes[i].kind == SNAPSHOT_NOTE;
	if (notes < NOTES_MOST)
		return;
	for (size_t i = 0; i < chain->count; i++) {
		const struct snapshot_node *node = &chain->nodes[i];
		if (node->kind != SNAPSHOT_NOTE)
			continue;
		add(forgetting, &node->self);
		for (size_t j = 0; j < node->forgotten_count; j++)
			add(forgetting, &node->forgotten[j]);
	}
}

/* The note speaks of all that nobody speaks of once the forgotten ones are gone. */
static void link_note(struct forgetting *forgetting)
{
	const struct snapshot_chain *chain = &forgetting->chain;
	struct snapshot_chain with = {0};
	struct snapshot_link *heads = NULL;

	with.nodes = mem_array(chain->count + 1, sizeof(*with.nodes));
	with.count = chain->count + 1;
	if (chain->count)
		memcpy(with.nodes, chain->nodes, chain->count * sizeof(*with.nodes));
	with.nodes[chain->count] = forgetting->note;
	size_t count = snapshot_chain_heads(&with, SNAPSHOT_EARLIER_MAX + 1, &heads);
	struct snapshot_node *note = &forgetting->note;
	note->earlier = mem_array(count + 1, sizeof(*note->earlier));
	for (size_t i = 0; i < count && note->earlier_count < SNAPSHOT_EARLIER_MAX; i++)
		if (memcmp(heads[i].name, note->self.name, NAME_SIZE) != 0)
			note->earlier[note->earlier_count++] = heads[i];
	mem_free(heads);
	mem_free(with.nodes);
}

/* All that is there and forgotten, by this note or by one before it. */
static int remove_files(struct repo *repo, struct forgetting *forgetting)
{
	const struct snapshot_chain only = {.nodes = &forgetting->note, .count = 1};
	int r = 0;

	for (size_t i = 0; i < forgetting->chain.count && r == 0; i++) {
		struct sealed_file file = {.kind = &sealed_snapshot};
		const uint8_t *name = forgetting->chain.nodes[i].self.name;

		if (!snapshot_chain_is_forgotten(&only, name) &&
			!snapshot_chain_is_forgotten(&forgetting->chain, name))
			continue;
		memcpy(file.name, name, NAME_SIZE);
		r = sealed_remove(repo->storage, &file);
	}
	return r;
}

int repo_forget(struct repo *repo, const char (*ids)[SNAPSHOT_ID_TEXT], size_t count)
{
	struct forgetting forgetting = {.note = {.created_s = clock_now_s()}};
	size_t damaged;
	int r = snapshot_chain_load(repo, &forgetting.chain, &damaged);

	if (r == 0)
		r = add_wanted(&forgetting, ids, count);
	if (r == 0 && forgetting.note.forgotten_count > 0) {
		take_over_notes(&forgetting);
		link_note(&forgetting);
		forgetting.note.place = snapshot_chain_next_place(&forgetting.chain);
		r = snapshot_put(repo, &forgetting.note, NULL);
	}
	if (r == 0)
		r = remove_files(repo, &forgetting);
	snapshot_node_free(&forgetting.note);
	snapshot_chain_free(&forgetting.chain);
	return r;
}
