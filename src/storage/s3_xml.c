/* SPDX-License-Identifier: Apache-2.0 */
#include <libxml/parser.h>
#include <pthread.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "storage/s3_priv.h"

struct s3_xml {
	xmlDoc *document; /* NULL: an element of another one */
	xmlNode *element;
};

static pthread_once_t initialized = PTHREAD_ONCE_INIT;

static void initialize(void)
{
	xmlInitParser();
}

int s3_xml_parse(const struct buf *body, struct s3_xml **out)
{
	*out = NULL;
	pthread_once(&initialized, initialize);
	xmlDoc *document = NULL;
	if (body->size > 0 && body->size <= S3_BODY_CEILING)
		document = xmlReadMemory((const char *)body->data, (int)body->size, NULL, NULL,
			XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	xmlNode *root = document ? xmlDocGetRootElement(document) : NULL;
	/* No answer declares types or entities; what would can only mean harm. */
	if (!root || document->intSubset) {
		xmlFreeDoc(document);
		return err_set(ERR_PROTOCOL, "the answer is not the XML that it should be");
	}
	*out = mem_alloc(sizeof(**out));
	**out = (struct s3_xml){document, root};
	return 0;
}

void s3_xml_free(struct s3_xml *xml)
{
	if (!xml)
		return;
	xmlFreeDoc(xml->document);
	mem_free(xml);
}

void s3_xml_free_one(struct s3_xml **xml)
{
	s3_xml_free(*xml);
}

static bool has_name(const xmlNode *node, const char *name, size_t size)
{
	const char *own = (const char *)node->name;

	return node->type == XML_ELEMENT_NODE && strlen(own) == size &&
	       memcmp(own, name, size) == 0;
}

bool s3_xml_is(const struct s3_xml *xml, const char *name)
{
	return has_name(xml->element, name, strlen(name));
}

static xmlNode *child(const xmlNode *node, const char *name, size_t size)
{
	for (xmlNode *at = node->children; at; at = at->next)
		if (has_name(at, name, size))
			return at;
	return NULL;
}

char *s3_xml_text(const struct s3_xml *xml, const char *path)
{
	xmlNode *node = xml->element;

	for (const char *at = path; node && *at;) {
		size_t size = strcspn(at, "/");
		node = child(node, at, size);
		at += size + (at[size] == '/');
	}
	if (!node)
		return NULL;
	xmlChar *content = xmlNodeGetContent(node);
	char *text = mem_strdup(content ? (const char *)content : "");
	xmlFree(content);
	return text;
}

int s3_xml_each(const struct s3_xml *xml, const char *name,
	int (*visit)(void *context, const struct s3_xml *element), void *context)
{
	int r = 0;

	for (xmlNode *at = xml->element->children; at && r == 0; at = at->next) {
		struct s3_xml element = {NULL, at};
		if (has_name(at, name, strlen(name)))
			r = visit(context, &element);
	}
	return r;
}
