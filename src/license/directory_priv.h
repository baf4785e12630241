/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_DIRECTORY_PRIV_H
#define LICENSE_DIRECTORY_PRIV_H

#include "license/directory.h"

/* A principal in one word: its kind above, its place below. An organization has millions of
 * memberships, and so they stay small. */
enum { MEMBER_KIND_SHIFT = 30 };

static inline uint32_t member_pack(struct directory_principal who)
{
	return (uint32_t)who.kind << MEMBER_KIND_SHIFT | who.place;
}

static inline enum directory_kind member_kind(uint32_t member)
{
	return (enum directory_kind)(member >> MEMBER_KIND_SHIFT);
}

static inline uint32_t member_place(uint32_t member)
{
	return member & (((uint32_t)1 << MEMBER_KIND_SHIFT) - 1);
}

struct directory_membership {
	uint32_t group;
	uint32_t member; /* packed */
};

struct directory {
	bool *counts; /* by user */
	size_t user_count;
	size_t user_capacity;
	size_t group_count;
	struct directory_membership *memberships; /* in the order in which they were told */
	size_t membership_count;
	size_t membership_capacity;
};

#endif
