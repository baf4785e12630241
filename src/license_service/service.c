/* SPDX-License-Identifier: Apache-2.0 */
#include "license_service/service.h"

#include <stdbool.h>
#include <string.h>

#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "license_service/admin.h"
#include "license_service/api.h"
#include "license_service/mailer.h"
#include "net/http_server.h"

enum {
	WORKERS = 16,
	BODY_MAX = 1024 * 1024,
	ADMIN_WORKERS = 2,
	ADMIN_BODY_MAX = 64 * 1024,
	SOCKET_PATH_SIZE = 108
};

static const char unix_scheme[] = "unix:";

struct service {
	int lock; /* on the folder: one service at a time */
	struct api api;
	struct http_server *server;
	struct admin *admin;
	struct http_server *admin_server;
	struct mailer *mailer;
};

static bool is_loopback(const char *listen)
{
	return text_starts_with(listen, "127.") || text_starts_with(listen, "[::1]:") ||
	       text_starts_with(listen, "localhost:");
}

static int check_options(const struct service_options *options)
{
	if (!options->certificate_file != !options->key_file)
		return err_set(ERR_USAGE, "--tls-cert and --tls-key go together");
	if (options->admin_listen && !text_starts_with(options->admin_listen, unix_scheme) &&
		!is_loopback(options->admin_listen))
		return err_set(ERR_USAGE,
			"the administration API listens on loopback or a socket: "
			"--admin-listen 127.0.0.1:PORT or unix:PATH");
	if (!options->certificate_file && !is_loopback(options->listen))
		return err_set(ERR_USAGE,
			"plain http is for loopback only: give --tls-cert and --tls-key to "
			"listen on %s",
			options->listen);
	return 0;
}

static int take_folder(struct service *service, const struct home *home)
{
	AUTO_TEXT path = home_path(home, "serve.lock");
	int r = io_lock(path, &service->lock);

	if (r == ERR_LOCKED)
		return err_set(ERR_LOCKED, "another garner-licensing serves %s", home->folder);
	return r;
}

static int start_server(struct service *service, const struct service_options *options)
{
	const struct http_server_options server = {
		.listen = options->listen,
		.certificate_file = options->certificate_file,
		.key_file = options->key_file,
		.handler = api_handle,
		.context = &service->api,
		.workers = options->workers ? options->workers : WORKERS,
		.body_ceiling = BODY_MAX,
	};

	return http_server_start(&server, &service->server);
}

static int start_admin(
	struct service *service, const struct home *home, const struct service_options *options)
{
	const char *listen = options->admin_listen;
	AUTO_TEXT own = home_path(home, "admin.sock");
	if (!listen && strlen(own) >= SOCKET_PATH_SIZE) {
		log_warning("no_administration", "why",
			"the state folder's path is too long for a socket; use --admin-listen",
			NULL);
		return 0;
	}
	int r = admin_open(home, &service->api, &service->admin);

	if (r < 0)
		return r;
	bool is_unix = !listen || text_starts_with(listen, unix_scheme);
	const struct http_server_options server = {
		.listen = is_unix ? NULL : listen,
		.socket_path = !is_unix ? NULL
			       : listen ? listen + sizeof(unix_scheme) - 1
					: own,
		.handler = admin_handle,
		.context = service->admin,
		.workers = ADMIN_WORKERS,
		.body_ceiling = ADMIN_BODY_MAX,
	};
	return http_server_start(&server, &service->admin_server);
}

int service_start(
	const struct home *home, const struct service_options *options, struct service **out)
{
	int r = check_options(options);

	*out = NULL;
	if (r < 0)
		return r;
	struct service *service = mem_alloc(sizeof(*service));
	r = take_folder(service, home);
	if (r < 0) {
		mem_free(service);
		return r;
	}
	r = api_open(&service->api, home);
	if (r == 0)
		r = start_admin(service, home, options);
	if (r == 0)
		r = mailer_start(home, &service->mailer);
	if (r == 0)
		r = start_server(service, options);
	if (r < 0) {
		service_stop(service);
		return r;
	}
	*out = service;
	return 0;
}

void service_stop(struct service *service)
{
	if (!service)
		return;
	http_server_stop(service->server);
	http_server_stop(service->admin_server);
	mailer_stop(service->mailer);
	admin_close(service->admin);
	api_close(&service->api);
	io_close(service->lock);
	mem_free(service);
}

const char *service_admin_url(const struct service *service)
{
	return service->admin_server ? http_server_url(service->admin_server) : NULL;
}

const char *service_url(const struct service *service)
{
	return http_server_url(service->server);
}
