package session

import (
	"slices"

	"acronis-conformance/suites/internal/report"
)

// Limits lists what the configuration and the account of the target keep from being tested, with the reasons that
// specs give for it.
func (s *Session) Limits() []report.Limit {
	reasons := map[report.LimitKind][]string{
		report.LimitFaultHeader:  {s.SkipReasons[Fault50x]},
		report.LimitExpiredToken: {s.SkipReasons[Expired]},
	}
	if !s.config.Target.MayWrite() {
		_, reason := s.MayWrite()
		reasons[report.LimitPermission] = []string{reason}
	}
	for _, op := range s.contract.Operations() {
		if control := s.Controls[op.ID]; control != nil && control.NoRole {
			reasons[report.LimitRole] = append(reasons[report.LimitRole], control.Reason)
		}
	}
	limits := []report.Limit{}
	for _, kind := range []report.LimitKind{report.LimitPermission, report.LimitFaultHeader, report.LimitExpiredToken,
		report.LimitRole} {
		slices.Sort(reasons[kind])
		for _, reason := range slices.Compact(reasons[kind]) {
			if reason != "" {
				limits = append(limits, report.Limit{Kind: kind, Reason: s.Redactor.String(reason)})
			}
		}
	}
	return limits
}
