/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JOB_ORGANIZATION_PRIV_H
#define JOB_ORGANIZATION_PRIV_H

#include <uthash.h>

#include "job/organization.h"

struct organization_user {
	char *id;   /* as the source gives it, in lower case */
	char *name; /* NULL where it is not known */
	uint32_t place;
	bool is_asked; /* for its pseudonym */
	char subject[LICENSE_SUBJECT_TEXT];
	uint8_t digest[HASH_SIZE]; /* of pseudonym and name */
	int64_t number;
	UT_hash_handle hh;
};

struct organization_group {
	char *id;
	char *name; /* NULL where it is not known */
	uint32_t place;
	uint32_t *groups; /* its members that are groups, by place */
	size_t group_count, group_capacity;
	uint8_t digest[HASH_SIZE]; /* of its direct members, whatever their order */
	int error;                 /* of reading it; 0 */
	char *why;                 /* the same in words */
	uint32_t seen;             /* the round of the last walk that came by */
	UT_hash_handle hh;
};

struct organization {
	struct installation *installation;
	char *tenant_id;
	struct directory *directory;
	struct required *required;
	struct organization_user *users_by_id, **users;
	size_t user_count, user_capacity;
	struct organization_group *groups_by_id, **groups;
	size_t group_count, group_capacity;
	int error; /* of reading the users; 0 */
	char *why;
	uint32_t round;
	uint32_t *stack; /* of the walk */
	size_t stack_capacity;
};

/** By the source's id; NULL where there is none. */
struct organization_user *organization_find_user(
	const struct organization *organization, const char *id);
struct organization_group *organization_find_group(
	const struct organization *organization, const char *id);

/** The same, added where it is not there: without a name, a user as one that does not count. */
struct organization_user *organization_put_user(
	struct organization *organization, const char *id, bool counts);
struct organization_group *organization_put_group(
	struct organization *organization, const char *id);

#endif
