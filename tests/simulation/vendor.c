/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "invariants.h"
#include "license_client/license_client_priv.h"
#include "license_service/keys.h"
#include "license_service/orders.h"

/* The vendor's desk: orders, paid at once, and reported as paid twice. */

static int64_t begin(struct world *world)
{
	world->machine = &world->service;
	int64_t now_s = clock_now_s();
	model_pass(&world->model, now_s);
	return now_s;
}

static int order(struct world *world, const struct order_request *request, struct order *out)
{
	int64_t now_s = clock_now_s();
	int r = orders_place(world->vendor, request, now_s, out);

	if (r == 0)
		r = orders_complete(world->vendor, out->id, now_s, out);
	if (r == 0 && random_percent(&world->random, 50))
		r = orders_complete(world->vendor, out->id, now_s, out);
	return r;
}

static void expect(struct world *world, const char *what, bool allowed, int r)
{
	if (allowed == (r == 0))
		return;
	world_fail(world, r < 0 ? INVARIANT_NO_ERROR : 4, "%s %s: %s", what,
		allowed ? "is refused" : "is allowed", r < 0 ? err_message() : "");
}

void vendor_sell(struct world *world)
{
	struct order order_done;
	const struct order_request request = {.kind = ORDER_NEW,
		.seats = world->plan->seats,
		.customer = "A",
		.email = "a@b"};

	begin(world);
	int r = order(world, &request, &order_done);
	expect(world, "the order for a new key", true, r);
	if (r < 0)
		return;
	memcpy(world->license_id, order_done.license_id, sizeof(world->license_id));
	memcpy(world->key, order_done.key, sizeof(world->key));
	world->model.seats = world->plan->seats;
	invariants_service(world, true);
}

void vendor_add(struct world *world, int64_t seats)
{
	struct order order_done;
	const struct order_request request = {
		.kind = ORDER_ADDITION, .license_id = world->license_id, .seats = seats};

	begin(world);
	bool allowed = !world->model.revoked_s;
	expect(world, "an addition", allowed, order(world, &request, &order_done));
	if (!allowed)
		return;
	model_add(&world->model, seats);
	world_count(world, COUNT_ADDED);
	invariants_service(world, true);
}

void vendor_renew(struct world *world, int64_t percent)
{
	enum { WAITING_MOST = 12 };
	struct order order_done;
	struct order_request request = {.kind = ORDER_RENEWAL, .license_id = world->license_id};

	begin(world);
	if (world->model.ahead_count >= WAITING_MOST)
		return;
	request.seats = world->model.seats * percent / 100;
	if (request.seats < 1)
		request.seats = 1;
	bool is_early = model_is_active(&world->model);
	bool is_fewer = request.seats < world->model.seats;
	bool allowed = model_renew(&world->model, request.seats);
	expect(world, "a renewal", allowed, order(world, &request, &order_done));
	if (!allowed)
		return;
	world_count(world, is_early ? COUNT_RENEWED_EARLY : COUNT_RENEWED_LATE);
	if (is_fewer)
		world_count(world, COUNT_RENEWED_FEWER);
	invariants_service(world, true);
}

void vendor_revoke(struct world *world)
{
	int64_t now_s = begin(world);
	bool allowed = !world->model.revoked_s;

	expect(world, "the revocation", allowed,
		orders_revoke(world->vendor, world->license_id, "test", now_s));
	if (!allowed)
		return;
	world->model.revoked_s = world->model.now_s;
	world_count(world, COUNT_REVOKED);
	invariants_service(world, true);
}

/* One that is enrolled for certain, which after a database was put back nobody knows. */
void vendor_revoke_instance(struct world *world, struct instance *instance)
{
	if (world->was_put_back || instance->is_revoked || !instance->client ||
		!instance->client->grant.license_id[0])
		return;
	int64_t now_s = begin(world);
	expect(world, "the revocation of an instance", true,
		keys_revoke_instance(world->vendor, world->license_id,
			instance->client->identity.id, now_s));
	instance->is_revoked = true;
	world_count(world, COUNT_REVOKED_INSTANCES);
	invariants_service(world, true);
}
