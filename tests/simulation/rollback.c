/* SPDX-License-Identifier: Apache-2.0 */
#include "base/io.h"
#include "base/mem.h"
#include "disk.h"
#include "invariants.h"
#include "license_client/license_client_priv.h"

/* A state folder that is put back to what it was, as a machine's image is. */

enum { FILE_MOST = 64 << 20 };

struct copy {
	const char *from, *to;
};

static int copy_entry(void *context, const struct io_entry *entry)
{
	const struct copy *copy = context;
	AUTO_BUF bytes = buf_init(FILE_MOST);
	AUTO_TEXT from = io_join(copy->from, entry->name);
	AUTO_TEXT to = io_join(copy->to, entry->name);
	int r = io_read_file(from, &bytes);

	return r < 0 ? r : io_write_file(to, bytes.data, bytes.size, 0600);
}

static int remove_entry(void *context, const struct io_entry *entry)
{
	AUTO_TEXT path = io_join(context, entry->name);

	return io_remove(path);
}

static void copy_folder(struct world *world, char *from, char *to)
{
	struct copy copy = {from, to};

	if (disk_is_used()) {
		disk_copy(from, to);
		return;
	}
	fault_pause(true); /* it is not the instance that does this */
	int r = io_make_folders(to, 0700);

	if (r == 0)
		r = io_list(to, remove_entry, to);
	if (r == 0)
		r = io_list(from, copy_entry, &copy);
	fault_pause(false);
	if (r < 0)
		world_fail(world, INVARIANT_NO_ERROR, "a copy: %s", err_message());
}

static char *image_of(const struct instance *instance)
{
	return mem_printf("%s.image", instance->folder);
}

void instance_take_image(struct instance *instance)
{
	AUTO_TEXT image = image_of(instance);

	copy_folder(instance->world, instance->folder, image);
}

/* What the instance knew then is what it knows now, and it may not gain by that. */
void instance_put_back(struct instance *instance)
{
	AUTO_TEXT image = image_of(instance);

	if (disk_is_used() ? !disk_has_folder(image) : !io_is_folder(image))
		return;
	fault_arm(0);
	instance_close(instance);
	copy_folder(instance->world, image, instance->folder);
	instance_open(instance);
	if (!instance->client)
		return;
	const struct proof *kept = &instance->client->record.proof;
	instance->seen = kept->lease_text ? sight_of(kept->lease_text) : (struct sight){0};
	instance->time_s = 0;
	instance->clock_was_set = true;
	instance->clock_moved = true;
	instance->was_restarted = true;
	world_count(instance->world, COUNT_PUT_BACK);
}
