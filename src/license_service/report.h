/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_SERVICE_REPORT_H
#define LICENSE_SERVICE_REPORT_H

#include <stdint.h>

#include "base/err.h"
#include "base/json.h"
#include "license_service/store.h"

/** What the vendor sees of a license: the JSON of `garner-licensing show`, without its key.
 * What came due is applied first. ERR_NOTFOUND, and the database's errors. The caller frees it.
 */
NODISCARD int report_license(
	struct store *store, const char *license_id, int64_t now_s, struct json **out);

#endif
