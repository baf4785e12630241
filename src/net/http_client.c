/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http_client.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <pthread.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "net/address.h"

enum {
	CONNECT_TIMEOUT_MS = 10000,
	STALL_TIMEOUT_MS = 60000,
	BODY_CEILING = 64 << 20,
	HEADER_CEILING = 256 << 10,
	READ_SIZE = 128 << 10,
	RETRY_AFTER_LIMIT_S = 86400,
};

/* An idle handle keeps its connection; a busy one is in no list. */
struct idle {
	CURL *handle;
	struct idle *next;
};

struct http_client {
	char *ca_file, *socket_path, *user_agent;
	bool is_wary;
	int64_t connect_timeout_ms, stall_timeout_ms, total_timeout_ms;
	pthread_mutex_t idle_lock;
	struct idle *idle; /* guarded by idle_lock */
};

static pthread_once_t initialized = PTHREAD_ONCE_INIT;

static void initialize(void)
{
	ASSERT(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
}

int http_client_new(const struct http_client_options *options, struct http_client **out)
{
	*out = NULL;
	pthread_once(&initialized, initialize);
	if (options->ca_file && !io_exists(options->ca_file))
		return err_set(ERR_NOTFOUND, "there is no file %s with certificate authorities",
			options->ca_file);

	struct http_client *client = mem_alloc(sizeof(*client));
	client->ca_file = mem_strdup(options->ca_file);
	client->socket_path = mem_strdup(options->socket_path);
	client->user_agent = mem_strdup(
		options->user_agent ? options->user_agent : "Garner/" GARNER_VERSION);
	client->connect_timeout_ms =
		options->connect_timeout_ms ? options->connect_timeout_ms : CONNECT_TIMEOUT_MS;
	client->stall_timeout_ms =
		options->stall_timeout_ms ? options->stall_timeout_ms : STALL_TIMEOUT_MS;
	client->total_timeout_ms = options->total_timeout_ms;
	client->is_wary = options->is_wary;
	pthread_mutex_init(&client->idle_lock, NULL);
	*out = client;
	return 0;
}

void http_client_free(struct http_client *client)
{
	if (!client)
		return;
	while (client->idle) {
		struct idle *idle = client->idle;
		client->idle = idle->next;
		curl_easy_cleanup(idle->handle);
		mem_free(idle);
	}
	pthread_mutex_destroy(&client->idle_lock);
	mem_free(client->ca_file);
	mem_free(client->socket_path);
	mem_free(client->user_agent);
	mem_free(client);
}

static struct idle *take_handle(struct http_client *client)
{
	pthread_mutex_lock(&client->idle_lock);
	struct idle *idle = client->idle;
	if (idle)
		client->idle = idle->next;
	pthread_mutex_unlock(&client->idle_lock);
	if (!idle) {
		idle = mem_alloc(sizeof(*idle));
		idle->handle = curl_easy_init();
		ASSERT(idle->handle);
	}
	return idle;
}

static void give_back(struct http_client *client, struct idle *idle)
{
	curl_easy_reset(idle->handle); /* keeps the connection */
	pthread_mutex_lock(&client->idle_lock);
	idle->next = client->idle;
	client->idle = idle;
	pthread_mutex_unlock(&client->idle_lock);
}

/* One request under way. */
struct transfer {
	const struct http_request *request;
	struct http_response *response;
	CURL *handle;
	const char
		*server; /* as messages name it; never the whole URL, which may hold secrets */
	bool is_loopback;
	bool is_refused; /* an address, by a wary client */
	int error;       /* of a sink or a ceiling; the message is set */
};

static size_t take_header(char *data, size_t one, size_t size, void *context)
{
	struct transfer *transfer = context;

	(void)one;
	if (size > 5 && strncmp(data, "HTTP/", 5) == 0)
		buf_clear(&transfer->response->header_text); /* of an interim answer */
	transfer->error = buf_append(&transfer->response->header_text, data, size);
	return transfer->error < 0 ? 0 : size;
}

static size_t take_body(char *data, size_t one, size_t size, void *context)
{
	struct transfer *transfer = context;
	const struct http_request *request = transfer->request;
	long status = 0;

	(void)one;
	curl_easy_getinfo(transfer->handle, CURLINFO_RESPONSE_CODE, &status);
	if (request->sink && status >= 200 && status <= 299)
		transfer->error = request->sink(request->sink_context, data, size);
	else
		transfer->error = buf_append(&transfer->response->body, data, size);
	return transfer->error ? 0 : size;
}

/* After the name is resolved, so that no name leads where the address may not. */
static curl_socket_t open_socket(
	void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct transfer *transfer = context;

	(void)purpose;
	if (address_is_forbidden(&address->addr, transfer->is_loopback)) {
		transfer->is_refused = true;
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static int look_at_cancel(void *context, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	struct transfer *transfer = context;

	(void)a, (void)b, (void)c, (void)d;
	return cancel_is_wished(transfer->request->cancel);
}

static void set_options(
	const struct http_client *client, struct transfer *transfer, struct curl_slist *headers)
{
	const struct http_request *request = transfer->request;
	const char *method = request->method ? request->method : "GET";
	CURL *h = transfer->handle;

	curl_easy_setopt(h, CURLOPT_URL, request->url);
	curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https");
	if (transfer->is_loopback || client->socket_path)
		curl_easy_setopt(
			h, CURLOPT_PROXY, ""); /* none, whatever the environment says */
	curl_easy_setopt(h, CURLOPT_BUFFERSIZE, (long)READ_SIZE);
	curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(h, CURLOPT_USERAGENT, client->user_agent);
	curl_easy_setopt(h, CURLOPT_ACCEPT_ENCODING, "");
	curl_easy_setopt(h, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, (long)client->connect_timeout_ms);
	curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, (long)client->total_timeout_ms);
	curl_easy_setopt(h, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(
		h, CURLOPT_LOW_SPEED_TIME, (long)((client->stall_timeout_ms + 999) / 1000));
	if (client->ca_file)
		curl_easy_setopt(h, CURLOPT_CAINFO, client->ca_file);
	if (client->socket_path)
		curl_easy_setopt(h, CURLOPT_UNIX_SOCKET_PATH, client->socket_path);
	if (client->is_wary) {
		curl_easy_setopt(h, CURLOPT_OPENSOCKETFUNCTION, open_socket);
		curl_easy_setopt(h, CURLOPT_OPENSOCKETDATA, transfer);
	}
	curl_easy_setopt(h, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(h, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(h, CURLOPT_HEADERDATA, transfer);
	curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(h, CURLOPT_WRITEDATA, transfer);
	curl_easy_setopt(h, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(h, CURLOPT_XFERINFOFUNCTION, look_at_cancel);
	curl_easy_setopt(h, CURLOPT_XFERINFODATA, transfer);
	if (request->body || text_equal(method, "POST") || text_equal(method, "PUT") ||
		text_equal(method, "PATCH")) {
		curl_easy_setopt(
			h, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_size);
		curl_easy_setopt(h, CURLOPT_POSTFIELDS, request->body ? request->body : "");
	}
	if (text_equal(method, "HEAD"))
		curl_easy_setopt(h, CURLOPT_NOBODY, 1L);
	curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, method);
}

/* What to look at, in words, for what libcurl says. */
static const char *advice(CURLcode code)
{
	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		return "the name is not known; is the address right, and does DNS work?";
	case CURLE_COULDNT_CONNECT:
		return "nothing answers there; is it running, and is the address right?";
	case CURLE_OPERATION_TIMEDOUT:
		return "no answer in time; is the network up, and is it very busy?";
	case CURLE_PEER_FAILED_VERIFICATION:
		return "its certificate is not trusted; name its authority with --ca FILE";
	case CURLE_SSL_CACERT_BADFILE:
		return "the file with certificate authorities cannot be used; is it PEM?";
	case CURLE_SSL_CONNECT_ERROR:
		return "no TLS connection; is it https there?";
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_BAD_CONTENT_ENCODING:
		return "its answer is no HTTP; is it the right port?";
	default:
		return "the connection broke off";
	}
}

/* Whether another try in a moment may do better. */
static bool may_pass(CURLcode code)
{
	return code != CURLE_PEER_FAILED_VERIFICATION && code != CURLE_SSL_CACERT_BADFILE &&
	       code != CURLE_SSL_CONNECT_ERROR && code != CURLE_UNSUPPORTED_PROTOCOL &&
	       code != CURLE_COULDNT_RESOLVE_HOST && code != CURLE_COULDNT_RESOLVE_PROXY;
}

static char *text_of_errno(int number)
{
	char text[128];

	return mem_strdup(strerror_r(number, text, sizeof(text)));
}

static int judge(const struct transfer *transfer, CURLcode code, const char *details)
{
	long number = 0;
	AUTO_TEXT why = mem_strdup(*details ? details : curl_easy_strerror(code));

	if (transfer->error)
		return transfer->error;
	if (code == CURLE_OK)
		return 0;
	if (code == CURLE_ABORTED_BY_CALLBACK)
		return err_set(ERR_CANCELLED, "stopped");
	if (transfer->is_refused)
		return err_set(ERR_INVALID,
			"%s: its address is one of this machine or of its link, where no "
			"receiver "
			"of messages is",
			transfer->server);
	curl_easy_getinfo(transfer->handle, CURLINFO_OS_ERRNO, &number);
	if (code == CURLE_COULDNT_CONNECT && number != 0)
		mem_replace(&why, text_of_errno((int)number));
	return err_set(ERR_NETWORK, "%s: %s (%s)", transfer->server, advice(code), why);
}

static struct curl_slist *make_headers(const struct http_request *request)
{
	/* No "Expect: 100-continue", and no content type that nobody gave. */
	struct curl_slist *list = curl_slist_append(NULL, "Expect:");
	bool has_type = false;

	for (const char *const *h = request->headers; h && *h; h++) {
		has_type = has_type || strncasecmp(*h, "Content-Type:", 13) == 0;
		list = curl_slist_append(list, *h);
		ASSERT(list);
	}
	if (!has_type)
		list = curl_slist_append(list, "Content-Type:");
	ASSERT(list);
	return list;
}

static bool is_loopback(const char *host)
{
	struct in_addr address;

	if (inet_pton(AF_INET, host, &address) == 1)
		return ntohl(address.s_addr) >> 24 == 127;
	return text_equal_nocase(host, "localhost") || text_equal(host, "[::1]");
}

/* Where a request goes; only http and https URLs are any good. */
static int look_at_url(const char *url, struct transfer *transfer, char **server)
{
	CURLU *parts = curl_url();
	char *scheme = NULL, *host = NULL, *port = NULL;

	ASSERT(parts);
	bool ok = curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
		  curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
		  (text_equal(scheme, "http") || text_equal(scheme, "https")) &&
		  curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
		  curl_url_get(parts, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK;
	if (ok) {
		transfer->is_loopback = is_loopback(host);
		*server = mem_printf("%s://%s:%s", scheme, host, port);
	}
	curl_free(scheme);
	curl_free(host);
	curl_free(port);
	curl_url_cleanup(parts);
	return ok ? 0 : err_set(ERR_INVALID, "\"%s\" is no http or https address", url);
}

int http_look_at(const char *url, struct http_place *out)
{
	struct transfer transfer = {0};
	AUTO_TEXT server = NULL;
	CURLU *parts = curl_url();
	char *user = NULL;
	int r = look_at_url(url, &transfer, &server);

	ASSERT(parts);
	if (r == 0 && curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
		curl_url_get(parts, CURLUPART_USER, &user, 0) == CURLUE_OK)
		r = err_set(ERR_INVALID, "an address may hold no user and no password");
	if (r == 0)
		*out = (struct http_place){
			text_starts_with(server, "https:"), transfer.is_loopback};
	curl_free(user);
	curl_url_cleanup(parts);
	return r;
}

static int perform(struct http_client *client, struct transfer *transfer)
{
	char details[CURL_ERROR_SIZE] = "";
	struct idle *idle = take_handle(client);
	struct curl_slist *headers = make_headers(transfer->request);
	long status = 0;

	transfer->handle = idle->handle;
	set_options(client, transfer, headers);
	curl_easy_setopt(idle->handle, CURLOPT_ERRORBUFFER, details);
	CURLcode code = curl_easy_perform(idle->handle);
	curl_easy_getinfo(idle->handle, CURLINFO_RESPONSE_CODE, &status);
	transfer->response->status = (int)status;
	transfer->response->may_pass = may_pass(code);
	int r = judge(transfer, code, details);
	curl_slist_free_all(headers);
	give_back(client, idle);
	return r;
}

int http_send(struct http_client *client, const struct http_request *request,
	struct http_response *response)
{
	struct transfer transfer = {.request = request, .response = response};
	AUTO_TEXT server = NULL;

	*response = (struct http_response){
		.body = buf_init(request->body_ceiling ? request->body_ceiling : BODY_CEILING),
		.header_text = buf_init(HEADER_CEILING)};
	int r = look_at_url(request->url, &transfer, &server);
	if (r < 0)
		return r;
	transfer.server = client->socket_path ? client->socket_path : server;
	return perform(client, &transfer);
}

void http_response_free(struct http_response *response)
{
	buf_free(&response->body);
	buf_free(&response->header_text);
}

const char *http_header(struct http_response *response, const char *name)
{
	size_t size = strlen(name);
	struct buf *text = &response->header_text;

	if (!buf_text(text))
		return NULL;
	/* Line ends, and white space before them, become ends of texts: a value can be
	 * borrowed. The last line may have none. */
	bool at_end = true;
	for (size_t i = text->size; i-- > 0;) {
		unsigned char *c = &text->data[i];
		bool is_end = *c == '\r' || *c == '\n' || *c == 0;
		at_end = is_end || (at_end && (*c == ' ' || *c == '\t'));
		*c = at_end ? 0 : *c;
	}
	const char *end = (const char *)text->data + text->size;
	for (const char *line = (const char *)text->data; line < end;
		line += strlen(line) + 1) {
		if (strncasecmp(line, name, size) == 0 && line[size] == ':')
			return line + size + 1 + strspn(line + size + 1, " \t");
	}
	return NULL;
}

int64_t http_retry_after_s(struct http_response *response, int64_t now_s, int64_t otherwise)
{
	const char *value = http_header(response, "Retry-After");
	int64_t seconds;

	if (!value)
		return otherwise;
	if (text_to_int(value, 0, INT64_MAX, &seconds) < 0) {
		if (timestamp_parse_http(value, &seconds) < 0)
			return otherwise;
		seconds = seconds > now_s ? seconds - now_s : 0;
	}
	return seconds < RETRY_AFTER_LIMIT_S ? seconds : RETRY_AFTER_LIMIT_S;
}
