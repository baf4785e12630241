/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/queue.h"
#include "base/text.h"
#include "net/http_call.h"

enum {
	WORKERS = 4,
	WORKERS_MOST = 64,
	BODY_CEILING = 1 << 20,
	DROPPED_MOST = 64 << 20,
	CONNECTIONS_MOST = 1000,
	IDLE_TIMEOUT_S = 120,
	PEM_CEILING = 1 << 20,
	BACKLOG = 511,
	DRAIN_MS = 3000,
};

struct http_server {
	struct MHD_Daemon *daemon;
	http_handler_fn *handler;
	void *context;
	size_t body_ceiling;
	struct queue *calls; /* whole requests, for the workers */
	pthread_t workers[WORKERS_MOST];
	int worker_count;
	atomic_int under_way; /* calls that came whole and are not answered to the end */
	char *url;
	char *socket_path;
};

/* --- the life of a call, in the library's thread --- */

static void *begin_call(void *context, const char *target, struct MHD_Connection *connection)
{
	struct http_server *server = context;

	(void)connection;
	return http_call_new(server, target, server->body_ceiling);
}

static void end_call(void *context, struct MHD_Connection *connection, void **slot,
	enum MHD_RequestTerminationCode why)
{
	struct http_server *server = context;
	struct http_call *call = *slot;

	(void)connection;
	(void)why;
	if (!call)
		return;
	if (call->is_under_way)
		atomic_fetch_sub(&server->under_way, 1);
	http_call_free(call);
	*slot = NULL;
}

static bool announces_more_than(struct http_call *call, size_t limit)
{
	const char *text = http_call_header(call, "Content-Length");
	int64_t size;

	return text && text_to_int(text, 0, (int64_t)limit, &size) < 0;
}

/* A client that is still sending may not hear a refusal before the connection is reset. So one
 * comes at once only where the client waits for it, or where there is too much to wait for. */
static bool is_to_be_refused_at_once(struct http_call *call)
{
	return announces_more_than(call, DROPPED_MOST + call->body.ceiling) ||
	       (http_call_header(call, "Expect") &&
		       announces_more_than(call, call->body.ceiling));
}

static enum MHD_Result refuse_body(struct http_call *call)
{
	http_reply(call, 413, "text/plain", "the body is too large\n", 22);
	return http_call_send(call);
}

static enum MHD_Result take_body(struct http_call *call, const char *data, size_t size)
{
	if (!call->is_too_large && buf_append(&call->body, data, size) == 0)
		return MHD_YES;
	call->is_too_large = true;
	buf_free(&call->body);
	call->dropped += size;
	return call->dropped <= DROPPED_MOST ? MHD_YES : MHD_NO;
}

/* The whole request is here: it waits, suspended, until a worker has answered. */
static enum MHD_Result hand_over(struct http_server *server, struct http_call *call)
{
	call->is_under_way = true;
	atomic_fetch_add(&server->under_way, 1);
	MHD_suspend_connection(call->connection);
	if (!queue_push(server->calls, call)) { /* the server ends */
		http_reply(call, 503, "text/plain", "the server ends\n", 16);
		atomic_store(&call->is_done, true);
		MHD_resume_connection(call->connection);
	}
	return MHD_YES;
}

static enum MHD_Result take_request(void *context, struct MHD_Connection *connection,
	const char *url, const char *method, const char *version, const char *data,
	size_t *size, void **slot)
{
	struct http_call *call = *slot;

	(void)url;
	(void)version;
	if (!call)
		return MHD_NO;
	if (!call->begun) {
		call->begun = true;
		call->connection = connection;
		call->method = mem_strdup(method);
		return is_to_be_refused_at_once(call) ? refuse_body(call) : MHD_YES;
	}
	if (*size > 0) {
		enum MHD_Result result = take_body(call, data, *size);
		*size = 0;
		return result;
	}
	if (call->is_too_large)
		return refuse_body(call);
	return atomic_load(&call->is_done) ? http_call_send(call) : hand_over(context, call);
}

/* Paths and queries stay as they were sent. */
static size_t keep_escapes(void *context, struct MHD_Connection *connection, char *text)
{
	(void)context;
	(void)connection;
	return strlen(text);
}

