/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JOB_ORGANIZATION_H
#define JOB_ORGANIZATION_H

#include "crypto/hash.h"
#include "job/installation.h"
#include "job/judge.h"
#include "job/selection.h"

/*
 * The people that the objects of one run need: owners, and where objects are shared, all users
 * of the organization and the groups through which they are reached, each read once. It is read
 * anew at each run (C8), and does not outlive it. Users and groups have places, as
 * license/directory.h gives them.
 */

struct organization;

struct organization_options {
	struct installation *installation;
	struct source *source;
	int (*tick)(void *context); /* between two calls of the source; not 0 ends the reading;
				       may be NULL */
	void *context;
};

/**
 * Reads what the objects of the selection need. What cannot be read (a group that is gone, a
 * membership that is refused) is kept, and told by organization_need for the objects that it
 * concerns. An error only from tick. The caller frees it; the installation stays borrowed.
 */
NODISCARD int organization_read(const struct organization_options *options,
	const struct selection *selection, struct organization **out);

/** The same over several sources, one after the other: begin, add each, end. Pseudonyms are
 * those of the first source's tenant, and "everyone" is everyone of all: for comparisons, not
 * runs. After an error the caller frees it. */
struct organization *organization_begin(struct installation *installation);
NODISCARD int organization_add(struct organization *organization,
	const struct organization_options *options, const struct selection *selection);
void organization_end(struct organization *organization);
void organization_free(struct organization *organization); /* NULL is fine */

/** What one object needs. */
struct organization_need {
	struct required_object object;
	struct required_grant *grants; /* of `object` */
	const uint32_t *users;         /* rising; borrowed until the next call */
	size_t count;
};

/**
 * The users that an object of the selection needs. The caller frees it with
 * organization_need_free, in either case. ERR_NOTFOUND where a group is gone, or what made a
 * group unreadable, with the group in the message.
 */
NODISCARD int organization_need(struct organization *organization,
	const struct source_object *object, const struct judgement *judgement,
	struct organization_need *out);

/** A digest of the set with all that leads into it: the same as long as there is nothing new to
 * be told of who is needed and why. */
void organization_need_digest(struct organization *organization,
	const struct organization_need *need, uint8_t out[HASH_SIZE]);
void organization_need_free(struct organization_need *need);

/** For required_play and required_why. Borrowed. */
struct required *organization_required(struct organization *organization);
size_t organization_user_count(const struct organization *organization);

/** The pseudonym of a user; NULL before the first activation, where none can be made. */
const char *organization_subject(struct organization *organization, uint32_t user);

/** The address of a user; the id where it is not known. */
const char *organization_user_name(const struct organization *organization, uint32_t user);

/** What is known of a group's name; its id where it has no object of its own. */
const char *organization_group_name(const struct organization *organization, uint32_t group);

/** A number for the caller to keep with a user; 0 at first. */
int64_t *organization_user_number(struct organization *organization, uint32_t user);

#endif
