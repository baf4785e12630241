/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/group_filter.h"

#include <regex.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

/* What a property is compared as; NULL where it cannot be filtered by. */
static const char *value_of(const struct group *group, const char *property)
{
	bool is_m365 = group->address != NULL;

	if (text_equal(property, "groupTypes"))
		return is_m365 ? "Unified" : "";
	if (text_equal(property, "mailEnabled"))
		return is_m365 ? "true" : "false";
	if (text_equal(property, "securityEnabled"))
		return is_m365 ? "false" : "true";
	if (text_equal(property, "mail"))
		return is_m365 ? group->address : "";
	if (text_equal(property, "mailNickname"))
		return group->nickname;
	if (text_equal(property, "displayName"))
		return group->name;
	if (text_equal(property, "id"))
		return group->id;
	return NULL;
}

static bool is_filterable(const char *property)
{
	char empty[] = "";
	const struct group nobody = {.name = empty, .nickname = empty};

	return value_of(&nobody, property) != NULL;
}

enum { WHOLE, PROPERTY, TEXT_VALUE, WORD_VALUE, PARTS };

/* One term at `text`, by a pattern with the parts above. */
static bool match(const char *pattern, const char *text, regmatch_t parts[PARTS])
{
	regex_t regex;

	if (regcomp(&regex, pattern, REG_EXTENDED | REG_ICASE) != 0)
		return false;
	bool matches = regexec(&regex, text, PARTS, parts, 0) == 0;
	regfree(&regex);
	return matches;
}

static char *part_of(const char *text, const regmatch_t *part)
{
	return mem_strndup(text + part->rm_so, (size_t)(part->rm_eo - part->rm_so));
}

/* A quote inside a text is written twice. */
static char *without_doubled_quotes(char *value)
{
	size_t kept = 0;

	for (const char *from = value; *from; from++) {
		if (from[0] == '\'' && from[1] == '\'')
			from++;
		value[kept++] = *from;
	}
	value[kept] = 0;
	return value;
}

static int parse_term(const char **at, struct group_filter *out)
{
	static const char any[] =
		"^(groupTypes)/any\\( *[a-z]+ *: *[a-z]+ +eq +'(([^']|'')*)' *\\)";
	static const char plain[] = "^([a-zA-Z]+) +eq +('(([^']|'')*)'|true|false)";
	regmatch_t parts[PARTS];
	bool is_any = match(any, *at, parts);

	if (!is_any && !match(plain, *at, parts))
		return err_set(
			ERR_INVALID, "Invalid filter clause: syntax error at '%s'.", *at);
	AUTO_TEXT property = part_of(*at, &parts[PROPERTY]);
	const regmatch_t *value = &parts[TEXT_VALUE];
	if (!is_any && parts[WORD_VALUE].rm_so >= 0)
		value = &parts[WORD_VALUE];
	if (out->count == GROUP_FILTER_MAX || !is_filterable(property) ||
		is_any != text_equal(property, "groupTypes"))
		return err_set(ERR_INVALID,
			"Unsupported or invalid query filter clause specified for property "
			"'%s' of "
			"resource 'Group'.",
			property);
	out->terms[out->count].value = without_doubled_quotes(part_of(*at, value));
	out->terms[out->count++].property = STEAL(property);
	*at += parts[WHOLE].rm_eo;
	return 0;
}

int group_filter_parse(const char *text, struct group_filter *out)
{
	int r = 0;

	*out = (struct group_filter){.count = 0};
	for (const char *at = text; at && *at && r == 0;) {
		r = parse_term(&at, out);
		if (r < 0 || !*at)
			break;
		if (strncasecmp(at, " and ", 5) == 0)
			at += 5;
		else
			r = err_set(ERR_INVALID, "Invalid filter clause: syntax error at '%s'.",
				at);
	}
	if (r < 0)
		group_filter_free(out);
	return r;
}

void group_filter_free(struct group_filter *filter)
{
	for (size_t i = 0; i < filter->count; i++) {
		mem_free(filter->terms[i].property);
		mem_free(filter->terms[i].value);
	}
	filter->count = 0;
}

bool group_filter_fits(const struct group_filter *filter, const struct group *group)
{
	for (size_t i = 0; i < filter->count; i++)
		if (!text_equal_nocase(
			    value_of(group, filter->terms[i].property), filter->terms[i].value))
			return false;
	return true;
}
