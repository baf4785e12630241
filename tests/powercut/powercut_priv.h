/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_POWERCUT_PRIV_H
#define TESTS_POWERCUT_PRIV_H

#include <pthread.h>
#include <stdbool.h>

#include "powercut.h"

/* The record, which record.c makes and state.c reads. Files and folders have numbers, the
 * recorded folder is 0. */

enum event_kind {
	EVENT_WRITE, /* file, offset, data */
	EVENT_SYNC,  /* file: its data; folder: its names */
	EVENT_NAME,  /* folder, name, file: the name is that file from now on, or nothing */
	EVENT_MARK,
};

enum { NO_FILE = -1 };

struct event {
	enum event_kind kind;
	int folder, file;
	char *name;
	uint64_t offset;
	unsigned char *data;
	size_t size;
};

/* What is known of a file or folder while it is recorded. */
struct known_file {
	bool is_folder;
	uint64_t size; /* where the next write goes */
};

struct known_name {
	int folder, file;
	char *name;
};

enum { FDS_MAX = 4096 };

struct powercut {
	pthread_mutex_t lock; /* guards all below while the recording lasts */
	char *folder;         /* absolute */
	struct event *events;
	size_t count, capacity;
	size_t initial; /* events that made what was there at the beginning */
	struct known_file *files;
	size_t file_count, file_capacity;
	struct known_name *names;
	size_t name_count, name_capacity;
	int fds[FDS_MAX]; /* number of the open file, or NO_FILE */
};

#endif
