/* SPDX-License-Identifier: Apache-2.0 */
#include "job/plan.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "job/connection.h"
#include "job/gate.h"
#include "job/organization.h"
#include "job/report.h"

/* One object of the plan: what is known of it before the play, and what the play makes of it.
 */
struct planned {
	struct judgement judgement;
	struct organization_need need;
	int error; /* of finding out who is needed; 0 */
	char *why;
	struct required_turn turn;
};

struct plan {
	struct installation *installation;
	const struct selection *selection;
	struct organization *organization;
	struct planned *objects;
	bool *held_by;                         /* by user, before the run */
	int64_t left;                          /* free licenses */
	bool is_unbound;                       /* a trial: nobody needs a license */
	int64_t required, held, would_license; /* users, each once */
};

static void judge_all(struct plan *plan)
{
	for (size_t i = 0; i < plan->selection->count; i++) {
		struct planned *planned = &plan->objects[i];
		const struct source_object *object = &plan->selection->objects[i];

		judge_object(object, &planned->judgement);
		if (!planned->judgement.supported || !*planned->judgement.rule)
			continue;
		planned->error = organization_need(
			plan->organization, object, &planned->judgement, &planned->need);
		if (planned->error < 0) {
			planned->why = mem_strdup(err_message());
			organization_need_free(&planned->need);
		}
	}
}

static void look_who_holds(struct plan *plan)
{
	size_t count = organization_user_count(plan->organization);

	plan->held_by = mem_array(count + 1, sizeof(*plan->held_by));
	for (size_t i = 0; i < count; i++) {
		const char *subject = organization_subject(plan->organization, (uint32_t)i);
		plan->held_by[i] =
			subject && license_client_is_held(plan->installation->license, subject);
	}
}

/* Plays with `free` licenses, starting from who holds one in `held` (NULL: nobody). */
static int64_t play_with(struct plan *plan, const bool *held, int64_t free)
{
	size_t count = plan->selection->count;
	size_t user_count = organization_user_count(plan->organization);
	struct required_object *objects = mem_array(count + 1, sizeof(*objects));
	struct required_turn *turns = mem_array(count + 1, sizeof(*turns));
	bool *marks = mem_array(user_count + 1, sizeof(*marks));

	for (size_t i = 0; i < count; i++)
		objects[i] = plan->objects[i].need.object;
	if (held)
		memcpy(marks, held, user_count * sizeof(*marks));
	int64_t taken = required_play(
		organization_required(plan->organization), objects, count, marks, free, turns);
	for (size_t i = 0; i < count; i++)
		plan->objects[i].turn = turns[i];
	mem_free(marks);
	mem_free(turns);
	mem_free(objects);
	return taken;
}

/* The last play is the run as it would go; those before it give the sums. */
static void play(struct plan *plan)
{
	plan->required = play_with(plan, NULL, INT64_MAX);
	plan->held = plan->required - play_with(plan, plan->held_by, INT64_MAX);
	plan->would_license = play_with(plan, plan->held_by, plan->left);
}

static void put_outcome(
	struct json *object, const char *would_be, const char *code, const char *text)
{
	json_put_text(object, "would_be", would_be);
	json_put(object, "reason", report_reason(code, text));
}

static void tell_outcome(
	const struct plan *plan, const struct planned *planned, struct json *json)
{
	const struct judgement *judgement = &planned->judgement;
	int64_t missing = plan->is_unbound ? 0 : planned->turn.missing;

	if (!judgement->supported) {
		put_outcome(
			json, "unsupported", judgement->reason_code, judgement->reason_text);
	} else if (planned->error) {
		put_outcome(json, "failed",
			planned->error == ERR_NOTFOUND ? "group_gone" : "members_unread",
			planned->why);
	} else if (missing > 0) {
		AUTO_TEXT text =
			mem_printf("%lld more license%s needed; buy licenses or release some",
				(long long)missing, missing == 1 ? " is" : "s are");
		put_outcome(json, "no_license", "no_license", text);
	} else {
		put_outcome(json, "stored", "", "");
	}
}

