/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "license/key.h"
#include "license/keyset.h"

enum { SUBJECTS_MAX = 16 };

static _Atomic int64_t wall_us, boot_us;

static int64_t read_wall(void *context)
{
	(void)context;
	return wall_us;
}

static int64_t read_boot(void *context)
{
	(void)context;
	return boot_us;
}

static void pass(void *context, int64_t us)
{
	(void)context;
	wall_us += us;
	boot_us += us;
}

static const struct clock still = {.now_us = read_wall, .boot_us = read_boot, .sleep_us = pass};

void world_pass(int64_t s)
{
	pass(NULL, s * 1000000);
}

void world_set_wall(int64_t s)
{
	wall_us = s * 1000000;
}

int64_t world_now(void)
{
	return clock_now_s();
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
	(void)status;
	(void)kind;
	(void)walk;
	return remove(path);
}

void world_remove(const char *folder)
{
	nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

void world_stop_clocks(void)
{
	wall_us = INT64_C(1800000000) * 1000000;
	boot_us = INT64_C(5000) * 1000000;
	clock_use(&still);
	log_set_level(LOG_ERROR);
}

static void write_root(struct world *world)
{
	char text[KEYSET_ROOT_SIZE];

	keyset_root_write(world->service->root.public, text);
	world->root_file = io_join(world->folder, "root.pub");
	assert_int_equal(io_write_file(world->root_file, text, strlen(text), 0600), 0);
}

int world_setup(void **state)
{
	static const uint8_t random[KEY_RANDOM_SIZE] = {1, 2, 3};
	struct world *world = mem_alloc(sizeof(*world));

	world_stop_clocks();
	snprintf(world->folder, sizeof(world->folder), "/tmp/license-client-XXXXXX");
	assert_non_null(mkdtemp(world->folder));
	world->state = io_join(world->folder, "state");
	world->service = fake_service_start();
	key_make(random, world->service->key);
	write_root(world);
	assert_int_equal(license_client_open(world->state, &world->client), 0);
	assert_int_equal(license_client_set_server(world->client,
				 fake_service_url(world->service), world->root_file, NULL),
		0);
	*state = world;
	return 0;
}

int world_setup_active(void **state)
{
	world_setup(state);
	struct world *world = *state;
	if (license_client_activate(world->client, world->service->key) < 0)
		fail_msg("cannot activate: %s", err_message());
	return 0;
}

int world_teardown(void **state)
{
	struct world *world = *state;

	license_client_close(world->client);
	fake_service_stop(world->service);
	world_remove(world->folder);
	mem_free(world->state);
	mem_free(world->root_file);
	mem_free(world);
	clock_use(NULL);
	return 0;
}

void world_reopen(struct world *world)
{
	license_client_close(world->client);
	assert_int_equal(license_client_open(world->state, &world->client), 0);
}

const char *world_subject(struct world *world, const char *name, char out[LICENSE_SUBJECT_TEXT])
{
	assert_int_equal(license_client_subject(world->client, "tenant", name, out), 0);
	return out;
}

struct license_status world_status(struct world *world)
{
	struct license_status status;

	license_client_status(world->client, &status);
	return status;
}

enum license_state world_state(struct world *world)
{
	return world_status(world).state;
}

int world_claim(struct world *world, struct license_claim *claim, ...)
{
	static char texts[SUBJECTS_MAX][LICENSE_SUBJECT_TEXT];
	static const char *subjects[SUBJECTS_MAX];
	va_list names;
	const char *name;

	*claim = (struct license_claim){.subjects = subjects};
	va_start(names, claim);
	while ((name = va_arg(names, const char *))) {
		assert_true(claim->count < SUBJECTS_MAX);
		subjects[claim->count] = world_subject(world, name, texts[claim->count]);
		claim->count++;
	}
	va_end(names);
	return license_client_claim(world->client, claim, 1);
}

void world_flip(struct world *world, const char *name, long at)
{
	AUTO_TEXT path = io_join(world->state, name);
	FILE *file = fopen(path, "r+b");

	assert_non_null(file);
	fseek(file, at, at < 0 ? SEEK_END : SEEK_SET);
	int byte = fgetc(file);
	assert_int_not_equal(byte, EOF);
	fseek(file, at, at < 0 ? SEEK_END : SEEK_SET);
	fputc(byte ^ 1, file);
	fclose(file);
}