static void *work(void *context)
{
	struct http_server *server = context;
	struct http_call *call;

	while ((call = queue_pop(server->calls))) {
		struct MHD_Connection *connection = call->connection;
		server->handler(server->context, call);
		atomic_store(&call->is_done, true);
		MHD_resume_connection(connection); /* from here on the call is not ours */
	}
	return NULL;
}

/* --- starting and ending --- */

static int bad_address(const char *listen)
{
	return err_set(ERR_INVALID,
		"\"%s\" is no address to listen on; write ADDRESS:PORT, as 127.0.0.1:8080 or "
		"[::1]:0",
		listen);
}

static int parse_address(const char *listen, struct addrinfo **out)
{
	const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
		.ai_socktype = SOCK_STREAM};
	const char *colon = strrchr(listen, ':');
	int64_t port;

	if (!colon || text_to_int(colon + 1, 0, 65535, &port) < 0)
		return bad_address(listen);
	bool bracketed = *listen == '[' && colon > listen && colon[-1] == ']';
	size_t size = (size_t)(colon - listen) - (bracketed ? 2 : 0);
	AUTO_TEXT host = mem_strndup(listen + bracketed, size);
	if (!bracketed && strchr(host, ':'))
		return bad_address(listen);
	return getaddrinfo(host, colon + 1, &hints, out) == 0 ? 0 : bad_address(listen);
}

/* Takes over `fd`. */
static int listen_on(int fd, const struct sockaddr *address, socklen_t size, const char *name)
{
	int one = 1;

	if (fd < 0)
		return err_errno("cannot make a socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, address, size) < 0 || listen(fd, BACKLOG) < 0) {
		bool taken = errno == EADDRINUSE;
		int r = err_errno("cannot listen on %s", name);
		close(fd);
		return taken ? err_set(ERR_IO,
				       "cannot listen on %s: another program does so already",
				       name)
			     : r;
	}
	return fd;
}

static int listen_tcp(struct http_server *server, const struct http_server_options *options)
{
	struct sockaddr_storage bound;
	socklen_t size = sizeof(bound);
	struct addrinfo *address;
	char host[INET6_ADDRSTRLEN], port[8];
	int r = parse_address(options->listen, &address);

	if (r < 0)
		return r;
	bool is_six = address->ai_family == AF_INET6;
	int fd = listen_on(
		socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
		address->ai_addr, address->ai_addrlen, options->listen);
	freeaddrinfo(address);
	if (fd < 0)
		return fd;
	getsockname(fd, (struct sockaddr *)&bound, &size);
	getnameinfo((struct sockaddr *)&bound, size, host, sizeof(host), port, sizeof(port),
		NI_NUMERICHOST | NI_NUMERICSERV);
	/* "Any address" is reached at loopback. */
	const char *shown = text_equal(host, "0.0.0.0") ? "127.0.0.1"
			    : text_equal(host, "::")    ? "::1"
							: host;
	server->url = mem_printf("%s://%s%s%s:%s", options->certificate_file ? "https" : "http",
		is_six ? "[" : "", shown, is_six ? "]" : "", port);
	return fd;
}

/* Only a socket: a file at a path that was mistyped is not ours to remove. */
static int remove_old_socket(const char *path)
{
	struct stat status;

	if (lstat(path, &status) < 0)
		return 0;
	if (!S_ISSOCK(status.st_mode))
		return err_set(ERR_IO, "cannot listen on %s: a file is there already", path);
	return io_remove(path);
}

static int listen_unix(struct http_server *server, const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	int size = snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (size < 0 || (size_t)size >= sizeof(address.sun_path))
		return err_set(ERR_INVALID,
			"the path %s is too long for a socket (at most %zu bytes); use a "
			"shorter state folder",
			path, sizeof(address.sun_path) - 1);
	int r = remove_old_socket(path);
	if (r < 0)
		return r;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0)
		fchmod(fd, 0600); /* before it has a name: nobody else ever gets in */
	fd = listen_on(fd, (struct sockaddr *)&address, sizeof(address), path);
	if (fd < 0)
		return fd;
	server->url = mem_printf("unix:%s", path);
	server->socket_path = mem_strdup(path);
	return fd;
}

