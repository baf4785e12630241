/* SPDX-License-Identifier: Apache-2.0 */
#include "notifier.h"

#include <poll.h>
#include <pthread.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "job/notify_send.h"

enum { LOOK_MS = 1000, AT_ONCE = 50 };

struct notifier {
	char *state_folder;
	pthread_t thread;
	struct cancel stop;
};

/* All whose turn it is, up to a number: what is new meanwhile is gathered before the rest. */
static int work_off(struct notifier *notifier, struct installation *installation)
{
	const struct notify_sender sender = {notify_send, &notifier->stop};
	int r = notify_gather(installation, clock_now_s());

	for (int i = 0; i < AT_ONCE && r >= 0 && !cancel_is_wished(&notifier->stop); i++) {
		r = notify_step(installation, &sender, clock_now_s());
		if (r == 0)
			break;
	}
	return r;
}

static void *run(void *context)
{
	struct notifier *notifier = context;
	struct installation *installation;

	if (installation_open_plain(notifier->state_folder, &installation) < 0) {
		log_error("state_unreadable", "reason", err_message(), NULL);
		return NULL;
	}
	while (!cancel_is_wished(&notifier->stop)) {
		int r = work_off(notifier, installation);
		if (r < 0 && r != ERR_CANCELLED)
			log_error("notify_stopped", "why", err_message(), NULL);
		/* In real time, whatever clock is in place: others wait for it. */
		poll(NULL, 0, LOOK_MS);
	}
	installation_close(installation);
	return NULL;
}

int notifier_start(const char *state_folder, struct notifier **out)
{
	struct notifier *notifier = mem_alloc(sizeof(*notifier));

	*out = NULL;
	notifier->state_folder = mem_strdup(state_folder);
	if (pthread_create(&notifier->thread, NULL, run, notifier) != 0) {
		mem_free(notifier->state_folder);
		mem_free(notifier);
		return err_set(ERR_IO, "cannot start a thread");
	}
	*out = notifier;
	return 0;
}

void notifier_stop(struct notifier *notifier)
{
	if (!notifier)
		return;
	cancel_wish(&notifier->stop);
	pthread_join(notifier->thread, NULL);
	mem_free(notifier->state_folder);
	mem_free(notifier);
}
