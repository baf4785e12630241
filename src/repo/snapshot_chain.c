/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/snapshot_chain.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void snapshot_chain_free(struct snapshot_chain *chain)
{
	for (size_t i = 0; i < chain->count; i++)
		snapshot_node_free(&chain->nodes[i]);
	mem_free(chain->nodes);
	*chain = (struct snapshot_chain){0};
}

void snapshot_chain_add(struct snapshot_chain *chain, struct snapshot_node *node)
{
	mem_grow(&chain->nodes, &chain->capacity, chain->count + 1, sizeof(*chain->nodes));
	chain->nodes[chain->count++] = *node;
	*node = (struct snapshot_node){0};
}

static int compare_names(const void *a, const void *b)
{
	const struct snapshot_node *one = a, *other = b;

	return memcmp(one->self.name, other->self.name, NAME_SIZE);
}

void snapshot_chain_sort(struct snapshot_chain *chain)
{
	if (chain->count > 1)
		qsort(chain->nodes, chain->count, sizeof(*chain->nodes), compare_names);
}

const struct snapshot_node *snapshot_chain_find(
	const struct snapshot_chain *chain, const uint8_t name[NAME_SIZE])
{
	struct snapshot_node wanted = {0};

	memcpy(wanted.self.name, name, NAME_SIZE);
	return chain->count ? bsearch(&wanted, chain->nodes, chain->count,
				      sizeof(*chain->nodes), compare_names)
			    : NULL;
}

/* A link with the node that has it, so that all links can be sorted and searched. */
struct said {
	const struct snapshot_link *link;
	const struct snapshot_node *by;
};

struct links {
	struct said *list;
	size_t count;
};

static int compare_said(const void *a, const void *b)
{
	const struct said *one = a, *other = b;

	return memcmp(one->link->name, other->link->name, NAME_SIZE);
}

static void free_links(struct links *links)
{
	mem_free(links->list);
}

#define AUTO_LINKS __attribute__((cleanup(free_links))) struct links

static bool says(const struct links *links, const struct snapshot_link *link)
{
	const struct said wanted = {link, NULL};

	return links->count &&
	       bsearch(&wanted, links->list, links->count, sizeof(*links->list), compare_said);
}

/* All that the nodes say of forgotten ones (without `but`), or of earlier ones, by the names of
 * those; nodes that are named in `but` say nothing. */
static struct links collect(const struct snapshot_chain *chain, const struct links *but)
{
	struct links links = {0};
	size_t count = 0;

	for (size_t i = 0; i < chain->count; i++)
		count += but ? chain->nodes[i].earlier_count : chain->nodes[i].forgotten_count;
	links.list = mem_array(count + 1, sizeof(*links.list));
	for (size_t i = 0; i < chain->count; i++) {
		const struct snapshot_node *node = &chain->nodes[i];
		size_t own = but ? node->earlier_count : node->forgotten_count;

		if (but && says(but, &node->self))
			continue;
		for (size_t j = 0; j < own; j++)
			links.list[links.count++] = (struct said){
				but ? &node->earlier[j] : &node->forgotten[j], node};
	}
	if (links.count > 1)
		qsort(links.list, links.count, sizeof(*links.list), compare_said);
	return links;
}

bool snapshot_chain_is_forgotten(
	const struct snapshot_chain *chain, const uint8_t name[NAME_SIZE])
{
	for (size_t i = 0; i < chain->count; i++)
		for (size_t j = 0; j < chain->nodes[i].forgotten_count; j++)
			if (memcmp(chain->nodes[i].forgotten[j].name, name, NAME_SIZE) == 0)
				return true;
	return false;
}

static int compare_created(const void *a, const void *b)
{
	const struct snapshot_node *one = *(const struct snapshot_node *const *)a;
	const struct snapshot_node *other = *(const struct snapshot_node *const *)b;

	if (one->created_s != other->created_s)
		return one->created_s > other->created_s ? -1 : 1;
	if (one->place != other->place)
		return one->place > other->place ? -1 : 1;
	return memcmp(one->self.name, other->self.name, NAME_SIZE);
}

size_t snapshot_chain_heads(
	const struct snapshot_chain *chain, size_t most, struct snapshot_link **out)
{
	AUTO_LINKS forgotten = collect(chain, NULL);
	AUTO_LINKS earlier = collect(chain, &forgotten);
	const struct snapshot_node **heads = mem_array(chain->count + 1, sizeof(*heads));
	size_t count = 0;

	for (size_t i = 0; i < chain->count; i++) {
		const struct snapshot_link *self = &chain->nodes[i].self;
		if (!says(&earlier, self) && !says(&forgotten, self))
			heads[count++] = &chain->nodes[i];
	}
	if (count > 1)
		qsort(heads, count, sizeof(*heads), compare_created);
	if (count > most)
		count = most;
	*out = mem_array(count + 1, sizeof(**out));
	for (size_t i = 0; i < count; i++)
		(*out)[i] = heads[i]->self;
	mem_free(heads);
	return count;
}

uint32_t snapshot_chain_next_place(const struct snapshot_chain *chain)
{
	uint32_t place = 0;

	for (size_t i = 0; i < chain->count; i++)
		if (chain->nodes[i].place > place)
			place = chain->nodes[i].place;
	return place < UINT32_MAX ? place + 1 : place;
}

struct findings {
	struct snapshot_finding *list;
	size_t count, capacity;
};

static void find(struct findings *findings, enum snapshot_fault fault, const struct said *said)
{
	mem_grow(&findings->list, &findings->capacity, findings->count + 1,
		sizeof(*findings->list));
	struct snapshot_finding *finding = &findings->list[findings->count++];
	finding->fault = fault;
	memcpy(finding->name, said->link->name, NAME_SIZE);
	memcpy(finding->by, said->by->self.name, NAME_SIZE);
}

static bool is_repeated(const struct links *links, size_t i)
{
	return i > 0 && compare_said(&links->list[i - 1], &links->list[i]) == 0;
}

static bool is_exchanged(const struct snapshot_node *node, const struct said *said)
{
	return node && memcmp(node->self.hash, said->link->hash, HASH_SIZE) != 0;
}

size_t snapshot_chain_check(const struct snapshot_chain *chain, struct snapshot_finding **out)
{
	AUTO_LINKS forgotten = collect(chain, NULL);
	AUTO_LINKS earlier = collect(chain, &forgotten);
	struct findings findings = {0};

	for (size_t i = 0; i < earlier.count; i++) {
		const struct said *said = &earlier.list[i];
		const struct snapshot_node *node = snapshot_chain_find(chain, said->link->name);
		if (is_exchanged(node, said))
			find(&findings, SNAPSHOT_EXCHANGED, said);
		else if (!node && !is_repeated(&earlier, i) && !says(&forgotten, said->link))
			find(&findings, SNAPSHOT_MISSING, said);
	}
	for (size_t i = 0; i < forgotten.count; i++) {
		const struct said *said = &forgotten.list[i];
		if (!is_repeated(&forgotten, i) && snapshot_chain_find(chain, said->link->name))
			find(&findings, SNAPSHOT_PUT_BACK, said);
	}
	*out = findings.list;
	return findings.count;
}
