/* SPDX-License-Identifier: Apache-2.0 */
#include "job/organization.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "job/organization_priv.h"

/* Users and groups by id and by place, and what an object needs of them. organization_read.c
 * fills it. */

static char *lower_id(const char *id)
{
	char *lower = mem_strdup(id);

	text_lower(lower); /* ids of Microsoft's are the same in either case */
	return lower;
}

struct organization_user *organization_find_user(
	const struct organization *organization, const char *id)
{
	AUTO_TEXT lower = lower_id(id);
	struct organization_user *user;

	HASH_FIND_STR(organization->users_by_id, lower, user);
	return user;
}

struct organization_group *organization_find_group(
	const struct organization *organization, const char *id)
{
	AUTO_TEXT lower = lower_id(id);
	struct organization_group *group;

	HASH_FIND_STR(organization->groups_by_id, lower, group);
	return group;
}

struct organization_user *organization_put_user(
	struct organization *organization, const char *id, bool counts)
{
	struct organization_user *user = organization_find_user(organization, id);

	if (user)
		return user;
	user = mem_alloc(sizeof(*user));
	user->id = lower_id(id);
	user->place = directory_add_user(organization->directory, counts);
	mem_grow(&organization->users, &organization->user_capacity,
		organization->user_count + 1, sizeof(struct organization_user *));
	organization->users[organization->user_count++] = user;
	HASH_ADD_KEYPTR(hh, organization->users_by_id, user->id, strlen(user->id), user);
	return user;
}

struct organization_group *organization_put_group(
	struct organization *organization, const char *id)
{
	struct organization_group *group = organization_find_group(organization, id);

	if (group)
		return group;
	group = mem_alloc(sizeof(*group));
	group->id = lower_id(id);
	group->place = directory_add_group(organization->directory);
	mem_grow(&organization->groups, &organization->group_capacity,
		organization->group_count + 1, sizeof(struct organization_group *));
	organization->groups[organization->group_count++] = group;
	HASH_ADD_KEYPTR(hh, organization->groups_by_id, group->id, strlen(group->id), group);
	return group;
}

void organization_free(struct organization *organization)
{
	if (!organization)
		return;
	HASH_CLEAR(hh, organization->users_by_id);
	HASH_CLEAR(hh, organization->groups_by_id);
	for (size_t i = 0; i < organization->user_count; i++) {
		mem_free(organization->users[i]->id);
		mem_free(organization->users[i]->name);
		mem_free(organization->users[i]);
	}
	for (size_t i = 0; i < organization->group_count; i++) {
		mem_free(organization->groups[i]->id);
		mem_free(organization->groups[i]->name);
		mem_free(organization->groups[i]->groups);
		mem_free(organization->groups[i]->why);
		mem_free(organization->groups[i]);
	}
	required_free(organization->required);
	directory_free(organization->directory);
	mem_free(organization->users);
	mem_free(organization->groups);
	mem_free(organization->stack);
	mem_free(organization->tenant_id);
	mem_free(organization->why);
	mem_free(organization);
}

struct required *organization_required(struct organization *organization)
{
	return organization->required;
}

size_t organization_user_count(const struct organization *organization)
{
	return organization->user_count;
}

const char *organization_subject(struct organization *organization, uint32_t place)
{
	struct organization_user *user = organization->users[place];

	if (!user->is_asked) {
		user->is_asked = true;
		if (license_client_subject(organization->installation->license,
			    organization->tenant_id, user->id, user->subject) < 0)
			user->subject[0] = 0;
		AUTO_TEXT text =
			mem_printf("%s%s", user->subject, user->name ? user->name : "");
		hash_sha256(text, strlen(text), user->digest);
	}
	return user->subject[0] ? user->subject : NULL;
}

const char *organization_user_name(const struct organization *organization, uint32_t user)
{
	const struct organization_user *found = organization->users[user];

	return found->name ? found->name : found->id;
}

const char *organization_group_name(const struct organization *organization, uint32_t group)
{
	const struct organization_group *found = organization->groups[group];

	return found->name ? found->name : found->id;
}

int64_t *organization_user_number(struct organization *organization, uint32_t user)
{
	return &organization->users[user]->number;
}

/* What an object needs. */

/* A grant as the rules want it; false where its user or group is not known, which nobody can
 * hold then. */
static bool translate(const struct organization *organization, const struct source_grant *grant,
	struct required_grant *out)
{
	const struct organization_user *user;
	const struct organization_group *group;

