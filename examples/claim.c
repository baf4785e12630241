/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include <garner-license.h>

/*
 * Activates a license key, claims a license for one user, and tries to release it again, which
 * is allowed 30 days later.
 *
 *   cc claim.c $(pkg-config --cflags --libs garnerlicense) -o claim
 *   ./claim FOLDER URL ROOT_PUB KEY
 */

static int fail(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, err_message());
	return 1;
}

static int work(struct license_client *client, char **arguments)
{
	char subject[LICENSE_SUBJECT_TEXT];
	const char *subjects[] = {subject};
	struct license_claim claim = {.subjects = subjects, .count = 1};
	struct license_release release = {.subject = subject};
	struct license_status status;

	if (license_client_set_server(client, arguments[2], arguments[3], NULL) < 0)
		return fail("server");
	if (license_client_activate(client, arguments[4]) < 0)
		return fail("activate");
	if (license_client_subject(client, "example-tenant", "example-user", subject) < 0)
		return fail("subject");
	if (license_client_claim(client, &claim, 1) < 0)
		return fail("claim");
	license_client_status(client, &status);
	printf("%s, %s, %lld of %lld licenses\n", license_state_name(status.state),
		claim.granted ? "granted" : "not granted", (long long)status.used,
		(long long)status.seats);
	if (license_client_release(client, &release, 1) < 0)
		return fail("release");
	printf("%s\n", release.released ? "released" : "not released yet");
	return 0;
}

int main(int count, char **arguments)
{
	struct license_client *client;

	if (count != 5)
		return 2;
	if (license_client_open(arguments[1], &client) < 0)
		return fail("open");
	int result = work(client, arguments);
	license_client_close(client);
	return result;
}
