/* SPDX-License-Identifier: Apache-2.0 */
#include "license_service/mailer.h"

#include <poll.h>
#include <pthread.h>
#include <string.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "crypto/secret.h"
#include "license_service/mail_queue.h"
#include "license_service/mail_text.h"
#include "license_service/metrics.h"
#include "license_service/settings.h"
#include "license_service/store.h"
#include "net/smtp.h"

enum {
	LOOK_MS = 500,
	FIRST_WAIT_S = 5,
	LONGEST_WAIT_S = 3600,
	REFUSED_WAIT_S = 6 * 3600,
	REMIND_EVERY_S = 3600,
};

struct mailer {
	const struct home *home;
	struct store *store;
	pthread_t thread;
	struct cancel stop;
	int64_t reminded_s; /* when reminders were looked for last */
};

/* The domain of the address that mail is from. */
static char *message_id(const struct settings *settings, const struct mail *mail)
{
	return mem_printf("%s%s", mail->mail_id, strchr(settings->mail_from, '@'));
}

static int send_text(
	struct mailer *mailer, const struct mail *mail, const struct mail_text *text)
{
	const struct settings *settings = mailer->home->settings;
	AUTO_TEXT password = NULL;
	AUTO_TEXT id = message_id(settings, mail);
	int r = settings->mail_password_file
			? secret_read(settings->mail_password_file, &password)
			: 0;

	if (r < 0)
		return r;
	const struct smtp_server server = {
		.url = settings->mail_server,
		.is_plain = settings->mail_is_plain,
		.ca_file = settings->mail_ca_file,
		.user = settings->mail_user,
		.password = password,
		.cancel = &mailer->stop,
	};
	const struct smtp_message message = {
		.from_name = settings->seller,
		.from = settings->mail_from,
		.to = text->to,
		.subject = text->subject,
		.message_id = id,
		.at_s = clock_now_s(),
		.text = text->body,
	};
	r = smtp_send(&server, &message);
	if (password)
		secret_wipe(password, strlen(password));
	return r;
}

static int64_t wait_after(int error, int64_t tries)
{
	int64_t wait_s = FIRST_WAIT_S;

	if (error == ERR_INVALID)
		return REFUSED_WAIT_S;
	for (; tries > 0 && wait_s < LONGEST_WAIT_S; tries--)
		wait_s *= 2;
	return wait_s < LONGEST_WAIT_S ? wait_s : LONGEST_WAIT_S;
}

static int send_mail(struct mailer *mailer, const struct mail *mail)
{
	struct mail_text text;
	int64_t now_s = clock_now_s();
	int r = mail_text_make(mailer->store, mail, now_s, &text);

	if (r == 0 && text.to)
		r = send_text(mailer, mail, &text);
	bool is_moot = r == 0 && !text.to;
	mail_text_free(&text);
	if (r == ERR_CANCELLED)
		return r;
	if (r == 0) {
		if (!is_moot)
			metrics_count_mail(true);
		log_info(is_moot ? "mail_dropped" : "mail_sent", "mail", mail->mail_id, NULL);
		return is_moot ? mail_drop(mailer->store, mail)
			       : mail_delivered(mailer->store, mail);
	}
	metrics_count_mail(false);
	log_warning("mail_not_sent", "mail", mail->mail_id, "why", err_message(), NULL);
	return mail_postpone(mailer->store, mail, now_s + wait_after(r, mail->tries));
}

static int remind(struct mailer *mailer)
{
	int64_t now_s = clock_now_s();

	if (mailer->reminded_s && now_s < mailer->reminded_s + REMIND_EVERY_S)
		return 0;
	mailer->reminded_s = now_s;
	return mail_queue_reminders(mailer->store, now_s);
}

/* All whose turn it is. */
static int work_off(struct mailer *mailer)
{
	struct mail mail;
	int r = remind(mailer);

	while (r == 0 && !cancel_is_wished(&mailer->stop)) {
		r = mail_next(mailer->store, clock_now_s(), &mail);
		if (r <= 0)
			return r;
		r = send_mail(mailer, &mail);
	}
	return r;
}

static void *run(void *context)
{
	struct mailer *mailer = context;

	while (!cancel_is_wished(&mailer->stop)) {
		int r = work_off(mailer);
		if (r < 0 && r != ERR_CANCELLED)
			log_error("mail_stopped", "why", err_message(), NULL);
		/* In real time, whatever clock is in place: others wait for it. */
		poll(NULL, 0, LOOK_MS);
	}
	return NULL;
}

int mailer_start(const struct home *home, struct mailer **out)
{
	*out = NULL;
	if (!home->settings->mail_server)
		return 0;
	struct mailer *mailer = mem_alloc(sizeof(*mailer));
	mailer->home = home;
	int r = store_open(home, &mailer->store);
	if (r < 0) {
		mem_free(mailer);
		return r;
	}
	ASSERT(pthread_create(&mailer->thread, NULL, run, mailer) == 0);
	*out = mailer;
	return 0;
}

void mailer_stop(struct mailer *mailer)
{
	if (!mailer)
		return;
	cancel_wish(&mailer->stop);
	pthread_join(mailer->thread, NULL);
	store_close(mailer->store);
	mem_free(mailer);
}
