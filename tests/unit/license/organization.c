/* SPDX-License-Identifier: Apache-2.0 */
#include "organization.h"

#include <stdlib.h>

int set_up(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	world->directory = directory_new();
	*state = world;
	return 0;
}

int tear_down(void **state)
{
	struct world *world = *state;

	required_free(world->required);
	directory_free(world->directory);
	free(world);
	return 0;
}

uint32_t add_users(struct world *world, uint32_t count, bool counts)
{
	uint32_t first = directory_add_user(world->directory, counts);

	for (uint32_t i = 1; i < count; i++)
		directory_add_user(world->directory, counts);
	return first;
}

struct directory_principal user(uint32_t place)
{
	return (struct directory_principal){DIRECTORY_USER, place};
}

struct directory_principal group(uint32_t place)
{
	return (struct directory_principal){DIRECTORY_GROUP, place};
}

struct directory_principal everyone(void)
{
	return (struct directory_principal){DIRECTORY_EVERYONE, 0};
}

uint32_t add_group(struct world *world, uint32_t first, uint32_t count)
{
	uint32_t place = directory_add_group(world->directory);

	for (uint32_t i = 0; i < count; i++)
		directory_add_member(world->directory, place, user(first + i));
	return place;
}

void nest(struct world *world, uint32_t outer, struct directory_principal inner)
{
	directory_add_member(world->directory, outer, inner);
}

size_t add_object(struct world *world, enum required_rule rule)
{
	size_t number = world->object_count++;

	world->objects[number].rule = rule;
	world->objects[number].grants = world->grants[number];
	return number;
}

void grant(struct world *world, size_t object, struct directory_principal who, unsigned rights)
{
	world->grants[object][world->objects[object].grant_count++] =
		(struct required_grant){who, rights};
}

size_t add_mailbox(struct world *world, uint32_t owner)
{
	size_t number = add_object(world, REQUIRED_OWNER);

	grant(world, number, user(owner), REQUIRED_MEMBER);
	return number;
}

size_t add_group_object(struct world *world, uint32_t place)
{
	size_t number = add_object(world, REQUIRED_MEMBERS);

	grant(world, number, group(place), REQUIRED_MEMBER);
	return number;
}

struct required *required_of(struct world *world)
{
	if (!world->required)
		world->required = required_new(world->directory);
	return world->required;
}

int64_t play(struct world *world, int64_t free)
{
	return required_play(required_of(world), world->objects, world->object_count,
		world->held, free, world->turns);
}

size_t set_size(struct world *world, size_t object)
{
	size_t count;

	required_set(required_of(world), &world->objects[object], &count);
	return count;
}
