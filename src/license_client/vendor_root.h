/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_CLIENT_VENDOR_ROOT_H
#define LICENSE_CLIENT_VENDOR_ROOT_H

/** The text of the root.pub that the build was given (`-Dvendor_root=FILE`); NULL in a
 * development build, which takes the root key from its settings. */
const char *vendor_root(void);

#endif
