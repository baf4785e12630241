/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "../cmocka_all.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/text.h"

char *fixture_folder;
struct http_server *fixture_server;
struct http_client *fixture_client;
atomic_int fixture_calls;

unsigned char fixture_byte(size_t index)
{
	return (unsigned char)(index * 7 + index / 251);
}

static int64_t number_of(struct http_call *call, const char *name)
{
	AUTO_TEXT text = http_call_parameter(call, name);
	int64_t number;

	return text && text_to_int(text, 0, INT32_MAX, &number) == 0 ? number : -1;
}

static void answer_length(struct http_call *call)
{
	int64_t size = number_of(call, "n"), cut = number_of(call, "cut");
	AUTO_TEXT bytes = mem_alloc((size_t)size + 1);

	for (size_t i = 0; i < (size_t)size; i++)
		bytes[i] = (char)fixture_byte(i);
	http_reply(call, 200, "application/octet-stream", bytes, (size_t)size);
	if (cut >= 0)
		http_reply_cut(call, (size_t)cut);
}

static void answer_echo(struct http_call *call)
{
	AUTO_BUF text = buf_init(FIXTURE_CEILING + 100);
	size_t size;
	const void *body = http_call_body(call, &size);

	assert_int_equal(buf_printf(&text, "%s ", http_call_method(call)), 0);
	assert_int_equal(buf_append(&text, body, size), 0);
	http_reply(call, 200, "text/plain", text.data, text.size);
}

static void answer_text(struct http_call *call, int status, const char *text)
{
	http_reply(call, status, "text/plain", text, strlen(text));
}

static void answer_slowly(struct http_call *call)
{
	poll(NULL, 0, (int)number_of(call, "ms"));
	answer_text(call, 200, "slow");
}

static void answer_header(struct http_call *call)
{
	AUTO_TEXT name = http_call_parameter(call, "name");
	const char *value = http_call_header(call, name);

	answer_text(call, 200, value ? value : "-");
}

static void answer_retry(struct http_call *call)
{
	AUTO_TEXT value = http_call_parameter(call, "after");

	http_reply_header(call, "Retry-After", value);
	answer_text(call, 429, "patience");
}

static void answer_status(struct http_call *call)
{
	int64_t code = number_of(call, "code");
	AUTO_TEXT text = mem_printf("status %d", (int)code);

	http_reply_header(call, "Location", "/hello");
	answer_text(call, (int)code, text);
}

void fixture_answer(void *context, struct http_call *call)
{
	const char *path = http_call_path(call);

	(void)context;
	atomic_fetch_add(&fixture_calls, 1);
	if (text_equal(path, "/hello"))
		answer_text(call, 200, "hello");
	else if (text_equal(path, "/echo"))
		answer_echo(call);
	else if (text_equal(path, "/length"))
		answer_length(call);
	else if (text_equal(path, "/status"))
		answer_status(call);
	else if (text_equal(path, "/slow"))
		answer_slowly(call);
	else if (text_equal(path, "/header"))
		answer_header(call);
	else if (text_equal(path, "/retry"))
		answer_retry(call);
	else if (!text_equal(path, "/nothing"))
		answer_text(call, 404, "not found");
}

int fixture_make_folder(void **state)
{
	(void)state;
	char template[] = "/tmp/garner-net-XXXXXX";

	fixture_folder = mem_strdup(mkdtemp(template));
	return fixture_folder ? 0 : -1;
}

static int remove_entry(void *context, const struct io_entry *entry)
{
	AUTO_TEXT path = io_join(context, entry->name);

	return entry->is_folder ? rmdir(path) : unlink(path);
}

int fixture_remove_folder(void **state)
{
	(void)state;
	int r = io_list(fixture_folder, remove_entry, fixture_folder);

	rmdir(fixture_folder);
	mem_free(fixture_folder);
	return r;
}

int fixture_start(void **state)
{
	const struct http_server_options server = {.listen = "127.0.0.1:0",
		.handler = fixture_answer,
		.body_ceiling = FIXTURE_CEILING};
	int r = fixture_make_folder(state);

	atomic_store(&fixture_calls, 0);
	if (r == 0)
		r = http_server_start(&server, &fixture_server);
	if (r == 0)
		r = http_client_new(&(struct http_client_options){0}, &fixture_client);
	return r;
}

int fixture_stop(void **state)
{
	http_client_free(fixture_client);
	http_server_stop(fixture_server);
	return fixture_remove_folder(state);
}

char *fixture_url(const char *path)
{
	return mem_printf("%s%s", http_server_url(fixture_server), path);
}

int fixture_get(const char *path, struct http_response *response)
{
	AUTO_TEXT url = fixture_url(path);

	return http_send(fixture_client, &(struct http_request){.url = url}, response);
}

void fixture_assert_get(const char *path, int status, const char *body)
{
	AUTO_RESPONSE response = {0};

	assert_int_equal(fixture_get(path, &response), 0);
	assert_int_equal(response.status, status);
	assert_string_equal(buf_text(&response.body), body);
}

int fixture_connect(void)
{
	const char *port = strrchr(http_server_url(fixture_server), ':') + 1;
	struct sockaddr_in address = {.sin_family = AF_INET};
	int64_t number;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(text_to_int(port, 1, 65535, &number), 0);
	address.sin_port = htons((uint16_t)number);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

void fixture_send(int fd, const char *bytes)
{
	size_t size = strlen(bytes);

	assert_int_equal(send(fd, bytes, size, MSG_NOSIGNAL), size);
}

char *fixture_receive(int fd, const char *until)
{
	enum { PATIENCE_MS = 10000, MOST = 1 << 20 };
	struct buf text = buf_init(MOST);
	struct pollfd readable = {.fd = fd, .events = POLLIN};
	size_t size;

	assert_non_null(buf_text(&text));
	while (!until || !strstr(buf_text(&text), until)) {
		char piece[4096];
		assert_int_equal(poll(&readable, 1, PATIENCE_MS), 1);
		ssize_t done = recv(fd, piece, sizeof(piece), 0);
		if (done <= 0)
			break;
		assert_int_equal(buf_append(&text, piece, (size_t)done), 0);
	}
	assert_non_null(buf_text(&text));
	return (char *)buf_steal(&text, &size);
}
