package report

import (
	"errors"
	"fmt"
	"os"
)

// Writable makes the folder for the reports and tries to write there: a run whose report is lost at the end was for
// nothing.
func Writable(folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("the reports cannot be written: %w: name another folder with -reports", err)
	}
	probe, err := os.CreateTemp(folder, ".writable-")
	if err != nil {
		return fmt.Errorf("the reports cannot be written: %w: name another folder with -reports", err)
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}
