/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_LICENSE_CLIENT_VENDOR_H
#define TESTS_LICENSE_CLIENT_VENDOR_H

#include "license_service/home.h"
#include "license_service/orders.h"
#include "license_service/service.h"
#include "license_service/store.h"
#include "world.h"

/*
 * The licensing service itself, and two instances under one key. Failures end the test.
 */

struct vendor {
	char folder[64];
	struct home *home;
	struct store *store;
	struct service *service;
	char key[KEY_TEXT_SIZE];
	char license_id[LEASE_ID_SIZE];
	struct license_client *first, *second;
};

void vendor_order(struct vendor *vendor, enum order_kind kind, int64_t seats);
struct license_client *vendor_instance(struct vendor *vendor, const char *name);
int vendor_setup(void **state);
int vendor_setup_active(void **state);
int vendor_teardown(void **state);
const char *vendor_subject(
	struct license_client *client, const char *name, char out[LICENSE_SUBJECT_TEXT]);
struct license_claim vendor_claim(struct license_client *client, const char *name);
struct license_status vendor_status(struct license_client *client);
struct license_release vendor_release(struct license_client *client, const char *name);

#endif
