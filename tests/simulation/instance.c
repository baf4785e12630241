/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/text.h"
#include "invariants.h"
#include "license_client/assignments.h"
#include "license_client/license_client_priv.h"

/* An instance: the real client, and what a backup program does with it. */

enum {
	POLL_S = 45 * 60,
	DAY_S = 86400,
	PAST_FRESH_S = 7 * DAY_S,
	CONTACT_TIMEOUT_MS = 5000,
	OBJECTS_MOST = 64,
	SUBJECTS_MOST = 2048,
	URL_SIZE = 64,
};

void instance_open(struct instance *instance)
{
	struct world *world = instance->world;
	AUTO_TEXT root = home_path(world->home, "root.pub");

	world->machine = &instance->machine;
	int r = license_client_open(instance->folder, &instance->client);
	if (r == 0)
		snprintf(instance->client->boot, sizeof(instance->client->boot), "%d-%d",
			instance->number, instance->boots);
	if (r == 0 && !instance->client->endpoint.url[0])
		r = license_client_set_server(
			instance->client, "http://127.0.0.1:1", root, NULL);
	if (r < 0) {
		world_fail(world, INVARIANT_NO_ERROR, "instance %d does not open: %s",
			instance->number, err_message());
		return;
	}
	instance->transport = (struct license_transport){network_send, instance};
	license_client_send_by(instance->client, &instance->transport);
}

struct instance *instance_of(struct world *world, const struct http_request *request)
{
	const char *id = header_of(request, "Garner-Instance");

	for (int i = 0; id && i < world->plan->instances; i++)
		if (world->instances[i].client &&
			text_equal(world->instances[i].client->identity.id, id))
			return &world->instances[i];
	return NULL;
}

void instance_close(struct instance *instance)
{
	license_client_close(instance->client);
	instance->client = NULL;
}

static void restart(struct instance *instance)
{
	fault_arm(0);
	instance_close(instance);
	instance_open(instance);
	instance->was_restarted = true;
}

void instance_reboot(struct instance *instance)
{
	instance->boots++;
	instance->machine.booted_us = instance->world->now_us;
	restart(instance);
	world_count(instance->world, COUNT_REBOOTS);
}

void instance_begin(struct instance *instance)
{
	instance->world->machine = &instance->machine;
	instance->answered = false;
	instance->was_restarted = false;
	instance->lied = 0;
	instance->asked = 0;
	fault_arm(instance->fault_at);
}

/* What was not written is not known after a crash: the instance is where it was before. */
static void die(struct instance *instance)
{
	bool failed = fault_happened();

	world_count(instance->world, COUNT_CRASHES);
	restart(instance);
	instance->fault_at = 0;
	if (!failed || !instance->client)
		return;
	const struct proof *kept = &instance->client->record.proof;
	struct sight seen = kept->lease_text ? sight_of(kept->lease_text) : (struct sight){0};
	world_count(instance->world, COUNT_FILE_FAULTS);
	if (seen.sequence > instance->most)
		world_fail(instance->world, 9, "instance %d has a lease that it never got",
			instance->number);
	instance->seen = seen;
	instance->time_s = 0;
	instance->answered = false;
}

void instance_end(struct instance *instance)
{
	network_settle(instance);
	if (instance->fault_at)
		die(instance);
	fault_arm(0);
	instance->world->machine = &instance->machine;
	if (instance->client)
		invariants_instance(instance);
	instance->world->machine = &instance->world->service;
}

void instance_activate(struct instance *instance)
{
	struct world *world = instance->world;
	int r = license_client_activate(instance->client, world->key);

	instance->wants_license = true;
	if (r == ERR_LICENSE && !world->model.revoked_s && !instance->is_revoked)
		world_fail(world, 9, "instance %d cannot activate: %s", instance->number,
			err_message());
}

