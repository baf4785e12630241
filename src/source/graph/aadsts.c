/* SPDX-License-Identifier: Apache-2.0 */
#include "source/graph/graph_priv.h"

#define APP "the app registration in the Microsoft Entra admin center"

static const struct {
	int64_t code;
	const char *text;
} texts[] = {
	{7000215, "the client secret is wrong, or the secret's id was given in place of its "
		  "value; make a new secret in " APP " and give its value"},
	{7000222,
		"the client secret has expired; make a new one in " APP " and give it to this "
		"connection"},
	{7000216, "a client secret or certificate must be given; see " APP},
	{7000112,
		"the app is disabled; enable it under Enterprise applications in the Microsoft "
		"Entra admin center"},
	{700016, "there is no app with this client id in this tenant; compare client id and "
		 "tenant id with " APP ", and have an administrator consent to the app"},
	{700027, "the certificate's signature was refused; upload the certificate that belongs "
		 "to "
		 "this key to " APP},
	{700024, "the signed sign-in request is not within its time; set this machine's clock"},
	{700030, "the certificate was refused; upload the right one to " APP},
	{90002, "there is no such tenant; compare the tenant id with the overview of Microsoft "
		"Entra, and the authority with the cloud that the tenant lies in"},
	{900023, "the tenant id is neither an id nor a domain of a tenant; copy it from the "
		 "overview of Microsoft Entra"},
	{900382,
		"the tenant lies in another cloud; give that cloud's authority and Graph URLs"},
	{650052, "the tenant has no subscription for a service that the app asks for"},
	{500011,
		"the Graph URL is not known to this tenant; compare it with the cloud that the "
		"tenant lies in"},
	{70011, "the Graph URL is not known to the sign-in; compare it with the cloud that the "
		"tenant lies in"},
	{53003, "a Conditional Access policy of the tenant blocks this sign-in; exclude the "
		"app "
		"or allow this machine's address"},
	{50194, "the app was made for one tenant only; give that tenant's id"},
};

const char *graph_aadsts_text(int64_t code)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].code == code)
			return texts[i].text;
	return NULL;
}
