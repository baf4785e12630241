/* SPDX-License-Identifier: Apache-2.0 */
#include "job/older_state.h"

#include <string.h>
#include <uthash.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "job/schedule.h"
#include "license/license.h"

static const int64_t bytes_max = (int64_t)1000 * 1000 * 1000 * 1000 * 1000 * 1000;

/* Where in the file something is read: "objects[3]". */
struct place {
	const char *list;
	size_t index;
};

/* A name that was seen in a list already. */
struct seen {
	char *text;
	UT_hash_handle hh;
};

struct reading {
	struct older_state *state;
	struct seen *objects;
	struct seen *connections;
	struct seen *storages;
	struct seen *jobs;
	size_t named; /* objects that jobs name, all together */
};

static int refuse(const struct place *place, const char *member, const char *why)
{
	return err_set(ERR_INVALID, "%s[%zu].%s: %s", place->list, place->index, member, why);
}

static bool is_seen(struct seen *set, const char *text)
{
	struct seen *found;

	HASH_FIND_STR(set, text, found);
	return found != NULL;
}

static void see(struct seen **set, const char *text)
{
	struct seen *seen = mem_alloc(sizeof(*seen));

	seen->text = mem_strdup(text);
	HASH_ADD_KEYPTR(hh, *set, seen->text, strlen(seen->text), seen);
}

static void forget(struct seen **set)
{
	struct seen *seen, *next;

	HASH_ITER(hh, *set, seen, next)
	{
		HASH_DEL(*set, seen);
		mem_free(seen->text);
		mem_free(seen);
	}
}

/* A record has all of its members and no others. `members` ends with NULL. */
static int check_members(
	const struct json *record, const struct place *place, const char *const *members)
{
	size_t position = 0, wanted = 0, found = 0;
	const char *key;
	struct json *value;

	if (!json_is_object(record))
		return err_set(
			ERR_INVALID, "%s[%zu]: an object is wanted", place->list, place->index);
	for (; members[wanted]; wanted++) {
		if (!json_has(record, members[wanted]))
			return refuse(place, members[wanted], "is missing");
	}
	while (json_next(record, &position, &key, &value))
		found++;
	if (found == wanted)
		return 0;
	for (position = 0; json_next(record, &position, &key, &value);) {
		size_t i = 0;

		while (members[i] && !text_equal(members[i], key))
			i++;
		if (!members[i])
			return refuse(place, key, "is not known");
	}
	return 0;
}

static bool has_control(const char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return true;
	}
	return false;
}

/* A text of 1 to OLDER_STATE_TEXT_MAX bytes. */
static int read_text(const struct json *record, const struct place *place, const char *member,
	const char **out)
{
	const char *text = json_get_text(record, member);

	if (!text)
		return refuse(place, member, "a text is wanted");
	if (!*text || strlen(text) > OLDER_STATE_TEXT_MAX)
		return refuse(place, member, "a text of 1 to 1024 bytes is wanted");
	if (has_control(text))
		return refuse(place, member, "a text without control characters is wanted");
	*out = text;
	return 0;
}

/* As read_text, and nothing else in its list may be called so. */
static int read_name(const struct json *record, const struct place *place, struct seen **names,
	const char **out)
{
	int r = read_text(record, place, "name", out);

	if (r == 0 && is_seen(*names, *out))
		r = refuse(place, "name", "is there twice");
	if (r == 0)
		see(names, *out);
	return r;
}

static int read_version(struct older_state *state)
{
	const char *version = json_get_text(state->document, "version");
	const char *point = version ? strchr(version, '.') : NULL;
	int64_t major, minor;

	if (!point)
		return err_set(ERR_INVALID, "version: a text as \"2.1\" is wanted");
	AUTO_TEXT before = mem_strndup(version, (size_t)(point - version));
	if (text_to_int(before, 0, 1000, &major) < 0 ||
		text_to_int(point + 1, 0, 1000, &minor) < 0)
		return err_set(ERR_INVALID, "version: a text as \"2.1\" is wanted");
	if (major > 2 || (major == 2 && minor > 1))
		return err_set(ERR_INVALID,
			"version: %s is licensed per user already; states up to 2.1 are moved",
			version);
	state->version = version;
	return 0;
}

