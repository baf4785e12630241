/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "storage/s3.h"

/* An address taken apart. */
struct address {
	char *endpoint, *bucket, *prefix, *region, *style;
	bool is_amazon, without_tls;
};

static void free_address(struct address *address)
{
	mem_free(address->endpoint);
	mem_free(address->bucket);
	mem_free(address->prefix);
	mem_free(address->region);
	mem_free(address->style);
}

bool storage_is_url(const char *text)
{
	return text_starts_with(text, "s3://") || text_starts_with(text, "https://") ||
	       text_starts_with(text, "http://");
}

static int take_parameter(struct address *address, const char *parameter)
{
	const struct {
		const char *name;
		char **slot;
	} known[] = {{"endpoint=", &address->endpoint}, {"region=", &address->region},
		{"style=", &address->style}};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (!text_starts_with(parameter, known[i].name))
			continue;
		char *value = text_percent_decode(parameter + strlen(known[i].name), true);
		mem_replace(known[i].slot, value);
		return value && *value
			       ? 0
			       : err_set(ERR_INVALID, "\"%.80s\" has no value", parameter);
	}
	if (text_equal(parameter, "tls=no") || text_equal(parameter, "tls=yes")) {
		address->without_tls = text_equal(parameter, "tls=no");
		return 0;
	}
	return err_set(ERR_INVALID,
		"\"%.80s\" is nothing that an address may say; it is endpoint, region, style "
		"or "
		"tls",
		parameter);
}

static int take_parameters(struct address *address, const char *query)
{
	AUTO_TEXT copy = mem_strdup(query);
	int r = 0;

	for (char *at = copy, *next; r == 0 && at && *at; at = next) {
		next = strchr(at, '&');
		if (next)
			*next++ = 0;
		r = take_parameter(address, at);
	}
	return r;
}

/* "BUCKET[/PREFIX]"; a "/" at the end is nothing. */
static void take_bucket(struct address *address, const char *text)
{
	const char *slash = strchr(text, '/');

	mem_replace(&address->bucket,
		slash ? mem_strndup(text, (size_t)(slash - text)) : mem_strdup(text));
	mem_replace(&address->prefix, mem_strdup(slash ? slash + 1 : ""));
	while (text_ends_with(address->prefix, "/"))
		address->prefix[strlen(address->prefix) - 1] = 0;
}

static int take_http(struct address *address, const char *text)
{
	const char *host = strstr(text, "://") + 3;
	const char *slash = strchr(host, '/');

	if (address->endpoint)
		return err_set(ERR_INVALID, "%s names its endpoint twice", text);
	if (!slash || !slash[1])
		return err_set(ERR_INVALID,
			"%s names no bucket; it is https://HOST/BUCKET or "
			"https://HOST/BUCKET/PREFIX",
			text);
	address->endpoint = mem_strndup(text, (size_t)(slash - text));
	take_bucket(address, slash + 1);
	return 0;
}

static void complete_endpoint(struct address *address)
{
	const char *scheme = address->without_tls ? "http" : "https";

	address->is_amazon = !address->endpoint;
	if (!address->endpoint)
		address->endpoint = mem_printf("%s://s3.%s.amazonaws.com", scheme,
			address->region ? address->region : "us-east-1");
	else if (!strstr(address->endpoint, "://"))
		mem_replace(
			&address->endpoint, mem_printf("%s://%s", scheme, address->endpoint));
	address->is_amazon =
		address->is_amazon || text_ends_with(address->endpoint, ".amazonaws.com");
}

static int parse(const char *text, struct address *address)
{
	const char *question = strchr(text, '?');
	AUTO_TEXT before =
		question ? mem_strndup(text, (size_t)(question - text)) : mem_strdup(text);
	int r = question ? take_parameters(address, question + 1) : 0;

	if (r < 0)
		return err_wrap(r, "%s", before);
	if (text_starts_with(text, "s3://"))
		take_bucket(address, before + strlen("s3://"));
	else
		r = take_http(address, before);
	if (r < 0)
		return r;
	complete_endpoint(address);
	if (address->style && !text_equal(address->style, "path") &&
		!text_equal(address->style, "host"))
		return err_set(ERR_INVALID, "%s: the style is path or host", before);
	return 0;
}

static int open_server(const struct address *address, const struct storage_options *options,
	struct storage **out)
{
	struct s3_credentials credentials;
	int r = s3_credentials_read(options->credentials_file, &credentials);

	if (r < 0)
		return r;
	/* A certificate of Amazon's fits no bucket with a "." in its name. */
	bool host_style = address->style ? text_equal(address->style, "host")
					 : address->is_amazon && !strchr(address->bucket, '.');
	struct s3_settings settings = {
		.endpoint = address->endpoint,
		.region = address->region,
		.bucket = address->bucket,
		.prefix = address->prefix,
		.host_style = host_style,
		.allow_http = options->allow_http,
		.ca_file = options->ca_file,
		.access_key = credentials.access_key,
		.secret_key = credentials.secret_key,
		.session_token = credentials.session_token,
	};
	r = storage_open_s3(&settings, out);
	s3_credentials_free(&credentials);
	return r;
}

int storage_open_url(
	const char *text, const struct storage_options *options, struct storage **out)
{
	static const struct storage_options none;
	struct address address = {0};

	*out = NULL;
	if (!storage_is_url(text)) {
		*out = storage_open_folder(text);
		return 0;
	}
	int r = parse(text, &address);
	if (r == 0)
		r = open_server(&address, options ? options : &none, out);
	free_address(&address);
	return r;
}
