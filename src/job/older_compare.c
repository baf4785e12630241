/* SPDX-License-Identifier: Apache-2.0 */
#include "job/older_compare.h"

#include <string.h>

#include <uthash.h>

#include "base/mem.h"
#include "base/text.h"
#include "job/connection.h"
#include "job/organization.h"
#include "job/report.h"

/* All objects of one connection. */
struct listed {
	struct source *source;
	struct selection selection;
};

/* An object of today by kind and name, in lower case. */
struct found {
	char *key;
	const struct source_object *object;
	UT_hash_handle hh;
};

struct comparing {
	struct installation *installation;
	const struct older_import *import;
	const struct older_state *state;
	struct listed *listed; /* by connection */
	struct found *found;
	struct organization *organization;
	struct older_object *objects;    /* by object of the state */
	struct organization_need *needs; /* which they borrow */
};

static char *key_of(const char *kind, const char *name)
{
	char *key = mem_printf("%s:%s", kind, name);

	text_lower(key);
	return key;
}

static void remember_all(struct comparing *comparing, const struct selection *selection)
{
	for (size_t i = 0; i < selection->count; i++) {
		const struct source_object *object = &selection->objects[i];
		char *key = key_of(object->kind, object->name);
		struct found *found;

		HASH_FIND_STR(comparing->found, key, found);
		if (found) { /* of another tenant: the first is as good */
			mem_free(key);
			continue;
		}
		found = mem_alloc(sizeof(*found));
		found->key = key;
		found->object = object;
		HASH_ADD_KEYPTR(hh, comparing->found, key, strlen(key), found);
	}
}

/* The source of a connection; where it is not there yet (a dry run), as it would be made. */
static int open_source(struct comparing *comparing, size_t index, struct source **out)
{
	const struct older_state_connection *from = &comparing->state->connections[index];
	const struct connection_open how = {0};
	int r = connection_source(comparing->installation, from->name, &how, out);

	if (r != ERR_NOTFOUND || !comparing->import->secret)
		return r;
	AUTO_JSON settings =
		older_import_settings(comparing->import, from->tenant, from->client_id);
	const struct connection_new connection = {.name = from->name,
		.kind = "m365",
		.settings = settings,
		.secret = comparing->import->secret};
	return connection_try(&connection, &how, out);
}

static int list_connection(struct comparing *comparing, size_t index)
{
	struct listed *listed = &comparing->listed[index];
	int r = open_source(comparing, index, &listed->source);

	if (r == 0)
		r = selection_read(listed->source, "all", &listed->selection);
	if (r < 0)
		return r;
	const struct organization_options options = {
		.installation = comparing->installation, .source = listed->source};
	r = organization_add(comparing->organization, &options, &listed->selection);
	remember_all(comparing, &listed->selection);
	return r;
}

/* What an object needs now; one that is not there, not supported or not readable is `gone`. */
static void judge_now(struct comparing *comparing, size_t index)
{
	const struct older_state_object *from = &comparing->state->objects[index];
	struct older_object *object = &comparing->objects[index];
	AUTO_TEXT key = key_of(from->object_kind, from->name);
	struct judgement judgement;
	struct found *found;

	*object = (struct older_object){.kind = from->kind, .bytes = from->bytes};
	HASH_FIND_STR(comparing->found, key, found);
	if (!found)
		return;
	judge_object(found->object, &judgement);
	object->found =
		judgement.supported && organization_need(comparing->organization, found->object,
					       &judgement, &comparing->needs[index]) == 0;
	if (object->found)
		object->now = comparing->needs[index].object;
}

