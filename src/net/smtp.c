/* SPDX-License-Identifier: Apache-2.0 */
#include "net/smtp.h"

#include <curl/curl.h>
#include <pthread.h>
#include <string.h>

#include "base/io.h"
#include "base/mem.h"

enum { MESSAGE_CEILING = 256 * 1024, TIMEOUT_MS = 60000, CONNECT_TIMEOUT_MS = 15000 };

/* What is still to be sent. */
struct source {
	const unsigned char *data;
	size_t size;
};

static pthread_once_t initialized = PTHREAD_ONCE_INIT;

static void initialize(void)
{
	ASSERT(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
}

static size_t give(char *to, size_t one, size_t most, void *context)
{
	struct source *source = context;
	size_t size = source->size < one * most ? source->size : one * most;

	if (size)
		memcpy(to, source->data, size);
	source->data += size;
	source->size -= size;
	return size;
}

static size_t ignore(char *data, size_t one, size_t size, void *context)
{
	(void)data;
	(void)context;
	return one * size;
}

static int look_at_cancel(void *context, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	(void)a, (void)b, (void)c, (void)d;
	return cancel_is_wished(context);
}

static void set_server(CURL *handle, const struct smtp_server *server)
{
	int64_t timeout_ms = server->timeout_ms ? server->timeout_ms : TIMEOUT_MS;

	curl_easy_setopt(handle, CURLOPT_URL, server->url);
	curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(handle, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(handle, CURLOPT_USE_SSL,
		(long)(server->is_plain ? CURLUSESSL_NONE : CURLUSESSL_ALL));
	curl_easy_setopt(handle, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (server->ca_file)
		curl_easy_setopt(handle, CURLOPT_CAINFO, server->ca_file);
	if (server->user) {
		curl_easy_setopt(handle, CURLOPT_USERNAME, server->user);
		curl_easy_setopt(handle, CURLOPT_PASSWORD, server->password);
	}
	curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, look_at_cancel);
	curl_easy_setopt(handle, CURLOPT_XFERINFODATA, server->cancel);
	curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
	curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
}

static void set_message(CURL *handle, const struct smtp_message *message,
	struct curl_slist *recipients, struct source *source)
{
	curl_easy_setopt(handle, CURLOPT_MAIL_FROM, message->from);
	curl_easy_setopt(handle, CURLOPT_MAIL_RCPT, recipients);
	curl_easy_setopt(handle, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(handle, CURLOPT_READFUNCTION, give);
	curl_easy_setopt(handle, CURLOPT_READDATA, source);
	curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, ignore);
	curl_easy_setopt(handle, CURLOPT_INFILESIZE_LARGE, (curl_off_t)source->size);
}

static int explain(CURL *handle, CURLcode code)
{
	long status = 0;

	curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
	if (code == CURLE_OK)
		return 0;
	if (code == CURLE_ABORTED_BY_CALLBACK)
		return err_set(ERR_CANCELLED, "sending was stopped");
	if (code == CURLE_LOGIN_DENIED)
		return err_set(ERR_AUTH, "the mail server refuses the sign-in (%ld)", status);
	if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE ||
		code == CURLE_USE_SSL_FAILED)
		return err_set(ERR_NETWORK, "the mail server's TLS is not right: %s",
			curl_easy_strerror(code));
	if (status >= 500 && status < 600)
		return err_set(
			ERR_INVALID, "the mail server refuses the mail for good (%ld)", status);
	if (status >= 400)
		return err_set(
			ERR_NETWORK, "the mail server says to try again later (%ld)", status);
	return err_set(
		ERR_NETWORK, "the mail server cannot be used: %s", curl_easy_strerror(code));
}

int smtp_send(const struct smtp_server *server, const struct smtp_message *message)
{
	AUTO_BUF content = buf_init(MESSAGE_CEILING);
	int r = smtp_compose(message, &content);

	pthread_once(&initialized, initialize);
	if (r < 0)
		return r;
	if (server->ca_file && !io_exists(server->ca_file))
		return err_set(ERR_NOTFOUND, "there is no file %s with certificate authorities",
			server->ca_file);
	CURL *handle = curl_easy_init();
	struct curl_slist *recipients = curl_slist_append(NULL, message->to);
	ASSERT(handle && recipients);
	struct source source = {.data = content.data, .size = content.size};
	set_server(handle, server);
	set_message(handle, message, recipients, &source);
	r = explain(handle, curl_easy_perform(handle));
	curl_slist_free_all(recipients);
	curl_easy_cleanup(handle);
	/* It may hold a license key. */
	explicit_bzero(content.data, content.size);
	return r;
}
