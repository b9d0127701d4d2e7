package contract

import "acronis-conformance/suites/internal/session"

// citation is a sentence of the documentation that promises more of a case than the row of the general table does: what it
// asks, in our words, with page and section, and where it stands.
type citation struct{ requirement, link string }

const (
	guide      = reference + "guide/"
	errorCodes = "https://developer.acronis.com/doc/outbound/apis/api-library/account/error-codes.html"
)

// latestRevision are the pages that tell to fetch an object's latest revision and to name it in the change, by operation:
// for tenants in so many words so that concurrent changes do not meet. That an older one is refused is the purpose of it,
// and error 1001 is called version mismatch ("API error codes"). With which status is said nowhere. Of the versions of
// other objects the documentation says no more than that they have to be given.
var latestRevision = map[string]citation{
	"UpdateTenant":                  revision("tenants/disabling-tenant", `"Disabling a tenant", step 3`),
	"DeleteTenant":                  revision("tenants/deleting-tenant", `"Deleting a tenant", steps 4 and 5`),
	"EnableCustomBranding":          revision("branding/enabling-branding", `"Enabling branding for a tenant", step 3`),
	"ModifyCustomBranding":          revision("branding/updating-branding", `"Updating branding options for a tenant", step 3`),
	"DisableCustomBranding":         revision("branding/disabling-branding", `"Disabling branding for a tenant", step 3`),
	"UpdateUser":                    revision("users/disabling-user", `"Disabling/enabling a user account", steps 3 and 4`),
	"DeleteUser":                    revision("users/deleting-user", `"Deleting a user account", steps 4 and 5`),
	"UpdateInfrastructuresLocation": revision("locations/updating-location", `"Updating a location", steps 3 and 4`),
	"DeleteInfrastructuresLocation": revision("locations/deleting-location", `"Deleting a location", steps 3 and 4`),
	"UpdateInfrastructure":          revision("locations/updating-infra", `"Updating a storage", steps 3 and 4`),
	"UnregisterInfrastructure":      revision("locations/deleting-infra", `"Deleting a storage", steps 3 and 4`),
}

func revision(page, section string) citation {
	return citation{`the version that is named has to be that of the object's latest revision; another one is a mismatch, ` +
		`error 1001 (guide, ` + section + `; "API error codes")`, guide + page}
}

// quotaVersion is the only version of whose mismatch the documentation says the status: 426 in the knowledge base, beside
// the 409 that the reference lists.
var quotaVersion = citation{`the version of a quota has to be its current one; another one is answered with 426, or with the ` +
	`409 of the reference (knowledge base, article 71376)`, "https://kb.acronis.com/content/71376"}

var (
	uniqueTenantName = citation{`a tenant's name is the only one in its hierarchy; another one is a conflict, error 1004 (guide, ` +
		`"Provisioning a customer tenant" and "Provisioning a partner tenant", parameters; "API error codes")`, errorCodes}
	takenLogin = citation{`a login that somebody has is answered with 409 (guide, "Creating a user account", step 4)`,
		guide + "users/creating-user"}
	restoredClash = citation{`what is restored without force must not clash with a name or a login that was taken since: 409 ` +
		`(reference, restoring of tenants and of users)`, reference}
	locationInUse = citation{`a location that has storages cannot be deleted (guide, "Deleting a location", Important)`,
		guide + "locations/deleting-location"}

	acceptableLogin = citation{`the platform enforces that a login has three characters or more, all of them ASCII letters, digits ` +
		`or one of the listed signs (guide, "Creating a user account", Important)`, guide + "users/creating-user"}

	presentInTenant = citation{`a new tenant's name, kind and parent have to be given (guide, "Creating a tenant", step 2)`,
		guide + "tenants/creating-tenant"}
	fittingKind = citation{`a partner holds no units, and a customer nothing else (guide, "Creating a tenant", step 2)`,
		guide + "tenants/creating-tenant"}
	brandable = citation{`branding cannot be managed for customers and units (guide, "Managing branding options", Important)`,
		guide + "branding/index"}
	secondFactorAbove = citation{`the second factor of folders and units is that of the tenant above, and not managed ` +
		`for them (reference, ManageTenantMFAStatus)`, reference}
	keptKind = citation{`a tenant's kind changes between partner and folder only (guide, "Modifying tenant properties")`,
		guide}
	fittingMove = citation{`a unit never moves, and no tenant moves below itself (guide, "Moving a tenant to another ` +
		`tenant")`, guide}
	disabledFirst = citation{`a tenant that is enabled cannot be deleted: 400 with the code 1006 (guide, "Status and error codes", ` +
		`the example of an error)`, guide + "overview/codes"}

	deadAccount = citation{`with an expired token, or as an account that is disabled, a request is answered with 401 (guide, ` +
		`"Authentication")`, guide + "overview/auth"}
	lockedOut = citation{`a tenant that is disabled shuts out all that is below it (guide, "Suspension / Reactivation / Termination", ` +
		`"Suspending your customer")`, guide + "tutorials/suspension-reactivation-termination"}
	goneWithTenant = citation{`with a tenant all its accounts are deleted (guide, "Deleting a tenant", Warning)`,
		guide + "tenants/deleting-tenant"}
	revokedPair = citation{`a token that was revoked is invalid, and so is the other one of its pair (reference, RevokeToken)`, reference}
	failedProof = citation{`who cannot prove who it is gets no token: 400 or 401 (reference, answers of RequestTokens and RevokeToken)`,
		reference}
)

