package session

import "io/fs"

const plainFile = 0

// private trusts the access list of the user's temporary directory: modes say nothing on Windows.
func private(fs.FileInfo) error { return nil }
