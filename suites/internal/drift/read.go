package drift

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

const (
	// maxDocument bounds a document; the reference has 150 kB.
	maxDocument = 20 << 20
	// patience is how long fetching a document may take.
	patience = 30 * time.Second
)

// Read returns the document that a file or an http or https address holds.
func Read(ctx context.Context, source string) ([]byte, error) {
	document, err := open(ctx, source)
	if err != nil {
		return nil, err
	}
	defer func() { _ = document.Close() }()
	data, err := io.ReadAll(io.LimitReader(document, maxDocument+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("it cannot be read to its end: %w", err)
	case len(data) > maxDocument:
		return nil, fmt.Errorf("it has more than %d MB, too much for an OpenAPI document", maxDocument>>20)
	}
	return data, nil
}

func open(ctx context.Context, source string) (io.ReadCloser, error) {
	if scheme, _, is := strings.Cut(source, "://"); is {
		if scheme != "http" && scheme != "https" {
			return nil, fmt.Errorf(
				"%s is not a scheme that documents are fetched by: name a file, or an address that begins with "+
					"https://", scheme)
		}
		return fetch(ctx, source)
	}
	file, err := os.Open(source)
	if path := new(os.PathError); errors.As(err, &path) {
		err = fmt.Errorf("the file cannot be opened: %w", path.Err)
	}
	return file, err
}

func fetch(ctx context.Context, address string) (io.ReadCloser, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	client := &http.Client{Timeout: patience}
	response, err := client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("it cannot be fetched: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return nil, errors.Join(fmt.Errorf("it cannot be fetched: the server answered %s", response.Status),
			response.Body.Close())
	}
	return response.Body, nil
}