// contradictions are what the documentation says of requests that contradict themselves, by the variant of the probe. Of the
// others it says nothing.
var contradictions = map[string]citation{
	"no-filter":   oneFilter,
	"two-filters": oneFilter,
	"101-ids":     {`a list may name 100 ids at most (reference, parameter uuids)`, reference},
	"relative-path": {`include_relative_path goes with ids alone (reference, parameter include_relative_path of ` +
		`FetchTenantsBatch)`, reference},
	"inside-organization": {`inside_organization needs subtree_root_tenant_id (reference, parameters of FetchUsersBatch)`,
		reference},
	"no-user": {`a one-time token is for one user, named by login, external id or id (reference, RequestOneTimeToken)`,
		reference},
	"external-ids": {`external ids are looked for in one tenant, which has to be named (reference, parameter tenant_id of ` +
		`FetchUsersBatch)`, reference},
	"two-tokens": {`a token comes in the header or in the query, and never in both (reference, security)`, reference},
	"two-users": {`a one-time token is for one user, named by login, external id or id (reference, RequestOneTimeToken)`,
		reference},
	"future-period": {`the platform enforces that a report's period is not in the future (guide, "Managing reports", ` +
		`Important)`, guide + "usage-reporting/reports/index"},
}

var oneFilter = citation{`tenants are listed by one of uuids, parent_id, subtree_root_id and after (reference, parameters of ` +
	`FetchTenantsBatch)`, reference}

// deadCredentials are what it says of credentials that are not valid, by the probe. Of the tokens of clients that were
// disabled or deleted, of one-time tokens that were used and of id tokens it says nothing.
var deadCredentials = map[string]citation{
	session.Expired:         deadAccount,
	session.Revoked:         revokedPair,
	"disabled-client":       {`a client that is disabled gets no token (reference, a client's status)`, reference},
	"wrong-form-secret":     failedProof,
	"deleted-client":        failedProof,
	"disabled-tenant":       lockedOut,
	"disabled-tenant-token": lockedOut,
	"deleted-tenant":        goneWithTenant,
	"deleted-tenant-token":  goneWithTenant,
	"disabled-user":         deadAccount,
	"disabled-user-token":   deadAccount,
	"deleted-user-token":    deadAccount,
	"paired-access-token":   revokedPair,
	"paired-refresh-token":  revokedPair,
	"dead-refresh-token":    revokedPair,
}

// promised gives a probe the basis that its source allows: the refusal is documented there, and the code is not.
func (p probe) promised(c citation) probe {
	if c != (citation{}) {
		p.ground, p.cite = refusal, c
	}
	return p
}

// promised does the same to a spec.
func (sp spec) promised(c citation) spec {
	if c != (citation{}) {
		sp.ground, sp.cite = refusal, c
	}
	return sp
}
