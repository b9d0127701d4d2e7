// Package spec is the engine of the suite: it turns a rule into Ginkgo specs, gives them their objects, sends the
// mutated request, judges the answer with its side effects, and records the verdict with its evidence.
//
// A rule is a Spec, or a Probe on operations; package contract holds all of them. This package knows no operation and
// no status code of the API by name, and it knows a target only as a base URL, credentials and permissions.
package spec
