/* SPDX-License-Identifier: Apache-2.0 */
#include "mailboxes.h"

#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/mem.h"
#include "job/connection.h"
#include "license/key.h"
#include "license/keyset.h"
#include "script.h"

/* Every connection to Microsoft is one to the script. */
int __wrap_graph_source_new(const struct graph_options *options, struct source **out);

int __wrap_graph_source_new(const struct graph_options *options, struct source **out)
{
	(void)options;
	*out = script_source();
	return 0;
}

#define USER(number)                                                                           \
	{                                                                                      \
		.id = "u" #number, .kind = "mailbox",                                          \
		.name = "user" #number "@contoso.example", .display_name = "User",             \
		.owner = {.tenant_id = "t",                                                    \
			.directory_id = "d" #number,                                           \
			.purpose = "user",                                                     \
			.m365_license = true,                                                  \
			.exchange_license = true,                                              \
			.has_mailbox = true},                                                  \
	}

static const struct source_object users[MAILBOXES] = {USER(1), USER(2), USER(3)};

/* Of the test that runs. */
struct source_object mailboxes_objects[MAILBOXES];
static struct script_folder folders[MAILBOXES];
static struct script_item items[MAILBOXES];
struct fake_service *mailboxes_service;

void mailboxes_script(void)
{
	script_clear();
	for (size_t i = 0; i < MAILBOXES; i++) {
		mailboxes_objects[i] = users[i];
		folders[i] = (struct script_folder){
			.object = users[i].id, .id = "f", .parent_id = "", .name = "Inbox"};
		items[i] = (struct script_item){.object = users[i].id,
			.folder = "f",
			.id = "m",
			.name = "m.eml",
			.tag = "1",
			.text = "message"};
	}
	script = (struct script){.objects = mailboxes_objects,
		.object_count = SCRIPT_COUNT(mailboxes_objects),
		.folders = folders,
		.folder_count = SCRIPT_COUNT(folders),
		.items = items,
		.item_count = SCRIPT_COUNT(items)};
}

int mailboxes_add_job(const struct fixture *fixture, const char *job_name)
{
	char connection[] = "office", storage[] = "disk", all[] = "all", order[] = "name",
	     schedule[] = "";
	AUTO_TEXT name = mem_strdup(job_name);
	const struct job job = {.name = name,
		.connection = connection,
		.storage = storage,
		.objects = all,
		.ordering = order,
		.schedule = schedule};

	return job_add(fixture->installation, &job);
}

void mailboxes_connect(const struct fixture *fixture)
{
	AUTO_JSON settings = json_new_object();

	json_put_text(settings, "tenant", "t");
	json_put_text(settings, "client_id", "c");
	const struct connection_new connection = {
		.name = "office", .kind = "m365", .settings = settings, .secret = "s"};
	assert_int_equal(connection_add(fixture->installation, &connection), 0);
}

void mailboxes_set_server(const struct fixture *fixture)
{
	static const uint8_t random[KEY_RANDOM_SIZE] = {1, 2, 3};
	struct license_client *client = fixture->installation->license;
	AUTO_TEXT root = io_join(fixture->folder, "root.pub");
	char text[KEYSET_ROOT_SIZE];

	key_make(random, mailboxes_service->key);
	keyset_root_write(mailboxes_service->root.public, text);
	assert_int_equal(io_write_file(root, text, strlen(text), 0600), 0);
	assert_int_equal(license_client_set_server(
				 client, fake_service_url(mailboxes_service), root, NULL),
		0);
}
