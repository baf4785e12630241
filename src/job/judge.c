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

static struct subject_verdict judge_owner(const struct source_owner *owner)
{
	const struct subject_facts facts = {
		.purpose = purpose_of(owner->purpose),
		.guest = owner->guest,
		.m365_license = owner->m365_license,
		.exchange_license = owner->exchange_license,
		.has_mailbox = owner->has_mailbox,
	};

	return subject_judge_mailbox(&facts);
}

/* B12: by the owner's license alone; whether the account has a mailbox is of no account. */
static struct subject_verdict judge_drive(const struct source_owner *owner)
{
	if (owner->guest)
		return (struct subject_verdict){SUBJECT_NEED_UNSUPPORTED, "guest",
			"not supported: its owner is a guest, who never takes a license"};
	if (!owner->m365_license)
		return (struct subject_verdict){SUBJECT_NEED_UNSUPPORTED, "no_license",
			"not supported: its owner has no license of Microsoft 365"};
	return (struct subject_verdict){SUBJECT_NEED_USER, "", ""};
}

static const char *rule_of(const char *kind)
{
	if (text_equal(kind, "onedrive"))
		return "B12";
	return text_equal(kind, "mailbox") ? "B1" : "B4";
}

void judge_object(struct installation *installation, const struct source_object *object,
	struct judgement *out)
{
	*out = (struct judgement){.supported = true, .rule = ""};
	if (object->unsupported) {
		refuse(out, "unsupported", object->unsupported);
		return;
	}
	if (!*object->owner.tenant_id)
		return; /* a folder of the machine needs nothing */
	if (text_equal(object->kind, "group_mailbox"))
		return;

	struct subject_verdict verdict = text_equal(object->kind, "onedrive")
						 ? judge_drive(&object->owner)
						 : judge_owner(&object->owner);
	if (verdict.need == SUBJECT_NEED_UNSUPPORTED ||
		verdict.need == SUBJECT_NEED_NO_OBJECT) {
		refuse(out, verdict.code, verdict.text);
	} else if (verdict.need == SUBJECT_NEED_USER) {
		out->needs_subject = true;
		out->rule = rule_of(object->kind);
		out->subject_known =
			license_client_subject(installation->license, object->owner.tenant_id,
				object->owner.directory_id, out->subject) == 0;
	}
}
