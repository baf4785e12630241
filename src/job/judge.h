/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JOB_JUDGE_H
#define JOB_JUDGE_H

#include "license/required.h"
#include "source/source.h"

/*
 * From the facts that a source gives to what the licensing wants: whether an object can be
 * backed up, and by which rule it needs licenses. Pure; who exactly is needed says
 * organization.h.
 */

struct judgement {
	bool supported;
	char reason_code[64]; /* where not */
	char reason_text[256];
	const char *rule; /* its id, "B1"; "" for folders of the machine */
	enum required_rule required_rule;
};

/** Judges an object from what was told of it. */
void judge_object(const struct source_object *object, struct judgement *out);

/** Whether an object is shared: the users that it needs are found through its grants. */
bool judge_is_shared(const struct judgement *judgement);

/** What a grant of an object counts for, of enum required_right. */
unsigned judge_rights(const struct source_grant *grant);

/** Whether a grant with these rights makes its users required, by the rule. */
bool judge_right_counts(enum required_rule rule, unsigned rights);

/** A rule in words, for people: "a user mailbox needs a license for its user". */
const char *judge_rule_text(const char *rule);

#endif