static void put_had(const struct older_comparison *comparison, struct json *out)
{
	struct json *list = json_new_array();

	for (int kind = 0; kind < OLDER_KIND_COUNT; kind++) {
		const struct older_had *had = &comparison->had[kind];
		struct json *json = json_new_object();
		json_put_text(json, "kind", older_kind_name((enum older_kind)kind));
		json_put_int(json, "objects", had->objects);
		json_put_int(json, "bytes", had->bytes);
		json_put_int(json, "owned", had->owned);
		json_put_int(json, "used", had->used);
		json_append(list, json);
	}
	json_put(out, "had", list);
	json_put_int(out, "owned", comparison->owned);
	json_put_int(out, "used", comparison->used);
}

static void put_needs(const struct older_comparison *comparison, struct json *out)
{
	static const char *const rules[OLDER_RULE_COUNT] = {[REQUIRED_NOBODY] = "nobody",
		[REQUIRED_OWNER] = "owner",
		[REQUIRED_MEMBERS] = "members",
		[REQUIRED_FOLDER_RIGHTS] = "folder_rights",
		[REQUIRED_SITE_RIGHTS] = "site_rights"};
	struct json *list = json_new_array();
	struct json *advice = json_new_array();

	for (int rule = 0; rule < OLDER_RULE_COUNT; rule++) {
		const struct older_needs *needs = &comparison->needs[rule];
		struct json *json = json_new_object();
		json_put_text(json, "rule", rules[rule]);
		json_put_int(json, "objects", needs->objects);
		json_put_int(json, "users", needs->users);
		json_put_int(json, "more", needs->more);
		json_append(list, json);
	}
	for (int i = 0; i < OLDER_ADVICE_COUNT; i++) {
		if (comparison->advice[i])
			json_append(
				advice, json_new_text(older_advice_code((enum older_advice)i)));
	}
	json_put(out, "needs", list);
	json_put_int(out, "users", comparison->users);
	json_put_int(out, "difference", comparison->difference);
	json_put_int(out, "gone", comparison->gone);
	json_put(out, "advice", advice);
}

static void compare(struct comparing *comparing, int listed, struct json *out)
{
	const struct older_state *state = comparing->state;
	struct older_comparison comparison;

	json_put_bool(out, "compared", listed == 0);
	json_put(out, "not_compared",
		listed < 0 ? report_reason(err_name(listed), err_message()) : NULL);
	organization_end(comparing->organization);
	comparing->objects = mem_array(state->object_count + 1, sizeof(*comparing->objects));
	comparing->needs = mem_array(state->object_count + 1, sizeof(*comparing->needs));
	for (size_t i = 0; i < state->object_count; i++)
		judge_now(comparing, i);
	older_compare(&state->owned, comparing->objects, state->object_count,
		organization_required(comparing->organization), &comparison);
	put_had(&comparison, out);
	if (listed == 0)
		put_needs(&comparison, out);
	for (size_t i = 0; i < state->object_count; i++)
		organization_need_free(&comparing->needs[i]);
}

static void free_all(struct comparing *comparing)
{
	struct found *found, *next;

	HASH_ITER(hh, comparing->found, found, next)
	{
		HASH_DEL(comparing->found, found);
		mem_free(found->key);
		mem_free(found);
	}
	for (size_t i = 0; i < comparing->state->connection_count; i++) {
		selection_free(&comparing->listed[i].selection);
		source_close(comparing->listed[i].source);
	}
	organization_free(comparing->organization);
	mem_free(comparing->listed);
	mem_free(comparing->objects);
	mem_free(comparing->needs);
}

int older_compare_put(struct installation *installation, const struct older_import *import,
	const struct older_state *state, struct json *out)
{
	struct comparing comparing = {.installation = installation,
		.import = import,
		.state = state,
		.listed = mem_array(state->connection_count + 1, sizeof(*comparing.listed)),
		.organization = organization_begin(installation)};
	int r = 0;

	for (size_t i = 0; i < state->connection_count && r == 0; i++)
		r = list_connection(&comparing, i);
	compare(&comparing, r, out);
	free_all(&comparing);
	return r == ERR_IO || r == ERR_CORRUPT ? r : 0;
}
