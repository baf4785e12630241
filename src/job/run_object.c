/* SPDX-License-Identifier: Apache-2.0 */
#include "job/run_priv.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "job/needs.h"

/* In the place of a folder's id, of a cursor for the object as a whole. */
#define OBJECT_ITSELF ""

void object_result_set(struct object_result *result, const char *word, const char *code,
	const char *format, ...)
{
	va_list arguments;

	result->result = word;
	snprintf(result->reason_code, sizeof(result->reason_code), "%s", code);
	va_start(arguments, format);
	vsnprintf(result->reason_text, sizeof(result->reason_text), format, arguments);
	va_end(arguments);
}

/* The folders of an object, copied: its listing ends before the first folder is read. */
struct folders {
	struct source_folder *list;
	size_t count, capacity;
};

static int take_folder(void *context, const struct source_folder *folder)
{
	struct folders *folders = context;

	mem_grow(
		&folders->list, &folders->capacity, folders->count + 1, sizeof(*folders->list));
	folders->list[folders->count++] = (struct source_folder){
		.id = mem_strdup(folder->id),
		.parent_id = mem_strdup(folder->parent_id),
		.name = mem_strdup(folder->name),
	};
	return 0;
}

static void free_folders(struct folders *folders)
{
	for (size_t i = 0; i < folders->count; i++) {
		mem_free(folders->list[i].id);
		mem_free(folders->list[i].parent_id);
		mem_free(folders->list[i].name);
	}
	mem_free(folders->list);
}

/* Whether an error concerns the folder in hand alone, which then stays as it was last stored.
 */
static bool is_of_folder(const struct run_folder *at, int r)
{
	return at->from_source && r != ERR_CANCELLED && source_fault()->scope <= SOURCE_FOLDER;
}

/* The place in the object's own list of changes, as far as it goes with the tree as stored. */
static int resume(struct run_folder *at, const struct repo_object *base)
{
	char tree_id[REPO_ID_TEXT] = "";
	const struct cursor_key key = {
		at->run->job->id, at->object->kind, at->object->name, OBJECT_ITSELF, tree_id};
	AUTO_TEXT place = NULL;
	int r = 0;

	if (base) {
		text_to_hex(base->tree, sizeof(base->tree), tree_id);
		r = cursor_load(at->run->installation, &key, &place);
	}
	if (r == 0) {
		r = source_resume(at->run->source, at->object, place);
		at->from_source = r < 0;
	}
	return r;
}

static void wait_with_place(struct run_folder *at, const struct object_summary *summary)
{
	char tree_id[REPO_ID_TEXT];
	char *place = source_place(at->run->source, at->object);

	text_to_hex(summary->tree, sizeof(summary->tree), tree_id);
	if (place)
		run_wait_with_cursor(at, OBJECT_ITSELF, tree_id, place);
}

static int store_folders(struct run_folder *at, struct folders *folders)
{
	int r = source_folders(at->run->source, at->object, take_folder, folders);

	at->from_source = r < 0;
	for (size_t i = 0; i < folders->count && r == 0; i++) {
		at->folder = &folders->list[i];
		r = run_folder(at);
		r = err_wrap(r, "folder %s", folders->list[i].name);
		if (r < 0 && is_of_folder(at, r)) {
			run_folder_note_reason(at, err_name(r));
			at->failed_folders++;
			at->from_source = false;
			r = 0;
		}
	}
	return r;
}

static void keep_summary(
	struct run *run, struct object_result *result, const struct object_summary *summary)
{
	AUTO_TEXT kind = mem_strdup(result->kind);
	AUTO_TEXT name = mem_strdup(result->name);
	struct repo_object object = {.kind = kind,
		.name = name,
		.stored_s = clock_now_s(),
		.items = summary->items,
		.bytes = summary->bytes,
		.trial_items = run->trial_items};

	memcpy(object.tree, summary->tree, sizeof(object.tree));
	bases_put(&run->bases, &object);
	bases_put(&run->fresh, &object);
	result->items_total = summary->items;
}

/* Cursors of an object that was given up wait in vain: what they stand for is not stored. */
static void forget_cursors(struct run *run, size_t first)
{
	while (run->cursor_count > first) {
		struct pending_cursor *cursor = &run->cursors[--run->cursor_count];
		mem_free(cursor->kind);
		mem_free(cursor->name);
		mem_free(cursor->folder_id);
		mem_free(cursor->list_id);
		mem_free(cursor->cursor);
		*cursor = (struct pending_cursor){0};
	}
}

static int write_object(struct run_folder *at, struct object_summary *summary)
{
	const struct repo_object *base =
		bases_find(&at->run->bases, at->object->kind, at->object->name);
	struct folders folders = {0};
	int r = object_writer_begin(at->run->writer, base ? base->tree : NULL, &at->writer);

	if (r < 0)
		return r;
	r = resume(at, base);
	if (r == 0)
		r = store_folders(at, &folders);
	free_folders(&folders);
	if (r < 0) {
		object_writer_drop(at->writer);
		return r;
	}
	r = object_writer_finish(at->writer, summary);
	if (r == 0)
		wait_with_place(at, summary);
	return r;
}

/* Whether an error ends this object alone: the next one may go well. */
static bool is_of_object(const struct run_folder *at, int r)
{
	return at->from_source && r != ERR_CANCELLED && source_fault()->scope != SOURCE_TENANT;
}

