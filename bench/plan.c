/* SPDX-License-Identifier: Apache-2.0 */

/*
 * How long it takes to plan a run of a large organization (src/license/required.h): 100,000
 * users, 20,000 groups, 50,000 objects, in several shapes, among them such as are made to be
 * slow. Each in a process of its own, so that its memory can be told.
 *
 * Use: plan [SHAPE…]     (all where none is named; SEEDS=N for N seeds of each, 2 otherwise)
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "license/required.h"

enum { USERS = 100 * 1000, GROUPS = 20 * 1000, OBJECTS = 50 * 1000 };

struct world {
	uint64_t random;
	struct directory *directory;
	struct required_object *objects;
	size_t object_count;
	struct required_grant *grants;
	size_t grant_count;
	size_t grant_capacity;
	bool *held;
	int64_t free;
};

static uint32_t below(struct world *world, uint32_t bound)
{
	uint64_t x = world->random += 0x9e3779b97f4a7c15;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return (uint32_t)((x ^ x >> 31) % bound);
}

static struct directory_principal user(uint32_t place)
{
	return (struct directory_principal){DIRECTORY_USER, place};
}

static struct directory_principal group(uint32_t place)
{
	return (struct directory_principal){DIRECTORY_GROUP, place};
}

static void join(struct world *world, uint32_t into, struct directory_principal who)
{
	directory_add_member(world->directory, into, who);
}

static void join_users(struct world *world, uint32_t into, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		join(world, into, user(below(world, USERS)));
}

/* Grants lie behind each other; where they begin is known when all are there. */
static void begin_object(struct world *world, enum required_rule rule)
{
	world->objects[world->object_count++] = (struct required_object){.rule = rule};
}

static void give(struct world *world, struct directory_principal who, unsigned rights)
{
	mem_grow(&world->grants, &world->grant_capacity, world->grant_count + 1,
		sizeof(world->grants[0]));
	world->grants[world->grant_count++] = (struct required_grant){who, rights};
	world->objects[world->object_count - 1].grant_count++;
}

static void place_grants(struct world *world)
{
	const struct required_grant *at = world->grants;

	for (size_t i = 0; i < world->object_count; i++) {
		world->objects[i].grants = at;
		at += world->objects[i].grant_count;
	}
}

/* Mailboxes and drives of users. */
static void own_objects(struct world *world, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		begin_object(world, REQUIRED_OWNER);
		give(world, user(below(world, USERS)), REQUIRED_MEMBER);
	}
}

/* Mailboxes and team sites of groups. */
static void group_objects(struct world *world, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		begin_object(world, REQUIRED_MEMBERS);
		give(world, group(i % GROUPS), REQUIRED_MEMBER);
	}
}

/* Sites and public folders: users, groups, and everyone at every hundredth. */
static void shared_objects(struct world *world, uint32_t count, uint32_t grants)
{
	for (uint32_t i = 0; i < count; i++) {
		begin_object(world, i % 2 ? REQUIRED_SITE_RIGHTS : REQUIRED_FOLDER_RIGHTS);
		for (uint32_t j = 0; j < grants; j++)
			give(world,
				j % 2 ? user(below(world, USERS)) : group(below(world, GROUPS)),
				j % 3 ? REQUIRED_EDIT : REQUIRED_READ);
		if (i % 100 == 0)
			give(world, (struct directory_principal){DIRECTORY_EVERYONE, 0},
				REQUIRED_CREATE);
	}
}

/* What an organization looks like: teams, departments of teams, some circles. */
static void make_ordinary(struct world *world)
{
	for (uint32_t i = 0; i < GROUPS; i++) {
		join_users(world, i,
			i % 1000 == 0  ? 5000
			: i % 100 == 0 ? 500
				       : 5 + below(world, 40));
		if (i % 4 == 0)
			join(world, i, group(below(world, GROUPS)));
		if (i % 500 == 1)
			for (uint32_t j = 0; j < 50; j++)
				join(world, i, group(below(world, GROUPS)));
	}
	own_objects(world, 30 * 1000);
	group_objects(world, 14 * 1000);
	shared_objects(world, 6 * 1000, 20);
	world->free = 80 * 1000;
}

/* All groups in one chain; each has all users that are below it. */
static void make_chain(struct world *world)
{
	for (uint32_t i = 0; i < GROUPS; i++) {
		join_users(world, i, 5);
		if (i > 0)
			join(world, i - 1, group(i));
	}
	own_objects(world, 20 * 1000);
	group_objects(world, 20 * 1000);
	shared_objects(world, 10 * 1000, 8);
	world->free = 1000;
}

/* All groups in circles of 100, the circles in a tree. */
static void make_circles(struct world *world)
{
	for (uint32_t i = 0; i < GROUPS; i++) {
		join_users(world, i, 20);
		join(world, i, group(i % 100 == 99 ? i - 99 : i + 1));
		if (i % 100 == 0 && i > 0)
			join(world, (i / 200) * 100, group(i));
	}
	own_objects(world, 20 * 1000);
	group_objects(world, 20 * 1000);
	shared_objects(world, 10 * 1000, 8);
	world->free = 20 * 1000;
}

