/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http_call.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/text.h"

struct http_call *http_call_new(
	struct http_server *server, const char *target, size_t body_ceiling)
{
	struct http_call *call = mem_alloc(sizeof(*call));
	size_t path = strcspn(target, "?");

	call->server = server;
	call->path = mem_strndup(target, path);
	call->query = mem_strdup(target[path] ? target + path + 1 : "");
	call->body = buf_init(body_ceiling);
	call->fd = -1;
	return call;
}

static void drop_reply(struct http_call *call)
{
	mem_free(call->content_type);
	mem_free(call->data);
	io_close(call->fd);
	call->content_type = NULL;
	call->data = NULL;
	call->size = 0;
	call->fd = -1;
}

void http_call_free(struct http_call *call)
{
	if (!call)
		return;
	drop_reply(call);
	while (call->headers) {
		struct reply_header *header = call->headers;
		call->headers = header->next;
		mem_free(header->name);
		mem_free(header->value);
		mem_free(header);
	}
	buf_free(&call->body);
	mem_free(call->method);
	mem_free(call->path);
	mem_free(call->query);
	mem_free(call);
}

const char *http_call_method(const struct http_call *call)
{
	return call->method;
}

const char *http_call_path(const struct http_call *call)
{
	return call->path;
}

const char *http_call_query(const struct http_call *call)
{
	return call->query;
}

static const char *find_given(const struct http_call *call, const char *name)
{
	size_t size = strlen(name);

	for (const char *const *header = call->given; header && *header; header++) {
		const char *value = *header + size;
		if (strncasecmp(*header, name, size) == 0 && *value == ':')
			return value + 1 + strspn(value + 1, " \t");
	}
	return NULL;
}

const char *http_call_header(struct http_call *call, const char *name)
{
	if (!call->connection)
		return find_given(call, name);
	return MHD_lookup_connection_value(call->connection, MHD_HEADER_KIND, name);
}

const void *http_call_body(const struct http_call *call, size_t *size)
{
	*size = call->body.size;
	return call->body.data;
}

const char *http_call_peer(struct http_call *call)
{
	const union MHD_ConnectionInfo *info =
		call->connection ? MHD_get_connection_info(
					   call->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)
				 : NULL;
	const struct sockaddr *address = info ? info->client_addr : NULL;
	struct sockaddr_in four;
	struct sockaddr_in6 six;

	snprintf(call->peer, sizeof(call->peer), "local");
	if (address && address->sa_family == AF_INET) {
		memcpy(&four, address, sizeof(four));
		inet_ntop(AF_INET, &four.sin_addr, call->peer, sizeof(call->peer));
	} else if (address && address->sa_family == AF_INET6) {
		memcpy(&six, address, sizeof(six));
		inet_ntop(AF_INET6, &six.sin6_addr, call->peer, sizeof(call->peer));
	}
	return call->peer;
}

char *http_call_parameter(const struct http_call *call, const char *name)
{
	for (const char *at = call->query; *at;) {
		size_t size = strcspn(at, "&");
		size_t key_size = strcspn(at, "=&");
		AUTO_TEXT raw_key = mem_strndup(at, key_size);
		AUTO_TEXT key = text_percent_decode(raw_key, true);
		if (key && text_equal(key, name)) {
			size_t start = key_size < size ? key_size + 1 : size;
			AUTO_TEXT raw = mem_strndup(at + start, size - start);
			return text_percent_decode(raw, true);
		}
		at += size + (at[size] == '&');
	}
	return NULL;
}

void http_reply_header(struct http_call *call, const char *name, const char *value)
{
	struct reply_header *header = mem_alloc(sizeof(*header));

	header->name = mem_strdup(name);
	header->value = mem_strdup(value);
	if (call->last_header)
		call->last_header->next = header;
	else
		call->headers = header;
	call->last_header = header;
}

void http_reply(struct http_call *call, int status, const char *content_type, const void *body,
	size_t size)
{
	drop_reply(call);
	call->status = status;
	call->content_type = mem_strdup(content_type);
	call->data = (unsigned char *)mem_strndup(size ? body : "", size);
	call->size = size;
}

int http_reply_status(const struct http_call *call)
{
	return call->status;
}

void http_reply_file(
	struct http_call *call, int status, const char *content_type, const char *path)
{
	uint64_t size = 0;

	drop_reply(call);
	int r = io_is_folder(path) ? ERR_IO : io_open_read(path, &call->fd);
	if (r == 0)
		r = io_size(call->fd, &size);
	if (r < 0) {
		http_reply(call, 500, "text/plain", "the file cannot be read\n", 24);
		return;
	}
	call->status = status;
	call->content_type = mem_strdup(content_type);
	call->size = (size_t)size;
}

void http_reply_cut(struct http_call *call, size_t after)
{
	call->is_cut = true;
	call->cut_after = after;
}

/* Gives what may be given of a body that shall break off. */
static ssize_t read_until_cut(void *context, uint64_t position, char *to, size_t most)
{
	struct http_call *call = context;
	size_t left = position < call->cut_after ? call->cut_after - (size_t)position : 0;
	size_t size = left < most ? left : most;

	if (size > call->size - (size_t)position)
		size = call->size - (size_t)position;
	if (size == 0)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (call->data)
		memcpy(to, call->data + position, size);
	else if (io_read_at(call->fd, position, to, size) < 0)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	return (ssize_t)size;
}

static struct MHD_Response *make_response(struct http_call *call)
{
	struct MHD_Response *response;
	enum { BLOCK = 32768 };

	if (call->is_cut)
		return MHD_create_response_from_callback(
			call->size, BLOCK, read_until_cut, call, NULL);
	if (call->fd >= 0) {
		response = MHD_create_response_from_fd64(call->size, call->fd);
		call->fd = response ? -1 : call->fd; /* the library closes it */
		return response;
	}
	response =
		MHD_create_response_from_buffer(call->size, call->data, MHD_RESPMEM_MUST_FREE);
	call->data = response ? NULL : call->data;
	return response;
}

enum MHD_Result http_call_send(struct http_call *call)
{
	if (call->status == 0)
		http_reply(call, 500, "text/plain", "no answer\n", 10);
	struct MHD_Response *response = make_response(call);
	if (!response)
		return MHD_NO;
	if (call->content_type)
		MHD_add_response_header(
			response, MHD_HTTP_HEADER_CONTENT_TYPE, call->content_type);
	for (const struct reply_header *h = call->headers; h; h = h->next)
		MHD_add_response_header(response, h->name, h->value);
	enum MHD_Result queued =
		MHD_queue_response(call->connection, (unsigned)call->status, response);
	MHD_destroy_response(response);
	return queued;
}
