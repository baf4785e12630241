/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SANDBOX_IDS_H
#define SANDBOX_IDS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/*
 * The names that the organization gives to things: GUIDs of the directory, ids of folders and
 * messages. All but request ids are derived from the tenant and from what the thing is, so that
 * they are the same at every start.
 *
 * A message has two ids, as in Exchange: an immutable one, and one that says where it lies and
 * so changes with every move. Folders have one.
 */

enum { IDS_KEY_SIZE = 16, IDS_GUID_SIZE = 37, IDS_TEXT_SIZE = 48 };

struct ids_key {
	uint8_t bytes[IDS_KEY_SIZE];
};

enum ids_kind {
	IDS_FOLDER,
	IDS_PLACED,    /* of a message: key and place */
	IDS_IMMUTABLE, /* of a message: key alone */
};

/** What an id says. */
struct ids_ref {
	enum ids_kind kind;
	struct ids_key key;
	uint64_t place; /* IDS_PLACED only */
};

/** The key of what these texts name together; the list ends with NULL. */
struct ids_key ids_key_of(const char *const *parts);

bool ids_key_equal(const struct ids_key *a, const struct ids_key *b);

/** The place of a message that lies in `folder` after so many moves. */
uint64_t ids_place(const struct ids_key *message, const struct ids_key *folder, uint32_t moves);

/** Writes the id as Graph writes it: URL-safe base64 that ends with "=". */
void ids_write(const struct ids_ref *ref, char out[IDS_TEXT_SIZE]);

/** Reads an id, exactly as it was written (ids are case-sensitive). ERR_INVALID. */
NODISCARD int ids_read(const char *text, struct ids_ref *out);

/** Writes the GUID of what these texts name together. */
void ids_guid(const char *const *parts, char out[IDS_GUID_SIZE]);

/** Writes a random GUID. */
void ids_guid_random(char out[IDS_GUID_SIZE]);

#define IDS_PARTS(...) ((const char *const[]){__VA_ARGS__, NULL})

#endif
