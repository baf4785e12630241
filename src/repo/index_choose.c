/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "repo/index_priv.h"

/*
 * Which groups of index files count. A merged group claims those that it was made of; where two
 * merges at the same time have claimed the same, the one with the lower name counts, and what
 * the other says is void, so that nothing is counted twice.
 */

/* The names that the parts of a group begin with: groups that it replaces. */
static int take_claims(struct index_part *parts, size_t count)
{
	uint8_t name[NAME_SIZE];

	for (size_t i = 0; i < count; i++) {
		for (uint32_t j = 0; j < index_reader_head(parts[i].reader)->replaced; j++) {
			int r = index_reader_take(parts[i].reader, name, sizeof(name));
			if (r < 0)
				return r;
			idset_add(&parts->claims, name);
		}
	}
	return 0;
}

static const uint8_t *group_of(const struct index_part *part)
{
	return index_reader_head(part->reader)->group;
}

static bool has(const struct idset *set, const uint8_t *name)
{
	return idset_find(set, name) != IDSET_NONE;
}

static bool overlaps(const struct idset *a, const struct idset *b)
{
	for (size_t i = 0; i < a->count; i++)
		if (has(b, a->ids[i]))
			return true;
	return false;
}

static void add_all(struct idset *set, const struct idset *others)
{
	for (size_t i = 0; i < others->count; i++)
		idset_add(set, others->ids[i]);
}

/* What is replaced, as far as nothing is void yet; false where something has become so. The
 * parts stand by the names of their groups. */
static bool settle(struct index_files *files)
{
	struct idset taken = {0};
	bool settled = true;

	idset_free(&files->replaced);
	for (size_t i = 0; i < files->count; i++)
		if (!files->list[i].is_void)
			add_all(&files->replaced, &files->list[i].claims);
	for (size_t i = 0; i < files->count; i++) {
		struct index_part *part = &files->list[i];
		if (part->is_void || part->claims.count == 0 ||
			has(&files->replaced, group_of(part)))
			continue;
		part->is_void = overlaps(&part->claims, &taken);
		settled = settled && !part->is_void;
		if (!part->is_void)
			add_all(&taken, &part->claims);
	}
	idset_free(&taken);
	return settled;
}

int index_files_choose(struct index_files *files)
{
	bool is_void = false;
	int r = 0;

	for (size_t i = 0; i < files->count && r == 0;) {
		size_t count = index_files_group(files, i);
		for (size_t j = i; j < i + count; j++)
			files->list[j].whole = true;
		if (count > 0)
			r = take_claims(files->list + i, count);
		i += count ? count : 1;
	}
	while (r == 0 && !settle(files))
		;
	for (size_t i = 0; i < files->count && r == 0; i++) {
		struct index_part *part = &files->list[i];
		is_void = index_reader_head(part->reader)->part == 0 ? part->is_void : is_void;
		part->is_replaced = is_void || has(&files->replaced, group_of(part));
		part->counts = part->whole && !part->is_replaced;
	}
	return r;
}
