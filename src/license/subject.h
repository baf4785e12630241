/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_SUBJECT_H
#define LICENSE_SUBJECT_H

#include <stdbool.h>

/*
 * Who must hold a license before an object is backed up (section B of the rules), judged anew
 * at each run from what the source says at that moment.
 */

enum subject_purpose {
	SUBJECT_PURPOSE_USER,
	SUBJECT_PURPOSE_SHARED,
	SUBJECT_PURPOSE_ROOM,
	SUBJECT_PURPOSE_EQUIPMENT,
	SUBJECT_PURPOSE_SITE,
};

/** What is known of an account and its mailbox. Whether it may sign in is of no account. */
struct subject_facts {
	enum subject_purpose purpose;
	bool guest;            /* external */
	bool m365_license;     /* any paid plan of Microsoft 365 */
	bool exchange_license; /* a plan with Exchange Online */
	bool has_mailbox;      /* there is a usable one: not disabled */
	bool on_premises;      /* Exchange of one's own: a usable mailbox counts as licensed */
};

enum subject_need {
	SUBJECT_NEED_NONE,        /* backed up, needs no license */
	SUBJECT_NEED_USER,        /* its user must hold one */
	SUBJECT_NEED_UNSUPPORTED, /* named, not backed up, needs none */
	SUBJECT_NEED_NO_OBJECT,   /* not listed at all */
};

struct subject_verdict {
	enum subject_need need;
	const char *code; /* of the reason, "" where backed up: "mailbox_disabled",
			     "no_exchange_license", "guest", "no_license" */
	const char *text; /* the same for people */
};

/** The mailbox of an account; its archive mailbox goes with it and changes nothing (B6). */
struct subject_verdict subject_judge_mailbox(const struct subject_facts *facts);

/** A OneDrive, by the facts of its owner's account, whose mailbox is of no account (B12): its
 * user, or unsupported and named where that is a guest or has no license of Microsoft's. */
struct subject_verdict subject_judge_drive(const struct subject_facts *facts);

#endif
