/* SPDX-License-Identifier: Apache-2.0 */

/*
 * How many claims and renewals of leases the licensing service takes: its writer, as the API
 * drives it, without HTTP and signatures. One cell after the other, each for a set time with so
 * many client threads; the times of all calls are kept.
 *
 * Use: bench-licensing FOLDER DATABASE SECONDS [raw | bound | WORDS]
 *   FOLDER     for the state of the service
 *   DATABASE   an empty one, as db.h takes it; the licenses are made in it
 *   raw        instead: the statements of 64 claims in a transaction, in a plain loop over db.h
 *   bound      instead: what signatures and HTTP cost, and a claim from end to end
 *   WORDS      only the cells with them in their name
 *
 * Prints a line of JSON for each cell.
 */

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/text.h"
#include "db/db.h"
#include "license_service/claims.h"
#include "license_service/writer.h"
#include "licensing.h"

struct cell {
	const char *what; /* claims, renewals */
	int clients;
	int licenses; /* 1, or spread over so many */
	int subjects; /* of a claim; 0: renewals of the lease */
};

static const struct cell cells[] = {
	{"claims on one key", 1, 1, 1},
	{"claims on one key", 4, 1, 1},
	{"claims on one key", 16, 1, 1},
	{"claims on one key", 64, 1, 1},
	{"claims over 10000 keys", 1, BENCH_LICENSES, 1},
	{"claims over 10000 keys", 4, BENCH_LICENSES, 1},
	{"claims over 10000 keys", 16, BENCH_LICENSES, 1},
	{"claims over 10000 keys", 64, BENCH_LICENSES, 1},
	{"claims of 50 on one key", 1, 1, 50},
	{"claims of 50 on one key", 16, 1, 50},
	{"claims of 500 on one key", 1, 1, 500},
	{"claims of 500 on one key", 16, 1, 500},
	{"renewals on one key", 16, 1, 0},
	{"renewals on one key", 64, 1, 0},
	{"renewals over 10000 keys", 16, BENCH_LICENSES, 0},
	{"renewals over 10000 keys", 64, BENCH_LICENSES, 0},
};

struct client {
	struct writer *writer;
	const struct cell *cell;
	int number;
	int first_license; /* of the cell */
	int64_t until_us;
	uint64_t random;
	int64_t *took_us;
	size_t count, capacity;
	pthread_t thread;
};

