/* SPDX-License-Identifier: Apache-2.0 */
#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"

enum { BAR_WIDTH = 24, LINE_EVERY_US = 5000000, DRAW_EVERY_US = 100000 };

struct progress progress_begin(const struct app *app)
{
	bool wanted = !app->quiet && !options_has(app->options, "no-progress");

	return (struct progress){.wanted = wanted,
		.on_terminal = isatty(STDERR_FILENO) != 0,
		.begun_us = clock_monotonic_us(),
		.next_line_us = clock_monotonic_us() + LINE_EVERY_US};
}

/* True where it is time to draw. */
static bool is_due(struct progress *progress)
{
	int64_t now_us = clock_monotonic_us();

	if (!progress->wanted || (!progress->on_terminal && now_us < progress->next_line_us))
		return false;
	if (progress->drawn && progress->on_terminal && now_us < progress->next_line_us)
		return false;
	progress->next_line_us =
		now_us + (progress->on_terminal ? DRAW_EVERY_US : LINE_EVERY_US);
	return true;
}

static void draw(struct progress *progress, const char *text)
{
	if (progress->on_terminal)
		fprintf(stderr, "\r\033[K%s", text);
	else
		fprintf(stderr, "%s\n", text);
	fflush(stderr);
	progress->drawn = true;
}

static void fill_bar(char bar[BAR_WIDTH + 1], uint64_t done, uint64_t total)
{
	uint64_t full = total ? done * BAR_WIDTH / total : 0;

	for (uint64_t i = 0; i < BAR_WIDTH; i++)
		bar[i] = i < full ? '#' : '-';
	bar[BAR_WIDTH] = 0;
}

static char *describe_rest(const struct run_progress *at)
{
	if (at->throttled_ms > 1000)
		return mem_printf(
			"  %" PRId64 " s lost to throttling", at->throttled_ms / 1000);
	if (at->left_ms >= 0)
		return mem_printf("  about %" PRId64 " s left", at->left_ms / 1000);
	return mem_strdup("");
}

void progress_run(void *context, const struct run_progress *at)
{
	struct progress *progress = context;
	char bar[BAR_WIDTH + 1];

	if (!is_due(progress))
		return;
	uint64_t rate =
		at->elapsed_ms > 0 ? at->bytes_read * 1000 / (uint64_t)at->elapsed_ms : 0;
	AUTO_TEXT bytes = text_size(at->bytes_read);
	AUTO_TEXT rate_text = text_size(rate);
	AUTO_TEXT rest = describe_rest(at);
	fill_bar(bar, at->objects_done, at->objects_total);
	AUTO_TEXT text = mem_printf("[%s] %zu/%zu  %" PRIu64 " items  %s  %s/s%s  %s", bar,
		at->objects_done, at->objects_total, at->items, bytes, rate_text, rest,
		at->object);
	draw(progress, text);
}

/* "45.6 MB  3.2 MB/s", and the time left where the whole is known. */
static char *describe_speed(
	const struct progress *progress, uint64_t done, uint64_t total, uint64_t bytes)
{
	uint64_t elapsed_us = (uint64_t)(clock_monotonic_us() - progress->begun_us) + 1;
	AUTO_TEXT size = text_size(bytes);
	AUTO_TEXT rate = text_size((uint64_t)((double)bytes * 1e6 / (double)elapsed_us));

	if (total == 0 || done == 0)
		return mem_printf("%s  %s/s", size, rate);
	double left_s = (double)elapsed_us / 1e6 * (double)(total - done) / (double)done;
	return mem_printf("%s  %s/s  about %.0f s left", size, rate, left_s);
}

void progress_count(struct progress *progress, const char *what, uint64_t done, uint64_t total,
	uint64_t bytes)
{
	char bar[BAR_WIDTH + 1];

	if (!is_due(progress))
		return;
	AUTO_TEXT speed = describe_speed(progress, done, total, bytes);
	fill_bar(bar, done, total);
	AUTO_TEXT text = total ? mem_printf("[%s] %s  %s", bar, what, speed)
			       : mem_printf("%s  %" PRIu64 " items  %s", what, done, speed);
	draw(progress, text);
}

void progress_end(struct progress *progress)
{
	if (progress->drawn && progress->on_terminal)
		fputs("\r\033[K", stderr);
	progress->drawn = false;
}