int instance_contact(struct instance *instance)
{
	struct world *world = instance->world;
	int r = license_client_contact(instance->client, CONTACT_TIMEOUT_MS);

	if (r != ERR_AUTH || !world->was_put_back)
		return r;
	world_count(world, COUNT_ACTIVATED_AGAIN);
	instance_activate(instance);
	return license_client_contact(instance->client, CONTACT_TIMEOUT_MS);
}

/* Whose licenses an object needs: of each five the last is one of the groups. */
static size_t users_of(struct instance *instance, int64_t object, int64_t *out)
{
	struct world *world = instance->world;
	const struct group *group = &world->groups[object / 5 % GROUPS];

	if (object % 5 == 4) {
		memcpy(out, group->users, group->count * sizeof(*out));
		return group->count;
	}
	out[0] = (instance->number * 11 + object * 13) % world->plan->users;
	return 1;
}

/* The subject of a user, which is one for all instances. */
static const char *subject_of(struct instance *instance, int64_t user)
{
	struct world *world = instance->world;
	char id[32], subject[LICENSE_SUBJECT_TEXT];
	char *known = world->subjects[user];

	if (known[0] && !random_percent(&world->random, 2))
		return known;
	snprintf(id, sizeof(id), "user-%lld", (long long)user);
	if (license_client_subject(instance->client, "tenant", id, subject) < 0)
		return NULL;
	if (known[0] && !text_equal(known, subject))
		world_fail(world, 13, "user %lld has two subjects", (long long)user);
	memcpy(known, subject, sizeof(subject));
	return known;
}

struct batch {
	struct license_claim claims[OBJECTS_MOST];
	const char *subjects[SUBJECTS_MOST];
	size_t count, used;
};

static bool add_object(struct instance *instance, int64_t object, struct batch *batch)
{
	int64_t users[GROUP_MAX];
	size_t count = users_of(instance, object, users);
	struct license_claim *claim = &batch->claims[batch->count++];

	*claim = (struct license_claim){
		.subjects = &batch->subjects[batch->used], .count = count};
	for (size_t i = 0; i < count; i++) {
		const char *subject = subject_of(instance, users[i]);
		if (!subject)
			return false;
		batch->subjects[batch->used++] = subject;
	}
	return true;
}

static void claim(struct instance *instance, struct batch *batch)
{
	int64_t asked = instance->asked;
	int r = license_client_claim(instance->client, batch->claims, batch->count);

	network_settle(instance);
	if (r == ERR_INVALID || r == ERR_LIMIT)
		world_fail(instance->world, INVARIANT_NO_ERROR, "a claim: %s", err_message());
	for (size_t i = 0; i < batch->count; i++) {
		if (!batch->claims[i].granted)
			continue;
		invariants_backup(instance, &batch->claims[i]);
		world_count(instance->world, COUNT_BACKED_UP);
		if (asked == instance->asked)
			world_count(instance->world, COUNT_BACKED_UP_UNASKED);
	}
}

/* A job begins with what a poll is, too. */
static void note_contact(struct instance *instance, int r)
{
	instance->polled_well = r == 0;
	instance->polled_s = world_now_s(instance->world);
	instance->clock_moved = false;
	if (r < 0)
		world_count(instance->world, COUNT_CONTACTS_FAILED);
}

/* A job that starts asks the service; half of ours are the rest of one that started before, and
 * go on as long as that is allowed. False where no license was ever active. */
static bool open_gate(struct instance *instance)
{
	struct world *world = instance->world;
	struct license_status status;

	license_client_status(instance->client, &status);
	if (!status.may_back_up || random_percent(&world->random, 50))
		note_contact(instance, instance_contact(instance));
	license_client_status(instance->client, &status);
	if (!status.may_back_up)
		world_count(world, COUNT_JOBS_NOT_ALLOWED);
	if (status.offline_since_s)
		world_count(world, COUNT_JOBS_OFFLINE);
	return status.key_masked[0] != 0;
}

