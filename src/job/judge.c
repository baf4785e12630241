/* SPDX-License-Identifier: Apache-2.0 */
#include "job/judge.h"

#include <stdio.h>

#include "base/text.h"
#include "license/subject.h"

static enum subject_purpose purpose_of(const char *purpose)
{
	static const struct {
		const char *name;
		enum subject_purpose purpose;
	} names[] = {
		{"shared", SUBJECT_PURPOSE_SHARED},
		{"room", SUBJECT_PURPOSE_ROOM},
		{"equipment", SUBJECT_PURPOSE_EQUIPMENT},
		{"site", SUBJECT_PURPOSE_SITE},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (text_equal(purpose, names[i].name))
			return names[i].purpose;
	}
	return SUBJECT_PURPOSE_USER; /* "user", "linked", and what may yet come */
}

static void refuse(struct judgement *out, const char *code, const char *text)
{
	out->supported = false;
	snprintf(out->reason_code, sizeof(out->reason_code), "%s", code);
	snprintf(out->reason_text, sizeof(out->reason_text), "%s", text);
}

/* A drive is judged by its owner's license alone, a mailbox by the account's purpose too. */
static void judge_owned(const struct source_object *object, struct judgement *out)
{
	const struct source_owner *owner = &object->owner;
	const struct subject_facts facts = {
		.purpose = purpose_of(owner->purpose),
		.guest = owner->guest,
		.m365_license = owner->m365_license,
		.exchange_license = owner->exchange_license,
		.has_mailbox = owner->has_mailbox,
	};
	bool is_drive = text_equal(object->kind, "onedrive");
	struct subject_verdict verdict =
		is_drive ? subject_judge_drive(&facts) : subject_judge_mailbox(&facts);

	if (is_drive)
		out->rule = "B12";
	else if (facts.purpose == SUBJECT_PURPOSE_USER)
		out->rule = "B1";
	else
		out->rule = facts.purpose == SUBJECT_PURPOSE_SITE ? "B5" : "B4";
	if (verdict.need == SUBJECT_NEED_UNSUPPORTED || verdict.need == SUBJECT_NEED_NO_OBJECT)
		refuse(out, verdict.code, verdict.text);
	else if (verdict.need == SUBJECT_NEED_USER)
		out->required_rule = REQUIRED_OWNER;
}

void judge_object(const struct source_object *object, struct judgement *out)
{
	static const struct {
		const char *kind, *rule;
		enum required_rule required_rule;
	} shared[] = {
		{"group_mailbox", "B2", REQUIRED_MEMBERS},
		{"team_site", "B11", REQUIRED_MEMBERS},
		{"public_folder", "B8", REQUIRED_FOLDER_RIGHTS},
		{"site", "B10", REQUIRED_SITE_RIGHTS},
	};

	*out = (struct judgement){.supported = true, .rule = ""};
	if (object->unsupported)
		refuse(out, "unsupported", object->unsupported);
	if (object->unsupported || !*object->owner.tenant_id)
		return; /* a folder of the machine needs nothing */
	for (size_t i = 0; i < sizeof(shared) / sizeof(shared[0]); i++) {
		if (!text_equal(object->kind, shared[i].kind))
			continue;
		out->rule = shared[i].rule;
		out->required_rule = shared[i].required_rule;
		return;
	}
	judge_owned(object, out);
}

bool judge_is_shared(const struct judgement *judgement)
{
	return judgement->supported && judgement->required_rule >= REQUIRED_MEMBERS;
}

unsigned judge_rights(const struct source_grant *grant)
{
	return (grant->read ? (unsigned)REQUIRED_READ : 0) |
	       (grant->change ? (unsigned)REQUIRED_EDIT : 0) |
	       (grant->administer ? (unsigned)REQUIRED_ADMINISTER : 0) |
	       (grant->member ? (unsigned)REQUIRED_MEMBER : 0);
}

bool judge_right_counts(enum required_rule rule, unsigned rights)
{
	switch (rule) {
	case REQUIRED_OWNER:
	case REQUIRED_MEMBERS:
		return rights & REQUIRED_MEMBER;
	case REQUIRED_FOLDER_RIGHTS:
	case REQUIRED_SITE_RIGHTS:
		return rights & REQUIRED_CHANGES;
	default:
		return false;
	}
}

const char *judge_rule_text(const char *rule)
{
	static const char *const texts[][2] = {
		{"B1", "a user mailbox needs a license for its user"},
		{"B2", "the mailbox of a group needs a license for each member of the group"},
		{"B4", "a shared, room or equipment mailbox to which an Exchange Online "
		       "license is assigned counts as a user mailbox; without one it needs "
		       "none"},
		{"B5", "a site mailbox needs none"},
		{"B8", "a public folder needs a license for each user who can create, edit or "
		       "delete items in it"},
		{"B10", "a site needs a license for each user who can create, edit or delete "
			"its contents"},
		{"B11", "the team site of a group needs a license for each member of the "
			"group"},
		{"B12", "a OneDrive needs a license for its user; the same covers the "
			"mailbox"},
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (text_equal(rule, texts[i][0]))
			return texts[i][1];
	}
	return "";
}
