package contract

import "acronis-conformance/suites/internal/report"

// unprovokable are the reference's cells that nothing known provokes, with the reason; reviewed by hand.
var unprovokable = map[report.CellKey]string{
	{Operation: "FetchTenantOfferingItems",
		Code: 409}: "the reference names no condition for a conflict on a read",
	{Operation: "FetchTenantOfferingItems",
		Code: 426}: "the reference says only that the server refuses the current protocol",
	{Operation: "CreateReport",
		Code: 500}: "the reference ties it to a usage history that is late after 6 am, which no request brings about",
	{Operation: "FetchInfrastructuresBatch",
		Code: 404}: "unknown ids are left out of a batch, and nothing else is known to provoke it",
	{Operation: "FetchInfrastructuresLocationsBatch",
		Code: 404}: "unknown ids are left out of a batch, and nothing else is known to provoke it",
}
