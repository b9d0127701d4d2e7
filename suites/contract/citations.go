package contract

import (
	"acronis-conformance/suites/internal/session"
	"acronis-conformance/suites/internal/spec"
)

const (
	guide      = spec.Reference + "guide/"
	errorCodes = "https://developer.acronis.com/doc/outbound/apis/api-library/account/error-codes.html"
)

// latestRevision are the pages that tell to fetch an object's latest revision and to name it in the change, by
// operation: for tenants in so many words so that concurrent changes do not meet. That an older one is refused is the
// purpose of it, and error 1001 is called version mismatch ("API error codes"). With which status is said nowhere. Of
// the versions of other objects the documentation says no more than that they have to be given.
var latestRevision = map[string]spec.Citation{
	"UpdateTenant":         revision("tenants/disabling-tenant", `"Disabling a tenant", step 3`),
	"DeleteTenant":         revision("tenants/deleting-tenant", `"Deleting a tenant", steps 4 and 5`),
	"EnableCustomBranding": revision("branding/enabling-branding", `"Enabling branding for a tenant", step 3`),
	"ModifyCustomBranding": revision("branding/updating-branding",
		`"Updating branding options for a tenant", step 3`),
	"DisableCustomBranding": revision("branding/disabling-branding", `"Disabling branding for a tenant", step 3`),
	"UpdateUser": revision("users/disabling-user",
		`"Disabling/enabling a user account", steps 3 and 4`),
	"DeleteUser":                    revision("users/deleting-user", `"Deleting a user account", steps 4 and 5`),
	"UpdateInfrastructuresLocation": revision("locations/updating-location", `"Updating a location", steps 3 and 4`),
	"DeleteInfrastructuresLocation": revision("locations/deleting-location", `"Deleting a location", steps 3 and 4`),
	"UpdateInfrastructure":          revision("locations/updating-infra", `"Updating a storage", steps 3 and 4`),
	"UnregisterInfrastructure":      revision("locations/deleting-infra", `"Deleting a storage", steps 3 and 4`),
}

func revision(page, section string) spec.Citation {
	return spec.Cites(`the version that is named has to be that of the object's latest revision; another one is a `+
		`mismatch, `+
		`error 1001 (guide, `+section+`; "API error codes")`, guide+page)
}

// quotaVersion is the only version of whose mismatch the documentation says the status: 426 in the knowledge base,
// beside the 409 that the reference lists.
var quotaVersion = spec.Cites(
	`the version of a quota has to be its current one; another one is answered with 426, or with the `+
		`409 of the reference (knowledge base, article 71376)`, "https://kb.acronis.com/content/71376")

var (
	uniqueTenantName = spec.Cites(
		`a tenant's name is the only one in its hierarchy; another one is a conflict, error 1004 (guide, `+
			`"Provisioning a customer tenant" and "Provisioning a partner tenant", parameters; "API error codes")`,
		errorCodes)
	takenLogin = spec.Cites(`a login that somebody has is answered with 409 (guide, "Creating a user account", step 4)`,
		guide+"users/creating-user")
	restoredClash = spec.Cites(
		`what is restored without force must not clash with a name or a login that was taken since: 409 `+
			`(reference, restoring of tenants and of users)`, spec.Reference)
	locationInUse = spec.Cites(`a location that has storages cannot be deleted (guide, "Deleting a location", `+
		`Important)`,
		guide+"locations/deleting-location")

	childrenShown = spec.Cites(`a tenant shows whether it has children (reference, tenant, has_children)`,
		spec.Reference)
	onlyScheduled = spec.Cites(`reports that are scheduled can be changed, and no others (reference, UpdateReport)`,
		spec.Reference)
	irreversibleMode = spec.Cites(`production begins once, and there is no way back to trial (guide, "Pricing mode")`,
		guide+"tenants/pricing-mode")

	acceptableLogin = spec.Cites(
		`the platform enforces that a login has three characters or more, all of them ASCII letters, digits `+
			`or one of the listed signs (guide, "Creating a user account", Important)`, guide+"users/creating-user")

	presentInTenant = spec.Cites(
		`a new tenant's name, kind and parent have to be given (guide, "Creating a tenant", step 2)`,
		guide+"tenants/creating-tenant")
	fittingKind = spec.Cites(`a partner holds no units, and a customer nothing else (guide, "Creating a tenant", `+
		`step 2); folders hold partners, customers and folders (guide, "Tenancy model")`,
		guide+"tenants/creating-tenant")
	brandable = spec.Cites(
		`branding cannot be managed for customers and units (guide, "Managing branding options", Important)`,
		guide+"branding/index")
	secondFactorAbove = spec.Cites(`the second factor of folders and units is that of the tenant above, and not `+
		`managed `+
		`for them (reference, ManageTenantMFAStatus)`, spec.Reference)
	keptKind = spec.Cites(`a tenant's kind changes between partner and folder only (guide, "Modifying tenant `+
		`properties")`,
		guide)
	openUnits = spec.Cites(`access to a unit cannot be limited (guide, "Limiting access to a tenant for higher-level `+
		`administrators")`, guide+"tenants/limiting-tenant-access")
	shortTag = spec.Cites(`internal_tag has 256 characters at most (reference, properties of a tenant)`,
		spec.Reference)
	fittingMove = spec.Cites(
		`tenants move below partners and folders only, and where their services are offered, no unit moves, and no `+
			`tenant moves below itself (guide, "Moving a tenant to another tenant")`, guide)
	disabledFirst = spec.Cites(
		`a tenant that is enabled cannot be deleted: 400 with the code 1006 (guide, "Status and error codes", `+
			`the example of an error)`, guide+"overview/codes")

	deadAccount = spec.Cites(
		`with an expired token, or as an account that is disabled, a request is answered with 401 (guide, `+
			`"Authentication")`, guide+"overview/auth")
	lockedOut = spec.Cites(
		`a tenant that is disabled shuts out all that is below it (guide, "Suspension / Reactivation / Termination", `+
			`"Suspending your customer")`, guide+"tutorials/suspension-reactivation-termination")
	goneWithTenant = spec.Cites(`with a tenant all its accounts are deleted (guide, "Deleting a tenant", Warning)`,
		guide+"tenants/deleting-tenant")
	revokedPair = spec.Cites(
		`a token that was revoked is invalid, and so is the other one of its pair (reference, RevokeToken)`,
		spec.Reference)
	failedProof = spec.Cites(
		`who cannot prove who it is gets no token: 400 or 401 (reference, answers of RequestTokens and RevokeToken)`,
		spec.Reference)
)