static int read_number(const struct json *record, const char *where, const char *member,
	int64_t most, int64_t *out)
{
	*out = json_get_int(record, member, -1);
	if (*out >= 0 && *out <= most)
		return 0;
	return err_set(ERR_INVALID, "%s.%s: a whole number from 0 to %lld is wanted", where,
		member, (long long)most);
}

static int read_volumes(struct older_state *state, const struct json *licenses, int kind)
{
	const char *name = older_kind_name((enum older_kind)kind);
	const struct json *volumes = json_get(licenses, name);
	AUTO_TEXT where = mem_printf("licenses.%s", name);
	size_t position = 0, found = 0;
	const char *key;
	struct json *value;
	int r;

	if (!json_is_object(volumes))
		return err_set(ERR_INVALID, "%s: an object is wanted", where);
	r = read_number(
		volumes, where, "owned", LICENSE_SEATS_MAX, &state->owned.licenses[kind]);
	if (r == 0)
		r = read_number(volumes, where, "volume_bytes", bytes_max,
			&state->owned.volume_bytes[kind]);
	if (r == 0 && state->owned.volume_bytes[kind] == 0)
		r = err_set(ERR_INVALID, "%s.volume_bytes: is 0", where);
	while (json_next(volumes, &position, &key, &value))
		found++;
	if (r == 0 && found != 2)
		r = err_set(ERR_INVALID, "%s: has other members than owned and volume_bytes",
			where);
	return r;
}

static int read_licenses(struct older_state *state)
{
	const struct json *licenses = json_get(state->document, "licenses");
	size_t position = 0, found = 0;
	const char *key;
	struct json *value;
	int r;

	if (!json_is_object(licenses))
		return err_set(ERR_INVALID, "licenses: an object is wanted");
	r = read_number(licenses, "licenses", "mailbox", LICENSE_SEATS_MAX,
		&state->owned.licenses[OLDER_MAILBOX]);
	for (int kind = OLDER_PUBLIC_FOLDER; kind < OLDER_KIND_COUNT && r == 0; kind++)
		r = read_volumes(state, licenses, kind);
	while (json_next(licenses, &position, &key, &value))
		found++;
	if (r == 0 && found != OLDER_KIND_COUNT)
		r = err_set(ERR_INVALID, "licenses: has other members than mailbox, "
					 "public_folder, sharepoint and onedrive");
	return r;
}

/* How an object of today's kinds was counted. */
static bool find_kind(const char *object_kind, enum older_kind *out)
{
	static const struct {
		const char *object_kind;
		enum older_kind kind;
	} kinds[] = {
		{"mailbox", OLDER_MAILBOX},
		{"shared_mailbox", OLDER_MAILBOX},
		{"resource_mailbox", OLDER_MAILBOX},
		{"site_mailbox", OLDER_MAILBOX},
		{"group_mailbox", OLDER_MAILBOX},
		{"public_folder", OLDER_PUBLIC_FOLDER},
		{"site", OLDER_SHAREPOINT},
		{"team_site", OLDER_SHAREPOINT},
		{"onedrive", OLDER_ONEDRIVE},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (text_equal(object_kind, kinds[i].object_kind)) {
			*out = kinds[i].kind;
			return true;
		}
	}
	return false;
}

/* Objects are named without regard to case, as a job names them. */
static char *object_key(const char *kind, const char *name)
{
	char *key = mem_printf("%s:%s", kind, name);

	text_lower(key);
	return key;
}

static int read_object(
	struct reading *reading, const struct json *record, const struct place *place)
{
	static const char *const members[] = {"kind", "name", "bytes", NULL};
	struct older_state_object *object = &reading->state->objects[place->index];
	int r = check_members(record, place, members);

	if (r == 0)
		r = read_text(record, place, "kind", &object->object_kind);
	if (r == 0 && !find_kind(object->object_kind, &object->kind))
		r = refuse(place, "kind", "is not known");
	if (r == 0)
		r = read_text(record, place, "name", &object->name);
	if (r < 0)
		return r;
	object->bytes = json_get_int(record, "bytes", -1);
	if (object->bytes < 0 || object->bytes > bytes_max)
		return refuse(place, "bytes", "a whole number from 0 to 10^18 is wanted");
	AUTO_TEXT key = object_key(object->object_kind, object->name);
	if (is_seen(reading->objects, key))
		return refuse(place, "name", "is there twice");
	see(&reading->objects, key);
	return 0;
}

