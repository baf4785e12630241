/* SPDX-License-Identifier: Apache-2.0 */
#include "scheduler.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "crypto/secret.h"
#include "job/gate.h"
#include "job/report.h"
#include "job/run.h"
#include "job/watch.h"

enum {
	LOOK_EVERY_US = 500000,
	POLL_EVERY_S = 45 * 60,
	POLL_JITTER_S = POLL_EVERY_S / 5, /* ± 10 % */
	POLL_AGAIN_S = 60,                /* while the service does not answer */
	POLL_TIMEOUT_MS = 15000,
	WATCH_EVERY_S = 60,
};

/* A job that runs in the background. */
struct work {
	struct scheduler *scheduler;
	char *job;
	pthread_t thread;
	atomic_bool over;
	struct work *next;
};

struct scheduler {
	char *state_folder;
	pthread_t thread;
	struct cancel stop;
	pthread_mutex_t work_lock;
	struct work *work; /* guarded by work_lock */
	int64_t next_poll_s;
	int64_t next_watch_s;
};

static void *run_work(void *context)
{
	struct work *work = context;
	const struct run_options options = {.cancel = &work->scheduler->stop};
	struct installation *installation = NULL;
	int r = installation_open(work->scheduler->state_folder, &installation);

	if (r == 0)
		r = run_job(installation, work->job, &options);
	if (r < 0)
		log_warning("run_ended", "job", work->job, "result", err_name(r), "reason",
			err_message(), NULL);
	installation_close(installation);
	atomic_store(&work->over, true);
	return NULL;
}

/* Under work_lock: forgets what is over. */
static void reap(struct scheduler *scheduler)
{
	for (struct work **at = &scheduler->work; *at;) {
		struct work *work = *at;
		if (!atomic_load(&work->over)) {
			at = &work->next;
			continue;
		}
		*at = work->next;
		pthread_join(work->thread, NULL);
		mem_free(work->job);
		mem_free(work);
	}
}

static bool is_at_work(const struct scheduler *scheduler, const char *job)
{
	for (const struct work *work = scheduler->work; work; work = work->next) {
		if (text_equal(work->job, job))
			return true;
	}
	return false;
}

static int add_work(struct scheduler *scheduler, const char *job)
{
	struct work *work = mem_alloc(sizeof(*work));

	work->scheduler = scheduler;
	work->job = mem_strdup(job);
	if (pthread_create(&work->thread, NULL, run_work, work) != 0) {
		mem_free(work->job);
		mem_free(work);
		return err_set(ERR_IO, "cannot start a thread");
	}
	work->next = scheduler->work;
	scheduler->work = work;
	return 0;
}

/* Waits until the run has its record, so that who asks next sees it under way and not the run
 * before. */
static int wait_for_record(struct scheduler *scheduler, const char *job, int64_t run_before)
{
	enum { TRIES = 200, STEP_US = 50000 };
	struct installation *installation;
	int64_t run = run_before;
	int r = installation_open(scheduler->state_folder, &installation);

	for (int i = 0; i < TRIES && r == 0 && run == run_before; i++) {
		r = report_last_run(installation, job, &run);
		if (r == 0 && run == run_before)
			clock_sleep_us(STEP_US);
	}
	installation_close(installation);
	return r;
}

static int last_run(struct scheduler *scheduler, const char *job, int64_t *out)
{
	struct installation *installation;
	int r = installation_open(scheduler->state_folder, &installation);

	if (r == 0)
		r = report_last_run(installation, job, out);
	installation_close(installation);
	return r;
}

int scheduler_run(void *context, const char *job)
{
	struct scheduler *scheduler = context;
	int64_t run_before = 0;
	int r = last_run(scheduler, job, &run_before);

	if (r < 0)
		return r;
	pthread_mutex_lock(&scheduler->work_lock);
	reap(scheduler);
	if (is_at_work(scheduler, job))
		r = err_set(ERR_LOCKED, "the job \"%s\" is running already", job);
	else
		r = add_work(scheduler, job);
	pthread_mutex_unlock(&scheduler->work_lock);
	return r < 0 ? r : wait_for_record(scheduler, job, run_before);
}

