/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/published.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"

enum { CA_MAX = 64 * 1024 };

struct published {
	char *path;
	int lock;
};

static char *folder_path(void)
{
	const char *home = getenv("HOME");

	return home && home[0] ? mem_printf("%s/.cache/garner-tenant", home)
			       : mem_printf("/tmp/garner-tenant-%u", getuid());
}

char *published_path(const char *url)
{
	const char *colon = strrchr(url, ':');
	int64_t port;

	if (!colon)
		return NULL;
	AUTO_TEXT digits = mem_strndup(colon + 1, strspn(colon + 1, "0123456789"));
	if (text_to_int(digits, 1, 65535, &port) < 0)
		return NULL;
	AUTO_TEXT folder = folder_path();
	return mem_printf("%s/%s.pem", folder, digits);
}

/* Removes a file that no running sandbox holds. */
static int sweep_one(void *context, const struct io_entry *entry)
{
	AUTO_TEXT path = io_join(context, entry->name);
	int lock;

	if (!entry->is_file || io_lock(path, &lock) < 0)
		return 0;
	int r = io_remove(path);
	io_close(lock);
	return r;
}

static int write_copy(const char *ca, const char *path, int *out_lock)
{
	AUTO_BUF pem = buf_init(CA_MAX);

	int r = io_read_file(ca, &pem);
	if (r == 0)
		r = io_lock(path, out_lock);
	if (r == 0)
		r = io_write(*out_lock, pem.data, pem.size);
	return r;
}

int published_leave(const char *url, const char *ca, struct published **out)
{
	AUTO_TEXT folder = folder_path();
	AUTO_TEXT path = published_path(url);
	int lock = -1;

	*out = NULL;
	if (!path)
		return err_set(ERR_INVALID, "%s has no port", url);
	int r = io_make_folders(folder, 0700);
	if (r == 0)
		r = io_list(folder, sweep_one, folder);
	if (r == 0)
		r = write_copy(ca, path, &lock);
	if (r < 0) {
		io_close(lock);
		return r;
	}
	*out = mem_alloc(sizeof(**out));
	(*out)->path = STEAL(path);
	(*out)->lock = lock;
	return 0;
}

void published_take_away(struct published *published)
{
	if (!published)
		return;
	if (io_remove(published->path) < 0)
		log_warning("ca_not_removed", "why", err_message(), NULL);
	io_close(published->lock);
	mem_free(published->path);
	mem_free(published);
}
