/* SPDX-License-Identifier: Apache-2.0 */
#include "job/notify_send.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "crypto/secret.h"
#include "crypto/webhook.h"
#include "net/http_client.h"
#include "net/smtp.h"

enum { ANSWER_CEILING = 64 << 10 };

static int send_mail(struct cancel *cancel, const struct receiver *receiver,
	const struct notify_message *message)
{
	const struct json *settings = receiver->settings;
	const char *from = json_get_text_or(settings, "from", "");
	const char *at = strchr(from, '@');
	AUTO_TEXT subject = notify_subject(message);
	AUTO_TEXT text = notify_text(message);
	AUTO_TEXT id = mem_printf("%s%s", message->uid, at ? at : "@garner.invalid");
	const struct smtp_server server = {
		.url = json_get_text_or(settings, "server", ""),
		.is_plain = json_get_bool(settings, "no_tls", false),
		.ca_file = json_get_text(settings, "ca_file"),
		.user = json_get_text(settings, "user"),
		.password = receiver->secret,
		.timeout_ms = NOTIFY_SEND_TIMEOUT_MS,
		.cancel = cancel,
	};
	const struct smtp_message mail = {
		.from_name = "Garner",
		.from = from,
		.to = json_get_text_or(settings, "to", ""),
		.subject = subject,
		.message_id = id,
		.at_s = message->created_s,
		.text = text,
	};

	return smtp_send(&server, &mail);
}

static int judge(int status)
{
	if (status >= 200 && status <= 299)
		return 0;
	if (status >= 300 && status <= 399)
		return err_set(ERR_INVALID,
			"the receiver answered %d: it wants us to go elsewhere, which is not "
			"done; give its real address",
			status);
	if (status == 401 || status == 403)
		return err_set(ERR_AUTH,
			"the receiver answered %d: it does not accept the signature or us; is "
			"its secret the same?",
			status);
	if (status == 404 || status == 410)
		return err_set(ERR_NOTFOUND,
			"the receiver answered %d: nobody is there; is the address right?",
			status);
	return err_set(ERR_UNAVAILABLE, "the receiver answered %d", status);
}

static int sink(void *context, const void *data, size_t size)
{
	(void)context, (void)data, (void)size;
	return 0;
}

/* The signature is over the moment of this try: a receiver refuses an old one. */
static int post(struct http_client *client, struct cancel *cancel,
	const struct receiver *receiver, const struct notify_message *message)
{
	struct webhook_secrets secrets;
	AUTO_RESPONSE response = {0};
	AUTO_TEXT body = notify_body(message);
	AUTO_TEXT id = mem_printf("msg_%s", message->uid);
	AUTO_TEXT timestamp = mem_printf("%" PRId64, clock_now_s());
	const struct webhook_message signed_part = {id, timestamp, body, strlen(body)};
	int r = webhook_secrets_read(receiver->secret ? receiver->secret : "", &secrets);

	if (r < 0)
		return r;
	AUTO_TEXT signature = webhook_sign(&signed_part, &secrets);
	secret_wipe(&secrets, sizeof(secrets));
	AUTO_TEXT id_line = mem_printf("webhook-id: %s", id);
	AUTO_TEXT time_line = mem_printf("webhook-timestamp: %s", timestamp);
	AUTO_TEXT signature_line = mem_printf("webhook-signature: %s", signature);
	const char *const headers[] = {
		"Content-Type: application/json", id_line, time_line, signature_line, NULL};
	const struct http_request request = {.method = "POST",
		.url = json_get_text_or(receiver->settings, "url", ""),
		.headers = headers,
		.body = body,
		.body_size = strlen(body),
		.sink = sink,
		.body_ceiling = ANSWER_CEILING,
		.cancel = cancel};
	r = http_send(client, &request, &response);
	return r < 0 ? r : judge(response.status);
}

static int send_webhook(struct cancel *cancel, const struct receiver *receiver,
	const struct notify_message *message)
{
	const struct http_client_options options = {
		.ca_file = json_get_text(receiver->settings, "ca_file"),
		.total_timeout_ms = NOTIFY_SEND_TIMEOUT_MS,
		.is_wary = true,
	};
	struct http_client *client;
	int r = http_client_new(&options, &client);

	if (r < 0)
		return r;
	r = post(client, cancel, receiver, message);
	http_client_free(client);
	return r;
}

int notify_send(
	void *context, const struct receiver *receiver, const struct notify_message *message)
{
	return text_equal(receiver->kind, "mail") ? send_mail(context, receiver, message)
						  : send_webhook(context, receiver, message);
}