static int read_pem(const char *path, struct buf *out)
{
	int r = io_read_file(path, out);

	return r < 0 ? r : buf_text(out) ? 0 : ERR_LIMIT;
}

/* Takes over `fd`. The texts of certificate and key are read by the library before it returns.
 */
static int start_daemon(
	struct http_server *server, const struct http_server_options *options, int fd)
{
	AUTO_BUF certificate = buf_init(PEM_CEILING);
	AUTO_BUF key = buf_init(PEM_CEILING);
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME;
	struct MHD_OptionItem tls[3] = {{MHD_OPTION_END, 0, NULL}};
	int r = 0;

	if (options->certificate_file) {
		flags |= MHD_USE_TLS;
		r = read_pem(options->certificate_file, &certificate);
		if (r == 0)
			r = read_pem(options->key_file, &key);
		tls[0] =
			(struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0, certificate.data};
		tls[1] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0, key.data};
		tls[2] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
	}
	if (r < 0) {
		close(fd);
		return r;
	}
	server->daemon = MHD_start_daemon(flags, 0, NULL, NULL, take_request, server,
		MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)CONNECTIONS_MOST, MHD_OPTION_CONNECTION_TIMEOUT,
		(unsigned)IDLE_TIMEOUT_S, MHD_OPTION_URI_LOG_CALLBACK, begin_call, server,
		MHD_OPTION_NOTIFY_COMPLETED, end_call, server, MHD_OPTION_UNESCAPE_CALLBACK,
		keep_escapes, NULL, MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
	/* Where it fails it has closed the socket: closing once more could hit another's. */
	if (!server->daemon)
		return err_set(ERR_IO, "the HTTP server cannot be started%s",
			options->certificate_file ? "; are the certificate and its key right?"
						  : "");
	return 0;
}

static int start_workers(struct http_server *server, int count)
{
	/* Room for a call of every connection: pushing never waits. */
	server->calls = queue_new(CONNECTIONS_MOST + 1);
	for (int i = 0; i < count; i++) {
		if (pthread_create(&server->workers[i], NULL, work, server) != 0)
			return err_set(ERR_IO, "cannot start a thread");
		server->worker_count++;
	}
	return 0;
}

int http_server_start(const struct http_server_options *options, struct http_server **out)
{
	struct http_server *server = mem_alloc(sizeof(*server));
	int workers = options->workers ? options->workers : WORKERS;

	ASSERT(workers <= WORKERS_MOST);
	*out = NULL;
	server->handler = options->handler;
	server->context = options->context;
	server->body_ceiling = options->body_ceiling ? options->body_ceiling : BODY_CEILING;
	int fd = options->socket_path ? listen_unix(server, options->socket_path)
				      : listen_tcp(server, options);
	int r = fd < 0 ? fd : start_workers(server, workers);
	if (r == 0)
		r = start_daemon(server, options, fd);
	else
		io_close(fd);
	if (r < 0)
		http_server_stop(server);
	else
		*out = server;
	return r;
}

/* Answers that are on their way get there, within reason. Waits in real time, whatever clock
 * is in place: the network does so too. */
static void drain(struct http_server *server)
{
	enum { STEP_MS = 5 };

	for (int waited = 0; atomic_load(&server->under_way) > 0 && waited < DRAIN_MS;
		waited += STEP_MS)
		poll(NULL, 0, STEP_MS);
}

void http_server_stop(struct http_server *server)
{
	if (!server)
		return;
	int listener = server->daemon ? MHD_quiesce_daemon(server->daemon) : -1;
	if (server->calls)
		queue_close(server->calls);
	for (int i = 0; i < server->worker_count; i++)
		pthread_join(server->workers[i], NULL);
	if (server->daemon) {
		drain(server);
		MHD_stop_daemon(server->daemon);
	}
	io_close(listener);
	if (server->socket_path)
		unlink(server->socket_path);
	queue_free(server->calls);
	mem_free(server->socket_path);
	mem_free(server->url);
	mem_free(server);
}

const char *http_server_url(const struct http_server *server)
{
	return server->url;
}
