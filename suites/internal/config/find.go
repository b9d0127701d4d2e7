package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Find walks up from the directory start to the one that holds go.mod, and returns the path of the first file or directory called name.
// Without a go.mod it stops at the top: a binary that was taken elsewhere must be told where its files are.
func Find(start, name string) (string, error) {
	dir, err := filepath.Abs(start)
	if err != nil {
		return "", &Error{Path: name, Message: "the working directory is unknown (" + err.Error() + "): give the path with a flag"}
	}
	for {
		path := filepath.Join(dir, name)
		if exists(path) {
			return path, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir || exists(filepath.Join(dir, "go.mod")) {
			return "", &Error{Path: name, Message: "not found between " + printable(start) + " and " + printable(dir) +
				": run inside the project, or give the path with -config"}
		}
		dir = parent
	}
}

// Locate returns the path of the configuration: the one that is given, else that of the ginkgo.yml which the working directory is below.
func Locate(path string) (string, error) {
	if path != "" {
		return path, nil
	}
	return Find(".", "ginkgo.yml")
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil || !errors.Is(err, fs.ErrNotExist)
}
