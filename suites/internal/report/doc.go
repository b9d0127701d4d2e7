// Package report turns what a run found into its result, and writes the result for people and for machines.
//
// Build makes the Result from the judged specs and the contract; Write stores it as conformance.json, which is the
// one source of every other view: WriteJUnit and Table need nothing beside it. The package never asks the target
// anything, and it redacts nothing either: the evidence that it is given holds no secrets any longer.
package report