/* The first of the set by place; a set of everyone is no list that anybody reads. */
static void put_subjects(
	const struct plan *plan, const struct planned *planned, struct json *json)
{
	struct json *list = json_new_array();
	size_t total = planned->need.count;
	size_t count = 0;
	const uint32_t *users = total ? required_set(organization_required(plan->organization),
						&planned->need.object, &count)
				      : NULL;

	for (size_t i = 0; i < count && i < PLAN_SUBJECTS_MOST; i++) {
		struct json *subject = json_new_object();
		json_put_text(
			subject, "name", organization_user_name(plan->organization, users[i]));
		json_put_bool(subject, "licensed", plan->held_by[users[i]]);
		json_append(list, subject);
	}
	json_put_int(json, "subjects_left_out",
		count > PLAN_SUBJECTS_MOST ? (int64_t)(count - PLAN_SUBJECTS_MOST) : 0);
	json_put(json, "subjects", list);
}

static struct json *tell_object(const struct plan *plan, size_t index)
{
	const struct source_object *object = &plan->selection->objects[index];
	const struct planned *planned = &plan->objects[index];
	struct json *json = json_new_object();

	json_put_text(json, "kind", object->kind);
	json_put_text(json, "name", object->name);
	json_put_text(
		json, "rule", planned->judgement.supported ? planned->judgement.rule : "");
	json_put_int(json, "required", planned->turn.required);
	json_put_int(json, "held", planned->turn.held);
	json_put_int(json, "would_license", plan->is_unbound ? 0 : planned->turn.newly);
	json_put_int(json, "missing", plan->is_unbound ? 0 : planned->turn.missing);
	tell_outcome(plan, planned, json);
	put_subjects(plan, planned, json);
	return json;
}

static void tell_plan(const struct plan *plan, struct json *out)
{
	struct json *objects = json_new_array();
	struct json *gaps = json_new_array();

	for (size_t i = 0; i < plan->selection->count; i++)
		json_append(objects, tell_object(plan, i));
	for (size_t i = 0; i < plan->selection->gap_count; i++) {
		const struct source_gap *gap = &plan->selection->gaps[i];
		struct json *json = json_new_object();
		json_put_text(json, "kind", gap->kind);
		json_put_text(json, "text", gap->text);
		json_append(gaps, json);
	}
	json_put(out, "left_out", gaps);
	json_put_int(out, "required", plan->required);
	json_put_int(out, "held", plan->held);
	json_put_int(out, "would_license", plan->is_unbound ? 0 : plan->would_license);
	json_put(out, "objects", objects);
}

static int play_through(struct installation *installation, struct source *source,
	const struct selection *selection, const struct license_status *status,
	struct json *out)
{
	const struct organization_options options = {
		.installation = installation, .source = source};
	struct plan plan = {.installation = installation,
		.selection = selection,
		.left = status->seats > status->used ? status->seats - status->used : 0,
		.is_unbound = status->is_trial};
	int r = organization_read(&options, selection, &plan.organization);

	if (r != 0)
		return r;
	plan.objects = mem_array(selection->count + 1, sizeof(*plan.objects));
	judge_all(&plan);
	look_who_holds(&plan);
	play(&plan);
	tell_plan(&plan, out);
	for (size_t i = 0; i < selection->count; i++) {
		organization_need_free(&plan.objects[i].need);
		mem_free(plan.objects[i].why);
	}
	mem_free(plan.objects);
	mem_free(plan.held_by);
	organization_free(plan.organization);
	return 0;
}

/* A state that lets nothing begin is told with the plan, and hides nothing of it. */
static struct json *begin_plan(
	struct installation *installation, const struct job *job, struct license_status *status)
{
	bool may_begin =
		!job->needs_license || gate_foresee(installation, job->tenant, status) == 0;
	struct json *out = json_new_object();

	json_put_text(out, "name", job->name);
	json_put(out, "reason",
		may_begin ? NULL
			  : report_reason(license_state_name(status->state), err_message()));
	json_put_int(out, "seats", status->seats);
	json_put_int(out, "used", status->used);
	return out;
}

int plan_job(struct installation *installation, const char *name, struct json **out)
{
	AUTO_JOB job = NULL;
	AUTO_JSON plan = NULL;
	struct source *source = NULL;
	struct selection selection = {0};
	struct license_status status = {0};
	const struct connection_open how = {0};
	int r = job_load(installation, name, &job);

	*out = NULL;
	if (r == 0)
		r = connection_source(installation, job->connection, &how, &source);
	if (r == 0)
		r = selection_read(source, job->objects, &selection);
	if (r == 0) {
		plan = begin_plan(installation, job, &status);
		r = play_through(installation, source, &selection, &status, plan);
	}
	selection_free(&selection);
	source_close(source);
	if (r == 0)
		*out = STEAL(plan);
	return r;
}
