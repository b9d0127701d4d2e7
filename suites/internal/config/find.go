package config

import (
	_ "embed"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// FileName is that of the configuration.
const FileName = "ginkgo.yml"

// PathUsage describes the flag that takes the path.
const PathUsage = "`path` of ginkgo.yml, or of its directory (default: the one above the working directory; " +
	"without any, the built-in one)"

// builtIn is the project's own ginkgo.yml, of which `make specs` puts the copy here.
//
//go:embed builtin.yml
var builtIn []byte

// find walks up from the working directory to the directory that holds go.mod, or to the top, and returns the path of
// the first ginkgo.yml. found is false if there is none: then the path is where it would lie in the working directory.
func find() (path string, found bool, err error) {
	start, err := filepath.Abs(".")
	if err != nil {
		return "", false, &Error{Path: FileName, Message: "the working directory is unknown (" + err.Error() +
			"): give the path with -config"}
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		if path := filepath.Join(dir, FileName); exists(path) {
			return path, true, nil
		}
		if filepath.Dir(dir) == dir || exists(filepath.Join(dir, "go.mod")) {
			return filepath.Join(start, FileName), false, nil
		}
	}
}

// Locate returns the path of the configuration: the given one, or that of the ginkgo.yml in the given directory, else
// that of the ginkgo.yml which the working directory is below. Where only a directory is given, or nothing, the file
// need not exist: the built-in one is used in its place.
func Locate(path string) (string, error) {
	path, _, err := locate(path)
	return path, err
}

func locate(path string) (located string, optional bool, err error) {
	if path == "" {
		located, found, err := find()
		return located, !found, err
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		located = filepath.Join(path, FileName)
		return located, !exists(located), nil
	}
	return path, false, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil || !errors.Is(err, fs.ErrNotExist)
}
