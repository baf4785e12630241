/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/scenario.h"

#include <string.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/text.h"
#include "sandbox/ids.h"
#include "sandbox/scenario_fields.h"
#include "sandbox/scenario_rules.h"

/* What is null counts as left out: the format's own example says "parent": null. */
static const struct field_rules rules = {.nulls = true};

static bool is_path_safe(const char *text)
{
	for (; *text; text++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_",
			    *text))
			return false;
	return true;
}

static int check_names(const struct json *document)
{
	const char *const keys[] = {"tenant_id", "domain"};

	for (size_t i = 0; i < 2; i++) {
		const char *value = json_get_text_or(document, keys[i], "");
		if (!is_path_safe(value))
			return err_set(ERR_INVALID,
				"%s: \"%s\" may hold letters, digits, \".\", \"-\" and \"_\"",
				keys[i], value);
	}
	return 0;
}

int scenario_check(const struct json *document)
{
	int r = fields_check(document, scenario_fields, &rules, "");

	if (r == 0)
		r = check_names(document);
	return r < 0 ? r : scenario_check_links(document);
}

void scenario_user_free(struct scenario_user *user)
{
	mem_free(user->upn);
	mem_free(user->name);
	mem_free(user->mail.folder);
	mem_free(user->onedrive.folder);
	*user = (struct scenario_user){0};
}

int scenario_path(const char *path, const struct scenario_base *base, char **out)
{
	const char *const folders[] = {base->folder, base->working};

	if (path[0] == '/' && io_exists(path)) {
		*out = mem_strdup(path);
		return 0;
	}
	for (size_t i = 0; path[0] != '/' && i < 2; i++) {
		AUTO_TEXT joined = io_join(folders[i], path);
		if (!io_exists(joined))
			continue;
		*out = io_absolute(joined);
		return 0;
	}
	*out = NULL;
	return err_set(ERR_NOTFOUND, "\"%s\" is not there (looked for in %s and %s)", path,
		base->folder, base->working);
}

int scenario_source_read(
	const struct json *value, const struct scenario_base *base, struct scenario_source *out)
{
	*out = (struct scenario_source){.count = json_as_int(value, 0)};
	if (!json_is_string(value))
		return 0;
	int r = scenario_path(json_as_text(value), base, &out->folder);
	if (r == 0 && !io_is_folder(out->folder))
		r = err_set(ERR_INVALID, "\"%s\" is no folder", json_as_text(value));
	return r;
}

static enum scenario_purpose purpose_of(const struct json *object)
{
	const char *word = json_get_text_or(object, "purpose", "user");
	int purpose = PURPOSE_USER;

	while (strcmp(scenario_purposes[purpose], word) != 0)
		purpose++;
	return (enum scenario_purpose)purpose;
}

/* An Exchange license implies one of Microsoft 365; so where the scenario denies the latter and
 * says nothing of the former, there is neither. */
static void read_licenses(const struct json *object, struct scenario_user *out)
{
	bool m365 = json_get_bool(object, "m365_license", true);

	out->exchange_license = json_get_bool(object, "exchange_license", m365);
	out->m365_license = m365 || out->exchange_license;
}

int scenario_user_read(
	const struct json *object, const struct scenario_base *base, struct scenario_user *out)
{
	const char *upn = json_get_text_or(object, "upn", "");

	*out = (struct scenario_user){
		.upn = mem_strdup(upn),
		.purpose = purpose_of(object),
		.enabled = json_get_bool(object, "enabled", true),
		.guest = json_get_bool(object, "guest", false),
	};
	text_lower(out->upn);
	AUTO_TEXT local = mem_strndup(upn, strcspn(upn, "@"));
	out->name = mem_strdup(json_get_text_or(object, "name", local));
	read_licenses(object, out);
	int r = err_wrap(scenario_source_read(json_get(object, "mail"), base, &out->mail),
		"mail of %s", out->upn);
	if (r == 0)
		r = err_wrap(scenario_source_read(
				     json_get(object, "onedrive"), base, &out->onedrive),
			"onedrive of %s", out->upn);
	if (r < 0)
		scenario_user_free(out);
	return r;
}

char *scenario_domain(const struct json *document)
{
	const char *upn = json_get_text_or(json_at(json_get(document, "users"), 0), "upn", "");
	const char *at = strchr(upn, '@');
	char *domain = mem_strdup(
		json_get_text_or(document, "domain", at ? at + 1 : "contoso.example"));

	text_lower(domain);
	return domain;
}

char *scenario_tenant_id(const struct json *document)
{
	AUTO_TEXT domain = scenario_domain(document);
	char guid[IDS_GUID_SIZE];

	ids_guid(IDS_PARTS("tenant", domain), guid);
	return mem_strdup(json_get_text_or(document, "tenant_id", guid));
}
