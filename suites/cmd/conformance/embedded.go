package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	ginkgocommand "github.com/onsi/ginkgo/v2/ginkgo/command"
	ginkgorun "github.com/onsi/ginkgo/v2/ginkgo/run"

	"acronis-conformance/suites/contract"
)

// The program holds Ginkgo's runner and the suite too, and is them under these names. The runner starts the suite as a
// compiled test, once for each process; where that is one process, the program starts it without the runner.
const (
	ginkgoName = "ginkgo"
	suiteName  = "contract.test"
)

// insideRun is set for the processes of a run: none of them starts another run, whatever program it turns out to be.
const insideRun = "ACRONIS_CONFORMANCE_INSIDE_RUN"

// beAnother runs what the program is under another name than its own, and does not return then.
func beAnother(name string) {
	switch strings.TrimSuffix(filepath.Base(name), ".exe") {
	case suiteName:
		os.Exit(contract.Main())
	case ginkgoName:
		ginkgocommand.Program{Name: ginkgoName, Heading: "Ginkgo",
			DefaultCommand: ginkgorun.BuildRunCommand()}.RunAndExit(
			os.Args)
	}
}

// asTwo puts the program into the directory under its two other names.
func asTwo(directory string) (suite, ginkgo string, err error) {
	if os.Getenv(insideRun) != "" {
		return "", "", errors.New("the program was started by a run of itself: call beAnother first")
	}
	if directory == "" { // or the links would lie in the working directory
		return "", "", errors.New("the run has no directory for its links: call makePaceDir first")
	}
	executable, err := os.Executable()
	if err != nil {
		return "", "", fmt.Errorf("the program does not know where it is, and cannot start its specs: %w", err)
	}
	suffix := ""
	if runtime.GOOS == "windows" {
		suffix = ".exe"
	}
	suite, ginkgo = filepath.Join(directory, suiteName+suffix), filepath.Join(directory, ginkgoName+suffix)
	for _, path := range []string{suite, ginkgo} {
		if err := link(executable, path); err != nil {
			return "", "", fmt.Errorf("the program cannot be started from %s: %w: give another directory with TMPDIR",
				directory, err)
		}
	}
	return suite, ginkgo, nil
}

// link makes the file available at the path: by a link, or by a copy where the system allows no link.
func link(file, path string) error {
	if os.Symlink(file, path) == nil || os.Link(file, path) == nil {
		return nil
	}
	from, err := os.Open(file)
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o700)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	return errors.Join(err, to.Close())
}
