/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CRYPTO_CERT_H
#define CRYPTO_CERT_H

#include "base/err.h"

/*
 * X.509 certificates for servers that have none from elsewhere: a certificate authority of
 * their own and one certificate for loopback under it. ECDSA P-256, valid from 1970 to 2100, so
 * that a program at a faked time accepts them too.
 */

/**
 * Makes in `folder`, where they are not there yet: ca.pem, server.pem (for localhost, 127.0.0.1
 * and ::1), server.key (mode 0600). The authority's own key is not kept. ERR_IO.
 */
NODISCARD int cert_make_loopback(const char *folder);

#endif
