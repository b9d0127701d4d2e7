package contract

import "acronis-conformance/suites/internal/spec"

const (
	statusCodes    = guide + "overview/codes"
	authentication = guide + "overview/auth"
)

// requirements are what each rule asks, by code and probe, or by code, probe and variant where a variant asks something
// else. {variant} stands for the variant: the property, the parameter or the case that the rule is about. Each stands
// on the page that documents the call or the row of the status-code table; Basis says how much of it the
// documentation carries. A rule with a citation of its own needs no row.
var requirements = map[string]spec.Citation{
	"20x/valid-token": spec.Cites("a valid request with a valid token succeeds with the documented code and body",
		spec.Reference),
	"20x/every-answer": spec.Cites("every answer to the operation has a documented code and body, whatever sent the "+
		"request",
		spec.Reference),
	"20x/any-characters": spec.Cites("a password may hold any characters, and activates its user", spec.Reference),
	"20x/another-provider": spec.Cites("another default identity provider is kept, and given to the tenants below "+
		"only where apply_to_children is true", spec.Reference),
	"20x/basic": spec.Cites("an operation that lists Basic takes a user's login and password",
		spec.Reference),
	"20x/token-in-query": spec.Cites("an operation that lists the query's token takes it there", spec.Reference),
	"20x/other-token": spec.Cites("revoking a token leaves the account's tokens outside its pair alone",
		spec.Reference),
	"20x/accepts": spec.Cites("a value that the reference lists is taken ({variant})", spec.Reference),
	"20x/revoked-twice": spec.Cites("a token that is dead already is revoked again without an error (RFC 7009, 2.2)",
		spec.Reference),
	"20x/bytes":            spec.Cites("a logo is served byte for byte as it was uploaded", spec.Reference),
	"20x/size":             spec.Cites("a stored report has the size that its list names", spec.Reference),
	"20x/changed-is-shown": spec.Cites("what an update changed is shown by the next read", spec.Reference),
	"20x/created-is-found": spec.Cites("a created object is found where objects of its kind are read ({variant})",
		spec.Reference),
	"20x/deleted-left-out": spec.Cites("a list leaves out deleted objects unless they are asked for", spec.Reference),
	"20x/dead-token": spec.Cites("introspection calls an invalid token inactive, and says nothing else of it",
		spec.Reference),
	"20x/dead-token-foreign": spec.Cites("introspection tells a client nothing of a token that was issued for "+
		"another one",
		spec.Reference),
	"20x/dead-token-revoked": spec.Cites("introspection calls a revoked token inactive", spec.Reference),
	"20x/dead-token-disabled-user": spec.Cites("introspection calls the token of a disabled user inactive",
		spec.Reference),
	"20x/dead-token-expired": spec.Cites("introspection calls an expired token inactive", spec.Reference),
	"20x/listed-again":       spec.Cites("what was restored is listed again", spec.Reference),
	"20x/listed-at-once":     spec.Cites("what was created is listed by the next read", spec.Reference),
	"20x/live-token":         spec.Cites("introspection calls a valid token active", spec.Reference),
	"20x/default": spec.Cites("without the parameter {variant} a list is that of its documented default",
		spec.Reference),
	"20x/described": spec.Cites("the OpenID document names issuer and endpoints as the tokens and the reference do",
		spec.Reference),
	"20x/keys": spec.Cites("the keys at jwks_uri verify the signature of issued tokens by their kid",
		spec.Reference),
	"20x/filter": spec.Cites("the parameter {variant} filters a list as its description says", spec.Reference),
	"20x/finds": spec.Cites("the search finds what has a word that begins with its text, in capitals or small letters "+
		"({variant}), and nothing else", spec.Reference),
	"20x/folder-in-folder": spec.Cites("a folder holds partners, customers and folders (guide, \"Tenancy model\")",
		guide),
	"20x/partner-in-folder": spec.Cites("a folder holds partners, customers and folders (guide, \"Tenancy model\")",
		guide),
	"20x/forced": spec.Cites("what is restored with force is restored under a name that is free", spec.Reference),
	"20x/grant":  spec.Cites("the grant {variant} is answered with a token", spec.Reference),
	"20x/kept": spec.Cites("what is sent when an object is created or changed is shown by the next read",
		spec.Reference),
	"20x/lifetime": spec.Cites("a token lasts for the time that the answer names", authentication),
	"20x/left-alone": spec.Cites("an update changes the properties that it names, and leaves the others alone",
		spec.Reference),
	"20x/lod": spec.Cites("the level of detail {variant} shows the properties that it lists", spec.Reference),
	"20x/moved-away": spec.Cites("a tenant that was moved is no longer listed below its former parent",
		spec.Reference),
	"20x/order":              spec.Cites("a list is in the order that is asked for ({variant})", spec.Reference),
	"20x/others-stay":        spec.Cites("a service is turned off, and the others stay on", spec.Reference),
	"20x/purpose":            spec.Cites("a one-time token is given for each documented purpose", spec.Reference),
	"20x/read-again":         spec.Cites("a read changes nothing: the next one shows the same", spec.Reference),
	"20x/replaces":           spec.Cites("an update of access policies replaces the whole list", spec.Reference),
	"20x/restored-as-before": spec.Cites("what was deleted is restored as it was before", spec.Reference),
	"20x/selected":           spec.Cites("a one-time token is for the user that {variant} names", spec.Reference),
	"20x/session":            spec.Cites("a one-time token opens a session of its user", spec.Reference),
	"20x/switched-off": spec.Cites("a user whose second factor was switched off is not asked for one",
		spec.Reference),
	"20x/took-effect":      spec.Cites("a write that is answered with success has taken effect", spec.Reference),
	"20x/unknown-left-out": spec.Cites("a batch leaves out ids that name no object", spec.Reference),
	"20x/unconfirmed-address": spec.Cites("a changed mail address is not in force before it is confirmed",
		spec.Reference),
	"20x/version-raised": spec.Cites("an update raises the object's version", spec.Reference),
	"20x/shows": spec.Cites("a read shows what the guide promises of the object's state ({variant})",
		spec.Reference),

	"400/malformed-json": spec.Cites("a body that is not well-formed JSON is answered with 400 and error details",
		statusCodes),
	"400/not-a-picture": spec.Cites("a logo that is not a PNG is answered with 400 and error details", statusCodes),
	"400/empty-body": spec.Cites(
		"a request without the body that it needs is answered with 400 and error details", statusCodes),
	"400/missing-field": spec.Cites(
		"a body without the required property {variant} is answered with 400 and error details", statusCodes),
	"400/missing-query": spec.Cites(
		"a request without the required parameter {variant} is answered with 400 and error details", statusCodes),
	"400/wrong-type": spec.Cites(
		"a body whose property {variant} has another type than documented is answered with 400 and error details",
		statusCodes),
	"400/unknown-value": spec.Cites(
		"a body whose property {variant} has a value that is not documented is answered with 400 and error details",
		statusCodes),
	"400/malformed-path": spec.Cites(
		"a path whose {variant} does not have the documented form is answered with 400 and error details", statusCodes),
	"400/malformed-query": spec.Cites(
		"a parameter {variant} that does not have the documented form is answered with 400 and error details",
		statusCodes),
	"400/out-of-range": spec.Cites(
		"a value beyond the documented range ({variant}) is answered with 400 and error details", statusCodes),
	"400/contradictory-body": spec.Cites(
		"a body that cannot be carried out ({variant}) is answered with 400 and error details", statusCodes),
	"400/contradictory-query": spec.Cites(
		"a query that cannot be carried out ({variant}) is answered with 400 and error details", statusCodes),

	"401/no-token":      spec.Cites("a request without a token is answered with 401", statusCodes),
	"401/garbage-token": spec.Cites("a request with a malformed token is answered with 401", statusCodes),
	"401/tampered-token": spec.Cites(
		"a request with a token that was changed after it was given is answered with 401", statusCodes),
	"401/alg-none-token": spec.Cites("a request with an unsigned token (alg none) is answered with 401",
		statusCodes),
	"401/other-issuer-token": spec.Cites("a request with a token that another key signed is answered with 401",
		statusCodes),
	"401/disabled-client-token": spec.Cites("the token of a disabled client is answered with 401", statusCodes),
	"401/deleted-client-token":  spec.Cites("the token of a deleted client is answered with 401", statusCodes),
	"401/used-one-time-token": spec.Cites("a one-time token is valid for one login: the second is answered with 401",
		statusCodes),
	"401/id-token": spec.Cites("an id token is not an access token: as one, it is answered with 401",
		statusCodes),
	"401/public-client": spec.Cites("a confidential client gets no token by its id alone: 401", statusCodes),
	"401/wrong-basic":   spec.Cites("a login with a wrong password is answered with 401", authentication),
	"401/unknown-basic": spec.Cites("the login of an account that does not exist is answered with 401",
		authentication),
	"401/wrong-basic-client": spec.Cites("a client with a wrong secret is answered with 401", authentication),
	"401/unlisted-basic":     spec.Cites("an operation that does not list Basic answers it with 401", spec.Reference),

	"403/foreign-tenant": spec.Cites("an object of a tenant that the caller does not own is answered with 403",
		statusCodes),
	"403/foreign-tenant-body": spec.Cites(
		"a body that names a tenant that the caller does not own is answered with 403", statusCodes),
	"403/foreign-tenant-query": spec.Cites(
		"a query that names a tenant that the caller does not own is answered with 403", statusCodes),
	"403/foreign-tenant-scope": spec.Cites("a token is not narrowed to a tenant that the caller does not own: 403",
		statusCodes),
	"403/foreign-tenant-role": spec.Cites("a role is not given in a tenant that the caller does not own: 403",
		statusCodes),
	"403/foreign-tenant-owner": spec.Cites("an object is not given to a tenant that the caller does not own: 403",
		statusCodes),
	"403/foreign-tenant-parent": spec.Cites("a tenant is not moved below a tenant that the caller does not own: 403",
		statusCodes),
	"403/foreign-tenant-usages": spec.Cites(
		"usages of a tenant that the caller does not own are answered with 403, or with an error for each of them",
		statusCodes),
	"403/foreign-tenant-listed": spec.Cites(
		"a list that names an object which the caller does not own is answered with 403, or leaves it out",
		statusCodes),
	"403/foreign-tenant-uuids": spec.Cites(
		"a batch that names ids which the caller does not own is answered with 403, or leaves them out", statusCodes),
	"403/foreign-tenant-tenant_id": spec.Cites(
		"a parameter tenant_id of a tenant that the caller does not own is answered with 403", statusCodes),
	"403/foreign-tenant-tenant_uuid": spec.Cites(
		"a parameter tenant_uuid of a tenant that the caller does not own is answered with 403",
		statusCodes),
	"403/foreign-tenant-parent_id": spec.Cites(
		"a parameter parent_id of a tenant that the caller does not own is answered with 403", statusCodes),
	"403/foreign-tenant-subtree_root_id": spec.Cites(
		"a parameter subtree_root_id of a tenant that the caller does not own is answered with 403",
		statusCodes),
	"403/foreign-tenant-subtree_root_tenant_id": spec.Cites(
		"a parameter subtree_root_tenant_id of a tenant that the caller does not own is answered with 403",
		statusCodes),
	"403/narrowed-token": spec.Cites("a token that was narrowed to one tenant is answered with 403 at another one",
		statusCodes),
	"403/own-ancestor": spec.Cites("a tenant above the caller's own is answered with 403", statusCodes),
	"403/role-too-small": spec.Cites("a caller whose role does not allow the operation is answered with 403",
		statusCodes),
	"403/role-taken-away": spec.Cites("a caller whose role was taken away is answered with 403", statusCodes),
	"403/role-of-others":  spec.Cites("a caller whose role allows other operations is answered with 403", statusCodes),

	"403/platform-off": spec.Cites(`the platform is a service that every tenant has, and that stays on (reference, `+
		`TurnOffTenantApplication)`, spec.Reference),
	"403/unheld-scope": spec.Cites("a scope above the rights of the account is answered with 403", spec.Reference),

	"404/unknown-id": spec.Cites("an id of the right form that names no object is answered with 404 ({variant})",
		statusCodes),
	"404/unknown-route":  spec.Cites("a path that does not exist is answered with 404", statusCodes),
	"404/deleted-object": spec.Cites("an object that was deleted is answered with 404", statusCodes),
	"404/deleted-twice":  spec.Cites("what was deleted is not there to be deleted once more", statusCodes),
	"404/deleted-tenant": spec.Cites("an object of a deleted tenant is answered with 404", statusCodes),
	"405/wrong-method":   spec.Cites("a method that the path does not have is answered with 405", statusCodes),
	"409/duplicate":      spec.Cites("an object like one that exists is answered with 409", statusCodes),
	"409/repeated": spec.Cites("a state that an object has already is not given to it again: 409",
		statusCodes),
	"409/stale-version": spec.Cites("a change that names an older version is answered with 409", statusCodes),
	"409/taken-name":    spec.Cites("a name that another object has is answered with 409", statusCodes),
	"409/taken-login":   spec.Cites("a login that another user has is answered with 409", statusCodes),

	"415/wrong-content-type": spec.Cites("a body of another Content-Type than documented is answered with 415",
		statusCodes),
	"415/no-content-type": spec.Cites("a body without a Content-Type is answered with 415", statusCodes),
	"415/unsupported-accept": spec.Cites("a request that accepts no documented media type is answered with 415",
		statusCodes),

	"50x/injected-failure": spec.Cites("a failure of the service is answered with a 50x and the error envelope",
		statusCodes),
	"50x/repeated-failure-once": spec.Cites(
		"a request that failed once is answered by its first repeat, 1 to 2 s later, and takes effect once",
		statusCodes),
	"50x/repeated-failure-twice": spec.Cites(
		"a request that failed twice is answered by its second repeat, 1 to 2 s later, and takes effect once",
		statusCodes),
	"50x/repeated-failure-always": spec.Cites(
		"after two repeats the client gives up, and the failed request has no effect", statusCodes),
}
