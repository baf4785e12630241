/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/graph_types.h"

#include <string.h>

/* The properties are those of Microsoft's own description of Graph v1.0 (CSDL, August 2026),
 * with those of the base types in front; "*" marks collections. */
const struct graph_type graph_type_user = {"microsoft.graph.user",
	"id deletedDateTime aboutMe accountEnabled ageGroup assignedLicenses* "
	"assignedPlans* authorizationInfo birthday businessPhones* city companyName "
	"consentProvidedForMinor country createdDateTime creationType "
	"customSecurityAttributes department deviceEnrollmentLimit displayName "
	"employeeHireDate employeeId employeeLeaveDateTime employeeOrgData "
	"employeeType externalUserState externalUserStateChangeDateTime faxNumber "
	"givenName hireDate identities* identityParentId imAddresses* interests* "
	"isManagementRestricted isResourceAccount jobTitle lastPasswordChangeDateTime "
	"legalAgeGroupClassification licenseAssignmentStates* mail mailboxSettings "
	"mailNickname mobilePhone mySite officeLocation onPremisesDistinguishedName "
	"onPremisesDomainName onPremisesExtensionAttributes onPremisesImmutableId "
	"onPremisesLastSyncDateTime onPremisesProvisioningErrors* "
	"onPremisesSamAccountName onPremisesSecurityIdentifier onPremisesSyncEnabled "
	"onPremisesUserPrincipalName otherMails* passwordPolicies passwordProfile "
	"pastProjects* postalCode preferredDataLocation preferredLanguage "
	"preferredName print provisionedPlans* proxyAddresses* responsibilities* "
	"schools* securityIdentifier serviceProvisioningErrors* showInAddressList "
	"signInActivity signInSessionsValidFromDateTime skills* state streetAddress "
	"surname usageLocation userPrincipalName userType "};

const struct graph_type graph_type_message = {"microsoft.graph.message",
	"id categories* changeKey createdDateTime lastModifiedDateTime bccRecipients* "
	"body bodyPreview ccRecipients* conversationId conversationIndex flag from "
	"hasAttachments importance inferenceClassification internetMessageHeaders* "
	"internetMessageId isDeliveryReceiptRequested isDraft isRead "
	"isReadReceiptRequested parentFolderId receivedDateTime replyTo* sender "
	"sentDateTime subject toRecipients* uniqueBody webLink "};

const struct graph_type graph_type_mail_folder = {"microsoft.graph.mailFolder",
	"id childFolderCount displayName isHidden parentFolderId totalItemCount "
	"unreadItemCount "};

const struct graph_type graph_type_mailbox_settings = {"microsoft.graph.mailboxSettings",
	"archiveFolder automaticRepliesSetting dateFormat "
	"delegateMeetingMessageDeliveryOptions language timeFormat timeZone "
	"userPurpose workingHours "};

const struct graph_type graph_type_license_details = {
	"microsoft.graph.licenseDetails", "id servicePlans* skuId skuPartNumber "};

const struct graph_type graph_type_subscribed_sku = {"microsoft.graph.subscribedSku",
	"id accountId accountName appliesTo capabilityStatus consumedUnits "
	"prepaidUnits servicePlans* skuId skuPartNumber subscriptionIds* "};

const struct graph_type graph_type_organization = {"microsoft.graph.organization",
	"id deletedDateTime assignedPlans* businessPhones* city country "
	"countryLetterCode createdDateTime defaultUsageLocation displayName "
	"marketingNotificationEmails* mobileDeviceManagementAuthority "
	"onPremisesLastSyncDateTime onPremisesSyncEnabled partnerTenantType postalCode "
	"preferredLanguage privacyProfile provisionedPlans* "
	"securityComplianceNotificationMails* securityComplianceNotificationPhones* "
	"state street technicalNotificationMails* tenantType verifiedDomains* "};

const struct graph_type graph_type_group = {"microsoft.graph.group",
	"id deletedDateTime accessType allowExternalSenders assignedLabels* assignedLicenses* "
	"autoSubscribeNewMembers classification createdDateTime description displayName "
	"expirationDateTime groupTypes* hasMembersWithLicenseErrors hideFromAddressLists "
	"hideFromOutlookClients infoCatalogs* isArchived isAssignableToRole isFavorite "
	"isManagementRestricted isSubscribedByMail licenseProcessingState mail mailEnabled "
	"mailNickname membershipRule membershipRuleProcessingState onPremisesDomainName "
	"onPremisesExtensionAttributes onPremisesLastSyncDateTime onPremisesNetBiosName "
	"onPremisesProvisioningErrors* onPremisesSamAccountName onPremisesSecurityIdentifier "
	"onPremisesSyncEnabled organizationId preferredDataLocation preferredLanguage "
	"proxyAddresses* renewedDateTime resourceBehaviorOptions* resourceProvisioningOptions* "
	"securityEnabled securityIdentifier serviceProvisioningErrors* theme uniqueName "
	"unseenConversationsCount unseenCount unseenMessagesCount visibility "
	"welcomeMessageEnabled "};

const struct graph_type graph_type_conversation = {"microsoft.graph.conversation",
	"id hasAttachments lastDeliveredDateTime preview topic uniqueSenders* "};

const struct graph_type graph_type_thread = {"microsoft.graph.conversationThread",
	"id ccRecipients* hasAttachments isLocked lastDeliveredDateTime preview topic "
	"toRecipients* uniqueSenders* "};

const struct graph_type graph_type_post = {"microsoft.graph.post",
	"id categories* changeKey createdDateTime lastModifiedDateTime body conversationId "
	"conversationThreadId from hasAttachments newParticipants* receivedDateTime sender "};

const struct graph_type graph_type_drive = {"microsoft.graph.drive",
	"id createdBy createdDateTime description eTag lastModifiedBy lastModifiedDateTime "
	"name "
	"parentReference webUrl driveType owner quota sharePointIds system "};

const struct graph_type graph_type_drive_item = {"microsoft.graph.driveItem",
	"id createdBy createdDateTime description eTag lastModifiedBy lastModifiedDateTime "
	"name "
	"parentReference webUrl audio bundle content cTag deleted file fileSystemInfo folder "
	"image location malware package pendingOperations photo publication remoteItem root "
	"searchResult shared sharepointIds size specialFolder video webDavUrl "};

bool graph_type_find(
	const struct graph_type *type, const char *name, size_t size, bool *out_list)
{
	const char *at = type->properties;

	while (*at) {
		size_t length = strcspn(at, " *");
		bool is_list = at[length] == '*';
		if (length == size && memcmp(at, name, size) == 0) {
			*out_list = is_list;
			return true;
		}
		at += length + is_list;
		at += strspn(at, " ");
	}
	return false;
}
