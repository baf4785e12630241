/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/odata.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"

static const char *const system_options[] = {"$select", "$top", "$skip", "$filter", "$orderby",
	"$count", "$search", "$expand", "$format", "$skiptoken", "$deltatoken", NULL};

static int add_segment(struct odata_path *path, const char *text, size_t size)
{
	AUTO_TEXT raw = mem_strndup(text, size);

	if (path->count == ODATA_SEGMENTS_MAX)
		return err_set(ERR_INVALID, "The request URI has too many segments.");
	char *decoded = text_percent_decode(raw, false);
	if (!decoded)
		return err_set(ERR_INVALID, "The request URI is not valid.");
	path->segments[path->count++] = decoded;
	return 0;
}

/* "messages", "users('ada')" (two segments) or "delta()" (one). */
static int parse_segment(struct odata_path *path, const char *text, size_t size)
{
	const char *open = memchr(text, '(', size);
	size_t inside = open ? size - (size_t)(open - text) : 0;

	if (!open || text[size - 1] != ')')
		return add_segment(path, text, size);
	int r = add_segment(path, text, (size_t)(open - text));
	if (r < 0 || inside == 2)
		return r;
	if (inside < 4 || open[1] != '\'' || text[size - 2] != '\'')
		return err_set(ERR_INVALID, "The request URI is not valid.");
	return add_segment(path, open + 2, inside - 4);
}

int odata_path_parse(const char *path, struct odata_path *out)
{
	int r = 0;

	*out = (struct odata_path){.count = 0};
	while (r == 0 && *path) {
		size_t length = strcspn(path, "/");
		if (length > 0)
			r = parse_segment(out, path, length);
		path += length + (path[length] == '/');
	}
	return r;
}

void odata_path_free(struct odata_path *path)
{
	for (size_t i = 0; i < path->count; i++)
		mem_free(path->segments[i]);
	path->count = 0;
}

/* The "$" of a system option may be left out. */
static char *full_name(const char *name)
{
	AUTO_TEXT dollared = mem_printf("$%s", name[0] == '$' ? name + 1 : name);

	for (size_t i = 0; system_options[i]; i++)
		if (text_equal_nocase(system_options[i], dollared))
			return mem_strdup(system_options[i]);
	return mem_strdup(name);
}

static int add_option(struct odata_query *query, const char *text, size_t size)
{
	const char *equals = memchr(text, '=', size);
	size_t name_size = equals ? (size_t)(equals - text) : size;
	AUTO_TEXT raw_name = mem_strndup(text, name_size);
	AUTO_TEXT raw_value =
		mem_strndup(equals ? equals + 1 : "", equals ? size - name_size - 1 : 0);
	AUTO_TEXT name = text_percent_decode(raw_name, true);
	AUTO_TEXT value = text_percent_decode(raw_value, true);

	if (!name || !value || query->count == ODATA_OPTIONS_MAX)
		return err_set(ERR_INVALID, "The query of the request URI is not valid.");
	char *full = full_name(name);
	if (full[0] == '$' && odata_query_get(query, full)) {
		mem_free(full);
		return err_set(ERR_INVALID,
			"Query option '%s' was specified more than once, but it must be "
			"specified at most once.",
			name);
	}
	query->options[query->count++] = (struct odata_option){full, STEAL(value)};
	return 0;
}

int odata_query_parse(const char *query, struct odata_query *out)
{
	int r = 0;

	*out = (struct odata_query){.count = 0};
	while (r == 0 && *query) {
		size_t length = strcspn(query, "&");
		if (length > 0)
			r = add_option(out, query, length);
		query += length + (query[length] == '&');
	}
	return r;
}

void odata_query_free(struct odata_query *query)
{
	for (size_t i = 0; i < query->count; i++) {
		mem_free(query->options[i].name);
		mem_free(query->options[i].value);
	}
	query->count = 0;
}

const char *odata_query_get(const struct odata_query *query, const char *name)
{
	for (size_t i = 0; i < query->count; i++)
		if (strcmp(query->options[i].name, name) == 0)
			return query->options[i].value;
	return NULL;
}

char *odata_query_text(const struct odata_query *query, const char *except)
{
	char *text = mem_strdup("");

	for (size_t i = 0; i < query->count; i++) {
		const struct odata_option *option = &query->options[i];
		if (except && strcmp(option->name, except) == 0)
			continue;
		AUTO_TEXT value = text_percent_encode(option->value);
		mem_replace(&text,
			mem_printf("%s%s%s=%s", text, text[0] ? "&" : "", option->name, value));
	}
	return text;
}

int odata_query_number(const struct odata_query *query, const char *name,
	const int64_t bounds[2], int64_t otherwise, int64_t *out)
{
	const char *value = odata_query_get(query, name);

	*out = otherwise;
	if (!value || text_to_int(value, bounds[0], bounds[1], out) == 0)
		return 0;
	return err_set(ERR_INVALID,
		"Invalid value '%s' for %s query option found. It must be between %lld and "
		"%lld.",
		value, name, (long long)bounds[0], (long long)bounds[1]);
}

/* The next property of a list "a, b,c"; false at its end. */
static bool next_property(const char **at, const char **name, size_t *size)
{
	*at += strspn(*at, ", \t");
	*name = *at;
	*size = strcspn(*at, ", \t");
	*at += *size;
	return *size > 0;
}

int odata_select_check(const char *select, const struct graph_type *type)
{
	const char *name;
	size_t size;
	bool is_list;

	while (select && next_property(&select, &name, &size)) {
		if ((size == 1 && *name == '*') || graph_type_find(type, name, size, &is_list))
			continue;
		return err_set(ERR_INVALID,
			"Parsing OData Select and Expand failed: Could not find a property "
			"named '%.*s' on type '%s'.",
			(int)size, name, type->name);
	}
	return 0;
}

bool odata_select_has(const char *select, const char *property)
{
	const char *name;
	size_t size;

	if (!select || !*select)
		return true;
	while (next_property(&select, &name, &size)) {
		if (size == 1 && *name == '*')
			return true;
		if (size == strlen(property) && memcmp(name, property, size) == 0)
			return true;
	}
	return false;
}

static void copy_member(const struct json *from, const char *key, struct json *to)
{
	struct json *value = json_get(from, key);

	json_put(to, key, value ? json_share(value) : NULL);
}

struct json *odata_select_apply(
	struct json *object, const char *select, const struct graph_type *type)
{
	const char *key, *name;
	struct json *value;
	size_t position = 0, size;
	bool is_list;

	if (!select || !*select || strchr(select, '*'))
		return object;
	struct json *chosen = json_new_object();
	while (json_next(object, &position, &key, &value))
		if (key[0] == '@' || strcmp(key, "id") == 0)
			copy_member(object, key, chosen);
	while (next_property(&select, &name, &size)) {
		AUTO_TEXT property = mem_strndup(name, size);
		if (json_has(object, property))
			copy_member(object, property, chosen);
		else if (graph_type_find(type, name, size, &is_list))
			json_put(chosen, property, is_list ? json_new_array() : NULL);
	}
	json_free(object);
	return chosen;
}
