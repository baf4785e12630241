/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_NET_FIXTURE_H
#define TESTS_NET_FIXTURE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "net/http_client.h"
#include "net/http_server.h"

/*
 * A real server with answers for each test, and a real client, in one process:
 *   /hello             "hello"
 *   /echo              the method and the body, "POST body"
 *   /length?n=N        N bytes of a pattern; with &cut=C broken off after C of them
 *   /status?code=C     status C, "status C" as body
 *   /slow?ms=N         "slow" after N ms
 *   /header?name=N     the value of that header of the request, "-" where there is none
 *   /retry?after=V     429 with Retry-After: V
 *   /nothing           no reply at all
 */

extern char *fixture_folder;
extern struct http_server *fixture_server;
extern struct http_client *fixture_client;
extern atomic_int fixture_calls; /* how many the handler has begun */

enum { FIXTURE_CEILING = 4 << 20 };

/** Setup and teardown of a test: folder, server at a port of 127.0.0.1, client. */
int fixture_start(void **state);
int fixture_stop(void **state);

/** The same with the folder alone. */
int fixture_make_folder(void **state);
int fixture_remove_folder(void **state);

void fixture_answer(void *context, struct http_call *call);

/** The byte at `index` of what /length gives. */
unsigned char fixture_byte(size_t index);

/** URL of a path at the server. The caller frees it. */
char *fixture_url(const char *path);

/** Sends a GET to the path. */
NODISCARD int fixture_get(const char *path, struct http_response *response);

/** Fails the test unless a GET gives that status and body. */
void fixture_assert_get(const char *path, int status, const char *body);

/** A connection of its own to the server, bytes sent on it, and what comes back until `until`
 * has come (NULL: until the other side closes), at most 10 s. The caller frees it. */
int fixture_connect(void);
void fixture_send(int fd, const char *bytes);
char *fixture_receive(int fd, const char *until);

#endif
