/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/lease.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/text.h"
#include "crypto/secret.h"
#include "repo/sealed_file.h"
#include "repo/varint.h"

enum { BODY_MAX = 1024, UUID_TEXT = 36, LINK_MAX = 63, NAME_MOST = 128 };

static void read_boot(uint8_t out[LEASE_BOOT_SIZE])
{
	AUTO_BUF text = buf_init(UUID_TEXT + 2);
	char digits[2 * LEASE_BOOT_SIZE + 1] = "";
	size_t count = 0;

	memset(out, 0, LEASE_BOOT_SIZE);
	if (io_read_file("/proc/sys/kernel/random/boot_id", &text) < 0)
		return;
	for (size_t i = 0; i < text.size && count < sizeof(digits) - 1; i++)
		if (text.data[i] != '-' && text.data[i] != '\n')
			digits[count++] = (char)text.data[i];
	if (count != sizeof(digits) - 1 || text_from_hex(digits, out, LEASE_BOOT_SIZE) < 0)
		memset(out, 0, LEASE_BOOT_SIZE);
}

/* The machine's name, and the space that its process numbers belong to: two containers may have
 * the name and the boot id in common, and do not see each other's processes. */
void lease_here(struct lease_place *out)
{
	char name[NAME_MOST] = "", space[LINK_MAX + 1] = "";

	*out = (struct lease_place){0};
	if (gethostname(name, sizeof(name) - 1) < 0)
		name[0] = '\0';
	ssize_t size = readlink("/proc/self/ns/pid", space, LINK_MAX);
	space[size > 0 ? size : 0] = '\0';
	if (size > 0)
		read_boot(out->boot);
	(void)snprintf(out->machine, sizeof(out->machine), "%s %s", name, space);
}

bool lease_process_runs(uint32_t process)
{
	if (process == 0 || process > INT32_MAX)
		return false;
	return kill((pid_t)process, 0) == 0 || errno != ESRCH;
}

static int put_body(const struct lease *lease, struct buf *out)
{
	size_t size = strlen(lease->place.machine);
	int r = buf_put_u64(out, (uint64_t)lease->since_s);

	if (r == 0)
		r = buf_put_u64(out, (uint64_t)lease->renewed_s);
	if (r == 0)
		r = buf_append(out, lease->place.boot, LEASE_BOOT_SIZE);
	if (r == 0)
		r = buf_put_u32(out, lease->process);
	if (r == 0)
		r = varint_put(out, size);
	if (r == 0)
		r = buf_append(out, lease->place.machine, size);
	return r < 0 ? r : buf_append(out, &lease->work, 1);
}

static int get_body(const struct buf *body, struct lease *out)
{
	struct reader reader = {body->data, body->size};
	const unsigned char *boot = NULL, *machine = NULL, *work = NULL;
	uint64_t since = 0, renewed = 0, size = 0;
	int r = reader_u64(&reader, &since);

	if (r == 0)
		r = reader_u64(&reader, &renewed);
	if (r == 0)
		r = reader_bytes(&reader, LEASE_BOOT_SIZE, &boot);
	if (r == 0)
		r = reader_u32(&reader, &out->process);
	if (r == 0)
		r = varint_get(&reader, &size);
	if (r == 0 && size > LEASE_MACHINE_MAX)
		r = err_set(ERR_CORRUPT, "a machine's name is too long");
	if (r == 0)
		r = reader_bytes(&reader, (size_t)size, &machine);
	if (r == 0)
		r = reader_bytes(&reader, 1, &work);
	if (r == 0 && reader.size > 0)
		r = err_set(ERR_CORRUPT, "it has more than it says");
	if (r != 0)
		return r;
	out->since_s = (int64_t)since;
	out->renewed_s = (int64_t)renewed;
	out->work = *work;
	memcpy(out->place.boot, boot, LEASE_BOOT_SIZE);
	memcpy(out->place.machine, machine, (size_t)size);
	out->place.machine[size] = '\0';
	return 0;
}

static struct sealed_file file_of(const uint8_t name[NAME_SIZE])
{
	struct sealed_file file = {.kind = &sealed_writer};

	memcpy(file.name, name, NAME_SIZE);
	return file;
}

