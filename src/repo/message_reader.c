/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/message_reader.h"

#include "item/mime_build.h"
#include "repo/recipe.h"
#include "repo/repo_priv.h"

struct making {
	struct repo *repo;
	repo_sink_fn *sink;
	void *context;
	uint64_t left; /* bytes of the message that have to come yet */
};

static int give(void *context, const void *data, size_t size)
{
	struct making *making = context;

	if (size > making->left)
		return err_set(ERR_CORRUPT, "a message has more bytes than is said of it");
	making->left -= size;
	return size > 0 ? making->sink(making->context, data, size) : 0;
}

static int encode(void *context, const void *data, size_t size)
{
	return mime_encoder_add(context, data, size);
}

static int make_body(struct making *making, const struct recipe_step *step)
{
	struct mime_encoder *encoder = NULL;
	int r = mime_encoder_new(&step->facts, give, making, &encoder);

	if (r == 0)
		r = step->kind == RECIPE_BODY
			    ? repo_read(making->repo, &step->content, encode, encoder)
			    : mime_encoder_add(encoder, step->data, step->size);
	if (r == 0)
		r = mime_encoder_finish(encoder);
	mime_encoder_free(encoder);
	return r;
}

typedef int recipe_step_fn(void *context, const struct recipe_step *step);

static int walk_steps(struct repo *repo, const struct repo_content *content,
	recipe_step_fn *visit, void *context)
{
	AUTO_BUF recipe = buf_init(RECIPE_MAX);
	struct recipe_step step;
	struct reader reader;
	int r = chunk_get(repo, content->id, &recipe);

	if (r < 0)
		return r == ERR_LIMIT ? err_set(ERR_CORRUPT, "a recipe is too long") : r;
	r = recipe_begin(&reader, recipe.data, recipe.size);
	while (r == 0 && (r = recipe_next(&reader, &step)) == 1)
		r = visit(context, &step);
	return r;
}

static int make_step(void *context, const struct recipe_step *step)
{
	if (step->kind == RECIPE_LITERAL)
		return give(context, step->data, step->size);
	return make_body(context, step);
}

int message_read(struct repo *repo, const struct repo_content *content, repo_sink_fn *sink,
	void *context)
{
	struct making making = {repo, sink, context, content->size};
	int r = walk_steps(repo, content, make_step, &making);

	if (r == 0 && making.left > 0)
		r = err_set(ERR_CORRUPT, "a message has fewer bytes than is said of it");
	return r;
}

struct walking {
	struct repo *repo;
	content_chunk_fn *visit;
	void *context;
};

static int walk_step(void *context, const struct recipe_step *step)
{
	const struct walking *walking = context;

	if (step->kind != RECIPE_BODY)
		return 0;
	return content_walk(walking->repo, &step->content, walking->visit, walking->context);
}

int message_walk(struct repo *repo, const struct repo_content *content, content_chunk_fn *visit,
	void *context)
{
	struct walking walking = {repo, visit, context};

	return walk_steps(repo, content, walk_step, &walking);
}
