/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <signal.h>

#include "app.h"
#include "base/mem.h"
#include "license_service/service.h"

static const char default_listen[] = "127.0.0.1:8750";

/* Before any thread is made, so that all inherit it and only wait_for_end takes them. */
static void block_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	pthread_sigmask(SIG_BLOCK, set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* The one line that a script waits for. */
static void announce(const struct app *app, const struct service *service)
{
	AUTO_JSON line = json_new_object();
	AUTO_TEXT root = home_path(app->home, "root.pub");
	AUTO_TEXT token = home_path(app->home, "admin.token");

	json_put_int(line, "schema", 1);
	json_put_text(line, "listening", service_url(service));
	json_put_text(line, "root_key_file", root);
	json_put_text(line, "admin", service_admin_url(service));
	json_put_text(line, "admin_token_file", token);
	print_json(line);
}

int serve_run(void *context, const struct options *options)
{
	struct app *app = context;
	struct service *service;
	sigset_t signals;
	int number;
	struct service_options service_options = {
		.listen = options_get(options, "listen"),
		.certificate_file = options_get(options, "tls-cert"),
		.key_file = options_get(options, "tls-key"),
		.admin_listen = options_get(options, "admin-listen"),
	};

	if (!service_options.listen)
		service_options.listen = default_listen;
	block_signals(&signals);
	int r = app_open_home(app);
	if (r == 0)
		r = service_start(app->home, &service_options, &service);
	if (r != 0)
		return r;
	announce(app, service);
	sigwait(&signals, &number);
	service_stop(service);
	return 0;
}
