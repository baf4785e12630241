/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "storage/s3_priv.h"

/* Pages of a list, and of the uploads that were begun. What a server says of the next page is
 * believed only as long as the names grow, so that no answer makes it endless. */

static const char PAGE_SIZE[] = "1000";

struct paging {
	struct s3 *s3;
	storage_entry_fn *visit;
	void *context;
	char *last;  /* name; of the page before, too */
	char *token; /* of the next page; NULL: none */
	bool is_encoded, skips_temporary;
};

static int protocol(const struct s3 *s3, const char *what)
{
	return err_set(ERR_PROTOCOL, "%s lists %s", s3->storage.place, what);
}

/* The texts of one element of a list. */
struct element {
	char *key, *size, *modified;
};

static void free_element(struct element *element)
{
	mem_free(element->key);
	mem_free(element->size);
	mem_free(element->modified);
}

/* Names are percent-encoded where the answer says so; NULL where they are no texts. */
static char *decode(const char *key, bool is_encoded)
{
	if (!key || !is_encoded)
		return mem_strdup(key);
	return text_percent_decode(key, true);
}

static bool says_encoded(const struct s3_xml *xml)
{
	AUTO_TEXT type = s3_xml_text(xml, "EncodingType");

	return type && text_equal(type, "url");
}

static int visit_element(struct paging *paging, const struct element *element)
{
	struct s3 *s3 = paging->s3;
	AUTO_TEXT key = decode(element->key, paging->is_encoded);
	struct storage_entry entry = {0};
	int64_t size;

	if (!key || !text_starts_with(key, s3->prefix))
		return protocol(s3, "a name that was not asked for");
	if (paging->last && strcmp(key, paging->last) <= 0)
		return protocol(s3, "names out of order");
	mem_replace(&paging->last, mem_strdup(key));
	entry.name = key + strlen(s3->prefix);
	if (!element->size || text_to_int(element->size, 0, INT64_MAX, &size) < 0)
		return protocol(s3, "an object without a size");
	if (!element->modified || timestamp_parse(element->modified, &entry.modified_s) < 0)
		return protocol(s3, "an object without a time");
	entry.size = (uint64_t)size;
	/* Folders that another program has made as objects. */
	if (!*entry.name || text_ends_with(entry.name, "/"))
		return 0;
	if (paging->skips_temporary && text_starts_with(entry.name, STORAGE_TEMPORARY "/"))
		return 0;
	return paging->visit(paging->context, &entry);
}

static int take_contents(void *context, const struct s3_xml *xml)
{
	struct element element = {s3_xml_text(xml, "Key"), s3_xml_text(xml, "Size"),
		s3_xml_text(xml, "LastModified")};
	int r = visit_element(context, &element);

	free_element(&element);
	return r;
}

static int take_page(struct paging *paging, struct s3_answer *answer)
{
	AUTO_XML xml = NULL;
	int r = s3_xml_parse(&answer->response.body, &xml);

	if (r < 0)
		return err_wrap(r, "%s", paging->s3->storage.place);
	if (!s3_xml_is(xml, "ListBucketResult"))
		return protocol(paging->s3, "no objects, but something else");
	AUTO_TEXT truncated = s3_xml_text(xml, "IsTruncated");
	AUTO_TEXT before = mem_strdup(paging->last);
	mem_replace(&paging->token, NULL);
	paging->is_encoded = says_encoded(xml);
	r = s3_xml_each(xml, "Contents", take_contents, paging);
	if (r != 0)
		return r;
	if (!truncated || !text_equal_nocase(truncated, "true"))
		return 0;
	paging->token = s3_xml_text(xml, "NextContinuationToken");
	bool grew = paging->last && (!before || !text_equal(before, paging->last));
	return paging->token && *paging->token && grew
		       ? 0
		       : protocol(paging->s3, "pages without an end");
}

static int ask_page(struct paging *paging, const char *prefix)
{
	struct s3_request request = {.method = "GET", .doing = "cannot list"};
	AUTO_ANSWER answer = {0};

	s3_add_pair(request.query, "list-type", "2");
	s3_add_pair(request.query, "encoding-type", "url");
	s3_add_pair(request.query, "max-keys", PAGE_SIZE);
	s3_add_pair(request.query, "prefix", prefix);
	if (paging->token)
		s3_add_pair(request.query, "continuation-token", paging->token);
	int r = s3_ask(paging->s3, &request, &answer);
	return r < 0 ? r : take_page(paging, &answer);
}

