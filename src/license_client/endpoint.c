/* SPDX-License-Identifier: Apache-2.0 */
#include "license_client/endpoint.h"

#include <stdio.h>
#include <string.h>

#include "base/io.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "license/keyset.h"
#include "license_client/vendor_root.h"

enum { CA_MAX = 1 << 20, ROOT_FILE_MAX = 4096 };

static const char ca_name[] = "server-ca.pem";

/* Length of a host that may stand in a URL of ours: a name, an IPv4 address, or an IPv6 address
 * in brackets. No user, no escapes: what is looked at here must be what is connected to. */
static size_t host_length(const char *authority)
{
	static const char name[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";

	if (authority[0] != '[')
		return strspn(authority, name);
	size_t inside = strspn(authority + 1, "0123456789abcdefABCDEF:.");
	return inside && authority[1 + inside] == ']' ? inside + 2 : 0;
}

static bool is_loopback(const char *host)
{
	return text_equal_nocase(host, "localhost") || text_equal(host, "[::1]") ||
	       (text_starts_with(host, "127.") && host[strspn(host, "0123456789.")] == 0);
}

static bool is_port(const char *text)
{
	int64_t port;

	return text_to_int(text, 1, 65535, &port) == 0;
}

static int check_url(const char *url)
{
	bool plain = text_starts_with(url, "http://");

	if (!plain && !text_starts_with(url, "https://"))
		return err_set(ERR_INVALID,
			"the address of the licensing service begins with https://");
	const char *authority = url + strlen(plain ? "http://" : "https://");
	size_t length = host_length(authority);
	AUTO_TEXT host = mem_strndup(authority, length);
	AUTO_TEXT rest = mem_strdup(authority + length);
	size_t size = strlen(rest);

	if (size && rest[size - 1] == '/')
		rest[size - 1] = 0;
	if (!length || (rest[0] && (rest[0] != ':' || !is_port(rest + 1))) ||
		strlen(url) >= ENDPOINT_URL_SIZE)
		return err_set(ERR_INVALID,
			"the address of the licensing service is https://HOST or "
			"https://HOST:PORT, and nothing behind that");
	if (plain && !is_loopback(host))
		return err_set(ERR_INVALID,
			"plain http is for a licensing service on this machine only; use "
			"https://%s",
			authority);
	return 0;
}

/* The root key that a setting names, as the text of its file: "" in a vendor's build. */
static int read_root(const char *path, char out[KEYSET_ROOT_SIZE])
{
	uint8_t root[SIGN_PUBLIC_SIZE];
	AUTO_BUF bytes = buf_init(ROOT_FILE_MAX);

	out[0] = 0;
	if (vendor_root())
		return path ? err_set(ERR_INVALID,
				      "this program has the vendor's root key built in, and "
				      "takes no other")
			    : 0;
	if (!path)
		return err_set(ERR_INVALID,
			"a development build has no root key built in; name the licensing "
			"service's root.pub");
	int r = io_read_file(path, &bytes);
	const char *text = r == 0 ? buf_text(&bytes) : NULL;
	if (r == 0)
		r = text ? keyset_root_read(text, root) : ERR_LIMIT;
	if (r == ERR_LIMIT)
		r = err_set(ERR_INVALID, "too large");
	if (r < 0)
		return err_wrap(r, "cannot use the root key in %s", path);
	keyset_root_write(root, out);
	return 0;
}

/* The authorities are copied, so that the instance does not depend on where the file was. */
static int copy_ca(const struct statefile_folder *folder, const char *path)
{
	AUTO_TEXT copy = io_join(folder->path, ca_name);
	AUTO_BUF bytes = buf_init(CA_MAX);

	if (!path)
		return 0;
	int r = io_read_file(path, &bytes);
	if (r == 0)
		r = io_write_file(copy, bytes.data, bytes.size, 0600);
	return err_wrap(r, "cannot use the certificate authority");
}

int endpoint_save(const struct statefile_folder *folder, const struct endpoint_setting *setting)
{
	char root[KEYSET_ROOT_SIZE];
	AUTO_TEXT url = mem_strdup(setting->url);
	AUTO_JSON json = json_new_object();
	int r = check_url(url);

	if (r == 0)
		r = read_root(setting->root_key_file, root);
	if (r == 0)
		r = copy_ca(folder, setting->ca_file);
	if (r < 0)
		return r;
	if (text_ends_with(url, "/"))
		url[strlen(url) - 1] = 0;
	json_put_int(json, "schema", 1);
	json_put_text(json, "url", url);
	json_put_text(json, "root", root);
	json_put_bool(json, "ca", setting->ca_file != NULL);
	return statefile_write_json(folder, ENDPOINT_FILE, json);
}

static int take(
	const struct statefile_folder *folder, const struct json *json, struct endpoint *out)
{
	const char *url = json_get_text_or(json, "url", "");
	const char *root = vendor_root();

	if (!root)
		root = json_get_text_or(json, "root", "");
	if (check_url(url) < 0 || keyset_root_read(root, out->root) < 0)
		return err_set(ERR_CORRUPT, "%s/%s is no address of a licensing service",
			folder->path, ENDPOINT_FILE);
	snprintf(out->url, sizeof(out->url), "%s", url);
	if (json_get_bool(json, "ca", false))
		out->ca_file = io_join(folder->path, ca_name);
	return 0;
}

int endpoint_load(const struct statefile_folder *folder, struct endpoint *out)
{
	AUTO_JSON json = NULL;
	int r = 0;

	endpoint_free(out);
	if (vendor_root()) /* leases are believed also where the rest cannot be read */
		r = keyset_root_read(vendor_root(), out->root);
	if (r == 0)
		r = statefile_read_json(folder, ENDPOINT_FILE, &json);
	return r < 0 ? r : take(folder, json, out);
}

void endpoint_free(struct endpoint *endpoint)
{
	mem_free(endpoint->ca_file);
	*endpoint = (struct endpoint){0};
}
