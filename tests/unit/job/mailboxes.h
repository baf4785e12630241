/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_JOB_MAILBOXES_H
#define TESTS_JOB_MAILBOXES_H

#include "../license_client/fake_service.h"
#include "fixture.h"
#include "source/source.h"

/*
 * Three mailboxes of an organization by a script, and a licensing service in memory, for tests
 * of what a license or a trial allows. Failures end the test.
 */

enum { MAILBOXES = 3 };

extern struct fake_service *mailboxes_service;            /* the test's to make and to free */
extern struct source_object mailboxes_objects[MAILBOXES]; /* as the script tells them */

/* Puts the script in place: a mailbox with one message for each of three users. */
void mailboxes_script(void);

/* The connection "office" to them. */
void mailboxes_connect(const struct fixture *fixture);

/* A job of all objects of "office" into the storage "disk". The result. */
int mailboxes_add_job(const struct fixture *fixture, const char *job_name);

/* Names the service, whose key is made, to the installation. */
void mailboxes_set_server(const struct fixture *fixture);

#endif
