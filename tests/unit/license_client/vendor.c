/* SPDX-License-Identifier: Apache-2.0 */
#include "vendor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/mem.h"

void vendor_order(struct vendor *vendor, enum order_kind kind, int64_t seats)
{
	const struct order_request request = {
		.kind = kind,
		.license_id = kind == ORDER_NEW ? NULL : vendor->license_id,
		.seats = seats,
		.customer = kind == ORDER_NEW ? "Contoso" : NULL,
		.email = kind == ORDER_NEW ? "it@contoso.example" : NULL,
	};
	struct order order;

	if (orders_place(vendor->store, &request, clock_now_s(), &order) < 0)
		fail_msg("cannot order: %s", err_message());
	if (orders_complete(vendor->store, order.id, clock_now_s(), &order) < 0)
		fail_msg("cannot complete: %s", err_message());
	if (kind == ORDER_NEW) {
		memcpy(vendor->key, order.key, sizeof(vendor->key));
		memcpy(vendor->license_id, order.license_id, sizeof(vendor->license_id));
	}
}

struct license_client *vendor_instance(struct vendor *vendor, const char *name)
{
	AUTO_TEXT folder = io_join(vendor->folder, name);
	AUTO_TEXT root = home_path(vendor->home, "root.pub");
	struct license_client *client;

	assert_int_equal(license_client_open(folder, &client), 0);
	assert_int_equal(
		license_client_set_server(client, service_url(vendor->service), root, NULL), 0);
	return client;
}

int vendor_setup(void **state)
{
	struct vendor *vendor = mem_alloc(sizeof(*vendor));
	const struct service_options options = {.listen = "127.0.0.1:0", .workers = 2};

	world_stop_clocks();
	snprintf(vendor->folder, sizeof(vendor->folder), "/tmp/license-service-XXXXXX");
	assert_non_null(mkdtemp(vendor->folder));
	AUTO_TEXT folder = io_join(vendor->folder, "vendor");
	assert_int_equal(home_open(folder, NULL, &vendor->home), 0);
	assert_int_equal(store_open(vendor->home, &vendor->store), 0);
	assert_int_equal(service_start(vendor->home, &options, &vendor->service), 0);
	vendor_order(vendor, ORDER_NEW, 3);
	vendor->first = vendor_instance(vendor, "first");
	vendor->second = vendor_instance(vendor, "second");
	*state = vendor;
	return 0;
}

int vendor_setup_active(void **state)
{
	vendor_setup(state);
	struct vendor *vendor = *state;
	assert_int_equal(license_client_activate(vendor->first, vendor->key), 0);
	assert_int_equal(license_client_activate(vendor->second, vendor->key), 0);
	return 0;
}

int vendor_teardown(void **state)
{
	struct vendor *vendor = *state;

	license_client_close(vendor->first);
	license_client_close(vendor->second);
	service_stop(vendor->service);
	store_close(vendor->store);
	home_close(vendor->home);
	world_remove(vendor->folder);
	mem_free(vendor);
	clock_use(NULL);
	return 0;
}

const char *vendor_subject(
	struct license_client *client, const char *name, char out[LICENSE_SUBJECT_TEXT])
{
	assert_int_equal(license_client_subject(client, "tenant", name, out), 0);
	return out;
}

struct license_claim vendor_claim(struct license_client *client, const char *name)
{
	char text[LICENSE_SUBJECT_TEXT];
	const char *subject = vendor_subject(client, name, text);
	struct license_claim claim = {.subjects = &subject, .count = 1};

	if (license_client_claim(client, &claim, 1) < 0)
		fail_msg("cannot claim: %s", err_message());
	claim.subjects = NULL;
	return claim;
}

struct license_status vendor_status(struct license_client *client)
{
	struct license_status status;

	license_client_status(client, &status);
	return status;
}

struct license_release vendor_release(struct license_client *client, const char *name)
{
	char text[LICENSE_SUBJECT_TEXT];
	struct license_release release = {.subject = vendor_subject(client, name, text)};

	if (license_client_release(client, &release, 1) < 0)
		fail_msg("cannot release: %s", err_message());
	release.subject = NULL;
	return release;
}
