/* SPDX-License-Identifier: Apache-2.0 */
#include "license/request.h"

#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "crypto/hash.h"

static char *signed_text(const struct request *request)
{
	uint8_t digest[HASH_SIZE];
	char hex[2 * HASH_SIZE + 1];

	hash_sha256(request->body, request->body_size, digest);
	text_to_hex(digest, HASH_SIZE, hex);
	return mem_printf("GARNER-REQUEST/1\n%s\n%s\n%s\n%s\n%" PRId64 "\n%s\n",
		request->method, request->path, request->license_id ? request->license_id : "-",
		request->instance_id, request->at_s, hex);
}

void request_sign(const struct request *request, const struct sign_key *instance,
	uint8_t out[SIGN_SIGNATURE_SIZE])
{
	AUTO_TEXT text = signed_text(request);

	sign_make(instance, text, strlen(text), out);
}

bool request_is_signed(const struct request *request,
	const uint8_t instance_public[SIGN_PUBLIC_SIZE],
	const uint8_t signature[SIGN_SIGNATURE_SIZE])
{
	AUTO_TEXT text = signed_text(request);

	return sign_is_valid(instance_public, text, strlen(text), signature);
}