static uint64_t next_random(struct client *client)
{
	uint64_t x = client->random += 0x9e3779b97f4a7c15;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

static void random_digits(struct client *client, char *out, size_t digits)
{
	for (size_t i = 0; i < digits; i += 16)
		snprintf(out + i, 17, "%016" PRIx64, next_random(client));
}

static int ask(struct client *client, struct writer_job *job)
{
	const size_t count = (size_t)client->cell->subjects;
	char(*texts)[CLAIMS_SUBJECT_SIZE] = mem_array(count, sizeof(*texts));
	const char **subjects = mem_array(count, sizeof(*subjects));
	size_t *indexes = mem_array(count, sizeof(*indexes));
	char key[33];
	struct claim_object object = {.subjects = indexes, .count = count};
	struct claims claims = {job->instance_id, key, "", &object, 1, subjects, count, NULL};

	random_digits(client, key, 32);
	for (size_t i = 0; i < count; i++) {
		random_digits(client, texts[i], CLAIMS_SUBJECT_SIZE - 1);
		subjects[i] = texts[i];
		indexes[i] = i;
	}
	claims_digest(&claims);
	job->work = count ? claims_run : NULL;
	job->context = &claims;
	int64_t began_us = clock_monotonic_us();
	int r = writer_run(client->writer, job);
	mem_grow(&client->took_us, &client->capacity, client->count + 1, sizeof(int64_t));
	client->took_us[client->count++] = clock_monotonic_us() - began_us;
	if (r == 0 && count && !object.granted)
		r = err_set(ERR_LICENSE, "a claim was not granted");
	mem_free(claims.answer);
	mem_free(indexes);
	mem_free(subjects);
	mem_free(texts);
	return r;
}

/* What an instance says with its next question. */
static struct history_witness seen_in(const struct lease *lease)
{
	struct history_witness seen = {
		.is_given = true, .revision = lease->revision, .sequence = lease->sequence};

	memcpy(seen.chain, lease->chain, HASH_SIZE);
	return seen;
}

static void *run_client(void *context)
{
	struct client *client = context;
	static const uint8_t nonce[LEASE_NONCE_SIZE];
	char license[LEASE_ID_SIZE], instance[LEASE_ID_SIZE];
	bool is_spread = client->cell->licenses > 1;

	struct history_witness seen = {.is_given = false};

	bench_id(client->number, instance);
	while (clock_monotonic_us() < client->until_us) {
		uint64_t at = next_random(client) % (uint64_t)client->cell->licenses;
		struct writer_job job = {.license_id = license,
			.instance_id = instance,
			.nonce = nonce,
			.witness = seen};

		bench_id(client->first_license + (int)at, license);
		if (is_spread)
			bench_id(0, instance);
		if (ask(client, &job) < 0)
			bench_end("writer");
		if (!is_spread)
			seen = seen_in(&job.lease);
	}
	return NULL;
}

static int compare(const void *left, const void *right)
{
	int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

	return (a > b) - (a < b);
}

double bench_used_s(void)
{
	struct timespec used;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

/* A process of the server: itself, or one that it started. */
static double server_part_s(const char *pid, const char *name)
{
	AUTO_TEXT path = mem_printf("/proc/%s/stat", name);
	AUTO_BUF text = buf_init(4096);
	char parent[16] = "";
	uint64_t used[4] = {0}; /* user, system, of those that ended: user, system */

	if (io_read_file(path, &text) < 0 || !buf_text(&text))
		return 0;
	const char *rest = strrchr(buf_text(&text), ')');
	if (!rest || sscanf(rest,
			     ") %*c %15s %*s %*s %*s %*s %*s %*s %*s %*s %*s %" SCNu64
			     " %" SCNu64 " %" SCNu64 " %" SCNu64,
			     parent, &used[0], &used[1], &used[2], &used[3]) != 5)
		return 0;
	bool is_first = text_equal(name, pid);
	if (!is_first && !text_equal(parent, pid))
		return 0;
	uint64_t ticks = used[0] + used[1] + (is_first ? used[2] + used[3] : 0);
	return (double)ticks / (double)sysconf(_SC_CLK_TCK);
}

struct server {
	const char *pid;
	double used_s;
};

static int add_part(void *context, const struct io_entry *entry)
{
	struct server *server = context;

	if (entry->name[0] >= '0' && entry->name[0] <= '9')
		server->used_s += server_part_s(server->pid, entry->name);
	return 0;
}

double bench_server_s(void)
{
	struct server server = {.pid = getenv("GARNER_BENCH_SERVER")};

	if (server.pid && io_list("/proc", add_part, &server) < 0)
		bench_end("server");
	return server.used_s;
}

/* What a cell used, before it or in it. */
struct used {
	int64_t at_us;
	double cpu_s, server_s;
	int64_t switches;
};

static struct used used_now(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (struct used){clock_monotonic_us(), bench_used_s(), bench_server_s(),
		usage.ru_nvcsw + usage.ru_nivcsw};
}

static void print(const struct cell *cell, struct client *clients, const struct used *before)
{
	struct used now = used_now();
	double seconds = (double)(now.at_us - before->at_us) / 1e6;

	size_t count = 0, at = 0;

	for (int i = 0; i < cell->clients; i++)
		count += clients[i].count;
	int64_t *all = mem_array(count + 1, sizeof(*all));
	for (int i = 0; i < cell->clients; i++) {
		memcpy(&all[at], clients[i].took_us, clients[i].count * sizeof(*all));
		at += clients[i].count;
		mem_free(clients[i].took_us);
	}
	qsort(all, count, sizeof(*all), compare);
	printf("{\"what\":\"%s\",\"clients\":%d,\"per_s\":%.0f,\"seats_per_s\":%.0f,"
	       "\"p50_us\":%" PRId64 ",\"p99_us\":%" PRId64
	       ",\"cpu_us\":%.1f,\"server_us\":%.1f,"
	       "\"switches\":%.2f}\n",
		cell->what, cell->clients, (double)count / seconds,
		(double)count * cell->subjects / seconds, all[count / 2],
		all[count - 1 - count / 100], (now.cpu_s - before->cpu_s) * 1e6 / (double)count,
		(now.server_s - before->server_s) * 1e6 / (double)count,
		(double)(now.switches - before->switches) / (double)count);
	fflush(stdout);
	mem_free(all);
}

static void run_cell(struct writer *writer, const struct cell *cell, int first, int seconds)
{
	struct client *clients = mem_array((size_t)cell->clients, sizeof(*clients));
	int64_t began_us = clock_monotonic_us();
	const struct used before = used_now();

	for (int i = 0; i < cell->clients; i++) {
		clients[i] = (struct client){.writer = writer,
			.cell = cell,
			.number = i,
			.first_license = first,
			.until_us = began_us + (int64_t)seconds * 1000000,
			.random = (uint64_t)began_us * 1000003 + (uint64_t)i};
		ASSERT(pthread_create(&clients[i].thread, NULL, run_client, &clients[i]) == 0);
	}
	for (int i = 0; i < cell->clients; i++)
		pthread_join(clients[i].thread, NULL);
	print(cell, clients, &before);
	mem_free(clients);
}

static void run_all(const char *folder, const char *database, int seconds, const char *words)
{
	struct home *home;
	struct store *store;
	struct writer *writer;

	if (home_open(folder, database, &home) < 0 || store_open(home, &store) < 0)
		bench_end("open");
	bench_make(store_db(store));
	store_close(store);
	if (writer_start(home, &writer) < 0)
		bench_end("writer");
	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++)
		if (strstr(cells[i].what, words))
			run_cell(writer, &cells[i],
				cells[i].licenses > 1 ? 0 : BENCH_LICENSES + (int)i, seconds);
	writer_stop(writer);
	home_close(home);
}

int main(int count, char **arguments)
{
	int64_t seconds = 0;

	if (count < 4 || text_to_int(arguments[3], 1, 3600, &seconds) < 0) {
		fputs("use: bench-licensing FOLDER DATABASE SECONDS [raw | bound | WORDS]\n",
			stderr);
		return 2;
	}
	if (count > 4 && text_equal(arguments[4], "raw"))
		bench_raw(arguments[2], (int)seconds);
	else if (count > 4 && text_equal(arguments[4], "bound"))
		bench_bound(arguments[1], arguments[2], (int)seconds);
	else
		run_all(arguments[1], arguments[2], (int)seconds,
			count > 4 ? arguments[4] : "");
	return 0;
}
