/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "source/graph/graph_priv.h"

void graph_gaps_clear(struct graph *graph)
{
	graph->gaps.count = 0;
}

bool graph_gaps_has(const struct graph *graph, const char *kind)
{
	for (size_t i = 0; i < graph->gaps.count; i++)
		if (text_equal(graph->gaps.list[i].kind, kind))
			return true;
	return false;
}

void graph_gaps_add(struct graph *graph, const char *kind, enum graph_task task)
{
	struct graph_gaps *gaps = &graph->gaps;

	if (graph_gaps_has(graph, kind))
		return;
	ASSERT(gaps->count < GRAPH_GAPS_MAX);
	gaps->list[gaps->count++] = (struct graph_gap){kind, task};
	log_warning("objects_left_out", "kind", kind, "permission",
		graph_permission(task)->name, NULL);
}

int graph_gaps(void *self, source_gap_fn *visit, void *context)
{
	const struct graph *graph = self;
	int r = 0;

	for (size_t i = 0; r == 0 && i < graph->gaps.count; i++) {
		const struct graph_permission *permission =
			graph_permission(graph->gaps.list[i].task);
		AUTO_TEXT text =
			mem_printf("objects of the kind %s are left out: give the app the "
				   "application permission %s of Microsoft Graph and "
				   "consent to it",
				graph->gaps.list[i].kind, permission->name);
		r = visit(context, &(struct source_gap){.kind = graph->gaps.list[i].kind,
					   .permission = permission->name,
					   .text = text});
	}
	return r;
}