/* Under a new name; the one before is the caller's to remove. */
static int put(struct storage *storage, const struct repo_keys *keys, struct lease *lease)
{
	AUTO_BUF body = buf_init(BODY_MAX);

	secret_random(lease->name, sizeof(lease->name));
	const struct sealed_file file = file_of(lease->name);
	int r = put_body(lease, &body);
	return r < 0 ? r : sealed_put(storage, keys, &file, &body);
}

int lease_begin(struct storage *storage, const struct repo_keys *keys, struct lease *out)
{
	return lease_begin_work(storage, keys, LEASE_WRITE, out);
}

int lease_begin_work(struct storage *storage, const struct repo_keys *keys,
	enum lease_work work, struct lease *out)
{
	struct lease lease = {.process = (uint32_t)getpid(), .work = (uint8_t)work};
	int r = storage_now(storage, &lease.since_s);

	lease_here(&lease.place);
	lease.renewed_s = lease.since_s;
	if (r == 0)
		r = put(storage, keys, &lease);
	if (r == 0)
		*out = lease;
	return r;
}

static int renew(struct storage *storage, const struct repo_keys *keys, struct lease *lease,
	int64_t now_s)
{
	const struct sealed_file before = file_of(lease->name);
	struct lease next = *lease;

	next.renewed_s = now_s;
	int r = put(storage, keys, &next);
	if (r < 0)
		return r;
	*lease = next;
	return sealed_remove(storage, &before);
}

int lease_tick(struct storage *storage, const struct repo_keys *keys, struct lease *lease)
{
	int64_t now_s;
	int r = storage_now(storage, &now_s);

	/* One that is too old stays so until lease_confirm: others may count it as ended. */
	if (r < 0 || !lease_is_due(lease, now_s) || !lease_may_commit(lease, now_s))
		return r;
	return renew(storage, keys, lease, now_s);
}

int lease_may_commit_now(
	struct storage *storage, const struct repo_keys *keys, struct lease *lease, bool *out)
{
	int64_t now_s;
	int r = lease_tick(storage, keys, lease);

	if (r == 0)
		r = storage_now(storage, &now_s);
	*out = r == 0 && lease_may_commit(lease, now_s);
	return r;
}

int lease_confirm(struct storage *storage, const struct repo_keys *keys, struct lease *lease)
{
	int64_t now_s;
	int r = storage_now(storage, &now_s);

	return r < 0 ? r : renew(storage, keys, lease, now_s);
}

int lease_end(struct storage *storage, const struct lease *lease)
{
	const struct sealed_file file = file_of(lease->name);

	return sealed_remove(storage, &file);
}

struct listing {
	struct storage *storage;
	const struct repo_keys *keys;
	struct lease_place here;
	struct lease *leases;
	size_t count, capacity;
	int64_t now_s;
	bool clean;
};

static int look_at(void *context, const uint8_t name[NAME_SIZE], int64_t modified_s)
{
	struct listing *listing = context;
	struct lease lease = {0};
	const struct sealed_file file = file_of(name);
	AUTO_BUF body = buf_init(BODY_MAX);
	int r = sealed_get(listing->storage, listing->keys, &file, &body);

	memcpy(lease.name, name, NAME_SIZE);
	if (r == 0)
		r = get_body(&body, &lease);
	if (r == ERR_CORRUPT)
		lease.since_s = lease.renewed_s = modified_s;
	else if (r < 0)
		return r == ERR_NOTFOUND ? 0 : r; /* it ended meanwhile */
	if (lease_has_ended(&lease, &listing->here, lease_process_runs, listing->now_s))
		return listing->clean ? sealed_remove(listing->storage, &file) : 0;
	mem_grow(&listing->leases, &listing->capacity, listing->count + 1,
		sizeof(*listing->leases));
	listing->leases[listing->count++] = lease;
	return 0;
}

int leases_at_work(struct storage *storage, const struct repo_keys *keys, bool clean,
	struct lease **out, size_t *out_count)
{
	struct listing listing = {.storage = storage, .keys = keys, .clean = clean};
	int r = storage_now(storage, &listing.now_s);

	lease_here(&listing.here);
	if (r == 0)
		r = sealed_each(storage, &sealed_writer, look_at, &listing);
	if (r < 0) {
		mem_free(listing.leases);
		return r;
	}
	*out = listing.leases;
	*out_count = listing.count;
	return 0;
}
