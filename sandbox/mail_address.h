/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SANDBOX_MAIL_ADDRESS_H
#define SANDBOX_MAIL_ADDRESS_H

#include "base/json.h"

/** The addresses of a header field (RFC 5322 section 3.4), read tolerantly, as a list of
 * Graph's recipients: [{"emailAddress":{"name":…,"address":…}}]. The caller frees it. */
struct json *mail_address_list(const char *text);

#endif
