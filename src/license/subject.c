/* SPDX-License-Identifier: Apache-2.0 */
#include "license/subject.h"

static const struct subject_verdict needs_none = {SUBJECT_NEED_NONE, "", ""};
static const struct subject_verdict needs_user = {SUBJECT_NEED_USER, "", ""};
static const struct subject_verdict is_disabled = {
	SUBJECT_NEED_UNSUPPORTED, "mailbox_disabled", "the mailbox is disabled"};
static const struct subject_verdict has_no_exchange = {SUBJECT_NEED_UNSUPPORTED,
	"no_exchange_license", "the user has no Exchange Online license"};
static const struct subject_verdict is_guest = {
	SUBJECT_NEED_NO_OBJECT, "guest", "external users are not backed up"};
static const struct subject_verdict has_no_license = {
	SUBJECT_NEED_NO_OBJECT, "no_license", "the user has no Microsoft 365 license"};

static const struct subject_verdict is_drive_of_guest = {SUBJECT_NEED_UNSUPPORTED, "guest",
	"the owner is an external user; drives of external users are not backed up"};
static const struct subject_verdict is_drive_without_license = {
	SUBJECT_NEED_UNSUPPORTED, "no_license", "the owner has no Microsoft 365 license"};

static struct subject_verdict judge_user(const struct subject_facts *facts)
{
	if (!facts->on_premises && !facts->exchange_license)
		return facts->m365_license ? has_no_exchange : has_no_license;
	return facts->has_mailbox ? needs_user : is_disabled;
}

/* Shared, room and equipment: free, unless a license makes it a user mailbox. */
static struct subject_verdict judge_resource(const struct subject_facts *facts)
{
	if (!facts->has_mailbox)
		return is_disabled;
	return facts->exchange_license ? needs_user : needs_none;
}

struct subject_verdict subject_judge_mailbox(const struct subject_facts *facts)
{
	if (facts->guest)
		return is_guest;
	switch (facts->purpose) {
	case SUBJECT_PURPOSE_USER:
		return judge_user(facts);
	case SUBJECT_PURPOSE_SHARED:
	case SUBJECT_PURPOSE_ROOM:
	case SUBJECT_PURPOSE_EQUIPMENT:
		return judge_resource(facts);
	case SUBJECT_PURPOSE_SITE:
		return facts->has_mailbox ? needs_none : is_disabled;
	}
	return is_disabled;
}

struct subject_verdict subject_judge_drive(const struct subject_facts *facts)
{
	if (facts->guest)
		return is_drive_of_guest;
	return facts->m365_license ? needs_user : is_drive_without_license;
}
