/* SPDX-License-Identifier: Apache-2.0 */
#include "license/directory.h"

#include "base/mem.h"
#include "license/directory_priv.h"

struct directory *directory_new(void)
{
	return mem_alloc(sizeof(struct directory));
}

void directory_free(struct directory *directory)
{
	if (!directory)
		return;
	mem_free(directory->counts);
	mem_free(directory->memberships);
	mem_free(directory);
}

uint32_t directory_add_user(struct directory *directory, bool counts)
{
	size_t place = directory->user_count;

	ASSERT(place < DIRECTORY_MAX);
	mem_grow(&directory->counts, &directory->user_capacity, place + 1, sizeof(bool));
	directory->counts[place] = counts;
	directory->user_count++;
	return (uint32_t)place;
}

uint32_t directory_add_group(struct directory *directory)
{
	ASSERT(directory->group_count < DIRECTORY_MAX);
	return (uint32_t)directory->group_count++;
}

void directory_add_member(
	struct directory *directory, uint32_t group, struct directory_principal member)
{
	size_t place = directory->membership_count;

	ASSERT(place < DIRECTORY_MAX);
	ASSERT(group < directory->group_count);
	if (member.kind == DIRECTORY_EVERYONE)
		member.place = 0;
	else
		ASSERT(member.place < (member.kind == DIRECTORY_USER ? directory->user_count
								     : directory->group_count));
	mem_grow(&directory->memberships, &directory->membership_capacity, place + 1,
		sizeof(directory->memberships[0]));
	directory->memberships[place] =
		(struct directory_membership){.group = group, .member = member_pack(member)};
	directory->membership_count++;
}

size_t directory_user_count(const struct directory *directory)
{
	return directory->user_count;
}

size_t directory_group_count(const struct directory *directory)
{
	return directory->group_count;
}

size_t directory_membership_count(const struct directory *directory)
{
	return directory->membership_count;
}

bool directory_user_counts(const struct directory *directory, uint32_t user)
{
	ASSERT(user < directory->user_count);
	return directory->counts[user];
}
