/* SPDX-License-Identifier: Apache-2.0 */
#include "job/plan.h"

#include <uthash.h>

#include "base/mem.h"
#include "base/text.h"
#include "job/connection.h"
#include "job/gate.h"
#include "job/judge.h"
#include "job/report.h"
#include "job/selection.h"

/* A subject that an earlier object of the plan would license: it counts once. */
struct planned {
	char subject[LICENSE_SUBJECT_TEXT];
	UT_hash_handle hh;
};

struct plan {
	struct installation *installation;
	struct planned *planned;
	int64_t left;  /* free licenses at this point of the plan */
	bool is_trial; /* in which whoever is needed counts as licensed */
};

static bool is_planned(const struct plan *plan, const char *subject)
{
	struct planned *found;

	HASH_FIND_STR(plan->planned, subject, found);
	return found != NULL;
}

static void plan_subject(struct plan *plan, const char *subject)
{
	struct planned *planned = mem_alloc(sizeof(*planned));

	memcpy(planned->subject, subject, LICENSE_SUBJECT_TEXT);
	HASH_ADD_STR(plan->planned, subject, planned);
	plan->left--;
}

static void free_planned(struct plan *plan)
{
	struct planned *planned, *next;

	HASH_ITER(hh, plan->planned, planned, next)
	{
		HASH_DEL(plan->planned, planned);
		mem_free(planned);
	}
}

static void put_numbers(struct json *object, int64_t required, int64_t held, int64_t would)
{
	json_put_int(object, "required", required);
	json_put_int(object, "held", held);
	json_put_int(object, "would_license", would);
}

static void put_outcome(struct json *object, const char *would_be, int64_t missing,
	const char *code, const char *text)
{
	json_put_int(object, "missing", missing);
	json_put_text(object, "would_be", would_be);
	json_put(object, "reason", report_reason(code, text));
}

static void plan_licensed(
	struct plan *plan, const struct judgement *judgement, struct json *json)
{
	bool known = judgement->subject_known;
	bool held =
		plan->is_trial || (known && (license_client_is_held(plan->installation->license,
						     judgement->subject) ||
						    is_planned(plan, judgement->subject)));

	if (held || plan->left > 0) {
		put_numbers(json, 1, held, !held);
		put_outcome(json, "stored", 0, "", "");
		if (!held && known)
			plan_subject(plan, judgement->subject);
	} else {
		put_numbers(json, 1, 0, 0);
		put_outcome(json, "no_license", 1, "no_license",
			"1 more license is needed; buy licenses or release some");
	}
}

static struct json *plan_object(struct plan *plan, const struct source_object *object)
{
	struct json *json = json_new_object();
	struct judgement judgement;

	json_put_text(json, "kind", object->kind);
	json_put_text(json, "name", object->name);
	judge_object(plan->installation, object, &judgement);
	json_put_text(json, "rule", judgement.rule);
	if (!judgement.supported) {
		put_numbers(json, 0, 0, 0);
		put_outcome(
			json, "unsupported", 0, judgement.reason_code, judgement.reason_text);
	} else if (!judgement.needs_subject) {
		put_numbers(json, 0, 0, 0);
		put_outcome(json, "stored", 0, "", "");
	} else {
		plan_licensed(plan, &judgement, json);
	}
	return json;
}

static struct json *plan_selection(struct installation *installation,
	const struct selection *selection, const struct license_status *status)
{
	struct plan plan = {.installation = installation,
		.left = status->seats - status->used,
		.is_trial = status->is_trial};
	struct json *objects = json_new_array();

	for (size_t i = 0; i < selection->count; i++)
		json_append(objects, plan_object(&plan, &selection->objects[i]));
	free_planned(&plan);
	return objects;
}

int plan_job(struct installation *installation, const char *name, struct json **out)
{
	AUTO_JOB job = NULL;
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
		/* A state that lets nothing begin is told with the plan, and hides nothing of
		 * it. */
		bool may_begin = !job->needs_license ||
				 gate_foresee(installation, job->tenant, &status) == 0;
		*out = json_new_object();
		json_put_text(*out, "name", job->name);
		json_put(*out, "reason",
			may_begin ? NULL
				  : report_reason(
					    license_state_name(status.state), err_message()));
		json_put_int(*out, "seats", status.seats);
		json_put_int(*out, "used", status.used);
		json_put(*out, "objects", plan_selection(installation, &selection, &status));
	}
	selection_free(&selection);
	source_close(source);
	return r;
}
