/* SPDX-License-Identifier: Apache-2.0 */
#include "license_client/vendor_root.h"

#include <stddef.h>

#include "vendor_root_config.h"

const char *vendor_root(void)
{
#ifdef VENDOR_ROOT
	return VENDOR_ROOT;
#else
	return NULL;
#endif
}