static int read_connection(
	struct reading *reading, const struct json *record, const struct place *place)
{
	static const char *const members[] = {"name", "tenant", "client_id", NULL};
	struct older_state_connection *connection = &reading->state->connections[place->index];
	int r = check_members(record, place, members);

	if (r == 0)
		r = read_name(record, place, &reading->connections, &connection->name);
	if (r == 0)
		r = read_text(record, place, "tenant", &connection->tenant);
	if (r == 0)
		r = read_text(record, place, "client_id", &connection->client_id);
	return r;
}

static int read_storage(
	struct reading *reading, const struct json *record, const struct place *place)
{
	static const char *const members[] = {"name", "path", NULL};
	struct older_state_storage *storage = &reading->state->storages[place->index];
	int r = check_members(record, place, members);

	if (r == 0)
		r = read_name(record, place, &reading->storages, &storage->name);
	if (r == 0)
		r = read_text(record, place, "path", &storage->path);
	if (r == 0 && storage->path[0] != '/')
		r = refuse(place, "path", "must begin with /");
	return r;
}

/* One of a job's objects, KIND:all or KIND:NAME of an object that the file lists. */
static int check_named(struct reading *reading, const char *entry, const struct place *place)
{
	const char *colon = entry ? strchr(entry, ':') : NULL;
	enum older_kind kind;

	if (!colon || strlen(entry) > 2 * OLDER_STATE_TEXT_MAX)
		return refuse(place, "objects", "KIND:all or KIND:NAME is wanted");
	if (strchr(entry, ','))
		return refuse(place, "objects", "a name with a comma cannot be in a job");
	AUTO_TEXT object_kind = mem_strndup(entry, (size_t)(colon - entry));
	if (!find_kind(object_kind, &kind))
		return refuse(place, "objects", "names a kind that is not known");
	AUTO_TEXT key = object_key(object_kind, colon + 1);
	if (!text_equal(colon + 1, "all") && !is_seen(reading->objects, key))
		return err_set(ERR_INVALID, "%s[%zu].objects: %s is not among the objects",
			place->list, place->index, entry);
	return 0;
}

static int read_named(struct reading *reading, const struct json *record,
	const struct place *place, char **out)
{
	const struct json *objects = json_get(record, "objects");
	size_t count = json_count(objects);
	AUTO_BUF list = buf_init((size_t)64 * 1024 * 1024);
	int r = 0;

	if (text_equal(json_get_text_or(record, "objects", ""), "all")) {
		*out = mem_strdup("all");
		return 0;
	}
	if (count == 0)
		return refuse(place, "objects", "\"all\" or a list is wanted");
	reading->named += count;
	if (reading->named > OLDER_STATE_OBJECTS_MAX)
		return err_set(ERR_LIMIT, "%s[%zu].objects: jobs name more than %d objects",
			place->list, place->index, OLDER_STATE_OBJECTS_MAX);
	for (size_t i = 0; i < count && r == 0; i++) {
		const char *entry = json_as_text(json_at(objects, i));

		r = check_named(reading, entry, place);
		if (r == 0)
			r = buf_printf(&list, "%s%s", i > 0 ? "," : "", entry);
	}
	if (r == 0) {
		const char *text = buf_text(&list);

		*out = mem_strdup(text);
	}
	return r;
}

static int read_job(
	struct reading *reading, const struct json *record, const struct place *place)
{
	static const char *const members[] = {
		"name", "connection", "storage", "objects", "schedule", NULL};
	struct older_state_job *job = &reading->state->jobs[place->index];
	int r = check_members(record, place, members);

