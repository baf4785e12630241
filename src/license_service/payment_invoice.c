/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "license_service/payment.h"

/* An invoice that is paid by other ways, and settled by hand: the words of the vendor are all
 * that there is to it, and who may settle has shown that before. */

static bool is_offered(const struct settings *settings)
{
	return settings->invoice_text != NULL;
}

static char *how_to_pay(const struct settings *settings, const struct order *order)
{
	return payment_fill(settings->invoice_text, settings, order, false);
}

static char *no_link(const struct settings *settings, const struct order *order)
{
	(void)settings;
	(void)order;
	return NULL;
}

static int read_settlement(const struct settings *settings,
	const struct payment_message *message, struct payment_report *out)
{
	(void)settings;
	*out = (struct payment_report){.event = PAYMENT_SUCCEEDED, .amount = -1};
	if (!message->message.id || strlen(message->message.id) >= sizeof(out->order_id))
		return err_set(ERR_INVALID, "there is no such order");
	snprintf(out->order_id, sizeof(out->order_id), "%s", message->message.id);
	return 0;
}

const struct payment_side payment_invoice = {
	.name = "invoice",
	.is_offered = is_offered,
	.how_to_pay = how_to_pay,
	.link = no_link,
	.read = read_settlement,
};
