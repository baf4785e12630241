/* SPDX-License-Identifier: Apache-2.0 */
#include "license_service/key_file.h"

#include <string.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/text.h"
#include "crypto/secret.h"

enum { KEY_MODE = 0600, FILE_MAX = 4096 };

char *key_file_text(const struct sign_key *key)
{
	AUTO_TEXT base64 = text_to_base64(key->secret, SIGN_SECRET_SIZE);
	char *line = mem_printf("%s\n", base64);

	secret_wipe(base64, strlen(base64));
	return line;
}

int key_file_parse(const char *text, struct sign_key *out)
{
	AUTO_BUF bytes = buf_init(SIGN_SECRET_SIZE);
	AUTO_TEXT line = mem_strndup(text, strcspn(text, "\n"));

	int r = text_from_base64(line, &bytes);
	secret_wipe(line, strlen(line));
	if (r < 0 || bytes.size != SIGN_SECRET_SIZE)
		return err_set(ERR_CORRUPT, "it holds no signing key");
	memcpy(out->secret, bytes.data, SIGN_SECRET_SIZE);
	/* The second half of libsodium's form is the public key. */
	memcpy(out->public, bytes.data + SIGN_SECRET_SIZE - SIGN_PUBLIC_SIZE, SIGN_PUBLIC_SIZE);
	secret_wipe(bytes.data, bytes.size);
	return 0;
}

static int make(const char *path, struct sign_key *out)
{
	sign_key_new(out);
	AUTO_TEXT line = key_file_text(out);

	int r = io_write_file(path, line, strlen(line), KEY_MODE);
	secret_wipe(line, strlen(line));
	return r;
}

int key_file_open(const char *path, struct sign_key *out)
{
	AUTO_BUF content = buf_init(FILE_MAX);

	if (!io_exists(path))
		return make(path, out);
	int r = io_read_file(path, &content);
	if (r == 0) {
		const char *text = buf_text(&content);
		r = text ? key_file_parse(text, out) : ERR_LIMIT;
	}
	if (content.size)
		secret_wipe(content.data, content.size);
	return err_wrap(r, "signing key %s", path);
}
