/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include <stdbool.h>

#include <sys/socket.h>

/*
 * Which addresses of the network a request may be sent to that goes wherever a record says.
 */

/**
 * Whether nobody can rightly have asked for messages to this address: link-local ones (where
 * the clouds of this world hand out their machines' credentials), their IPv6 equal
 * fd00:ec2::254, the unspecified one, multicast and broadcast; and loopback, unless
 * `loopback_is_meant`. Addresses of private networks are fine. IPv4 in IPv6 is looked at as
 * IPv4.
 */
bool address_is_forbidden(const struct sockaddr *address, bool loopback_is_meant);

#endif
