/* SPDX-License-Identifier: Apache-2.0 */
#include "job/installation.h"

#include <string.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/text.h"
#include "crypto/secret.h"
#include "job/schema.h"

enum { NAME_LIMIT = 100, SECRET_CEILING = 1 << 20 };

static int open_parts(struct installation *installation)
{
	AUTO_TEXT database = io_join(installation->folder, "garner.db");
	AUTO_TEXT key = io_join(installation->folder, "state.key");
	int r = io_make_folders(installation->folder, 0700);

	if (r == 0)
		r = secret_key_file(key, installation->key);
	if (r == 0)
		r = db_open(database, &installation->db);
	if (r == 0)
		r = db_migrate(installation->db, schema_scripts, schema_script_count);
	return r;
}

int installation_open_plain(const char *folder, struct installation **out)
{
	struct installation *installation = mem_alloc(sizeof(*installation));

	*out = NULL;
	installation->folder = io_absolute(folder);
	int r = open_parts(installation);
	if (r < 0) {
		installation_close(installation);
		return err_wrap(r, "state folder %s", folder);
	}
	*out = installation;
	return 0;
}

int installation_open(const char *folder, struct installation **out)
{
	int r = installation_open_plain(folder, out);

	if (r < 0)
		return r;
	AUTO_TEXT license = io_join((*out)->folder, "license");
	r = license_client_open(license, &(*out)->license);
	if (r < 0) {
		installation_close(*out);
		*out = NULL;
	}
	return err_wrap(r, "state folder %s", folder);
}

void installation_close(struct installation *installation)
{
	if (!installation)
		return;
	license_client_close(installation->license);
	db_close(installation->db);
	secret_wipe(installation->key, sizeof(installation->key));
	mem_free(installation->folder);
	mem_free(installation);
}

int installation_seal(
	const struct installation *installation, const void *secret, size_t size, char **out)
{
	AUTO_BUF sealed = buf_init(SECRET_CEILING);
	int r = secret_seal(installation->key, secret, size, &sealed);

	if (r < 0)
		return r;
	*out = mem_alloc(2 * sealed.size + 1);
	text_to_hex(sealed.data, sealed.size, *out);
	return 0;
}

int installation_unseal(const struct installation *installation, const char *sealed, char **out,
	size_t *out_size)
{
	struct buf plain = buf_init(SECRET_CEILING);
	size_t size = strlen(sealed) / 2;
	unsigned char *bytes = mem_alloc(size);
	int r = text_from_hex(sealed, bytes, size);

	if (r < 0)
		r = err_set(ERR_CORRUPT, "a sealed secret is no hexadecimal text");
	if (r == 0)
		r = secret_open(installation->key, bytes, size, &plain);
	if (r == 0 && !buf_text(&plain))
		r = ERR_LIMIT;
	mem_free(bytes);
	if (r < 0) {
		buf_free(&plain);
		return err_wrap(r, "a secret in the state folder %s", installation->folder);
	}
	*out = (char *)buf_steal(&plain, out_size);
	return 0;
}

/* C0, DELETE and C1, which is two bytes in UTF-8. */
static bool is_control(const char *at)
{
	const unsigned char *bytes = (const unsigned char *)at;

	return bytes[0] < 0x20 || bytes[0] == 0x7f ||
	       (bytes[0] == 0xc2 && bytes[1] >= 0x80 && bytes[1] < 0xa0);
}

int installation_check_name(const char *what, const char *name)
{
	size_t size = strlen(name);

	for (const char *at = name; *at; at++) {
		if (is_control(at) || *at == '/' || *at == ':')
			return err_set(ERR_INVALID,
				"a name of a %s may hold no control character, \"/\" or \":\"",
				what);
	}
	if (size == 0 || size > NAME_LIMIT || !text_is_utf8(name, size))
		return err_set(ERR_INVALID, "a name of a %s has 1 to %d bytes of UTF-8", what,
			NAME_LIMIT);
	return 0;
}
