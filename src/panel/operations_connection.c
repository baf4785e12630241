/* SPDX-License-Identifier: Apache-2.0 */
#include "panel/operation_priv.h"

#include "base/mem.h"
#include "job/connection.h"
#include "job/storages.h"

/* Connections and storages. */

static int add_connection(const struct operation_call *call, struct json **out)
{
	static const char *const kept[] = {
		"tenant", "client_id", "authority", "graph", "ca_file", "path"};
	AUTO_JSON settings = json_new_object();
	struct connection_new connection = {
		.settings = settings, .secret = json_get_text(call->arguments, "secret")};
	int r = operation_want(call, "name", &connection.name);

	if (r == 0)
		r = operation_want(call, "kind", &connection.kind);
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		const char *value = json_get_text(call->arguments, kept[i]);
		if (value)
			json_put_text(settings, kept[i], value);
	}
	if (r == 0)
		r = connection_add(call->installation, &connection);
	if (r == 0) {
		*out = json_new_object();
		json_put_text(*out, "name", connection.name);
		json_put_text(*out, "kind", connection.kind);
	}
	return r;
}

static int list_connections(const struct operation_call *call, struct json **out)
{
	return connection_list(call->installation, out);
}

static int remove_connection(const struct operation_call *call, struct json **out)
{
	const char *name;
	int r = operation_want(call, "name", &name);

	if (r == 0)
		r = connection_remove(call->installation, name);
	*out = r == 0 ? json_new_object() : NULL;
	return r;
}

static int test_connection(const struct operation_call *call, struct json **out)
{
	const char *name;
	struct source *source = NULL;
	const struct connection_open how = {0};
	int r = operation_want(call, "name", &name);

	if (r == 0)
		r = connection_source(call->installation, name, &how, &source);
	if (r == 0) {
		*out = json_new_object();
		json_put_text(*out, "name", name);
		r = source_test(source, *out);
	}
	source_close(source);
	return r;
}

static int add_storage(const struct operation_call *call, struct json **out)
{
	struct storage_new storage = {
		.credentials_file = json_get_text(call->arguments, "credentials_file"),
		.ca_file = json_get_text(call->arguments, "ca_file"),
		.password = json_get_text(call->arguments, "password"),
		.writer_file = json_get_text(call->arguments, "writer_file")};
	int r = operation_want(call, "name", &storage.name);

	if (r == 0)
		r = operation_want(call, "path", &storage.path);
	return r < 0 ? r : storages_add(call->installation, &storage, out);
}

static int list_storages(const struct operation_call *call, struct json **out)
{
	return storages_list(call->installation, out);
}

static int remove_storage(const struct operation_call *call, struct json **out)
{
	const char *name;
	int r = operation_want(call, "name", &name);

	if (r == 0)
		r = storages_remove(call->installation, name);
	*out = r == 0 ? json_new_object() : NULL;
	return r;
}

const struct operation operations_connection[] = {
	{"connection.add", add_connection},
	{"connection.list", list_connections},
	{"connection.remove", remove_connection},
	{"connection.test", test_connection},
	{"storage.add", add_storage},
	{"storage.list", list_storages},
	{"storage.remove", remove_storage},
	{NULL, NULL},
};
