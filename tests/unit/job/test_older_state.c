/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "job/older_state.h"

/* A whole state, written with ' for " so that it can be read here. */
static const char whole[] =
	"{'version': '2.1',"
	"'licenses': {'mailbox': 50,"
	"  'public_folder': {'owned': 2, 'volume_bytes': 10000000000},"
	"  'sharepoint': {'owned': 3, 'volume_bytes': 20000000000},"
	"  'onedrive': {'owned': 0, 'volume_bytes': 10000000000}},"
	"'objects': ["
	"  {'kind': 'mailbox', 'name': 'ada@contoso.example', 'bytes': 123},"
	"  {'kind': 'shared_mailbox', 'name': 'info@contoso.example', 'bytes': 0},"
	"  {'kind': 'public_folder', 'name': '/Projects', 'bytes': 25000000000},"
	"  {'kind': 'team_site', 'name': '/sites/sales', 'bytes': 1},"
	"  {'kind': 'onedrive', 'name': 'ada@contoso.example', 'bytes': 1000000000000000000}],"
	"'connections': [{'name': 'cloud', 'tenant': 'contoso', 'client_id': 'app'}],"
	"'storages': [{'name': 'disk', 'path': '/backup'}],"
	"'jobs': ["
	"  {'name': 'mail', 'connection': 'cloud', 'storage': 'disk', 'objects': 'all',"
	"   'schedule': 'daily 02:30'},"
	"  {'name': 'rest', 'connection': 'cloud', 'storage': 'disk',"
	"   'objects': ['public_folder:/Projects', 'team_site:all',"
	"     'mailbox:ADA@contoso.example'], 'schedule': ''}]}";

static char *replaced(const char *text, const char *find, const char *replace)
{
	const char *at = strstr(text, find);

	assert_non_null(at);
	return mem_printf("%.*s%s%s", (int)(at - text), text, replace, at + strlen(find));
}

static int parse(const char *text, struct older_state **out)
{
	AUTO_TEXT json = mem_strdup(text);

	for (char *at = json; *at; at++)
		if (*at == '\'')
			*at = '"';
	return older_state_parse(json, strlen(json), out);
}

static void H1_a_state_of_version_2_1_is_read_without_loss(void **state)
{
	(void)state;
	struct older_state *older;

	assert_int_equal(parse(whole, &older), 0);
	assert_string_equal(older->version, "2.1");
	assert_int_equal(older->owned.licenses[OLDER_MAILBOX], 50);
	assert_int_equal(older->owned.licenses[OLDER_PUBLIC_FOLDER], 2);
	assert_int_equal(older->owned.licenses[OLDER_SHAREPOINT], 3);
	assert_int_equal(older->owned.volume_bytes[OLDER_SHAREPOINT], 20000000000);
	assert_int_equal(older->owned.licenses[OLDER_ONEDRIVE], 0);
	assert_int_equal(older->object_count, 5);
	assert_int_equal(older->objects[0].kind, OLDER_MAILBOX);
	assert_int_equal(older->objects[1].kind, OLDER_MAILBOX);
	assert_string_equal(older->objects[1].object_kind, "shared_mailbox");
	assert_string_equal(older->objects[1].name, "info@contoso.example");
	assert_int_equal(older->objects[2].kind, OLDER_PUBLIC_FOLDER);
	assert_int_equal(older->objects[2].bytes, 25000000000);
	assert_int_equal(older->objects[3].kind, OLDER_SHAREPOINT);
	assert_int_equal(older->objects[4].kind, OLDER_ONEDRIVE);
	assert_int_equal(older->connection_count, 1);
	assert_string_equal(older->connections[0].tenant, "contoso");
	assert_string_equal(older->connections[0].client_id, "app");
	assert_int_equal(older->storage_count, 1);
	assert_string_equal(older->storages[0].path, "/backup");
	assert_int_equal(older->job_count, 2);
	assert_string_equal(older->jobs[0].name, "mail");
	assert_string_equal(older->jobs[0].objects, "all");
	assert_string_equal(older->jobs[0].schedule, "daily 02:30");
	assert_string_equal(older->jobs[1].connection, "cloud");
	assert_string_equal(older->jobs[1].storage, "disk");
	assert_string_equal(older->jobs[1].objects,
		"public_folder:/Projects,team_site:all,mailbox:ADA@contoso.example");
	assert_string_equal(older->jobs[1].schedule, "");
	older_state_free(older);
}

