/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/faults.h"

#include <fnmatch.h>
#include <pthread.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "sandbox/scenario_fields.h"

struct rule {
	char *match;   /* "GET /v1.0/users/…": method, a space, a glob of the target */
	int64_t after; /* so many matching requests are let pass first */
	int64_t times; /* and so many are then met; 0: all */
	int64_t counted;
	struct fault fault;
};

struct faults {
	pthread_mutex_t lock; /* guards all below */
	struct rule *rules;
	size_t count;
	struct limits_bounds limits;
	struct json *roles; /* NULL: all */
};

static const struct limits_bounds microsofts = {LIMITS_CONCURRENT, LIMITS_REQUESTS};

static const struct field rule_fields[] = {
	{"match", FIELD_NAME, .required = true},
	{"status", FIELD_COUNT},
	{"retry_after", FIELD_COUNT},
	{"retry_after_date", FIELD_BOOL},
	{"times", FIELD_COUNT},
	{"after", FIELD_COUNT},
	{"cut", FIELD_COUNT},
	{"delay_ms", FIELD_COUNT},
	{"code", FIELD_NAME},
	{"message", FIELD_TEXT},
	{"body", FIELD_TEXT},
	{NULL},
};
static const struct field limit_fields[] = {
	{"concurrent", FIELD_COUNT},
	{"requests_per_10_minutes", FIELD_COUNT},
	{NULL},
};
static const struct field document_fields[] = {
	{"rules", FIELD_OBJECTS, .fields = rule_fields},
	{"limits", FIELD_OBJECT, .fields = limit_fields},
	{"roles", FIELD_NAMES},
	{NULL},
};

struct faults *faults_new(void)
{
	struct faults *faults = mem_alloc(sizeof(*faults));

	pthread_mutex_init(&faults->lock, NULL);
	faults->limits = microsofts;
	return faults;
}

static void free_rules(struct rule *rules, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		mem_free(rules[i].match);
		fault_free(&rules[i].fault);
	}
	mem_free(rules);
}

void faults_free(struct faults *faults)
{
	if (!faults)
		return;
	free_rules(faults->rules, faults->count);
	json_free(faults->roles);
	pthread_mutex_destroy(&faults->lock);
	mem_free(faults);
}

void fault_free(struct fault *fault)
{
	mem_free(fault->code);
	mem_free(fault->message);
	mem_free(fault->body);
	*fault = (struct fault){0};
}

static void read_rule(const struct json *object, struct rule *out)
{
	*out = (struct rule){.match = mem_strdup(json_get_text(object, "match")),
		.after = json_get_int(object, "after", 0),
		.times = json_get_int(object, "times", 0),
		.fault = {
			.status = (int)json_get_int(object, "status", 0),
			.delay_ms = json_get_int(object, "delay_ms", 0),
			.retry_after_s = json_get_int(object, "retry_after", -1),
			.retry_after_is_date = json_get_bool(object, "retry_after_date", false),
			.cut = json_get_int(object, "cut", -1),
			.code = mem_strdup(json_get_text(object, "code")),
			.message = mem_strdup(json_get_text(object, "message")),
			.body = mem_strdup(json_get_text(object, "body")),
		}};
}

/* What the tables of fields cannot say. */
static int check_rules(const struct json *rules)
{
	for (size_t i = 0; i < json_count(rules); i++) {
		const struct json *rule = json_at(rules, i);
		int64_t status = json_get_int(rule, "status", 0);
		if (status != 0 && (status < 400 || status > 599))
			return err_set(
				ERR_INVALID, "rules[%zu].status: must be from 400 to 599", i);
		if (!strchr(json_get_text_or(rule, "match", ""), ' '))
			return err_set(ERR_INVALID,
				"rules[%zu].match: must be a method and a path, as in "
				"\"GET /v1.0/users/*\"",
				i);
	}
	return 0;
}

/* A copy: a document is no thing for several threads. */
static struct json *copy_roles(const struct json *roles)
{
	struct json *copy = json_new_array();

	for (size_t i = 0; i < json_count(roles); i++)
		json_append(copy, json_new_text(json_as_text(json_at(roles, i))));
	return copy;
}

int faults_set(struct faults *faults, const struct json *document)
{
	static const struct field_rules strict = {.nulls = false};
	AUTO_JSON wrapped = NULL;

	if (json_is_array(document)) {
		AUTO_TEXT text = json_text(document, false);
		struct json *copy = NULL;
		int r = json_parse(text, strlen(text), &copy);
		if (r < 0)
			return r;
		wrapped = json_new_object();
		json_put(wrapped, "rules", copy);
		document = wrapped;
	}
	const struct json *list = json_get(document, "rules");
	const struct json *limits = json_get(document, "limits");
	int r = fields_check(document, document_fields, &strict, "");
	if (r == 0)
		r = check_rules(list);
	if (r < 0)
		return r;

	size_t count = json_count(list);
	struct rule *rules = mem_array(count + 1, sizeof(*rules));
	for (size_t i = 0; i < count; i++)
		read_rule(json_at(list, i), &rules[i]);
	pthread_mutex_lock(&faults->lock);
	free_rules(faults->rules, faults->count);
	faults->rules = rules;
	faults->count = count;
	faults->limits =
		(struct limits_bounds){json_get_int(limits, "concurrent", LIMITS_CONCURRENT),
			json_get_int(limits, "requests_per_10_minutes", LIMITS_REQUESTS)};
	json_free(faults->roles);
	faults->roles =
		json_has(document, "roles") ? copy_roles(json_get(document, "roles")) : NULL;
	pthread_mutex_unlock(&faults->lock);
	return 0;
}

static bool matches(const struct rule *rule, const char *method, const char *target)
{
	size_t length = strcspn(rule->match, " ");
	AUTO_TEXT wanted = mem_strndup(rule->match, length);
	const char *glob = rule->match + length + strspn(rule->match + length, " ");
	AUTO_TEXT path = mem_strndup(target, strcspn(target, "?"));

	if (strcmp(wanted, "*") != 0 && !text_equal_nocase(wanted, method))
		return false;
	return fnmatch(glob, path, 0) == 0 || fnmatch(glob, target, 0) == 0;
}

static bool is_met(struct rule *rule)
{
	int64_t nth = ++rule->counted - rule->after;

	return nth > 0 && (rule->times == 0 || nth <= rule->times);
}

static void copy_fault(const struct fault *from, struct fault *out)
{
	*out = *from;
	out->code = mem_strdup(from->code);
	out->message = mem_strdup(from->message);
	out->body = mem_strdup(from->body);
}

bool faults_find(
	struct faults *faults, const char *method, const char *target, struct fault *out)
{
	bool found = false;

	*out = (struct fault){.retry_after_s = -1, .cut = -1};
	pthread_mutex_lock(&faults->lock);
	for (size_t i = 0; i < faults->count; i++) {
		struct rule *rule = &faults->rules[i];
		if (!matches(rule, method, target) || !is_met(rule) || found)
			continue;
		copy_fault(&rule->fault, out);
		found = true;
	}
	pthread_mutex_unlock(&faults->lock);
	return found;
}

struct limits_bounds faults_limits(struct faults *faults)
{
	pthread_mutex_lock(&faults->lock);
	struct limits_bounds limits = faults->limits;
	pthread_mutex_unlock(&faults->lock);
	return limits;
}

struct json *faults_roles(struct faults *faults)
{
	pthread_mutex_lock(&faults->lock);
	struct json *roles = faults->roles ? copy_roles(faults->roles) : NULL;
	pthread_mutex_unlock(&faults->lock);
	return roles;
}
