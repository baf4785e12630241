/* SPDX-License-Identifier: Apache-2.0 */
#include "panel/panel.h"

#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/openmetrics.h"
#include "base/text.h"
#include "job/installation.h"
#include "net/http_server.h"
#include "panel/metrics.h"

enum { METRICS_CEILING = 16 << 20 };

struct panel {
	struct http_server *http;
	char *state_folder;
};

static void reply_text(struct http_call *call, int status, const char *text)
{
	http_reply(call, status, "text/plain; charset=utf-8", text, strlen(text));
}

/* Who asks learns that something is wrong, and the log what it is: the reason may name paths.
 */
static void answer_ready(const struct panel *panel, struct http_call *call)
{
	struct installation *installation;
	int r = installation_open(panel->state_folder, &installation);

	installation_close(installation);
	if (r < 0)
		reply_text(call, 503, "the state folder cannot be opened\n");
	else
		reply_text(call, 200, "ready\n");
}

static void answer_metrics(const struct panel *panel, struct http_call *call)
{
	AUTO_BUF text = buf_init(METRICS_CEILING);
	struct installation *installation;
	int r = installation_open(panel->state_folder, &installation);

	if (r == 0)
		r = metrics_write(installation, &text);
	installation_close(installation);
	if (r < 0) {
		log_error("metrics_not_written", "reason", err_message(), NULL);
		reply_text(call, 503, "the state cannot be read\n");
		return;
	}
	http_reply(call, 200, OPENMETRICS_CONTENT_TYPE, text.data, text.size);
}

static void answer(void *context, struct http_call *call)
{
	const char *path = http_call_path(call);

	http_reply_header(call, "Cache-Control", "no-store");
	http_reply_header(call, "X-Content-Type-Options", "nosniff");
	if (!text_equal(http_call_method(call), "GET") &&
		!text_equal(http_call_method(call), "HEAD"))
		reply_text(call, 405, "only GET\n");
	else if (text_equal(path, "/livez"))
		reply_text(call, 200, "alive\n");
	else if (text_equal(path, "/readyz"))
		answer_ready(context, call);
	else if (text_equal(path, "/metrics"))
		answer_metrics(context, call);
	else
		reply_text(call, 404, "there is nothing here\n");
}

int panel_serve(const char *state_folder, const char *listen, struct panel **out)
{
	struct panel *panel = mem_alloc(sizeof(*panel));
	const struct http_server_options options = {
		.listen = listen, .handler = answer, .context = panel};

	*out = NULL;
	panel->state_folder = mem_strdup(state_folder);
	int r = http_server_start(&options, &panel->http);
	if (r < 0)
		panel_stop(panel);
	else
		*out = panel;
	return r;
}

void panel_stop(struct panel *panel)
{
	if (!panel)
		return;
	http_server_stop(panel->http);
	mem_free(panel->state_folder);
	mem_free(panel);
}

const char *panel_url(const struct panel *panel)
{
	return http_server_url(panel->http);
}