	if (r == 0)
		r = read_name(record, place, &reading->jobs, &job->name);
	if (r == 0)
		r = read_text(record, place, "connection", &job->connection);
	if (r == 0 && !is_seen(reading->connections, job->connection))
		r = refuse(place, "connection", "is not among the connections");
	if (r == 0)
		r = read_text(record, place, "storage", &job->storage);
	if (r == 0 && !is_seen(reading->storages, job->storage))
		r = refuse(place, "storage", "is not among the storages");
	if (r == 0)
		r = read_named(reading, record, place, &job->objects);
	if (r < 0)
		return r;
	job->schedule = json_get_text(record, "schedule");
	if (!job->schedule || schedule_check(job->schedule) < 0)
		return refuse(place, "schedule",
			"\"\", \"every N minutes\", \"every N hours\" or \"daily HH:MM\" is "
			"wanted");
	return 0;
}

/* One of the file's lists: its records are read into an array that is made for them. */
struct list {
	const char *name;
	size_t most;
	size_t record_size;
	void *records; /* where the pointer to the array goes */
	size_t *count;
	int (*read)(
		struct reading *reading, const struct json *record, const struct place *place);
};

static int read_list(struct reading *reading, const struct list *list)
{
	const struct json *array = json_get(reading->state->document, list->name);
	size_t count = json_count(array);
	void *records;
	int r = 0;

	if (!json_is_array(array))
		return err_set(ERR_INVALID, "%s: a list is wanted", list->name);
	if (count > list->most)
		return err_set(
			ERR_LIMIT, "%s: has more than %zu entries", list->name, list->most);
	records = mem_array(count + 1, list->record_size);
	memcpy(list->records, &records, sizeof(void *));
	*list->count = count;
	for (size_t i = 0; i < count && r == 0; i++) {
		const struct place place = {list->name, i};

		r = list->read(reading, json_at(array, i), &place);
	}
	return r;
}

static int check_document(const struct json *document)
{
	static const char *const members[] = {
		"version", "licenses", "objects", "connections", "storages", "jobs"};
	size_t position = 0;
	const char *key;
	struct json *value;

	if (!json_is_object(document))
		return err_set(ERR_INVALID, "an object is wanted");
	while (json_next(document, &position, &key, &value)) {
		bool known = false;

		for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
			known |= text_equal(members[i], key);
		if (!known)
			return err_set(ERR_INVALID, "%.64s: is not known", key);
	}
	return 0;
}

static int read_document(struct reading *reading)
{
	struct older_state *state = reading->state;
	const struct list lists[] = {
		{"objects", OLDER_STATE_OBJECTS_MAX, sizeof(*state->objects), &state->objects,
			&state->object_count, read_object},
		{"connections", OLDER_STATE_RECORDS_MAX, sizeof(*state->connections),
			&state->connections, &state->connection_count, read_connection},
		{"storages", OLDER_STATE_RECORDS_MAX, sizeof(*state->storages),
			&state->storages, &state->storage_count, read_storage},
		{"jobs", OLDER_STATE_RECORDS_MAX, sizeof(*state->jobs), &state->jobs,
			&state->job_count, read_job},
	};
	/* The version first: the form of another one is not ours to judge. */
	int r = read_version(state);

	if (r == 0)
		r = check_document(state->document);
	if (r == 0)
		r = read_licenses(state);
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]) && r == 0; i++)
		r = read_list(reading, &lists[i]);
	return r;
}

static int take_document(struct json *document, struct older_state **out)
{
	struct reading reading = {.state = mem_alloc(sizeof(struct older_state))};

	reading.state->document = document;
	int r = read_document(&reading);
	forget(&reading.objects);
	forget(&reading.connections);
	forget(&reading.storages);
	forget(&reading.jobs);
	if (r < 0)
		older_state_free(reading.state);
	else
		*out = reading.state;
	return r;
}

int older_state_parse(const char *text, size_t size, struct older_state **out)
{
	struct json *document;
	int r = json_parse(text, size, &document);

	*out = NULL;
	return r < 0 ? r : take_document(document, out);
}

int older_state_read(const char *path, struct older_state **out)
{
	struct json *document;
	int r = json_read_file(path, &document);

	*out = NULL;
	return r < 0 ? r : err_wrap(take_document(document, out), "%s", path);
}

void older_state_free(struct older_state *state)
{
	if (!state)
		return;
	for (size_t i = 0; i < state->job_count; i++)
		mem_free(state->jobs[i].objects);
	mem_free(state->jobs);
	mem_free(state->objects);
	mem_free(state->connections);
	mem_free(state->storages);
	json_free(state->document);
	mem_free(state);
}
