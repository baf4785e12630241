/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STORAGE_FAULTY_H
#define STORAGE_FAULTY_H

#include "storage/storage.h"

/*
 * A storage that stands before another one and fails as a test wants it: at the n-th call, or
 * where a function says so. For tests alone.
 */

enum fault_verb {
	FAULT_PUT = 1 << 0,
	FAULT_READ = 1 << 1, /* storage_read and storage_read_all */
	FAULT_SIZE = 1 << 2,
	FAULT_LIST = 1 << 3,
	FAULT_REMOVE = 1 << 4,
	FAULT_CLEAN = 1 << 5,
	FAULT_NOW = 1 << 6,
	FAULT_RETAIN = 1 << 7,
};

enum fault_kind {
	FAULT_NONE = 0,
	FAULT_ERROR, /* nothing happens, and the call returns `error` */
	FAULT_LATE,  /* it happens, and the call returns `error`: the answer was lost */
	/* Only the first half of it happens, without a word of it: what is read has zeros
	 * behind, or ends there; a list ends; of an object half is put. */
	FAULT_CUT,
	/* It does not happen, and 0 is returned as if it had; of what is read a bit is another,
	 * a size is one more, a list lacks each second object. */
	FAULT_LIE,
};

struct fault {
	enum fault_kind kind;
	enum err error;   /* of FAULT_ERROR and FAULT_LATE; 0: ERR_IO */
	int64_t delay_us; /* slept before the call; with FAULT_NONE too */
};

/** A call, as a plan's function sees it. */
struct fault_call {
	enum fault_verb verb;
	const char *name; /* of the object or folder; "" */
	size_t size;      /* of what is put */
	uint64_t number;  /* which one of the calls that the plan is about, from 1 */
};

struct fault_plan {
	int verbs; /* which calls it is about, enum fault_verb put together; 0: all */
	/* Calls number `at` up to and with at + more are hit by `fault`; 0: none. */
	uint64_t at, more;
	struct fault fault;
	/* Instead of these, where it is not NULL; called by one thread at a time. */
	struct fault (*decide)(void *context, const struct fault_call *call);
	void *context;
};

/** Takes `inner` over. The plan is copied. */
struct storage *storage_open_faulty(struct storage *inner, const struct fault_plan *plan);

/** Another plan, which counts from 1. */
void storage_faulty_plan(struct storage *storage, const struct fault_plan *plan);

/** How many calls that the plan is about there were since it was set. */
uint64_t storage_faulty_calls(struct storage *storage);

#endif
