/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SANDBOX_SCENARIO_H
#define SANDBOX_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"

/*
 * The scenario: what an organization is made of, read from a file that people write. Everything
 * in it is checked, and what is wrong is named by its place ("users[3].purpose"). Members that
 * are left out have the defaults of README.md.
 *
 * It knows no protocol and holds no state; the organization that runs is tenant.h.
 */

enum scenario_purpose {
	PURPOSE_USER,
	PURPOSE_SHARED,
	PURPOSE_ROOM,
	PURPOSE_EQUIPMENT,
	PURPOSE_SITE,
};

/** Where items come from: files below a folder, or that many of our own making. */
struct scenario_source {
	char *folder; /* absolute; NULL: generated */
	int64_t count;
};

struct scenario_user {
	char *upn; /* in lower case: it is what users are found by */
	char *name;
	enum scenario_purpose purpose;
	bool enabled;
	bool guest;
	bool m365_license;
	bool exchange_license;
	struct scenario_source mail;
	struct scenario_source onedrive; /* neither folder nor count: no drive */
};

void scenario_user_free(struct scenario_user *user); /* what it holds, not itself */

/** Where relative paths in a document are looked for, in this order. */
struct scenario_base {
	const char *folder;  /* that of the document */
	const char *working; /* that of the program that was given it */
};

/** Checks a whole scenario, the references between its parts too. ERR_INVALID. */
NODISCARD int scenario_check(const struct json *document);

/** Checks a patch by itself: its keys and values; not yet what it refers to. ERR_INVALID. */
NODISCARD int scenario_check_patch(const struct json *patch);

/** The scenario that results when a checked patch is put over it: a new document, which the
 * caller frees and has checked. ERR_INVALID. */
NODISCARD int scenario_merge(
	const struct json *document, const struct json *patch, struct json **out);

/** Reads a user out of a checked scenario. ERR_INVALID, ERR_NOTFOUND where a folder is not
 * there. The caller frees what it holds. */
NODISCARD int scenario_user_read(
	const struct json *object, const struct scenario_base *base, struct scenario_user *out);

/** Reads a number or a folder. The caller frees out->folder. ERR_NOTFOUND. */
NODISCARD int scenario_source_read(const struct json *value, const struct scenario_base *base,
	struct scenario_source *out);

/** The path of a file or folder that a document names. ERR_NOTFOUND. The caller frees it. */
NODISCARD int scenario_path(const char *path, const struct scenario_base *base, char **out);

/** The organization's id and domain; the caller frees them. */
char *scenario_tenant_id(const struct json *document);
char *scenario_domain(const struct json *document);

#endif
