/* SPDX-License-Identifier: Apache-2.0 */
#include "source/graph/graph_priv.h"

int graph_objects(void *self, source_object_fn *visit, void *context)
{
	struct graph *graph = self;
	int r = graph_users_fetch(graph);

	graph_gaps_clear(graph);
	for (size_t i = 0; r == 0 && i < graph->users.count; i++) {
		const struct graph_user *user = &graph->users.list[i];
		if (!user->guest)
			r = graph_mailbox_visit(graph, user, visit, context);
		if (r == 0)
			r = graph_drive_visit(graph, user, visit, context);
	}
	return r != 0 ? r : graph_groups_visit(graph, visit, context);
}
