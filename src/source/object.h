/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SOURCE_OBJECT_H
#define SOURCE_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What a source tells of objects, of what lies in them and of the people behind them: facts,
 * not judgements. Part of source.h, which says who owns what.
 */

/** What the licensing has to know of an object's owner. Facts, not judgements. */
struct source_owner {
	const char *tenant_id;    /* "" where the source has no users */
	const char *directory_id; /* the user's immutable id */
	const char *
		purpose; /* "user", "linked", "shared", "room", "equipment", "site", "others" */
	bool guest;
	bool m365_license;     /* at least one enabled plan of a paid kind */
	bool exchange_license; /* an enabled Exchange plan */
	bool has_mailbox;      /* false: no usable mailbox */
};

/** Who is meant by a permission or as a member. */
struct source_principal {
	enum source_principal_kind {
		SOURCE_PRINCIPAL_USER,
		SOURCE_PRINCIPAL_GROUP,
		SOURCE_PRINCIPAL_EVERYONE, /* every licensed user of the organization */
	} kind;
	const char *id; /* directory id of the user or group; "" for everyone */
};

/** One permission on an object that several people share: who, and what they may do or are. */
struct source_grant {
	struct source_principal who;
	bool member;     /* of the group whose mailbox or team site the object is */
	bool read;       /* may read it, and no more */
	bool change;     /* may create, edit or delete items, create-only and edit-own too */
	bool administer; /* of a site */
};

struct source_object {
	const char *id;   /* the source's own */
	const char *kind; /* "mailbox", "shared_mailbox", "resource_mailbox", "site_mailbox",
			     "group_mailbox", "team_site", "site", "public_folder", "onedrive",
			     "folder" */
	const char *name; /* address, path of the site or folder, name of the top folder */
	const char *display_name;
	struct source_owner owner; /* of a mailbox or drive; of what is shared, the tenant alone
				    */
	const struct source_grant *grants; /* of what is shared */
	size_t grant_count;
	const char *unsupported; /* a reason in words where the source itself cannot back it up;
				    NULL */
};

struct source_folder {
	const char *id;
	const char *parent_id; /* "" at the top */
	const char *
		name; /* "" for the object's own folder: its items lie directly in the object */
};

struct source_item {
	const char *id;
	const char *name; /* a name for people, unique in its folder: "2026-11-25 Subject
			     1a2b3c4d.eml" */
	const char *type; /* "message" or "file" */
	const char *tag;  /* changes when, and only when, the content changes */
	int64_t modified_s;
	uint64_t size; /* 0 where not known before it is read */
	bool removed;  /* no longer in this folder; all but `id` is then empty */
};

/** A user of the organization with what the licensing counts by, guests too. */
struct source_user {
	const char *id;   /* directory id */
	const char *name; /* address */
	bool guest;
	bool m365_license; /* at least one enabled plan of a paid kind */
};

/** A kind of objects that a listing left out, because the organization does not let the program
 * list them: the others are told all the same. */
struct source_gap {
	const char *kind; /* as of objects */
	const char
		*permission; /* that would be needed, by the organization's own name for it */
	const char *text;    /* for people, with what to do */
};

#endif
