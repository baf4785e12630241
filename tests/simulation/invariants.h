/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SIMULATION_INVARIANTS_H
#define SIMULATION_INVARIANTS_H

#include "world.h"

/*
 * What must be true after every step, whatever happened. The numbers are those under which a
 * failure is printed:
 *
 *  1 used = rows of the epoch <= seats            8 a lease goes neither beyond the offline
 *  2 one row a license, epoch and user              limit nor beyond the end
 *  3 no release before 30 days                    9 no backup of a user outside a valid lease
 *  4 the end moves by activation and renewal     10 effective time does not fall, but a contact
 *    alone                                          heals it
 *  5 what was granted stays, whoever crashes     11 a renewal for fewer empties, others keep
 *  6 the same idempotency key, the same answer   12 the event chain verifies, and its replay
 *  7 grants as many as fit, in the order asked      gives the tables
 *                                                13 one person, one license
 *                                                14 nothing fails that may not
 */

/* The service's tables and event log, against the model; whole: all rows are compared. */
void invariants_service(struct world *world, bool whole);

/* A good answer of the service to a request: against the model, which it moves. */
void invariants_answer(struct world *world, const struct http_request *request,
	struct http_response *response);

/* What the instance is after a step, against what it was told. */
void invariants_instance(struct instance *instance);

/* An object is backed up. */
void invariants_backup(struct instance *instance, const struct license_claim *claim);

/* Reads a lease's lines by simulation's own means. */
struct sight sight_of(const char *lease);

/* A header of a request, "Name: value"; NULL. */
const char *header_of(const struct http_request *request, const char *name);

/* The instance that makes it; NULL. */
struct instance *instance_of(struct world *world, const struct http_request *request);

#endif