/* Each group holds ten later ones: nearly every pair of groups overlaps, no two are alike. */
static void make_tangle(struct world *world)
{
	for (uint32_t i = 0; i < GROUPS; i++) {
		join_users(world, i, 20);
		for (uint32_t j = 0; j < 10 && i + 1 < GROUPS; j++)
			join(world, i, group(i + 1 + below(world, GROUPS - i - 1)));
	}
	own_objects(world, 20 * 1000);
	group_objects(world, 20 * 1000);
	shared_objects(world, 10 * 1000, 8);
	world->free = 100;
}

/* The tangle where nearly all hold a license already: who does not is far apart, and lies below
 * more objects than there are licenses for. */
static void make_contested(struct world *world)
{
	make_tangle(world);
	for (uint32_t i = 0; i < USERS; i++)
		world->held[i] = below(world, 250) > 0;
}

/* Two levels: a thousand groups of 2,000 users, each other group holding five of them. */
static void make_wide(struct world *world)
{
	for (uint32_t i = 0; i < GROUPS; i++) {
		if (i < 1000)
			join_users(world, i, 2000);
		for (uint32_t j = 0; j < 5 && i >= 1000; j++)
			join(world, i, group(below(world, 1000)));
	}
	own_objects(world, 20 * 1000);
	group_objects(world, 20 * 1000);
	shared_objects(world, 10 * 1000, 8);
	world->free = 100;
}

/* Every object is shared by eight groups of some thousand users, and none gets its licenses. */
static void make_refused(struct world *world)
{
	make_wide(world);
	world->object_count = 0;
	world->grant_count = 0;
	for (uint32_t i = 0; i < OBJECTS; i++) {
		begin_object(world, REQUIRED_SITE_RIGHTS);
		for (uint32_t j = 0; j < 8; j++)
			give(world, group(below(world, GROUPS)), REQUIRED_EDIT);
	}
	world->free = 0;
}

/* The same with a hundred groups an object: five million permissions. */
static void make_worst(struct world *world)
{
	make_wide(world);
	world->object_count = 0;
	world->grant_count = 0;
	for (uint32_t i = 0; i < OBJECTS; i++) {
		begin_object(world, REQUIRED_SITE_RIGHTS);
		for (uint32_t j = 0; j < 100; j++)
			give(world, group(below(world, GROUPS)), REQUIRED_EDIT);
	}
	world->free = 0;
}

static const struct shape {
	const char *name;
	void (*make)(struct world *world);
} shapes[] = {
	{"ordinary", make_ordinary},
	{"chain", make_chain},
	{"circles", make_circles},
	{"tangle", make_tangle},
	{"contested", make_contested},
	{"wide", make_wide},
	{"refused", make_refused},
	{"worst", make_worst},
};

static double cpu_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Runs in a process of its own. */
static void measure(const struct shape *shape, uint64_t seed)
{
	struct world world = {.random = seed, .directory = directory_new()};
	struct rusage usage;

	for (uint32_t i = 0; i < USERS; i++)
		directory_add_user(world.directory, i % 20 != 0);
	for (uint32_t i = 0; i < GROUPS; i++)
		directory_add_group(world.directory);
	world.objects = mem_array(OBJECTS, sizeof(world.objects[0]));
	world.held = mem_array(USERS, sizeof(bool));
	shape->make(&world);
	place_grants(&world);
	struct required_turn *turns = mem_array(world.object_count, sizeof(turns[0]));

	double began = cpu_s();
	struct required *required = required_new(world.directory);
	double resolved = cpu_s();
	int64_t taken = required_play(
		required, world.objects, world.object_count, world.held, world.free, turns);
	double played = cpu_s();
	int64_t sum = 0;

	for (size_t i = 0; i < world.object_count; i++)
		sum += turns[i].required;
	getrusage(RUSAGE_SELF, &usage);
	printf("%-9s %4" PRIu64 " %7d %6d %8zu %8zu %9zu %9.0f %6" PRId64
	       " %8.3f %7.3f %7.3f %6ld\n",
		shape->name, seed, USERS, GROUPS, world.object_count,
		directory_membership_count(world.directory), world.grant_count,
		(double)sum / (double)world.object_count, taken, resolved - began,
		played - resolved, played, usage.ru_maxrss / 1024);
	fflush(stdout);
	_exit(0);
}

static bool is_asked_for(const struct shape *shape, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], shape->name) == 0)
			return true;
	return argc == 1;
}

int main(int argc, char **argv)
{
	const char *seeds = getenv("SEEDS");
	uint64_t seed_count = seeds ? strtoull(seeds, NULL, 10) : 2;

	printf("%-9s %4s %7s %6s %8s %8s %9s %9s %6s %8s %7s %7s %6s\n", "shape", "seed",
		"users", "groups", "objects", "members", "grants", "mean set", "taken",
		"resolve", "play", "process", "MiB");
	fflush(stdout);
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		for (uint64_t seed = 1; seed <= seed_count; seed++) {
			if (!is_asked_for(&shapes[i], argc, argv))
				continue;
			pid_t child = fork();
			int status = 1;

			if (child == 0)
				measure(&shapes[i], seed);
			if (child < 0 || waitpid(child, &status, 0) < 0 || status != 0)
				return EXIT_FAILURE;
		}
	}
	return EXIT_SUCCESS;
}
