/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_JOB_OFFICE_H
#define TESTS_JOB_OFFICE_H

#include "../license_client/fake_service.h"
#include "../license_client/world.h"
#include "fixture.h"
#include "script.h"

/*
 * An organization by script, and an installation that is licensed by a service in memory: users
 * d1, d2, … ("user001@contoso.example"), all with a license of Microsoft's; groups and objects
 * as a test puts them. The job is "nightly", of a connection "office" to the storage "disk".
 */

enum { OFFICE_USERS_MOST = 200, OFFICE_OBJECTS_MOST = 40, OFFICE_GROUPS_MOST = 20 };

struct office {
	struct source_user users[OFFICE_USERS_MOST];
	struct source_object objects[OFFICE_OBJECTS_MOST];
	struct source_grant grants[OFFICE_OBJECTS_MOST][OFFICE_USERS_MOST];
	struct script_folder folders[OFFICE_OBJECTS_MOST];
	struct script_item items[OFFICE_OBJECTS_MOST];
	struct script_group groups[OFFICE_GROUPS_MOST];
	struct source_principal members[OFFICE_GROUPS_MOST][OFFICE_USERS_MOST];
	struct fake_service *service;
};

extern struct office office;

/* As cmocka's set-up and tear-down; the service has 10 licenses, there is no user and no
 * object.
 */
int office_setup(void **state);
int office_setup_without_key(void **state);
int office_teardown(void **state);

/** Users d1 … dN. */
void office_put_users(size_t count);

/** A mailbox of a user, by number from 1; its place among the objects. */
size_t office_put_mailbox(size_t user);

/** A group "g1" …, by number from 1, with users first … last as members. */
void office_put_group(size_t group, size_t first, size_t last);
void office_put_subgroup(size_t group, size_t member_group);

/** A shared object without grants; its place. Each object has one folder with one message. */
size_t office_put_object(const char *kind, const char *name);
struct source_grant *office_grant(
	size_t object, enum source_principal_kind kind, size_t number);

/** A group's mailbox or team site, whose members are the group's. */
size_t office_put_of_group(const char *kind, const char *name, size_t group);

/** Each object of the last run in a line: "NAME result required newly missing". */
void office_assert_run(const struct fixture *fixture, const char *expected);

/** Each object of the plan in a line: "NAME would_be required held would_license missing". */
void office_assert_plan(const struct fixture *fixture, const char *expected);

/** What an operation of the panel would read: a number. */
int64_t office_number(const struct fixture *fixture, const char *sql);

#endif
