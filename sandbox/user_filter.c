/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/user_filter.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"

/* What a property is compared as; NULL where it cannot be filtered by. */
static const char *value_of(const struct user *user, const char *property)
{
	if (text_equal(property, "userPrincipalName"))
		return user->facts.upn;
	if (text_equal(property, "mail"))
		return user_has_mailbox(user) || user->facts.guest ? user->facts.upn : "";
	if (text_equal(property, "displayName"))
		return user->facts.name;
	if (text_equal(property, "id"))
		return user->id;
	if (text_equal(property, "userType"))
		return user->facts.guest ? "Guest" : "Member";
	if (text_equal(property, "accountEnabled"))
		return user->facts.enabled ? "true" : "false";
	return NULL;
}

static bool is_filterable(const char *property)
{
	struct user nobody = {.facts = {.upn = NULL}};
	char empty[] = "";

	nobody.facts.upn = nobody.facts.name = empty;
	return value_of(&nobody, property) != NULL;
}

/* A literal: 'text' with its quotes doubled inside, or a bare word. Moves *at behind it. */
static char *take_value(const char **at)
{
	if (**at != '\'') {
		size_t length = strcspn(*at, " ");
		char *word = mem_strndup(*at, length);
		*at += length;
		return word;
	}
	char *value = mem_alloc(strlen(*at));
	size_t kept = 0;
	for ((*at)++; **at; (*at)++) {
		if (**at == '\'' && (*at)[1] != '\'')
			break;
		if (**at == '\'')
			(*at)++;
		value[kept++] = **at;
	}
	if (**at == '\'')
		(*at)++;
	return value;
}

static bool take_word(const char **at, const char *word)
{
	size_t length = strlen(word);

	if (strncasecmp(*at, word, length) != 0)
		return false;
	*at += length;
	return true;
}

static int parse_term(const char **at, struct user_filter *out)
{
	size_t length = strcspn(*at, " (");
	AUTO_TEXT property = mem_strndup(*at, length);

	if (out->count == USER_FILTER_MAX || !is_filterable(property))
		return err_set(ERR_INVALID,
			"Unsupported or invalid query filter clause specified for property "
			"'%s' of "
			"resource 'User'.",
			property);
	*at += length;
	if (!take_word(at, " eq "))
		return err_set(ERR_INVALID,
			"Unsupported operator for property '%s': garner-tenant knows 'eq'.",
			property);
	out->terms[out->count].property = STEAL(property);
	out->terms[out->count++].value = take_value(at);
	return 0;
}

int user_filter_parse(const char *text, struct user_filter *out)
{
	int r = 0;

	*out = (struct user_filter){.count = 0};
	for (const char *at = text; at && *at && r == 0;) {
		r = parse_term(&at, out);
		if (r == 0 && *at && !take_word(&at, " and "))
			r = err_set(ERR_INVALID, "Invalid filter clause: syntax error at '%s'.",
				at);
	}
	if (r < 0)
		user_filter_free(out);
	return r;
}

void user_filter_free(struct user_filter *filter)
{
	for (size_t i = 0; i < filter->count; i++) {
		mem_free(filter->terms[i].property);
		mem_free(filter->terms[i].value);
	}
	filter->count = 0;
}

bool user_filter_fits(const struct user_filter *filter, const struct user *user)
{
	for (size_t i = 0; i < filter->count; i++)
		if (!text_equal_nocase(
			    value_of(user, filter->terms[i].property), filter->terms[i].value))
			return false;
	return true;
}