	*out = (struct required_grant){.rights = judge_rights(grant)};
	switch (grant->who.kind) {
	case SOURCE_PRINCIPAL_USER:
		user = organization_find_user(organization, grant->who.id);
		out->who.kind = DIRECTORY_USER;
		out->who.place = user ? user->place : 0;
		return user != NULL;
	case SOURCE_PRINCIPAL_GROUP:
		group = organization_find_group(organization, grant->who.id);
		out->who.kind = DIRECTORY_GROUP;
		out->who.place = group ? group->place : 0;
		return group != NULL;
	case SOURCE_PRINCIPAL_EVERYONE:
		out->who.kind = DIRECTORY_EVERYONE;
		return true;
	}
	return false;
}

static void collect_grants(const struct organization *organization,
	const struct source_object *object, const struct judgement *judgement,
	struct organization_need *out)
{
	const struct source_grant owner = {
		.who = {SOURCE_PRINCIPAL_USER, object->owner.directory_id}, .member = true};
	bool is_owned = judgement->required_rule == REQUIRED_OWNER;
	const struct source_grant *grants = is_owned ? &owner : object->grants;
	size_t count = is_owned ? 1 : object->grant_count;

	out->object.rule = judgement->required_rule;
	out->grants = mem_array(count + 1, sizeof(*out->grants));
	out->object.grants = out->grants;
	if (judgement->required_rule == REQUIRED_NOBODY)
		return;
	for (size_t i = 0; i < count; i++) {
		struct required_grant *grant = &out->grants[out->object.grant_count];
		if (judge_right_counts(judgement->required_rule, judge_rights(&grants[i])) &&
			translate(organization, &grants[i], grant))
			out->object.grant_count++;
	}
}

static void push(struct organization *organization, size_t *count, uint32_t place)
{
	struct organization_group *group = organization->groups[place];

	if (group->seen == organization->round)
		return;
	group->seen = organization->round;
	mem_grow(&organization->stack, &organization->stack_capacity, *count + 1,
		sizeof(*organization->stack));
	organization->stack[(*count)++] = place;
}

/* Goes by each group that the object's grants reach, once: one that could not be read is the
 * object's failure; of the others the members go into the digest, where one is wanted. */
static int walk_groups(struct organization *organization, const struct organization_need *need,
	struct hash_stream *digest)
{
	size_t count = 0;

	organization->round++;
	for (size_t i = 0; i < need->object.grant_count; i++) {
		if (need->grants[i].who.kind == DIRECTORY_GROUP)
			push(organization, &count, need->grants[i].who.place);
	}
	while (count > 0) {
		const struct organization_group *group =
			organization->groups[organization->stack[--count]];
		const char *name = group->name ? group->name : group->id;
		if (group->error)
			return err_set((enum err)group->error,
				"the members of the group %s cannot be read: %s", name,
				group->why);
		if (digest) {
			hash_stream_add(digest, group->digest, sizeof(group->digest));
			hash_stream_add(digest, name, strlen(name) + 1);
		}
		for (size_t i = 0; i < group->group_count; i++)
			push(organization, &count, group->groups[i]);
	}
	return 0;
}

static void digest_set(struct organization *organization, const struct organization_need *need,
	struct hash_stream *digest)
{
	for (size_t i = 0; i < need->object.grant_count; i++) {
		const struct required_grant *grant = &need->grants[i];
		bool is_group = grant->who.kind == DIRECTORY_GROUP;
		bool is_user = grant->who.kind == DIRECTORY_USER;
		const char *id = is_group  ? organization->groups[grant->who.place]->id
				 : is_user ? organization->users[grant->who.place]->id
					   : "";
		AUTO_TEXT text =
			mem_printf("%d %s %u\n", (int)grant->who.kind, id, grant->rights);
		hash_stream_add(digest, text, strlen(text));
	}
	for (size_t i = 0; i < need->count; i++) {
		(void)organization_subject(organization, need->users[i]);
		hash_stream_add(digest, organization->users[need->users[i]]->digest, HASH_SIZE);
	}
}

int organization_need(struct organization *organization, const struct source_object *object,
	const struct judgement *judgement, struct organization_need *out)
{
	int r = 0;

	*out = (struct organization_need){0};
	collect_grants(organization, object, judgement, out);
	if (judge_is_shared(judgement) && organization->error)
		r = err_set((enum err)organization->error,
			"the users of the organization cannot be read: %s", organization->why);
	if (r == 0)
		r = walk_groups(organization, out, NULL);
	if (r == 0)
		out->users = required_set(organization->required, &out->object, &out->count);
	return r;
}

void organization_need_digest(struct organization *organization,
	const struct organization_need *need, uint8_t out[HASH_SIZE])
{
	struct hash_stream *digest = hash_stream_new();

	(void)walk_groups(organization, need, digest); /* it went well before */
	digest_set(organization, need, digest);
	hash_stream_finish(digest, out);
}

void organization_need_free(struct organization_need *need)
{
	mem_free(need->grants);
	*need = (struct organization_need){0};
}
