/* SPDX-License-Identifier: Apache-2.0 */
#include "job/notify_text.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/timestamp.h"

enum { GROUPS = 5, GROUP_SIZE = 5, KEY_SIZE = GROUPS * GROUP_SIZE + GROUPS - 1, WORST = 200 };

/* What a code means, and what is to be done. */
static const struct meaning {
	const char *code, *what, *todo;
} meanings[] = {
	{"no_license", "not backed up for want of licenses",
		"buy licenses or release some; the next start backs it up"},
	{"unsupported", "not backed up, because it is not supported",
		"see the reason, and take it out of the job where it is not wanted"},
	{"waiting", "not backed up yet: the licensing service did not answer",
		"see that the service can be reached; it goes on by itself"},
	{"failed", "not backed up in the last run",
		"see the reason; the next run tries it again"},
	{"run_failed", "a run failed", "see the reason, and start the job again"},
	{"permission_missing", "some kinds of objects may not be read",
		"grant the permission that the notice names"},
	{"license_expires_soon", "the subscription ends soon", "renew it in time"},
	{"license_expired", "the subscription has ended: no backup runs",
		"renew it with the same key"},
	{"trial_expires_soon", "the trial ends soon", "buy licenses and enter the key"},
	{"trial_over", "the trial is over: no backup runs", "buy licenses and enter the key"},
	{"license_offline", "the licensing service does not answer",
		"see that it can be reached; backups go on until the time named"},
	{"license_suspended", "jobs are suspended: the licensing service did not answer",
		"see that it can be reached; jobs go on by themselves"},
	{"license_revoked", "the license key was revoked: no backup runs", "ask the vendor"},
	{"license_trouble", "something is wrong with the license's state",
		"do what the notice says"},
	{"job_suspended", "suspended (waiting for the licensing server)",
		"see that the licensing service can be reached"},
	{"job_overdue", "no successful run in its expected time",
		"see whether garnerd runs, and why the job does not"},
	{"older_model", "jobs of the older licensing model wait", "take them over"},
	{"notify_failed", "messages to a receiver were given up",
		"see garner notify log, and try garner notify test"},
	{"", "bad news", "see garner notices"},
};

static const struct meaning *meaning_of(const struct json *notice)
{
	const char *code = json_get_text_or(notice, "code", "");
	size_t i = 0;

	while (*meanings[i].code && !text_equal(meanings[i].code, code))
		i++;
	return &meanings[i];
}

static bool is_symbol(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Five groups of five, parted by dashes, and nothing before or behind. */
static bool is_key(const char *text)
{
	for (size_t i = 0; i < KEY_SIZE; i++) {
		bool is_dash = i % (GROUP_SIZE + 1) == GROUP_SIZE;
		if (is_dash ? text[i] != '-' : !is_symbol(text[i]))
			return false;
	}
	return !is_symbol(text[KEY_SIZE]);
}

void notify_mask_keys(char *text)
{
	for (char *at = text; *at; at++) {
		if ((at != text && is_symbol(at[-1])) || !is_key(at))
			continue;
		for (size_t i = GROUP_SIZE; i < KEY_SIZE; i++)
			at[i] = at[i] == '-' ? '-' : '*';
	}
}

/* "job night, mailbox:ada@contoso.example: ", or "". */
static char *where(const struct json *notice)
{
	const char *job = json_get_text_or(notice, "job", "");
	const char *object = json_get_text_or(notice, "object", "");

	return mem_printf("%s%s%s%s%s", *job ? "job " : "", job, *job && *object ? ", " : "",
		object, *job || *object ? ": " : "");
}

static void one_line(char *text)
{
	for (char *at = text; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			*at = ' ';
	text[text_utf8_cut(text, WORST)] = 0;
}

char *notify_subject(const struct notify_message *message)
{
	const struct json *first = json_at(message->notices, 0);
	size_t count = json_count(message->notices);
	const char *over = text_equal(message->event, "cleared") ? "over: " : "";

	if (!first)
		return mem_printf(
			"Garner on %s: this is a test; nothing is to be done", message->host);
	AUTO_TEXT place = where(first);
	AUTO_TEXT more = count > 1 ? mem_printf(" (and %zu more)", count - 1) : mem_strdup("");
	char *subject = mem_printf("Garner on %s: %s%s%s%s%s%s", message->host, over, place,
		meaning_of(first)->what, more, *over ? "" : "; ",
		*over ? "" : meaning_of(first)->todo);
	one_line(subject);
	notify_mask_keys(subject);
	return subject;
}

static char *paragraph(const struct json *notice, bool is_over)
{
	AUTO_TEXT place = where(notice);
	const char *cleared = json_get_text(notice, "cleared_at");
	AUTO_TEXT end = cleared ? mem_printf("Over since: %s\n", cleared) : mem_strdup("");
	AUTO_TEXT todo = is_over ? mem_strdup("")
				 : mem_printf("What to do: %s.\n", meaning_of(notice)->todo);

	return mem_printf("%s%s\n%s\nSince: %s\n%s%s\n", place, meaning_of(notice)->what,
		json_get_text_or(notice, "text", ""), json_get_text_or(notice, "raised_at", ""),
		end, todo);
}

char *notify_text(const struct notify_message *message)
{
	bool is_over = text_equal(message->event, "cleared");
	AUTO_TEXT text = mem_printf("Garner on %s %s\n\n", message->host,
		json_count(message->notices) == 0 ? "sends this test: messages get here."
		: is_over                         ? "says that this is over:"
						  : "has bad news:");

	for (size_t i = 0; i < json_count(message->notices); i++) {
		AUTO_TEXT one = paragraph(json_at(message->notices, i), is_over);
		mem_replace(&text, mem_printf("%s%s", text, one));
	}
	mem_replace(&text, mem_printf("%sAll that stands now: garner notices\n", text));
	notify_mask_keys(text);
	return STEAL(text);
}

char *notify_body(const struct notify_message *message)
{
	AUTO_JSON body = json_new_object();
	AUTO_TEXT type = text_equal(message->event, "test")
				 ? mem_strdup("test")
				 : mem_printf("notice.%s", message->event);
	struct json *data = json_new_object();

	json_put_text(body, "type", type);
	json_put_time(body, "timestamp", message->created_s);
	json_put_text(data, "installation", message->host);
	if (json_count(message->notices) == 1)
		json_put(data, "notice", json_share(json_at(message->notices, 0)));
	else
		json_put(data, "notices", json_share(message->notices));
	json_put(body, "data", data);
	char *text = json_text(body, false);
	notify_mask_keys(text);
	return text;
}
