package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Find walks up from the folder start to the one that holds go.mod, and returns the path of the first file or folder called name.
// Without a go.mod it stops at the top: a binary that was taken elsewhere has to be told where its files are.
func Find(start, name string) (string, error) {
	folder, err := filepath.Abs(start)
	if err != nil {
		return "", &Error{Path: name, Message: "the working folder is unknown (" + err.Error() + "): give the path with a flag"}
	}
	for {
		path := filepath.Join(folder, name)
		if exists(path) {
			return path, nil
		}
		parent := filepath.Dir(folder)
		if parent == folder || exists(filepath.Join(folder, "go.mod")) {
			return "", &Error{Path: name, Message: "not found between " + printable(start) + " and " + printable(folder) +
				": run inside the project, or give the path with -config"}
		}
		folder = parent
	}
}

// Locate returns the path of the configuration: the one that is given, else that of the ginkgo.yml which the working folder is below.
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
