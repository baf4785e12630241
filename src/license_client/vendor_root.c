/* SPDX-License-Identifier: Apache-2.0 */
#include "license_client/vendor_root.h"

#include <stddef.h>

#include "license/keyset.h"
#include "vendor_root_config.h"

#ifdef VENDOR_ROOT
_Static_assert(sizeof(VENDOR_ROOT) == KEYSET_ROOT_SIZE - 1, "vendor_root is not a root.pub");
#endif

const char *vendor_root(void)
{
#ifdef VENDOR_ROOT
	return VENDOR_ROOT;
#else
	return NULL;
#endif
}
