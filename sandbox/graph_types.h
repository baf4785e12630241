/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SANDBOX_GRAPH_TYPES_H
#define SANDBOX_GRAPH_TYPES_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Which properties the types of Graph v1.0 have, so that what is asked for can be refused where
 * Microsoft refuses it.
 */

struct graph_type {
	const char *name;       /* "microsoft.graph.user" */
	const char *properties; /* separated by spaces; "*" behind one that is a collection */
};

extern const struct graph_type graph_type_user;
extern const struct graph_type graph_type_message;
extern const struct graph_type graph_type_mail_folder;
extern const struct graph_type graph_type_mailbox_settings;
extern const struct graph_type graph_type_license_details;
extern const struct graph_type graph_type_subscribed_sku;
extern const struct graph_type graph_type_organization;
extern const struct graph_type graph_type_group;
extern const struct graph_type graph_type_conversation;
extern const struct graph_type graph_type_thread;
extern const struct graph_type graph_type_post;
extern const struct graph_type graph_type_drive;
extern const struct graph_type graph_type_drive_item;

/** True where the type has a property of that name, exactly; *out_list says whether it is a
 * collection. */
bool graph_type_find(
	const struct graph_type *type, const char *name, size_t size, bool *out_list);

#endif
