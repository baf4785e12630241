/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SIMULATION_COUNTS_H
#define SIMULATION_COUNTS_H

#include <stdint.h>

/*
 * How often what happened: so that one sees that rare things do happen at all.
 */

#define COUNTS(X)                                                                              \
	X(STEPS, "steps")                                                                      \
	X(EVENTS, "events")                                                                    \
	X(POLLS, "polls made")                                                                 \
	X(POLLS_SKIPPED, "polls collapsed")                                                    \
	X(CONTACTS_FAILED, "contacts that failed")                                             \
	X(REQUESTS, "requests at the service")                                                 \
	X(ACTIVATIONS, "activations answered")                                                 \
	X(LEASES, "leases answered")                                                           \
	X(LISTS, "lists answered")                                                             \
	X(HELD, "requests refused for a history that is behind")                               \
	X(DATABASES_PUT_BACK, "databases put back to an old copy")                             \
	X(ACCEPTED, "such ones accepted")                                                      \
	X(ACTIVATED_AGAIN, "instances unknown to it activated again")                          \
	X(HISTORIES, "pages of events answered")                                               \
	X(CLAIMS, "claims answered")                                                           \
	X(CLAIMS_AGAIN, "claims answered again")                                               \
	X(CLAIMS_REFUSED, "claims refused, expired or revoked")                                \
	X(OBJECTS_GRANTED, "objects granted by the service")                                   \
	X(OBJECTS_DENIED, "objects denied by the service")                                     \
	X(LICENSES_TAKEN, "licenses taken")                                                    \
	X(RELEASED, "licenses released")                                                       \
	X(TOO_EARLY, "releases too early")                                                     \
	X(NOT_ASSIGNED, "releases of what is not assigned")                                    \
	X(PROBLEMS, "requests refused")                                                        \
	X(LOST_REQUESTS, "requests lost")                                                      \
	X(LOST_ANSWERS, "answers lost")                                                        \
	X(LATE_REQUESTS, "requests late")                                                      \
	X(DOUBLED, "requests doubled")                                                         \
	X(REPLAYED, "answers replayed")                                                        \
	X(GARBLED, "answers garbled")                                                          \
	X(CRASHED_AFTER_COMMIT, "crashes between commit and answer")                           \
	X(UNREACHABLE, "requests that reached nobody")                                         \
	X(JOBS, "jobs started")                                                                \
	X(JOBS_NOT_ALLOWED, "jobs not allowed")                                                \
	X(JOBS_OFFLINE, "jobs while offline")                                                  \
	X(BACKED_UP, "objects backed up")                                                      \
	X(BACKED_UP_UNASKED, "objects backed up without a question")                           \
	X(RENEWED_EARLY, "renewals before the end")                                            \
	X(RENEWED_LATE, "renewals after the end")                                              \
	X(RENEWED_FEWER, "renewals for fewer")                                                 \
	X(ADDED, "additions")                                                                  \
	X(REVOKED, "revocations")                                                              \
	X(REVOKED_INSTANCES, "instances revoked")                                              \
	X(REVOKED_ASKED, "requests of revoked instances refused")                              \
	X(RESETS, "resets")                                                                    \
	X(FILE_FAULTS, "crashes within a call for a file")                                     \
	X(CRASHES, "crashes of an instance")                                                   \
	X(REBOOTS, "reboots")                                                                  \
	X(CLOCKS_SET, "clocks set")                                                            \
	X(SERVICE_CRASHES, "crashes of the service")                                           \
	X(PUT_BACK, "instances put back to an older state")                                    \
	X(SUSPENDED, "steps of a suspended instance")                                          \
	X(RESUMED, "suspended instances that go on")                                           \
	X(EXPIRED, "steps of an expired instance")                                             \
	X(HEALED, "effective times that a contact put back")

enum count {
#define COUNT_NAME(name, text) COUNT_##name,
	COUNTS(COUNT_NAME)
#undef COUNT_NAME
		COUNT_KINDS
};

struct counts {
	int64_t of[COUNT_KINDS];
	uint64_t print; /* of all event chains at their ends: the same only for the same history
			 */
};

void counts_add(struct counts *counts, const struct counts *more);
void counts_print(const struct counts *counts);

#endif
