/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_CANCEL_H
#define BASE_CANCEL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * A wish to stop, seen by whoever looks: set from a signal handler or another thread, looked at
 * before each piece of work and each wait. NULL is one that is never set.
 */

struct cancel {
	atomic_bool wished;
};

static inline void cancel_wish(struct cancel *cancel)
{
	atomic_store(&cancel->wished, true);
}

static inline bool cancel_is_wished(struct cancel *cancel)
{
	return cancel && atomic_load(&cancel->wished);
}

#endif
