/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Messages through the splitter and back (src/item/mime_split.h): each message of a corpus as
 * it is, then COUNT mutated ones, made from them by SEED. Prints what the messages consist of,
 * and the rate. Ends at the first message that does not come back, and keeps it.
 *
 * Use: mutations COUNT SEED FOLDER…
 */

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "../unit/item/mime_round.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/text.h"
#include "mutate.h"

enum { FILE_MAX = 64 << 20, PROGRESS = 500 * 1000 };

struct corpus {
	struct buf *messages;
	size_t count, capacity;
	size_t bytes;
};

static int load(struct corpus *corpus, const char *path)
{
	struct buf bytes = buf_init(FILE_MAX);
	int r = io_read_file(path, &bytes);

	if (r < 0)
		return r;
	mem_grow(&corpus->messages, &corpus->capacity, corpus->count + 1,
		sizeof(corpus->messages[0]));
	corpus->bytes += bytes.size;
	corpus->messages[corpus->count++] = bytes;
	return 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* The order is the names': a seed means the same on every machine. */
static int load_folder(struct corpus *corpus, const char *folder)
{
	struct dirent **entries;
	int count = scandir(folder, &entries, NULL, by_name);
	int r = count < 0 ? err_errno("cannot list %s", folder) : 0;

	for (int i = 0; i < count; i++) {
		AUTO_TEXT path = io_join(folder, entries[i]->d_name);
		struct stat found;
		if (r == 0 && entries[i]->d_name[0] != '.' && stat(path, &found) == 0)
			r = S_ISDIR(found.st_mode) ? load_folder(corpus, path)
						   : load(corpus, path);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return r;
}

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int fail(const uint8_t *data, size_t size, uint64_t number)
{
	FILE *kept = fopen("mime-difference.eml", "wb");

	if (kept) {
		fwrite(data, 1, size, kept);
		fclose(kept);
	}
	printf("message %" PRIu64 " does not come back: %s; it is mime-difference.eml\n",
		number, err_message());
	return EXIT_FAILURE;
}

static int check_all(const struct corpus *corpus)
{
	struct mime_round round;
	double began = now_s();

	mime_round_init(&round);
	for (size_t i = 0; i < corpus->count; i++) {
		const struct buf *message = &corpus->messages[i];
		uint8_t *copy = mem_alloc(message->size + 1);
		if (message->size > 0)
			memcpy(copy, message->data, message->size);
		bool is_same = mime_round_check(&round, copy, message->size, 0, 0);
		uint64_t events = round.events;
		struct mime_round sums = round;
		is_same = is_same && mime_round_check(&round, copy, message->size, 5000, i) &&
			  round.events == events;
		for (size_t j = 0; j < 3; j++) {
			round.bodies[j] = sums.bodies[j];
			round.kinds[j] = sums.kinds[j];
		}
		round.literal = sums.literal;
		round.count = sums.count;
		mem_free(copy);
		if (!is_same)
			return fail(message->data, message->size, i);
	}
	printf("%zu messages, %zu bytes, twice in %.1f s: base64 %zu, quoted-printable %zu, "
	       "plain %zu, literal %zu; decoded: %zu text, %zu documents, %zu media\n",
		corpus->count, corpus->bytes, now_s() - began, round.bodies[MIME_BASE64],
		round.bodies[MIME_QUOTED], round.bodies[MIME_PLAIN], round.literal,
		round.kinds[MIME_KIND_TEXT], round.kinds[MIME_KIND_DOCUMENT],
		round.kinds[MIME_KIND_MEDIA]);
	mime_round_free(&round);
	return EXIT_SUCCESS;
}

static int mutate_all(const struct corpus *corpus, uint64_t count, uint64_t seed)
{
	struct mime_round round;
	struct buf made = buf_init(FILE_MAX);
	double began = now_s();
	uint64_t bytes = 0;

	mime_round_init(&round);
	for (uint64_t i = 0; i < count; i++) {
		uint64_t random = seed * 0x2545f4914f6cdd1d + i;
		const struct buf *message =
			&corpus->messages[mime_random(&random, corpus->count)];
		const struct buf *other =
			&corpus->messages[mime_random(&random, corpus->count)];
		size_t most = mime_random(&random, 4) == 0 ? 1 + mime_random(&random, 3000) : 0;
		mutate_make(message, other, &random, &made);
		bytes += made.size;
		if (!mime_round_check(&round, made.data, made.size, most, random))
			return fail(made.data, made.size, i);
		if ((i + 1) % PROGRESS == 0 && i + 1 < count)
			printf("seed %" PRIu64 ": %" PRIu64 " came back, %.0f s\n", seed, i + 1,
				now_s() - began);
	}
	printf("%" PRIu64 " mutated messages by seed %" PRIu64 ", %" PRIu64
	       " bytes, %.1f s, %.0f messages/s: each came back; base64 %zu, "
	       "quoted-printable %zu, plain %zu, literal %zu\n",
		count, seed, bytes, now_s() - began, (double)count / (now_s() - began + 1e-9),
		round.bodies[MIME_BASE64], round.bodies[MIME_QUOTED], round.bodies[MIME_PLAIN],
		round.literal);
	mime_round_free(&round);
	buf_free(&made);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct corpus corpus = {0};
	int64_t count, seed;
	int r = argc < 4 ? err_set(ERR_USAGE, "use: %s COUNT SEED FOLDER…", argv[0]) : 0;

	if (r == 0)
		r = text_to_int(argv[1], 0, INT64_MAX, &count);
	if (r == 0)
		r = text_to_int(argv[2], 0, INT64_MAX, &seed);
	for (int i = 3; r == 0 && i < argc; i++)
		r = load_folder(&corpus, argv[i]);
	if (r == 0 && corpus.count == 0)
		r = err_set(ERR_NOTFOUND, "no messages there");
	if (r < 0) {
		fprintf(stderr, "%s\n", err_message());
		return EXIT_FAILURE;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	r = check_all(&corpus);
	if (r == EXIT_SUCCESS && count > 0)
		r = mutate_all(&corpus, (uint64_t)count, (uint64_t)seed);
	for (size_t i = 0; i < corpus.count; i++)
		buf_free(&corpus.messages[i]);
	mem_free(corpus.messages);
	return r;
}