static void H1_lower_versions_are_read_and_higher_ones_refused(void **state)
{
	(void)state;
	static const struct {
		const char *version;
		int result;
	} versions[] = {{"'2.1'", 0}, {"'2.0'", 0}, {"'1.12'", 0}, {"'0.9'", 0},
		{"'2.2'", ERR_INVALID}, {"'3.0'", ERR_INVALID}, {"'2.10'", ERR_INVALID},
		{"'2'", ERR_INVALID}, {"'2.'", ERR_INVALID}, {"'-1.0'", ERR_INVALID},
		{"'2.1.1'", ERR_INVALID}, {"2.1", ERR_INVALID}, {"null", ERR_INVALID}};

	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		AUTO_TEXT text = replaced(whole, "'2.1'", versions[i].version);
		struct older_state *older;

		assert_int_equal(parse(text, &older), versions[i].result);
		if (versions[i].result == 0)
			older_state_free(older);
		else
			assert_non_null(strstr(err_message(), "version: "));
	}
}

static const struct {
	const char *find, *replace, *message;
} faults[] = {
	{"'mailbox': 50", "'mailbox': -1", "licenses.mailbox: a whole number from 0"},
	{"'mailbox': 50", "'mailbox': 1.5", "licenses.mailbox: a whole number"},
	{"'mailbox': 50", "'mailbox': 10000001", "licenses.mailbox: a whole number"},
	{"'mailbox': 50", "'mailbox': 50, 'calendar': 1", "licenses: has other members"},
	{"'owned': 2,", "", "licenses.public_folder.owned: a whole number"},
	{"'owned': 3,", "'owned': 3, 'more': 1,", "licenses.sharepoint: has other"},
	{"20000000000", "0", "licenses.sharepoint.volume_bytes: is 0"},
	{"{'owned': 0, 'volume_bytes': 10000000000}", "7",
		"licenses.onedrive: an object is wanted"},
	{"'bytes': 123", "'bytes': -123", "objects[0].bytes: a whole number"},
	{"'bytes': 123", "'bytes': '123'", "objects[0].bytes: a whole number"},
	{"1000000000000000000", "1000000000000000001", "objects[4].bytes: a whole"},
	{"'bytes': 1}", "'bytes': 1, 'color': 2}", "objects[3].color: is not known"},
	{"'name': '/Projects', ", "", "objects[2].name: is missing"},
	{"'kind': 'team_site'", "'kind': 'teamsite'", "objects[3].kind: is not known"},
	{"'kind': 'team_site'", "'kind': 3", "objects[3].kind: a text is wanted"},
	{"'shared_mailbox', 'name': 'info", "'mailbox', 'name': 'ADA",
		"objects[1].name: is there twice"},
	{"'name': 'info@contoso.example'", "'name': ''", "objects[1].name: a text of 1"},
	{"'name': '/Projects'", "'name': 'a\\nb'", "objects[2].name: a text without"},
	{"'client_id': 'app'", "'client_id': null", "connections[0].client_id: a text"},
	{"[{'name': 'cloud'", "[1, {'name': 'cloud'", "connections[0]: an object"},
	{"'path': '/backup'", "'path': 'backup'", "storages[0].path: must begin"},
	{"'path': '/backup'}", "'path': '/backup'}, {'name': 'disk', 'path': '/b'}",
		"storages[1].name: is there twice"},
	{"'storage': 'disk', 'objects': 'all'", "'storage': 'disc', 'objects': 'all'",
		"jobs[0].storage: is not among"},
	{"'connection': 'cloud'", "'connection': 'clouds'", "jobs[0].connection: is not"},
	{"'objects': 'all'", "'objects': 'some'", "jobs[0].objects: \"all\" or a list"},
	{"'objects': 'all'", "'objects': []", "jobs[0].objects: \"all\" or a list"},
	{"'team_site:all'", "'team_site'", "jobs[1].objects: KIND:all or KIND:NAME"},
	{"'team_site:all'", "7", "jobs[1].objects: KIND:all or KIND:NAME"},
	{"'team_site:all'", "'tem_site:all'", "jobs[1].objects: names a kind"},
	{"'team_site:all'", "'team_site:a,b'", "jobs[1].objects: a name with a comma"},
	{"'team_site:all'", "'team_site:/sites/x'", "/sites/x is not among the objects"},
	{"'name': 'rest'", "'name': 'mail'", "jobs[1].name: is there twice"},
	{"daily 02:30", "daily 25:30", "jobs[0].schedule: "},
	{"'schedule': ''", "'schedule': 5", "jobs[1].schedule: "},
	{"'jobs': [", "'jobs': {'a': [", ""},
	{"'storages': [", "'stores': [], 'storages': [", "stores: is not known"},
};

