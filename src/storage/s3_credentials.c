/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/text.h"
#include "crypto/secret.h"
#include "storage/s3.h"

/* At the end of the value; white space around it is not part of it. */
static void take_value(const char *from, char **slot)
{
	static const char blank[] = " \t\r";
	const char *at = from + strspn(from, blank);

	if (*at == '=' || *at == ':')
		at++;
	at += strspn(at, blank);
	size_t size = strlen(at);
	while (size > 0 && strchr(blank, at[size - 1]))
		size--;
	if (*slot)
		secret_wipe(*slot, strlen(*slot));
	mem_replace(slot, mem_strndup(at, size));
}

static int take_line(const char *line, struct s3_credentials *out)
{
	struct {
		const char *name;
		char **slot;
	} known[] = {{"access_key", &out->access_key}, {"secret_key", &out->secret_key},
		{"session_token", &out->session_token}};
	const char *at = line + strspn(line, " \t\r");

	if (!*at || *at == '#')
		return 0;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		size_t size = strlen(known[i].name);
		if (strncmp(at, known[i].name, size) == 0 && strchr(" \t=:", at[size])) {
			take_value(at + size, known[i].slot);
			return 0;
		}
	}
	return ERR_INVALID; /* the line may hold a secret, so no message shows it */
}

static int take_file(const char *path, struct s3_credentials *out)
{
	struct stat status;
	char *text = NULL;
	int r;

	if (stat(path, &status) == 0 && (status.st_mode & 077))
		return err_set(ERR_AUTH,
			"%s can be read by others; make it private with chmod 600", path);
	r = secret_read(path, &text);
	if (r < 0)
		return r;
	size_t size = strlen(text);
	int number = 0;
	for (char *line = text, *next; line && r == 0; line = next) {
		number++;
		next = strchr(line, '\n');
		if (next)
			*next++ = 0;
		if (take_line(line, out) < 0)
			r = err_set(ERR_INVALID,
				"%s: line %d is none of access_key, secret_key, session_token",
				path, number);
	}
	secret_wipe(text, size);
	mem_free(text);
	return r;
}

static int check(const struct s3_credentials *out, const char *where)
{
	if (!out->access_key || !*out->access_key || !out->secret_key || !*out->secret_key)
		return err_set(ERR_INVALID,
			"%s: no access_key and secret_key; name a file with both in it, or set "
			"AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
			where);
	const char *const texts[] = {out->access_key, out->secret_key, out->session_token};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		for (const char *c = texts[i]; c && *c; c++)
			if (*c <= ' ' || *c >= 127)
				return err_set(ERR_INVALID,
					"%s: a key has a character in it that no key has",
					where);
	return 0;
}

int s3_credentials_read(const char *path, struct s3_credentials *out)
{
	int r = 0;

	*out = (struct s3_credentials){NULL, NULL, NULL};
	if (path) {
		r = take_file(path, out);
	} else {
		out->access_key = mem_strdup(getenv("AWS_ACCESS_KEY_ID"));
		out->secret_key = mem_strdup(getenv("AWS_SECRET_ACCESS_KEY"));
		out->session_token = mem_strdup(getenv("AWS_SESSION_TOKEN"));
	}
	if (out->session_token && !*out->session_token)
		mem_replace(&out->session_token, NULL);
	if (r == 0)
		r = check(out, path ? path : "the environment");
	if (r < 0)
		s3_credentials_free(out);
	return r;
}

void s3_credentials_free(struct s3_credentials *credentials)
{
	char **slots[] = {&credentials->access_key, &credentials->secret_key,
		&credentials->session_token};

	for (size_t i = 0; i < sizeof(slots) / sizeof(slots[0]); i++) {
		if (*slots[i])
			secret_wipe(*slots[i], strlen(*slots[i]));
		mem_replace(slots[i], NULL);
	}
}
