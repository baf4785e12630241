/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_OPENMETRICS_H
#define BASE_OPENMETRICS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * The text of metrics (OpenMetrics 1.0): a family is a head and the samples behind it, all
 * families end with openmetrics_end. Names are those of the program, and get "garner_" before
 * them; a label's value may be any text. Every call can fail with ERR_LIMIT alone.
 */

#define OPENMETRICS_CONTENT_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"

/** Begins a family: `type` is "counter", "gauge", "histogram", "stateset", "info". */
NODISCARD int openmetrics_head(
	struct buf *out, const char *name, const char *type, const char *help);

/** A sample without labels; a counter's name ends with "_total" here. */
NODISCARD int openmetrics_sample(struct buf *out, const char *name, int64_t value);

/** A sample with one label. */
struct openmetrics_label {
	const char *name;
	const char *value; /* UTF-8 */
};
NODISCARD int openmetrics_labelled(struct buf *out, const char *name,
	const struct openmetrics_label *label, int64_t value);

/** A whole family: a gauge without labels. */
NODISCARD int openmetrics_gauge(
	struct buf *out, const char *name, const char *help, int64_t value);

NODISCARD int openmetrics_end(struct buf *out);

#endif
