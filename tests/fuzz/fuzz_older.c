/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "fuzz.h"
#include "job/older_state.h"
#include "job/schedule.h"

/* The state of an older installation: refused with its place, or taken and then within its
 * bounds, each name once, each job's connection and storage there. */

static void check_text(const char *text)
{
	ASSERT(text && text[0] && strlen(text) <= OLDER_STATE_TEXT_MAX);
	ASSERT(text_is_utf8(text, strlen(text)));
	for (const char *p = text; *p; p++)
		ASSERT((unsigned char)*p >= ' ' && *p != 0x7f);
}

static void check_objects(const struct older_state *state)
{
	ASSERT(state->object_count <= OLDER_STATE_OBJECTS_MAX);
	for (size_t i = 0; i < state->object_count; i++) {
		const struct older_state_object *object = &state->objects[i];

		check_text(object->name);
		ASSERT(object->object_kind && object->bytes >= 0);
		ASSERT((unsigned)object->kind < OLDER_KIND_COUNT);
		for (size_t j = 0; j < i; j++)
			ASSERT(strcmp(object->object_kind, state->objects[j].object_kind) !=
					0 ||
				!text_equal_nocase(object->name, state->objects[j].name));
	}
}

static bool has_connection(const struct older_state *state, const char *name)
{
	size_t found = 0;

	for (size_t i = 0; i < state->connection_count; i++)
		found += strcmp(state->connections[i].name, name) == 0;
	ASSERT(found <= 1);
	return found == 1;
}

static bool has_storage(const struct older_state *state, const char *name)
{
	size_t found = 0;

	for (size_t i = 0; i < state->storage_count; i++)
		found += strcmp(state->storages[i].name, name) == 0;
	ASSERT(found <= 1);
	return found == 1;
}

static void check_jobs(const struct older_state *state)
{
	for (size_t i = 0; i < state->connection_count; i++) {
		check_text(state->connections[i].name);
		check_text(state->connections[i].tenant);
		check_text(state->connections[i].client_id);
		ASSERT(has_connection(state, state->connections[i].name));
	}
	for (size_t i = 0; i < state->storage_count; i++) {
		check_text(state->storages[i].name);
		ASSERT(state->storages[i].path[0] == '/');
		ASSERT(has_storage(state, state->storages[i].name));
	}
	for (size_t i = 0; i < state->job_count; i++) {
		const struct older_state_job *job = &state->jobs[i];

		check_text(job->name);
		ASSERT(has_connection(state, job->connection));
		ASSERT(has_storage(state, job->storage));
		ASSERT(job->objects[0] && schedule_check(job->schedule) == 0);
	}
}

/* What was used then is counted without overflow, whatever the file says. */
static void check_owned(const struct older_state *state)
{
	for (int kind = 0; kind < OLDER_KIND_COUNT; kind++) {
		int64_t volume = state->owned.volume_bytes[kind];

		ASSERT(state->owned.licenses[kind] >= 0 &&
			state->owned.licenses[kind] <= 10 * 1000 * 1000);
		ASSERT(kind == OLDER_MAILBOX ? volume == 0 : volume >= 1);
		for (size_t i = 0; volume && i < state->object_count; i++) {
			int64_t bytes = state->objects[i].bytes;
			int64_t used = older_volumes(bytes, volume);

			ASSERT(used >= bytes / volume && used <= bytes / volume + 1);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct older_state *state;

	if (older_state_parse((const char *)data, size, &state) < 0) {
		ASSERT(!state && err_message()[0]);
		return 0;
	}
	check_text(state->version);
	check_objects(state);
	check_jobs(state);
	check_owned(state);
	older_state_free(state);
	return 0;
}
