/* SPDX-License-Identifier: Apache-2.0 */
#include "office.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/text.h"
#include "job/connection.h"
#include "job/plan.h"
#include "license/key.h"
#include "license/keyset.h"

struct office office;

/* Every connection to Microsoft is one to the script. */
int __wrap_graph_source_new(const struct graph_options *options, struct source **out);

int __wrap_graph_source_new(const struct graph_options *options, struct source **out)
{
	(void)options;
	*out = script_source();
	return 0;
}

/* Texts that live as long as the program: ids and addresses by number. */
static const char *text_of(const char *format, size_t number)
{
	enum { FORMATS = 8, MOST = OFFICE_USERS_MOST + 1 };
	static char texts[FORMATS][MOST][32];
	static const char *formats[FORMATS];

	assert_true(number < MOST);
	for (size_t i = 0; i < FORMATS; i++) {
		if (!formats[i])
			formats[i] = format;
		if (!text_equal(formats[i], format))
			continue;
		AUTO_TEXT digits = mem_printf("%03zu", number);
		const char *hash = strchr(format, '#');
		snprintf(texts[i][number], sizeof(texts[i][number]), "%.*s%s%s",
			(int)(hash - format), format, digits, hash + 1);
		return texts[i][number];
	}
	return NULL;
}

static void add_office(const struct fixture *fixture)
{
	AUTO_JSON settings = json_new_object();
	const struct job job = {.name = "nightly",
		.connection = "office",
		.storage = "disk",
		.objects = "all",
		.ordering = "name",
		.schedule = ""};

	json_put_text(settings, "tenant", "t");
	json_put_text(settings, "client_id", "c");
	const struct connection_new connection = {
		.name = "office", .kind = "m365", .settings = settings, .secret = "s"};
	assert_int_equal(connection_add(fixture->installation, &connection), 0);
	assert_int_equal(job_add(fixture->installation, &job), 0);
}

static void activate(const struct fixture *fixture)
{
	static const uint8_t random[KEY_RANDOM_SIZE] = {1, 2, 3};
	struct license_client *client = fixture->installation->license;
	AUTO_TEXT root = io_join(fixture->folder, "root.pub");
	char text[KEYSET_ROOT_SIZE];

	key_make(random, office.service->key);
	keyset_root_write(office.service->root.public, text);
	assert_int_equal(io_write_file(root, text, strlen(text), 0600), 0);
	assert_int_equal(
		license_client_set_server(client, fake_service_url(office.service), root, NULL),
		0);
	assert_int_equal(license_client_activate(client, office.service->key), 0);
}

int office_setup_without_key(void **state)
{
	int r = fixture_setup(state);

	world_stop_clocks();
	script_clear();
	office = (struct office){0};
	script = (struct script){.objects = office.objects,
		.folders = office.folders,
		.items = office.items,
		.users = office.users,
		.groups = office.groups};
	office.service = fake_service_start();
	add_office(*state);
	return r;
}

int office_setup(void **state)
{
	int r = office_setup_without_key(state);

	activate(*state);
	return r;
}

int office_teardown(void **state)
{
	int r = fixture_teardown(state);

	fake_service_stop(office.service);
	clock_use(NULL);
	return r;
}

void office_put_users(size_t count)
{
	for (size_t i = 0; i < count; i++)
		office.users[i] = (struct source_user){.id = text_of("d#", i + 1),
			.name = text_of("user#@contoso.example", i + 1),
			.m365_license = true};
	script.user_count = count;
}

size_t office_put_object(const char *kind, const char *name)
{
	size_t place = script.object_count++;
	const char *id = text_of("o#", place);

	script.folder_count = script.item_count = script.object_count;
	office.objects[place] = (struct source_object){.id = id,
		.kind = kind,
		.name = name,
		.display_name = name,
		.owner = {.tenant_id = "t", .directory_id = "", .purpose = ""},
		.grants = office.grants[place]};
	office.folders[place] = (struct script_folder){
		.object = id, .id = "f", .parent_id = "", .name = "Inbox"};
	office.items[place] = (struct script_item){.object = id,
		.folder = "f",
		.id = "m",
		.name = "m.eml",
		.tag = "1",
		.text = "message"};
	return place;
}

size_t office_put_mailbox(size_t user)
{
	size_t place = office_put_object("mailbox", text_of("user#@contoso.example", user));

	office.objects[place].owner = (struct source_owner){.tenant_id = "t",
		.directory_id = text_of("d#", user),
		.purpose = "user",
		.m365_license = true,
		.exchange_license = true,
		.has_mailbox = true};
	return place;
}

static void put_member(size_t group, enum source_principal_kind kind, const char *id)
{
	struct script_group *at = &office.groups[group - 1];

	at->id = text_of("g#", group);
	at->members = office.members[group - 1];
	office.members[group - 1][at->member_count++] =
		(struct source_principal){.kind = kind, .id = id};
	script.group_count = group > script.group_count ? group : script.group_count;
}

void office_put_group(size_t group, size_t first, size_t last)
{
	for (size_t i = first; i <= last; i++)
		put_member(group, SOURCE_PRINCIPAL_USER, text_of("d#", i));
}

void office_put_subgroup(size_t group, size_t member_group)
{
	put_member(group, SOURCE_PRINCIPAL_GROUP, text_of("g#", member_group));
}

struct source_grant *office_grant(size_t object, enum source_principal_kind kind, size_t number)
{
	size_t at = office.objects[object].grant_count++;
	struct source_grant *grant = &office.grants[object][at];

	grant->who.kind = kind;
	grant->who.id = kind == SOURCE_PRINCIPAL_USER    ? text_of("d#", number)
			: kind == SOURCE_PRINCIPAL_GROUP ? text_of("g#", number)
							 : "";
	return grant;
}

size_t office_put_of_group(const char *kind, const char *name, size_t group)
{
	size_t place = office_put_object(kind, name);

	office_grant(place, SOURCE_PRINCIPAL_GROUP, group)->member = true;
	return place;
}

static char *lines(const struct json *json, const char *word, const char *const numbers[4])
{
	AUTO_TEXT text = mem_strdup("");
	const struct json *list = json_get(json, "objects");

	for (size_t i = 0; i < json_count(list); i++) {
		const struct json *object = json_at(list, i);
		mem_replace(&text, mem_printf("%s%s %s", text, json_get_text(object, "name"),
					   json_get_text(object, word)));
		for (size_t n = 0; n < 4 && numbers[n]; n++)
			mem_replace(&text, mem_printf("%s %d", text,
						   (int)json_get_int(object, numbers[n], -1)));
		mem_replace(&text, mem_printf("%s\n", text));
	}
	return STEAL(text);
}

void office_assert_run(const struct fixture *fixture, const char *expected)
{
	static const char *const numbers[4] = {"required", "newly_licensed", "missing"};
	AUTO_JSON report = fixture_report(fixture);
	AUTO_TEXT found = lines(report, "result", numbers);

	assert_string_equal(found, expected);
}

void office_assert_plan(const struct fixture *fixture, const char *expected)
{
	static const char *const numbers[4] = {"required", "held", "would_license", "missing"};
	AUTO_JSON plan = NULL;

	assert_int_equal(plan_job(fixture->installation, "nightly", &plan), 0);
	AUTO_TEXT found = lines(plan, "would_be", numbers);
	assert_string_equal(found, expected);
}

int64_t office_number(const struct fixture *fixture, const char *sql)
{
	AUTO_ROWS rows = NULL;

	assert_int_equal(db_one(fixture->installation->db, &rows, sql, ""), 1);
	return db_int(rows, 0);
}
