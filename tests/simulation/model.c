/* SPDX-License-Identifier: Apache-2.0 */
#include "model.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/timestamp.h"

enum { MODEL_RELEASE_S = 30 * 24 * 60 * 60 };

void model_free(struct model *model)
{
	struct holder *holder, *next;
	struct given *given, *after;

	HASH_ITER(hh, model->holders, holder, next)
	{
		HASH_DEL(model->holders, holder);
		mem_free(holder);
	}
	HASH_ITER(hh, model->given, given, after)
	{
		HASH_DEL(model->given, given);
		mem_free(given->answer);
		mem_free(given);
	}
}

struct model model_copy(const struct model *model)
{
	struct model copy = *model;
	struct holder *holder, *next;
	struct given *given, *after;

	copy.holders = NULL;
	copy.given = NULL;
	HASH_ITER(hh, model->holders, holder, next)
	{
		struct holder *twin = mem_alloc(sizeof(*twin));
		*twin = *holder;
		HASH_ADD_STR(copy.holders, subject, twin);
	}
	HASH_ITER(hh, model->given, given, after)
	{
		struct given *twin = mem_alloc(sizeof(*twin));
		*twin = *given;
		twin->answer = mem_strdup(given->answer);
		HASH_ADD_STR(copy.given, key, twin);
	}
	return copy;
}

void model_go_back(struct model *model, const struct model *copy, int64_t now_s)
{
	struct model back = model_copy(copy);
	struct holder *holder, *next;

	HASH_ITER(hh, model->holders, holder, next)
	{
		struct holder *twin = model_holder(&back, holder->subject);
		twin->gone_s = holder->since_s ? now_s : holder->gone_s;
		if (holder->lost_s <= twin->lost_s)
			continue;
		twin->lost_s = holder->lost_s;
		twin->lost_by_reset = holder->lost_by_reset;
		twin->order_s = holder->order_s;
	}
	model_free(model);
	*model = back;
}

/* The same day and time so many years later; of a 29 February the 28th where there is none. */
int64_t model_end(const struct model *model)
{
	if (!model->activated_s)
		return 0;
	struct timestamp_parts parts = timestamp_split(model->anchor_s);
	parts.year += (int)model->years;
	bool leap = parts.year % 4 == 0 && (parts.year % 100 != 0 || parts.year % 400 == 0);
	if (parts.month == 2 && parts.day == 29 && !leap)
		parts.day = 28;
	return timestamp_join(&parts);
}

bool model_is_active(const struct model *model)
{
	return !model->revoked_s && model->activated_s && model->now_s < model_end(model);
}

static void take_all_away(struct model *model, const struct model_term *term)
{
	struct holder *holder, *next;

	HASH_ITER(hh, model->holders, holder, next)
	{
		if (!holder->since_s)
			continue;
		holder->since_s = 0;
		holder->lost_s = term->start_s;
		holder->lost_by_reset = true;
		holder->order_s = term->order_s;
	}
	model->used = 0;
	model->epoch++;
	model->resets++;
}

static void begin_term(struct model *model, const struct model_term *term)
{
	if (term->seats < model->seats)
		take_all_away(model, term);
	model->seats = term->seats;
}

void model_pass(struct model *model, int64_t clock_s)
{
	if (clock_s > model->now_s)
		model->now_s = clock_s;
	while (model->ahead_count && model->ahead[0].start_s <= model->now_s) {
		begin_term(model, &model->ahead[0]);
		model->ahead_count--;
		memmove(model->ahead, model->ahead + 1,
			model->ahead_count * sizeof(model->ahead[0]));
	}
}

struct holder *model_holder(struct model *model, const char *subject)
{
	struct holder *holder;

	HASH_FIND_STR(model->holders, subject, holder);
	if (holder)
		return holder;
	holder = mem_alloc(sizeof(*holder));
	memcpy(holder->subject, subject, strnlen(subject, sizeof(holder->subject) - 1));
	HASH_ADD_STR(model->holders, subject, holder);
	return holder;
}

const struct holder *model_find(const struct model *model, const char *subject)
{
	const struct holder *holder;

	HASH_FIND_STR(model->holders, subject, holder);
	return holder;
}

void model_activate(struct model *model)
{
	if (model->activated_s)
		return;
	model->activated_s = model->anchor_s = model->now_s;
	model->years = 1;
}

void model_add(struct model *model, int64_t seats)
{
	model->seats += seats;
	for (size_t i = 0; i < model->ahead_count; i++)
		model->ahead[i].seats += seats;
}

bool model_renew(struct model *model, int64_t seats)
{
	struct model_term term = {.seats = seats, .order_s = model->now_s};

	if (model->revoked_s || !model->activated_s)
		return false;
	if (model->now_s < model_end(model)) {
		term.start_s = model_end(model);
		model->ahead[model->ahead_count++] = term;
		model->years++;
		return true;
	}
	term.start_s = model->anchor_s = model->now_s;
	model->years = 1;
	begin_term(model, &term);
	return true;
}

static void assign(struct model *model, const struct json *subjects)
{
	for (size_t i = 0; i < json_count(subjects); i++) {
		struct holder *holder = model_holder(model, json_as_text(json_at(subjects, i)));
		if (!holder->since_s)
			holder->since_s = model->now_s;
	}
}

struct model_result model_claim(struct model *model, const struct json *subjects)
{
	int64_t fresh = 0;

	model->marks++;
	for (size_t i = 0; i < json_count(subjects); i++) {
		struct holder *holder = model_holder(model, json_as_text(json_at(subjects, i)));
		if (!holder->since_s && holder->mark != model->marks)
			fresh++;
		holder->mark = model->marks;
	}
	if (model->used + fresh > model->seats)
		return (struct model_result){.missing = model->used + fresh - model->seats};
	assign(model, subjects);
	model->used += fresh;
	return (struct model_result){.granted = true, .newly = fresh};
}

const char *model_release(struct model *model, const char *subject)
{
	struct holder *holder = model_holder(model, subject);

	if (!holder->since_s)
		return "not_assigned";
	if (model->now_s - holder->since_s < MODEL_RELEASE_S)
		return "too_early";
	holder->since_s = 0;
	holder->lost_s = model->now_s;
	holder->lost_by_reset = false;
	model->used--;
	return NULL;
}
