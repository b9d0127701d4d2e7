package main

import (
	"os"
	"testing"
)

// TestMain lets the test's program be Ginkgo and the suite under their names, as the command's own is. Without it a
// test that starts the suite would run all tests again, and these would, too.
func TestMain(m *testing.M) {
	beAnother(os.Args[0])
	os.Exit(m.Run())
}
