/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_DIRECTORY_H
#define LICENSE_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The people and groups of one organization, as far as the licensing has to know them: users,
 * groups of users and of groups (nested to any depth, cycles among them), and "everyone". Plain
 * data that is put together once and then only read; who a user or a group is to the outside,
 * the caller keeps beside the places that it is given here.
 *
 * Not for the rights on an object: see required.h.
 */

enum directory_kind {
	DIRECTORY_USER,
	DIRECTORY_GROUP,
	DIRECTORY_EVERYONE, /* every user that counts; its place means nothing */
};

struct directory_principal {
	enum directory_kind kind;
	uint32_t place;
};

struct directory;

/* Users, groups and memberships, each. More is a programming error: who takes them from outside
 * looks at the counts below first. */
enum { DIRECTORY_MAX = 16 * 1000 * 1000 };

struct directory *directory_new(void);
void directory_free(struct directory *directory); /* NULL is fine */

/** Adds a user and returns its place, from 0. `counts`: inside the organization with a license
 * of Microsoft's, so no guest (first line of section B). One that does not count may be a
 * member and have rights, and never needs a license. */
uint32_t directory_add_user(struct directory *directory, bool counts);

/** Adds a group without members and returns its place, from 0. */
uint32_t directory_add_group(struct directory *directory);

/** Adds a member to a group; naming one twice changes nothing. Places are those that were
 * given; the order of calls is free, so that cycles can be told. */
void directory_add_member(
	struct directory *directory, uint32_t group, struct directory_principal member);

size_t directory_user_count(const struct directory *directory);
size_t directory_group_count(const struct directory *directory);
/** As they were told: one that was named twice counts twice here. */
size_t directory_membership_count(const struct directory *directory);
bool directory_user_counts(const struct directory *directory, uint32_t user);

#endif
