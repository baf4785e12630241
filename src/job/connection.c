/* SPDX-License-Identifier: Apache-2.0 */
#include "job/connection.h"

#include <string.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/text.h"
#include "crypto/secret.h"

static int want(
	const struct json *settings, const char *kind, const char *key, const char *option)
{
	const char *value = json_get_text(settings, key);

	if (value && *value)
		return 0;
	return err_set(ERR_INVALID, "a connection of kind %s needs %s", kind, option);
}

static int check_url(const struct json *settings, const char *key)
{
	const char *url = json_get_text(settings, key);

	if (!url || text_starts_with(url, "https://"))
		return 0;
	return err_set(ERR_INVALID, "--%s %s: it must begin with https://", key, url);
}

static int check_m365(const struct connection_new *connection)
{
	int r = want(connection->settings, "m365", "tenant", "--tenant ID");

	if (r == 0)
		r = want(connection->settings, "m365", "client_id", "--client-id ID");
	if (r == 0 && (!connection->secret || !*connection->secret))
		r = err_set(ERR_INVALID, "a connection of kind m365 needs --secret-file FILE "
					 "with a client secret");
	if (r == 0)
		r = check_url(connection->settings, "authority");
	if (r == 0)
		r = check_url(connection->settings, "graph");
	const char *ca = json_get_text(connection->settings, "ca_file");
	if (r == 0 && ca && !io_exists(ca))
		r = err_set(ERR_NOTFOUND, "--ca %s: there is no such file", ca);
	return r;
}

static int check_folder(const struct connection_new *connection)
{
	int r = want(connection->settings, "folder", "path", "--path DIR");
	const char *path = json_get_text_or(connection->settings, "path", "");

	if (r == 0 && !io_is_folder(path))
		r = err_set(ERR_NOTFOUND, "--path %s: there is no such folder", path);
	return r;
}

static int check(const struct connection_new *connection)
{
	int r = installation_check_name("connection", connection->name);

	if (r < 0)
		return r;
	if (text_equal(connection->kind, "m365"))
		return check_m365(connection);
	if (text_equal(connection->kind, "folder"))
		return check_folder(connection);
	return err_set(ERR_INVALID,
		"unknown kind of connection \"%s\"; there are m365 and folder",
		connection->kind);
}

int connection_add(struct installation *installation, const struct connection_new *connection)
{
	AUTO_TEXT sealed = NULL;
	int r = check(connection);

	if (r == 0 && connection->secret)
		r = installation_seal(
			installation, connection->secret, strlen(connection->secret), &sealed);
	if (r < 0)
		return r;
	AUTO_TEXT settings = json_text(connection->settings, false);
	r = db_run(installation->db,
		"INSERT INTO connection (name, kind, settings, secret, created_s) "
		"VALUES (?1, ?2, ?3, ?4, ?5)",
		"ssssi", connection->name, connection->kind, settings, sealed, clock_now_s());
	if (r == ERR_EXISTS)
		return err_set(ERR_EXISTS,
			"there is a connection \"%s\" already; choose another name or remove "
			"it",
			connection->name);
	return r;
}

int connection_list(struct installation *installation, struct json **out)
{
	AUTO_ROWS rows = NULL;
	AUTO_JSON list = json_new_array();
	int r = db_query(installation->db, &rows,
		"SELECT name, kind, settings FROM connection ORDER BY name", "");

	while (r == 0 && (r = db_next(rows)) == 1) {
		struct json *settings;
		const char *text = db_text(rows, 2);
		r = json_parse(text, strlen(text), &settings);
		if (r < 0)
			break;
		json_put_text(settings, "name", db_text(rows, 0));
		json_put_text(settings, "kind", db_text(rows, 1));
		json_append(list, settings);
	}
	if (r < 0)
		return r;
	*out = json_new_object();
	json_put(*out, "connections", STEAL(list));
	return 0;
}