// contradictions are what the documentation says of requests that contradict themselves, by the variant of the probe.
// Of the others it says nothing.
var contradictions = map[string]spec.Citation{
	"no-filter":   oneFilter,
	"two-filters": oneFilter,
	"101-ids":     spec.Cites(`a list may name 100 ids at most (reference, parameter uuids)`, spec.Reference),
	"relative-path": spec.Cites(
		`include_relative_path goes with ids alone (reference, parameter include_relative_path of `+
			`FetchTenantsBatch)`, spec.Reference),
	"inside-organization": spec.Cites(
		`inside_organization needs subtree_root_tenant_id (reference, parameters of FetchUsersBatch)`,
		spec.Reference),
	"no-user": spec.Cites(
		`a one-time token is for one user, named by login, external id or id (reference, RequestOneTimeToken)`,
		spec.Reference),
	"external-ids": spec.Cites(
		`external ids are looked for in one tenant, which has to be named (reference, parameter tenant_id of `+
			`FetchUsersBatch)`, spec.Reference),
	"two-tokens": spec.Cites(`a token comes in the header or in the query, and never in both (reference, security)`,
		spec.Reference),
	"two-users": spec.Cites(
		`a one-time token is for one user, named by login, external id or id (reference, RequestOneTimeToken)`,
		spec.Reference),
	"partners-role": fittingRole,
	"units-role":    fittingRole,
	"future-period": spec.Cites(
		`the platform enforces that a report's period is not in the future (guide, "Managing reports", `+
			`Important)`, guide+"usage-reporting/reports/index"),
}

var fittingRole = spec.Cites(
	`the role partner_admin is for partners and folders, company_admin for customers, and unit_admin for units `+
		`(guide, "Assigning user roles")`, guide)

var oneFilter = spec.Cites(
	`tenants are listed by one of uuids, parent_id, subtree_root_id and after (reference, parameters of `+
		`FetchTenantsBatch)`, spec.Reference)

// deadCredentials are what it says of credentials that are not valid, by the probe. Of the tokens of clients that were
// disabled or deleted, of one-time tokens that were used and of id tokens it says nothing.
var deadCredentials = map[string]spec.Citation{
	session.Expired: deadAccount,
	session.Revoked: revokedPair,
	"disabled-client-form": spec.Cites(`a client that is disabled gets no token (reference, a client's status)`,
		spec.Reference),
	"disabled-client": spec.Cites(`a client that is disabled gets no token (reference, a client's status)`,
		spec.Reference),
	"wrong-form-secret":           failedProof,
	"plain-md5-password":          failedProof,
	"replaced-password":           failedProof,
	"deleted-client":              failedProof,
	"disabled-tenant":             lockedOut,
	"disabled-tenant-token":       lockedOut,
	"disabled-tenants-user":       lockedOut,
	"disabled-tenants-user-token": lockedOut,
	"deleted-tenant":              goneWithTenant,
	"deleted-tenant-token":        goneWithTenant,
	"disabled-user":               deadAccount,
	"disabled-user-md5":           deadAccount,
	"disabled-user-token":         deadAccount,
	"deleted-user":                deadAccount,
	"deleted-user-token":          deadAccount,
	"disabled-user-basic":         deadAccount,
	"deleted-user-basic":          deadAccount,
	"disabled-tenant-basic":       lockedOut,
	"disabled-tenants-user-basic": lockedOut,
	"replaced-password-basic":     failedProof,
	"paired-access-token":         revokedPair,
	"paired-refresh-token":        revokedPair,
	"dead-refresh-token":          revokedPair,
}