static int list_below(struct s3 *s3, const char *folder, storage_entry_fn *visit, void *context)
{
	struct paging paging = {
		.s3 = s3, .visit = visit, .context = context, .skips_temporary = !*folder};
	AUTO_TEXT prefix =
		*folder ? mem_printf("%s%s/", s3->prefix, folder) : mem_strdup(s3->prefix);
	int r;

	do
		r = ask_page(&paging, prefix);
	while (r == 0 && paging.token);
	mem_free(paging.last);
	mem_free(paging.token);
	return r;
}

int s3_list(struct storage *storage, const char *folder, storage_entry_fn *visit, void *context)
{
	return list_below((struct s3 *)storage, folder, visit, context);
}

struct cleaning {
	struct s3 *s3;
	int64_t before_s;
	int aborted;
	bool is_encoded;
};

static int abort_one(struct cleaning *cleaning, const char *key, const char *id)
{
	struct s3 *s3 = cleaning->s3;
	struct s3_request request = {.method = "DELETE", .doing = "cannot abort"};
	AUTO_ANSWER answer = {0};

	if (!text_starts_with(key, s3->prefix))
		return protocol(s3, "an upload that was not asked for");
	request.name = key + strlen(s3->prefix);
	s3_add_pair(request.query, "uploadId", id);
	int r = s3_send(s3, &request, &answer);
	if (r < 0)
		return r;
	cleaning->aborted++;
	return s3_is_good(&answer) || answer.response.status == 404
		       ? 0
		       : s3_fail(s3, &request, &answer);
}

static int take_upload(void *context, const struct s3_xml *xml)
{
	struct cleaning *cleaning = context;
	AUTO_TEXT encoded = s3_xml_text(xml, "Key");
	AUTO_TEXT key = decode(encoded, cleaning->is_encoded);
	AUTO_TEXT id = s3_xml_text(xml, "UploadId");
	AUTO_TEXT begun = s3_xml_text(xml, "Initiated");
	int64_t begun_s;

	if (!key || !id || !begun || timestamp_parse(begun, &begun_s) < 0)
		return protocol(cleaning->s3, "an upload without its name, id or time");
	return begun_s < cleaning->before_s ? abort_one(cleaning, key, id) : 0;
}

/* One page of uploads; *out_more where there may be another one. */
static int clean_page(struct cleaning *cleaning, bool *out_more)
{
	struct s3 *s3 = cleaning->s3;
	struct s3_request request = {.method = "GET", .doing = "cannot list"};
	AUTO_ANSWER answer = {0};
	AUTO_XML xml = NULL;

	s3_add_pair(request.query, "uploads", "");
	s3_add_pair(request.query, "encoding-type", "url");
	s3_add_pair(request.query, "prefix", s3->prefix);
	int r = s3_ask(s3, &request, &answer);
	if (r < 0)
		return r;
	r = s3_xml_parse(&answer.response.body, &xml);
	if (r < 0)
		return err_wrap(r, "%s", s3->storage.place);
	cleaning->is_encoded = says_encoded(xml);
	cleaning->aborted = 0;
	r = s3_xml_each(xml, "Upload", take_upload, cleaning);
	AUTO_TEXT truncated = s3_xml_text(xml, "IsTruncated");
	*out_more = truncated && text_equal_nocase(truncated, "true");
	return r;
}

static int remove_old_probe(void *context, const struct storage_entry *entry)
{
	struct cleaning *cleaning = context;

	return entry->modified_s < cleaning->before_s
		       ? s3_remove(&cleaning->s3->storage, entry->name)
		       : 0;
}

int s3_clean(struct storage *storage, int64_t before_s)
{
	struct s3 *s3 = (struct s3 *)storage;
	struct cleaning cleaning = {.s3 = s3, .before_s = before_s};
	bool more = false;
	int r;

	/* Those that were aborted are not on the next page, so it is the first each time. */
	do
		r = clean_page(&cleaning, &more);
	while (r == 0 && more && cleaning.aborted > 0);
	if (r == 0)
		r = list_below(s3, STORAGE_TEMPORARY, remove_old_probe, &cleaning);
	return r == ERR_RETAINED ? 0 : r;
}