static void H1_what_is_wrong_is_named_by_its_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		AUTO_TEXT text = replaced(whole, faults[i].find, faults[i].replace);
		struct older_state *older;

		assert_int_equal(parse(text, &older), ERR_INVALID);
		assert_null(older);
		if (!strstr(err_message(), faults[i].message))
			fail_msg("%s, not %s", err_message(), faults[i].message);
	}
}

static void H1_each_part_of_the_file_must_be_there(void **state)
{
	(void)state;
	static const char *const parts[] = {
		"licenses", "objects", "connections", "storages", "jobs"};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		AUTO_TEXT find = mem_printf("'%s': ", parts[i]);
		AUTO_TEXT replace = mem_printf("'%s': 1, '%s_': ", parts[i], parts[i]);
		AUTO_TEXT text = replaced(whole, find, replace);
		struct older_state *older;

		assert_int_equal(parse(text, &older), ERR_INVALID);
	}
	struct older_state *older;
	assert_int_equal(parse("[]", &older), ERR_INVALID);
	assert_int_equal(parse("null", &older), ERR_INVALID);
	assert_int_equal(parse("{", &older), ERR_INVALID);
	assert_int_equal(parse("", &older), ERR_INVALID);
}

static void H1_more_than_can_be_is_refused(void **state)
{
	(void)state;
	AUTO_BUF text = buf_init((size_t)1 << 22);
	struct older_state *older;
	AUTO_TEXT head = replaced(whole, "[{'name': 'disk', 'path': '/backup'}]", "[{");

	*strstr(head, "[{,") = 0; /* up to the storages */
	assert_int_equal(buf_printf(&text, "%s[", head), 0);
	for (int i = 0; i <= OLDER_STATE_RECORDS_MAX; i++)
		assert_int_equal(buf_printf(&text, "%s{'name': 'disk%d', 'path': '/b'}",
					 i ? "," : "", i),
			0);
	assert_int_equal(buf_append_text(&text, "], 'jobs': []}"), 0);
	assert_int_equal(parse(buf_text(&text), &older), ERR_LIMIT);
	assert_non_null(strstr(err_message(), "storages: has more than 10000"));
}

static void H1_a_file_is_read_and_named_where_it_is_wrong(void **state)
{
	(void)state;
	char path[] = "/tmp/older-state-XXXXXX";
	int fd = mkstemp(path);
	struct older_state *older;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "{\"version\": \"4.0\"}", 18), 18);
	close(fd);
	assert_int_equal(older_state_read(path, &older), ERR_INVALID);
	assert_non_null(strstr(err_message(), path));
	assert_non_null(strstr(err_message(), "4.0 is licensed per user already"));
	unlink(path);
	assert_int_equal(older_state_read(path, &older), ERR_NOTFOUND);
	assert_null(older);
	older_state_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(H1_a_state_of_version_2_1_is_read_without_loss),
		cmocka_unit_test(H1_lower_versions_are_read_and_higher_ones_refused),
		cmocka_unit_test(H1_what_is_wrong_is_named_by_its_place),
		cmocka_unit_test(H1_each_part_of_the_file_must_be_there),
		cmocka_unit_test(H1_more_than_can_be_is_refused),
		cmocka_unit_test(H1_a_file_is_read_and_named_where_it_is_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
