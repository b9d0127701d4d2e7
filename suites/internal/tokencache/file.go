package tokencache

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"acronis-conformance/suites/internal/config"
	"acronis-conformance/suites/internal/report"
)

// document is what the file holds.
type document struct {
	Tokens []sealed `json:"tokens"`
}

const largest = 1 << 20

// read returns the file's content; there need be none. What is not such content is damage, with its description.
func read(path string) (d document, damage string, err error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return document{}, "", nil
	}
	if err != nil {
		return document{}, "", fmt.Errorf(
			"the expired token of an earlier run cannot be read: %w: make the file readable, or remove it", err)
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, largest+1))
	if err != nil {
		return document{}, "", fmt.Errorf(
			"the expired token of an earlier run cannot be read: %w: make it a file, or remove it", err)
	}
	if len(content) > largest {
		return document{}, "it is too large", nil
	}
	decoder := json.NewDecoder(strings.NewReader(string(content)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&d); err != nil {
		return document{}, err.Error(), nil
	}
	return d, "", nil
}

// open returns the entries that are for the client on the host, and why one of the others is not.
func (d document) open(host, clientID string, secret config.Secret) (entries []Entry, discarded string) {
	for _, s := range d.Tokens {
		switch e, err := s.open(secret); {
		case s.Host != host:
			discarded = "for the host " + s.Host
		case s.ClientID != clientID:
			discarded = "for the client " + s.ClientID
		case err != nil:
			discarded = "sealed under another client secret, or damaged"
		default:
			entries = append(entries, e)
		}
	}
	return entries, discarded
}

// write replaces the file as a whole. The directory is made for it, and only its owner may look into both.
func (d document) write(path string) error {
	content, err := json.MarshalIndent(d, "", " ")
	if err != nil {
		return err
	}
	if err = os.MkdirAll(filepath.Dir(path), 0o700); err == nil {
		err = report.ReplaceAs(path, 0o600, func(w io.Writer) error {
			_, err := w.Write(append(content, '\n'))
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("the token for a later run cannot be kept: %w: make the directory writable", err)
	}
	return nil
}
