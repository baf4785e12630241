/* SPDX-License-Identifier: Apache-2.0 */
#include "net/address.h"

#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

static bool is_forbidden_v4(uint32_t address, bool loopback_is_meant)
{
	if (address >> 24 == 127)
		return !loopback_is_meant;
	return address >> 24 == 0 || address >> 16 == 0xa9fe || address >> 28 >= 0xe;
}

static bool is_forbidden_v6(const struct in6_addr *address, bool loopback_is_meant)
{
	static const uint8_t metadata[16] = {0xfd, 0x00, 0x0e, 0xc2, [14] = 0x02, [15] = 0x54};
	static const uint8_t translated[12] = {0x00, 0x64, 0xff, 0x9b}; /* RFC 6052 */
	uint32_t v4;

	if (IN6_IS_ADDR_V4MAPPED(address) ||
		memcmp(address->s6_addr, translated, sizeof(translated)) == 0) {
		memcpy(&v4, address->s6_addr + 12, sizeof(v4));
		return is_forbidden_v4(ntohl(v4), loopback_is_meant);
	}
	if (IN6_IS_ADDR_LOOPBACK(address))
		return !loopback_is_meant;
	return IN6_IS_ADDR_UNSPECIFIED(address) || IN6_IS_ADDR_LINKLOCAL(address) ||
	       IN6_IS_ADDR_MULTICAST(address) ||
	       memcmp(address->s6_addr, metadata, sizeof(metadata)) == 0;
}

bool address_is_forbidden(const struct sockaddr *address, bool loopback_is_meant)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (address->sa_family == AF_INET) {
		memcpy(&v4, address, sizeof(v4));
		return is_forbidden_v4(ntohl(v4.sin_addr.s_addr), loopback_is_meant);
	}
	if (address->sa_family != AF_INET6)
		return true;
	memcpy(&v6, address, sizeof(v6));
	return is_forbidden_v6(&v6.sin6_addr, loopback_is_meant);
}