/* "2 items and 1 folder could not be read, …" */
static void tell_failures(const struct run_folder *at)
{
	struct object_result *result = at->result;
	AUTO_TEXT first = mem_strdup(result->reason_text);
	AUTO_TEXT code = mem_strdup(result->reason_code);
	AUTO_TEXT items =
		mem_printf("%" PRIu64 " item%s", at->failed, at->failed == 1 ? "" : "s");
	AUTO_TEXT folders = mem_printf(
		"%" PRIu64 " folder%s", at->failed_folders, at->failed_folders == 1 ? "" : "s");

	object_result_set(result, "failed", code,
		"%s%s%s could not be read, the rest is stored; the first: %s",
		at->failed ? items : "", at->failed && at->failed_folders ? " and " : "",
		at->failed_folders ? folders : "", first);
}

static int back_up(
	struct run *run, const struct source_object *object, struct object_result *result)
{
	struct run_folder at = {.run = run, .object = object, .result = result};
	struct object_summary summary = {0};
	uint64_t stored_before = repo_writer_stored(run->writer);
	size_t cursors_before = run->cursor_count;
	int r = write_object(&at, &summary);

	result->bytes_stored = repo_writer_stored(run->writer) - stored_before;
	if (r < 0) {
		forget_cursors(run, cursors_before);
		if (!is_of_object(&at, r))
			return r;
		object_result_set(result, "failed",
			*source_fault()->code ? source_fault()->code : err_name(r), "%s",
			err_message());
		return 0;
	}
	keep_summary(run, result, &summary);
	if (at.failed + at.failed_folders > 0)
		tell_failures(&at);
	else
		object_result_set(
			result, summary.changed ? "stored" : "unchanged", "", "%s", "");
	return 0;
}

/* As the claim wants them. More than one request holds are asked for without those that hold a
 * license already, as far as is known here; the caller frees the array. */
static const char **list_subjects(
	struct run *run, const struct organization_need *need, size_t *out_count)
{
	enum { REQUEST_MOST = 10000 };
	const char **subjects = mem_array(need->count + 1, sizeof(*subjects));
	size_t count = 0;

	for (size_t i = 0; i < need->count; i++) {
		const char *subject = organization_subject(run->organization, need->users[i]);
		bool is_left_out = need->count > REQUEST_MOST &&
				   license_client_is_held(run->installation->license, subject);
		if (!is_left_out)
			subjects[count++] = subject;
	}
	*out_count = count;
	return subjects;
}

static int claim(
	struct run *run, const struct organization_need *need, struct license_claim *out)
{
	if (!organization_subject(run->organization, need->users[0]))
		return err_set(ERR_LICENSE, "there is no license on this instance");
	const char **subjects = list_subjects(run, need, &out->count);
	out->subjects = subjects;
	int r = license_client_claim(run->installation->license, out, 1);
	mem_free(subjects);
	out->subjects = NULL;
	return r;
}

/* True where all that the object needs is licensed. */
static int license_object(struct run *run, const struct organization_need *need,
	struct object_result *result, bool *granted)
{
	struct license_claim asked = {0};
	int r = claim(run, need, &asked);

	*granted = asked.granted;
	result->newly_licensed = asked.newly;
	if (asked.granted)
		return 0;
	if (r == ERR_LICENSE)
		return r; /* the run ends: see run.c */
	if (r == ERR_LIMIT)
		object_result_set(result, "failed", "too_many_subjects", "%s", err_message());
	else if (r < 0)
		object_result_set(result, "waiting", "license_service_unreachable",
			"waits for the licensing service, which does not answer: %s",
			err_message());
	else
		object_result_set(result, "no_license", "no_license",
			"not backed up: %" PRId64
			" more license%s needed; buy licenses or release some",
			asked.missing, asked.missing == 1 ? " is" : "s are");
	if (r == 0)
		result->missing = asked.missing;
	return 0;
}

static void describe_kept(struct run *run, struct object_result *result)
{
	const struct repo_object *base = bases_find(&run->bases, result->kind, result->name);

	result->items_total = base ? base->items : 0;
}

/* Who is needed, kept for `why`, and licensed: in this order, so that what is not backed up can
 * be explained too. */
static int license_needed(struct run *run, const struct source_object *object,
	const struct judgement *judgement, struct object_result *result, bool *granted)
{
	const struct needs_object key = {
		run->job->id, object->kind, object->name, judgement->rule};
	struct organization_need need;
	int r = organization_need(run->organization, object, judgement, &need);

	if (r < 0) {
		object_result_set(result, "failed",
			r == ERR_NOTFOUND ? "group_gone" : "members_unread", "%s",
			err_message());
		*granted = false;
		r = 0;
	} else if (run->is_trial) {
		/* Whoever is needed counts as licensed, and has no pseudonym yet. */
		result->required = (int64_t)need.count;
	} else {
		r = needs_record(run->installation, &key, run->organization, &need);
		result->required = (int64_t)need.count;
		if (r == 0 && need.count > 0)
			r = license_object(run, &need, result, granted);
	}
	organization_need_free(&need);
	return r;
}

int run_object(
	struct run *run, const struct source_object *object, struct object_result *result)
{
	struct judgement judgement;
	bool granted = true;

	*result = (struct object_result){
		.kind = object->kind, .name = object->name, .result = ""};
	describe_kept(run, result);
	judge_object(object, &judgement);
	if (!judgement.supported) {
		const struct needs_object key = {run->job->id, object->kind, object->name, ""};
		object_result_set(result, "unsupported", judgement.reason_code, "%s",
			judgement.reason_text);
		return needs_forget(run->installation, &key);
	}
	if (*judgement.rule) {
		int r = license_needed(run, object, &judgement, result, &granted);
		if (r < 0 || !granted)
			return r;
	}
	return back_up(run, object, result);
}