static int refuse_in_use(struct installation *installation, const char *name)
{
	AUTO_ROWS rows = NULL;
	AUTO_TEXT jobs = mem_strdup("");
	int r = db_query(installation->db, &rows,
		"SELECT name FROM job WHERE connection = ?1 ORDER BY name", "s", name);

	while (r == 0 && (r = db_next(rows)) == 1) {
		mem_replace(
			&jobs, mem_printf("%s%s%s", jobs, *jobs ? ", " : "", db_text(rows, 0)));
		r = 0;
	}
	if (r == 0 && *jobs)
		r = err_set(ERR_INVALID,
			"the connection \"%s\" is in use by: %s; remove these jobs first", name,
			jobs);
	return r;
}

int connection_remove(struct installation *installation, const char *name)
{
	int r = refuse_in_use(installation, name);

	if (r == 0)
		r = db_run(
			installation->db, "DELETE FROM connection WHERE name = ?1", "s", name);
	if (r == 0 && db_changed(installation->db) == 0)
		r = err_set(ERR_NOTFOUND, "there is no connection \"%s\"", name);
	return r;
}

static int load(struct installation *installation, const char *name, struct db_rows **out)
{
	int r = db_one(installation->db, out,
		"SELECT kind, settings, secret FROM connection WHERE name = ?1", "s", name);

	if (r == 0)
		return err_set(ERR_NOTFOUND,
			"there is no connection \"%s\"; see garner connection list", name);
	return r < 0 ? r : 0;
}

static int open_graph(const struct json *settings, const char *secret,
	const struct connection_open *how, struct source **out)
{
	const struct graph_options options = {
		.tenant_id = json_get_text(settings, "tenant"),
		.client_id = json_get_text(settings, "client_id"),
		.client_secret = secret,
		.authority = json_get_text(settings, "authority"),
		.graph = json_get_text(settings, "graph"),
		.ca_file = json_get_text(settings, "ca_file"),
		.cancel = how->cancel,
		.usage = how->usage,
	};

	return graph_source_new(&options, out);
}

int connection_try(const struct connection_new *connection, const struct connection_open *how,
	struct source **out)
{
	int r = check_m365(connection);

	return r < 0 ? r : open_graph(connection->settings, connection->secret, how, out);
}

int connection_source(struct installation *installation, const char *name,
	const struct connection_open *how, struct source **out)
{
	AUTO_ROWS rows = NULL;
	AUTO_JSON settings = NULL;
	char *secret = NULL;
	size_t secret_size = 0;
	int r = load(installation, name, &rows);

	if (r < 0)
		return r;
	r = json_parse(db_text(rows, 1), strlen(db_text(rows, 1)), &settings);
	if (r == 0 && db_text(rows, 2))
		r = installation_unseal(installation, db_text(rows, 2), &secret, &secret_size);
	if (r == 0 && text_equal(db_text(rows, 0), "folder"))
		r = folder_source_new(json_get_text_or(settings, "path", ""), how->cancel, out);
	else if (r == 0)
		r = open_graph(settings, secret, how, out);
	if (secret)
		secret_wipe(secret, secret_size);
	mem_free(secret);
	return err_wrap(r, "connection %s", name);
}

int connection_needs_license(struct installation *installation, const char *name, bool *out)
{
	AUTO_ROWS rows = NULL;
	int r = load(installation, name, &rows);

	if (r == 0)
		*out = !text_equal(db_text(rows, 0), "folder");
	return r;
}

int connection_tenant(struct installation *installation, const char *name, char **out)
{
	AUTO_ROWS rows = NULL;
	int r = db_one(installation->db, &rows, "SELECT tenant FROM connection WHERE name = ?1",
		"s", name);

	*out = r < 0 ? NULL : mem_strdup(r ? db_text(rows, 0) : "");
	return r < 0 ? r : 0;
}

int connection_keep_tenant(
	struct installation *installation, const char *name, const char *tenant)
{
	return db_run(installation->db,
		"UPDATE connection SET tenant = ?2 WHERE name = ?1 AND tenant <> ?2", "ss",
		name, tenant);
}
