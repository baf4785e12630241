/* SPDX-License-Identifier: Apache-2.0 */
#include "item/zip_members.h"

#include <string.h>

/* APPNOTE.TXT 4.3.7 and 4.3.12: where the fields of a local header lie. */
enum {
	SIGNATURE_SIZE = 4,
	VERSION_AT = 4,
	FLAGS_AT = 6,
	METHOD_AT = 8,
	SIZE_AT = 18,
	NAME_AT = 26,
	EXTRA_AT = 28,
	HEADER_SIZE = ZIP_MEMBERS_LOOK,
};

enum {
	VERSION_MOST = 63,
	METHOD_MOST = 99,
	NAME_MOST = 4096,
	SIZE_BEHIND = 8,     /* flag: the sizes stand behind the member */
	SIZE_ELSEWHERE = -1, /* ZIP64 */
};

enum where {
	AT_MEMBER, /* where a header should be */
	IN_MEMBER, /* of known size */
	SEARCHING, /* for the next signature */
	BEHIND,    /* in the central directory: nothing more to cut */
};

static const uint8_t local[SIGNATURE_SIZE] = {'P', 'K', 3, 4};
static const uint8_t central[SIGNATURE_SIZE] = {'P', 'K', 1, 2};

static uint32_t u16_at(const uint8_t *data, size_t at)
{
	return (uint32_t)data[at] | (uint32_t)data[at + 1] << 8;
}

static uint32_t u32_at(const uint8_t *data, size_t at)
{
	return u16_at(data, at) | u16_at(data, at + 2) << 16;
}

bool zip_members_begin(const void *data, size_t size)
{
	return size >= SIGNATURE_SIZE && memcmp(data, local, SIGNATURE_SIZE) == 0;
}

void zip_members_init(struct zip_members *members)
{
	*members = (struct zip_members){.where = AT_MEMBER, .is_cut = true};
}

/* Whether a header may be one. */
static bool is_plausible(const uint8_t *header)
{
	uint32_t name = u16_at(header, NAME_AT);

	return header[VERSION_AT] <= VERSION_MOST && u16_at(header, METHOD_AT) <= METHOD_MOST &&
	       name > 0 && name <= NAME_MOST;
}

enum found { NOTHING, MEMBER, DIRECTORY, TOO_SHORT };

/* What begins at `data`. */
static enum found look(const uint8_t *data, size_t size)
{
	size_t most = size < SIGNATURE_SIZE ? size : SIGNATURE_SIZE;

	if (memcmp(data, central, most) == 0)
		return most < SIGNATURE_SIZE ? TOO_SHORT : DIRECTORY;
	if (memcmp(data, local, most) != 0)
		return NOTHING;
	if (size < HEADER_SIZE)
		return TOO_SHORT;
	return is_plausible(data) ? MEMBER : NOTHING;
}

static bool has_size(const uint8_t *header)
{
	return !(u16_at(header, FLAGS_AT) & SIZE_BEHIND) &&
	       u32_at(header, SIZE_AT) != (uint32_t)SIZE_ELSEWHERE;
}

/* Whether there shall be a cut before what was found. */
static bool wants_cut(const struct zip_members *members, const uint8_t *data, enum found found)
{
	if (members->is_cut)
		return false;
	if (members->member >= ZIP_MEMBER_LARGE)
		return true;
	if (found != MEMBER)
		return false;
	return has_size(data) ? u32_at(data, SIZE_AT) >= ZIP_MEMBER_LARGE
			      : members->apart >= ZIP_MEMBER_APART;
}

static void enter(struct zip_members *members, const uint8_t *data, enum found found)
{
	members->is_cut = false;
	if (found == DIRECTORY) {
		members->where = BEHIND;
		return;
	}
	if (found == MEMBER && has_size(data)) {
		members->member = u32_at(data, SIZE_AT);
		members->left = HEADER_SIZE + members->member + u16_at(data, NAME_AT) +
				u16_at(data, EXTRA_AT);
		members->where = IN_MEMBER;
		return;
	}
	members->member = 0;
	members->where = SEARCHING;
}

/* Bytes up to the next signature; *holds where too little is there to tell whether it is one.
 */
static size_t search(struct zip_members *members, const uint8_t *data, size_t size, bool *holds)
{
	/* The first byte of what was entered was looked at. */
	size_t at = members->member == 0 ? 1 : 0;

	while (at < size) {
		const uint8_t *sign = memchr(data + at, 'P', size - at);
		at = sign ? (size_t)(sign - data) : size;
		enum found found = sign ? look(sign, size - at) : NOTHING;
		if (found != NOTHING) {
			*holds = found == TOO_SHORT;
			members->where = *holds ? SEARCHING : AT_MEMBER;
			break;
		}
		at += sign != NULL;
	}
	members->member += at;
	return at;
}

static size_t skip(struct zip_members *members, size_t size)
{
	size_t part = members->left < size ? (size_t)members->left : size;

	members->left -= part;
	if (members->left == 0)
		members->where = AT_MEMBER;
	return part;
}

/* At a header, or where one should be: false where the bytes that are there do not tell. */
static bool arrive(struct zip_members *members, const uint8_t *data, size_t size, bool *is_cut)
{
	enum found found = look(data, size);

	if (found == TOO_SHORT)
		return false;
	*is_cut = wants_cut(members, data, found);
	if (!*is_cut)
		enter(members, data, found);
	return true;
}

size_t zip_members_next(
	struct zip_members *members, const uint8_t *data, size_t size, bool *is_cut)
{
	size_t at = 0;
	bool holds = false;

	*is_cut = false;
	while (at < size && !holds) {
		size_t part = 0;
		if (members->where == AT_MEMBER)
			holds = !arrive(members, data + at, size - at, is_cut);
		else if (members->where == BEHIND)
			part = size - at;
		else if (members->where == IN_MEMBER)
			part = skip(members, size - at);
		else
			part = search(members, data + at, size - at, &holds);
		at += part;
		members->apart += part;
		if (*is_cut) {
			members->is_cut = true;
			members->apart = 0;
			break;
		}
	}
	return at;
}
