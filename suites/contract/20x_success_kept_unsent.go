package contract

import "strings"

// unsent are the documented properties of request bodies that none of the rows sends, each with the reason.
var unsent = map[string]map[string]string{
	"CreateTenant": {"default_idp_id": oneIDP, "update_lock": shutOut, "settings": unread},
	"UpdateTenant": {"default_idp_id": oneIDP, "update_lock": shutOut, "ancestral_access": shutOut,
		"brand_id": platformGives, "external_operation_status": platformGives,
		"parent_id": "see 20x/shows-moved/FetchTenant"},
	"CreateUser":             {"idp_id": oneIDP, "use_existing_identity": unread},
	"UpdateUser":             {"idp_id": oneIDP},
	"RegisterInfrastructure": {"backend_type": "only a root administrator changes it"},
	"UpdateInfrastructure":   {"backend_type": "only a root administrator changes it"},
	"CreateReport":           {"generation_date": "it follows from the schedule"},
	"ModifyCustomBranding": {"id": platformGives, "logotype": platformGives,
		"smtp_password": "it reads back empty (guide, branding)"},
	"SetTenantOfferingItems":   {"check_usage": "it says how to change, and not what"},
	"UpdateUserAccessPolicies": {"paging": platformGives},
	"UpdateTenantDefaultIdpId": {"idp_id": otherIDP, "apply_to_children": otherIDP},
	"SwitchTenantEdition":      {"application_id": otherEditions, "target_edition": otherEditions},
	"ManageTenantMFAStatus":    {"enabled": "see 20x/took-effect/ManageTenantMFAStatus"},
	"ManageUserMFAStatus":      {"enabled": "see 20x/switched-off/ManageUserMFAStatus"},
	"UpdateTenantsUsages":      {"items": "usages are refreshed after hours"},
	"SetUserPassword":          {"password": "a password is never read"},
	"RequestOneTimeToken":      usedOnce("purpose user_id login external_id audit_data"),
	"LogInWithOneTimeToken":    usedOnce("ott"),

	"DeviceAuthorizationApproval_1": usedOnce("code tenant_uuid"),
}

const (
	unread        = "no read shows it"
	otherEditions = "see 20x/other-edition/SwitchTenantEdition"
	otherIDP      = "see 20x/another-provider/UpdateTenantDefaultIdpId"
	oneIDP        = "there is no second identity provider, and the first one shows nothing"
	shutOut       = "it shuts out those above, and the clean-up with them: specs of 403 look at it"
	platformGives = "the platform gives it"
)

// usedOnce are the properties of what is used once, and kept nowhere.
func usedOnce(names string) map[string]string {
	all := map[string]string{}
	for name := range strings.FieldsSeq(names) {
		all[name] = "it is used once"
	}
	return all
}
