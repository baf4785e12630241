/* SPDX-License-Identifier: Apache-2.0 */
/*
 * garner-tenant: a sandbox organization that speaks Microsoft Graph and the OAuth2 token
 * endpoint as strictly as Microsoft does.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/io.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/options.h"
#include "net/http_client.h"
#include "sandbox/published.h"
#include "sandbox/scenario.h"
#include "sandbox/server.h"

/* Codes of the house that this program can end with. */
enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_NETWORK = 6, EXIT_LOCKED = 11 };

static int exit_code(int r)
{
	switch (r) {
	case 0:
		return EXIT_DONE;
	case ERR_USAGE:
		return EXIT_USAGE;
	case ERR_NETWORK:
	case ERR_THROTTLED:
		return EXIT_NETWORK;
	case ERR_LOCKED:
		return EXIT_LOCKED;
	default:
		return EXIT_FAILED;
	}
}

static int print_json(struct json *json)
{
	AUTO_JSON owned = json;
	AUTO_TEXT text = json_text(owned, false);

	return printf("%s\n", text) < 0 || fflush(stdout) != 0
		       ? err_errno("cannot write to standard output")
		       : 0;
}

/* The value of an option that there must be. */
static int needed(const struct options *options, const char *name, const char **out)
{
	*out = options_get(options, name);
	return *out ? 0 : err_set(ERR_USAGE, "--%s is missing; see garner-tenant --help", name);
}

/* Blocked before any thread is made, so that only sigwait sees them. */
static sigset_t block_signals(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signals;
}

static int serve(void *context, const struct options *options)
{
	sigset_t signals = block_signals();
	struct server_options wanted = {.listen = options_get(options, "listen"),
		.faults = options_get(options, "faults")};
	struct server *server;
	int got;

	(void)context;
	int r = needed(options, "scenario", &wanted.scenario);
	if (r == 0)
		r = needed(options, "state", &wanted.state);
	if (r == 0)
		r = server_start(&wanted, &server);
	if (r < 0)
		return r;
	r = print_json(server_facts(server));
	if (r == 0)
		sigwait(&signals, &got);
	server_stop(server);
	return r;
}

/* The CA to trust: that of --ca, or the one that the sandbox at this URL has left. */
static int find_ca(const struct options *options, const char *url, char **out)
{
	const char *given = options_get(options, "ca");

	*out = given ? mem_strdup(given) : published_path(url);
	if (*out && io_exists(*out))
		return 0;
	if (given)
		return err_set(ERR_NOTFOUND, "there is no file %s", given);
	return err_set(ERR_NOTFOUND,
		"the sandbox at %s has left no certificate for this user: give --ca the "
		"ca_file "
		"that it printed when it started",
		url);
}

/* The patch, and where its relative names are looked for. */
static int make_body(const char *path, char **out)
{
	AUTO_JSON patch = NULL;
	AUTO_JSON body = json_new_object();
	AUTO_TEXT file = io_absolute(path);
	AUTO_TEXT working = io_absolute(".");
	char *slash = strrchr(file, '/');

	*out = NULL;
	int r = json_read_file(path, &patch);
	if (r == 0)
		r = err_wrap(scenario_check_patch(patch), "%s", path);
	if (r < 0)
		return r;
	if (slash)
		*slash = 0;
	json_put(body, "patch", json_share(patch));
	json_put_text(body, "folder", file[0] ? file : "/");
	json_put_text(body, "working", working);
	*out = json_text(body, false);
	return 0;
}

/* What the sandbox said of the patch, as if it had been done here. */
static int read_answer(struct http_response *response, struct json **out)
{
	int r = json_parse((const char *)response->body.data, response->body.size, out);

	if (r < 0)
		return err_set(ERR_PROTOCOL, "the answer is none of a garner-tenant");
	if (response->status == 200)
		return 0;
	const struct json *error = json_get(*out, "error");
	return err_set(ERR_INVALID, "%s (changes applied before: %lld)",
		json_get_text_or(error, "message", "refused"),
		(long long)json_get_int(*out, "applied", 0));
}

static int send_patch(const char *url, const char *ca, const char *body, struct json **out)
{
	static const char *const headers[] = {"Content-Type: application/json", NULL};
	AUTO_TEXT target = mem_printf("%s/sandbox/v1/changes", url);
	const struct http_client_options options = {.ca_file = ca};
	const struct http_request request = {.method = "POST",
		.url = target,
		.headers = headers,
		.body = body,
		.body_size = strlen(body)};
	AUTO_RESPONSE response = {0};
	struct http_client *client;

	int r = http_client_new(&options, &client);
	if (r < 0)
		return r;
	r = http_send(client, &request, &response);
	if (r == 0)
		r = read_answer(&response, out);
	http_client_free(client);
	return r;
}

static int change(void *context, const struct options *options)
{
	const char *at, *path;
	AUTO_TEXT url = NULL;
	AUTO_TEXT ca = NULL;
	AUTO_TEXT body = NULL;
	AUTO_JSON answer = NULL;

	(void)context;
	int r = needed(options, "at", &at);
	if (r == 0)
		r = needed(options, "patch", &path);
	if (r < 0)
		return r;
	size_t size = strlen(at);
	url = mem_strndup(at, size && at[size - 1] == '/' ? size - 1 : size);
	r = find_ca(options, url, &ca);
	if (r == 0)
		r = make_body(path, &body);
	if (r == 0)
		r = send_patch(url, ca, body, &answer);
	if (r < 0)
		return r;
	if (options_has(options, "json"))
		return print_json(json_share(answer));
	if (!options_has(options, "quiet"))
		printf("%lld changes applied\n", (long long)json_get_int(answer, "applied", 0));
	return 0;
}

static const struct option_spec common[] = {
	{"json", NULL, "print the result as JSON"},
	{"quiet", NULL, "print nothing but errors"},
	{"verbose", NULL, "log each request on standard error"},
	{NULL},
};

static const struct option_spec serve_options[] = {
	{"scenario", "FILE", "what the organization is made of"},
	{"state", "DIR", "where its certificates and secrets lie; made at the first start"},
	{"listen", "ADDR:PORT", "127.0.0.1:0 if left out; port 0 takes a free one"},
	{"faults", "FILE", "which requests are to fail, and how"},
	{NULL},
};

static const struct option_spec change_options[] = {
	{"at", "URL", "the running organization, as its first line says"},
	{"patch", "FILE", "what is to change"},
	{"ca", "FILE", "the authority to trust, where it is not found by itself"},
	{NULL},
};

static const struct command_spec commands[] = {
	{"serve", "", 0, 0, serve_options, "Run the organization of a scenario", serve},
	{"change", "", 0, 0, change_options, "Apply changes to a running organization", change},
	{NULL},
};

static const struct program_spec program = {"garner-tenant",
	"A sandbox organization of Microsoft 365, for tests and demos.", common, commands};

static int print_help(const struct options *options)
{
	AUTO_TEXT help = options_help(&program, options_command(options));

	return printf("%s", help) < 0 ? err_errno("cannot write to standard output") : 0;
}

int main(int argc, char **argv)
{
	struct options *options = NULL;

	int r = options_parse(&program, argc, argv, &options);
	if (r == 0 && options_has(options, "verbose"))
		log_set_level(LOG_DEBUG);
	if (r == 0)
		r = options_help_wanted(options) ? print_help(options)
						 : options_command(options)->run(NULL, options);
	if (r < 0)
		fprintf(stderr, "garner-tenant: %s\n", err_message());
	options_free(options);
	return exit_code(r);
}
