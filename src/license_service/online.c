/* SPDX-License-Identifier: Apache-2.0 */
#include "license_service/online.h"

#include <string.h>
#include <sys/stat.h>

#include "base/io.h"
#include "base/mem.h"
#include "license_service/key_file.h"

enum { ONLINE_MODE = 0600, ONLINE_MAX = KEYSET_TEXT_MAX + 256 };

static const char name[] = "online";

static int parse(const struct home *home, const char *text, struct online *out)
{
	const char *line_end = strchr(text, '\n');
	const char *keyset = line_end ? line_end + 1 : "";
	int r = key_file_parse(text, &out->key);

	if (r == 0)
		r = keyset_read(keyset, home->root.public, &out->keyset);
	if (r == 0)
		out->keyset_text = mem_strdup(keyset);
	return r;
}

int online_read(const struct home *home, struct online *out)
{
	AUTO_BUF content = buf_init(ONLINE_MAX);
	AUTO_TEXT path = home_path(home, name);

	*out = (struct online){0};
	if (!io_exists(path))
		return 0;
	int r = io_read_file(path, &content);
	const char *text = r == 0 ? buf_text(&content) : NULL;
	if (r == 0)
		r = text ? parse(home, text, out) : ERR_LIMIT;
	if (content.size)
		secret_wipe(content.data, content.size);
	if (r < 0)
		online_free(out);
	return err_wrap(r, "online key %s", path);
}

int online_write(const struct home *home, const struct sign_key *key, const char *keyset_text)
{
	AUTO_TEXT path = home_path(home, name);
	AUTO_TEXT secret = key_file_text(key);
	AUTO_TEXT content = mem_printf("%s%s", secret, keyset_text);

	int r = io_write_file(path, content, strlen(content), ONLINE_MODE);
	secret_wipe(secret, strlen(secret));
	secret_wipe(content, strlen(content));
	return r;
}

struct online_stamp online_stamp(const struct home *home)
{
	AUTO_TEXT path = home_path(home, name);
	struct stat status;

	if (stat(path, &status) < 0)
		return (struct online_stamp){0};
	return (struct online_stamp){
		.inode = (uint64_t)status.st_ino,
		.size = (int64_t)status.st_size,
		.modified_ns =
			status.st_mtim.tv_sec * INT64_C(1000000000) + status.st_mtim.tv_nsec,
	};
}

void online_free(struct online *online)
{
	mem_free(online->keyset_text);
	secret_wipe(online, sizeof(*online));
	*online = (struct online){0};
}

const struct keyset_key *online_newest(const struct online *online)
{
	const struct keyset *keyset = &online->keyset;

	return keyset->count ? &keyset->keys[keyset->count - 1] : NULL;
}

struct keyset online_with_new_key(
	const struct keyset *keyset, const struct sign_key *key, int64_t at_s, bool alone)
{
	struct keyset next = *keyset;

	if (alone)
		next.count = 0;
	if (next.count == KEYSET_MAX) {
		next.count--;
		memmove(next.keys, next.keys + 1, next.count * sizeof(next.keys[0]));
	}
	struct keyset_key *newest = &next.keys[next.count++];
	*newest = (struct keyset_key){.from_s = at_s, .until_s = at_s + KEYSET_VALID_S};
	keyset_key_id(key->public, newest->id);
	memcpy(newest->public, key->public, SIGN_PUBLIC_SIZE);
	next.version++;
	return next;
}
