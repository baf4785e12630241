/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_all.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "net/address.h"

static bool is_forbidden(const char *text, bool loopback_is_meant)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

	if (strchr(text, ':')) {
		assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
		return address_is_forbidden((const struct sockaddr *)&v6, loopback_is_meant);
	}
	assert_int_equal(inet_pton(AF_INET, text, &v4.sin_addr), 1);
	return address_is_forbidden((const struct sockaddr *)&v4, loopback_is_meant);
}

static void addresses_that_nobody_means_are_forbidden(void **state)
{
	static const char *const bad[] = {"169.254.169.254", "169.254.0.1", "0.0.0.0",
		"0.1.2.3", "224.0.0.1", "255.255.255.255", "::", "fe80::1", "ff02::1",
		"fd00:ec2::254", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_true(is_forbidden(bad[i], false));
		assert_true(is_forbidden(bad[i], true));
	}
}

static void loopback_is_for_who_names_it(void **state)
{
	static const char *const here[] = {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"};

	(void)state;
	for (size_t i = 0; i < sizeof(here) / sizeof(here[0]); i++) {
		assert_true(is_forbidden(here[i], false));
		assert_false(is_forbidden(here[i], true));
	}
}

static void all_others_are_fine(void **state)
{
	static const char *const good[] = {"10.1.2.3", "192.168.1.1", "172.16.0.1", "8.8.8.8",
		"169.253.255.255", "2001:db8::1", "fd12:3456::1", "::ffff:8.8.8.8"};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_false(is_forbidden(good[i], false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_that_nobody_means_are_forbidden),
		cmocka_unit_test(loopback_is_for_who_names_it),
		cmocka_unit_test(all_others_are_fine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
