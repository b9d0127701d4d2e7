// Package render shows a result to people and to other programs: a page, a summary, comparisons, and files in formats
// that other tools read. Every view is made from the result alone, so that it can be made again from conformance.json.
//
// Much of a result comes from the target, which may be hostile or broken. A view writes nothing of it raw: markup is
// escaped for the format, and what steers a terminal or deceives a reader is made visible.
package render
