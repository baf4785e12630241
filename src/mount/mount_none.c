/* SPDX-License-Identifier: Apache-2.0 */
#include "mount/mount.h"

int mount_snapshot(
	struct repo *repo, const struct snapshot *snapshot, const struct mount_options *options)
{
	(void)repo;
	(void)snapshot;
	(void)options;
	return err_set(ERR_INVALID, "this garner was built without libfuse3 and cannot mount; "
				    "use garner restore");
}