void instance_job(struct instance *instance, int64_t first, int64_t amount)
{
	struct world *world = instance->world;
	int64_t at_once = random_percent(&world->random, 50)
				  ? OBJECTS_MOST
				  : 1 + random_below(&world->random, 8);

	world_count(world, COUNT_JOBS);
	if (!open_gate(instance))
		return;
	for (int64_t object = first; object < first + amount;) {
		struct batch batch = {0};
		bool good = true;
		while (good && object < first + amount && (int64_t)batch.count < at_once &&
			batch.count < OBJECTS_MOST && batch.used + GROUP_MAX < SUBJECTS_MOST)
			good = add_object(instance, object++, &batch);
		if (!good || world->failure.invariant)
			return;
		claim(instance, &batch);
	}
}

/* Some who hold a license by the last list, and one who may hold none. */
void instance_release(struct instance *instance, int64_t amount)
{
	struct world *world = instance->world;
	struct license_subject *subjects = NULL;
	struct license_release releases[16] = {0};
	size_t count = 0, listed = 0;

	if (license_client_subjects(instance->client, &subjects, &listed) < 0)
		listed = 0;
	for (int64_t i = 0; listed && i < amount && count < 15; i++)
		releases[count++].subject =
			subjects[random_below(&world->random, (int64_t)listed)].id;
	const char *other =
		subject_of(instance, random_below(&world->random, world->plan->users));
	if (other)
		releases[count++].subject = other;
	if (count && license_client_release(instance->client, releases, count) == ERR_INVALID)
		world_fail(world, INVARIANT_NO_ERROR, "a release: %s", err_message());
	mem_free(subjects);
}

static bool lies_between(int64_t at_s, int64_t from_s, int64_t to_s)
{
	return at_s > from_s && at_s <= to_s;
}

/* Whether the last lease needs no events to be read. */
static bool follows_history(const struct instance *instance)
{
	return !instance->client->record.head.lease_text;
}

/*
 * Whether a poll now would leave everything as it is but for the lease's number and moment: the
 * last one went as this one would, the license has not moved since (its revision counts every
 * change), the list is that of the lease, and neither the end nor a reset was passed. Once a
 * day one is made in any case (once a week in the year before the days that are simulated), so
 * that a lease's moment is never older than that. Where nobody
 * answers, only the first failure is remembered: further ones are the same.
 */
static bool changes_nothing(const struct instance *instance)
{
	const struct world *world = instance->world;
	const struct sight *seen = &instance->seen;
	int64_t now_s = world_now_s(world);
	bool is_reachable = !instance->is_cut && !world->is_stopped && !world->is_held &&
			    !instance->is_revoked;
	int64_t fresh_s = now_s < world->plan->start_s ? PAST_FRESH_S : DAY_S;

	if (now_s - instance->polled_s >= fresh_s || is_reachable != instance->polled_well)
		return false;
	if (!is_reachable)
		return true;
	return !instance->storm && !instance->clock_moved && !world->is_put_back &&
	       seen->revision == world->model.revision && follows_history(instance) &&
	       assignments_are_current(instance->client) &&
	       !lies_between(seen->expires_s, instance->polled_s, now_s) &&
	       !lies_between(seen->resets_s, instance->polled_s, now_s);
}

void instance_poll(struct instance *instance)
{
	struct world *world = instance->world;

	world_seed(world,
		random_mix(random_mix(world->plan->seed, 1000 + (uint64_t)instance->number),
			(uint64_t)instance->poll_number++));
	instance->next_poll_s +=
		POLL_S - POLL_S / 10 + random_below(&world->random, POLL_S / 5);
	if (!instance->wants_license)
		return;
	if (changes_nothing(instance)) {
		world_count(world, COUNT_POLLS_SKIPPED);
		return;
	}
	world_count(world, COUNT_POLLS);
	instance_begin(instance);
	if (!instance->client->grant.license_id[0])
		instance_activate(instance);
	note_contact(instance, instance_contact(instance));
	instance_end(instance);
}