static void start_all(struct scheduler *scheduler, const struct json *names)
{
	for (size_t i = 0; i < json_count(names); i++) {
		const char *name = json_as_text(json_at(names, i));
		log_info("job_started", "job", name, NULL);
		if (scheduler_run(scheduler, name) < 0)
			log_warning(
				"job_not_started", "job", name, "reason", err_message(), NULL);
	}
}

static void start_due(struct scheduler *scheduler, struct installation *installation)
{
	AUTO_JSON names = NULL;

	if (job_take_due(installation, clock_now_s(), &names) < 0)
		log_error("schedule_unread", "reason", err_message(), NULL);
	start_all(scheduler, names);
}

/* Runs that the outage of the service, or the end of a term, broke off go on once it is over.
 */
static void resume(struct scheduler *scheduler, struct installation *installation)
{
	AUTO_JSON names = NULL;

	if (report_take_suspended(installation, &names) < 0)
		log_error("suspended_unread", "reason", err_message(), NULL);
	start_all(scheduler, names);
}

static int64_t jitter_s(void)
{
	uint32_t number;

	secret_random(&number, sizeof(number));
	return (int64_t)(number % POLL_JITTER_S) - POLL_JITTER_S / 2;
}

static void poll_service(struct scheduler *scheduler, struct installation *installation)
{
	struct license_status status;
	int64_t now_s = clock_now_s();

	/* A clock that was set back must not put the next contact off for long. */
	bool is_due = now_s >= scheduler->next_poll_s ||
		      scheduler->next_poll_s > now_s + POLL_EVERY_S + POLL_JITTER_S;
	if (!is_due)
		return;
	int r = gate_poll(installation, POLL_TIMEOUT_MS);
	if (r < 0)
		log_warning("license_contact_failed", "reason", err_message(), NULL);
	scheduler->next_poll_s = now_s + (r != 0 ? POLL_AGAIN_S : POLL_EVERY_S + jitter_s());
	license_client_status(installation->license, &status);
	if (r == 0 && status.may_back_up)
		resume(scheduler, installation);
}

/* Bad news that no run tells of: the end that comes near, a job that is overdue. */
static void watch(struct scheduler *scheduler, struct installation *installation)
{
	int64_t now_s = clock_now_s();

	if (now_s < scheduler->next_watch_s && scheduler->next_watch_s <= now_s + WATCH_EVERY_S)
		return;
	scheduler->next_watch_s = now_s + WATCH_EVERY_S;
	if (watch_look(installation) < 0)
		log_warning("notices_not_kept", "reason", err_message(), NULL);
}

static void *look_after(void *context)
{
	struct scheduler *scheduler = context;
	struct installation *installation;

	if (installation_open(scheduler->state_folder, &installation) < 0) {
		log_error("state_unreadable", "reason", err_message(), NULL);
		return NULL;
	}
	while (!cancel_is_wished(&scheduler->stop)) {
		poll_service(scheduler, installation);
		start_due(scheduler, installation);
		watch(scheduler, installation);
		pthread_mutex_lock(&scheduler->work_lock);
		reap(scheduler);
		pthread_mutex_unlock(&scheduler->work_lock);
		clock_sleep_us(LOOK_EVERY_US);
	}
	installation_close(installation);
	return NULL;
}

int scheduler_start(const char *state_folder, struct scheduler **out)
{
	struct scheduler *scheduler = mem_alloc(sizeof(*scheduler));

	scheduler->state_folder = mem_strdup(state_folder);
	pthread_mutex_init(&scheduler->work_lock, NULL);
	if (pthread_create(&scheduler->thread, NULL, look_after, scheduler) != 0) {
		mem_free(scheduler->state_folder);
		mem_free(scheduler);
		return err_set(ERR_IO, "cannot start a thread");
	}
	*out = scheduler;
	return 0;
}

void scheduler_stop(struct scheduler *scheduler)
{
	if (!scheduler)
		return;
	cancel_wish(&scheduler->stop);
	pthread_join(scheduler->thread, NULL);
	for (struct work *work = scheduler->work; work; work = scheduler->work) {
		scheduler->work = work->next;
		pthread_join(work->thread, NULL);
		mem_free(work->job);
		mem_free(work);
	}
	pthread_mutex_destroy(&scheduler->work_lock);
	mem_free(scheduler->state_folder);
	mem_free(scheduler);
}
