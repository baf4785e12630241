/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "job/organization_priv.h"

/* Reads an organization: first its users, where an object is shared; then what the objects
 * name; then group by group, while members name further groups. */

struct reading {
	struct organization *organization;
	const struct organization_options *options;
	struct organization_group *group; /* in hand */
	bool is_over;                     /* the source as a whole fails: it is asked no more */
	int over_error;
	char *over_why;
};

static int take_user(void *context, const struct source_user *user)
{
	struct reading *reading = context;
	bool counts = user->m365_license && !user->guest;
	struct organization_user *put =
		organization_put_user(reading->organization, user->id, counts);

	if (!put->name)
		put->name = mem_strdup(user->name);
	return 0;
}

/* A sum without an order: the other side names members as it likes. */
static void add_to_digest(
	struct organization_group *group, const struct source_principal *member)
{
	uint8_t one[HASH_SIZE];
	AUTO_TEXT text = mem_printf("%d %s", (int)member->kind, member->id);

	text_lower(text);
	hash_sha256(text, strlen(text), one);
	for (size_t i = 0; i < sizeof(one); i++)
		group->digest[i] ^= one[i];
}

static int take_member(void *context, const struct source_principal *member)
{
	struct reading *reading = context;
	struct organization *organization = reading->organization;
	struct organization_group *group = reading->group;
	struct directory_principal place = {.kind = DIRECTORY_EVERYONE};

	if (member->kind == SOURCE_PRINCIPAL_USER) {
		/* Who came after the users were read counts from the next run on. */
		place.kind = DIRECTORY_USER;
		place.place = organization_put_user(organization, member->id, false)->place;
	} else if (member->kind == SOURCE_PRINCIPAL_GROUP) {
		place.kind = DIRECTORY_GROUP;
		place.place = organization_put_group(organization, member->id)->place;
		mem_grow(&group->groups, &group->group_capacity, group->group_count + 1,
			sizeof(*group->groups));
		group->groups[group->group_count++] = place.place;
	}
	directory_add_member(organization->directory, group->place, place);
	add_to_digest(group, member);
	return 0;
}

/* Where the other side as a whole does not answer any more, each further call would wait as
 * long as this one did. */
static void note_if_over(struct reading *reading, int r)
{
	if (source_fault()->scope != SOURCE_TENANT || reading->is_over)
		return;
	reading->is_over = true;
	reading->over_error = r;
	mem_replace(&reading->over_why, mem_strdup(err_message()));
}

static int tick(const struct reading *reading)
{
	return reading->options->tick ? reading->options->tick(reading->options->context) : 0;
}

static int read_users(struct reading *reading)
{
	struct organization *organization = reading->organization;
	int r = source_users(reading->options->source, take_user, reading);

	if (r == ERR_CANCELLED)
		return r;
	if (r < 0) {
		organization->error = r;
		mem_replace(&organization->why, mem_strdup(err_message()));
		note_if_over(reading, r);
	}
	return tick(reading);
}

static int read_group(struct reading *reading, struct organization_group *group)
{
	reading->group = group;
	if (reading->is_over) {
		group->error = reading->over_error;
		group->why = mem_strdup(reading->over_why);
		return 0;
	}
	int r = source_members(reading->options->source, group->id, take_member, reading);
	if (r == ERR_CANCELLED)
		return r;
	if (r < 0) {
		group->error = r;
		group->why = mem_strdup(err_message());
		note_if_over(reading, r);
	}
	return tick(reading);
}

static void put_principal(struct organization *organization, const struct source_object *object,
	const struct source_grant *grant)
{
	if (grant->who.kind == SOURCE_PRINCIPAL_USER) {
		(void)organization_put_user(organization, grant->who.id, false);
	} else if (grant->who.kind == SOURCE_PRINCIPAL_GROUP) {
		struct organization_group *group =
			organization_put_group(organization, grant->who.id);
		/* The group that the object belongs to has its name. */
		if (grant->member && !group->name)
			group->name = mem_strdup(object->display_name && *object->display_name
							 ? object->display_name
							 : object->name);
	}
}

/* What an object names, where it counts. */
static void put_named(struct organization *organization, const struct source_object *object,
	const struct judgement *judgement)
{
	if (!organization->tenant_id && *object->owner.tenant_id)
		organization->tenant_id = mem_strdup(object->owner.tenant_id);
	if (!judgement->supported)
		return;
	if (judgement->required_rule == REQUIRED_OWNER) {
		struct organization_user *user =
			organization_put_user(organization, object->owner.directory_id, true);
		if (!user->name)
			user->name = mem_strdup(object->name);
	}
	for (size_t i = 0; judge_is_shared(judgement) && i < object->grant_count; i++) {
		const struct source_grant *grant = &object->grants[i];
		if (judge_right_counts(judgement->required_rule, judge_rights(grant)))
			put_principal(organization, object, grant);
	}
}

static bool is_any_shared(const struct selection *selection)
{
	struct judgement judgement;

	for (size_t i = 0; i < selection->count; i++) {
		judge_object(&selection->objects[i], &judgement);
		if (judge_is_shared(&judgement))
			return true;
	}
	return false;
}

static int read_all(struct reading *reading, const struct selection *selection)
{
	struct organization *organization = reading->organization;
	size_t first_group = organization->group_count;
	int r = is_any_shared(selection) ? read_users(reading) : 0;

	for (size_t i = 0; i < selection->count && r == 0; i++) {
		struct judgement judgement;
		judge_object(&selection->objects[i], &judgement);
		put_named(organization, &selection->objects[i], &judgement);
	}
	for (size_t i = first_group; i < organization->group_count && r == 0; i++)
		r = read_group(reading, organization->groups[i]);
	return r;
}

struct organization *organization_begin(struct installation *installation)
{
	struct organization *organization = mem_alloc(sizeof(*organization));

	organization->installation = installation;
	organization->directory = directory_new();
	return organization;
}

int organization_add(struct organization *organization,
	const struct organization_options *options, const struct selection *selection)
{
	struct reading reading = {.organization = organization, .options = options};
	int r = read_all(&reading, selection);

	mem_free(reading.over_why);
	return r;
}

void organization_end(struct organization *organization)
{
	organization->required = required_new(organization->directory);
}

int organization_read(const struct organization_options *options,
	const struct selection *selection, struct organization **out)
{
	struct organization *organization = organization_begin(options->installation);
	int r = organization_add(organization, options, selection);

	*out = NULL;
	if (r != 0) {
		organization_free(organization);
		return r;
	}
	organization_end(organization);
	*out = organization;
	return 0;
}
