// Package encoding undoes the Content-Encoding of a body (RFC 9110, section 8.4) within bounds of memory and time.
//
// It reads nothing but the header and the bytes, and knows neither the contract nor secrets.
package encoding

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

const (
	// MaxBody is the largest body, in bytes, that is kept as a whole, both as it came and decoded.
	MaxBody = 10 << 20

	// MaxBeginning is how much is kept of a larger one: it cannot be judged, and its beginning shows what it is.
	MaxBeginning = 64 << 10

	// maxCodings bounds the time that a list of codings can cost.
	maxCodings = 5

	// maxWindow is the largest window that RFC 9659 lets a zstd body ask for.
	maxWindow = 8 << 20
)

var (
	// ErrUnsupported is the error of a coding that this package does not decode.
	ErrUnsupported = errors.New("the suite does not decode it")
	// ErrUnknown is the error of a name that is not a registered coding, such as utf-8. It is an ErrUnsupported.
	ErrUnknown = fmt.Errorf("no such coding is registered, and %w", ErrUnsupported)
)

// undecoded are the registered codings that this package does not decode.
var undecoded = []string{"aes128gcm", "compress", "dcb", "dcz", "exi", "pack200-gzip", "x-compress"}

// codings are those that this package undoes.
var codings = map[string]func(io.Reader) (io.ReadCloser, error){
	"gzip":    gzipReader,
	"x-gzip":  gzipReader,
	"deflate": deflateReader,
	"br":      func(r io.Reader) (io.ReadCloser, error) { return io.NopCloser(brotli.NewReader(r)), nil },
	"zstd":    zstdReader,
}

// List returns the codings that the header names, in the order in which they were applied, in lower case and without
// identity.
func List(h http.Header) []string {
	var list []string
	for _, value := range h.Values("Content-Encoding") {
		for name := range strings.SplitSeq(value, ",") {
			if name = strings.ToLower(strings.TrimSpace(name)); name != "" && name != "identity" {
				list = append(list, name)
			}
		}
	}
	return list
}

// Decode returns the body without the codings that the header names. An empty body and one without a coding are
// returned as they are.
//
// Where the decoded body is larger than MaxBody, more is true and decoded holds the first MaxBeginning bytes. A body
// that ends too early gives an io.ErrUnexpectedEOF together with what could be decoded; any other error comes
// without a body. The error begins with the coding that failed, and is ErrUnsupported or ErrUnknown where this
// package does not decode that.
func Decode(h http.Header, body []byte) (decoded []byte, more bool, err error) {
	list := List(h)
	if len(list) > maxCodings {
		return nil, false, fmt.Errorf("%d codings: %w", len(list), ErrUnsupported)
	}
	for _, name := range slices.Backward(list) {
		if len(body) == 0 {
			break
		}
		undone, longer, failure := undo(name, body)
		switch cut := errors.Is(failure, io.ErrUnexpectedEOF); {
		case failure != nil && !cut:
			return nil, false, fmt.Errorf("%s: %w", name, failure)
		case cut && !more && err == nil: // else it is the cut of the coding before
			err = fmt.Errorf("%s: %w", name, failure)
		}
		body, more = undone, more || longer
	}
	return body, more, err
}

func undo(name string, body []byte) (decoded []byte, more bool, err error) {
	open, known := codings[name]
	switch {
	case slices.Contains(undecoded, name):
		return nil, false, ErrUnsupported
	case !known:
		return nil, false, ErrUnknown
	}
	r, err := open(bytes.NewReader(body))
	if err != nil {
		return nil, false, err
	}
	defer r.Close()
	return ReadLimited(r)
}

// ReadLimited reads a body of up to MaxBody bytes, or reports that there is more and returns its first MaxBeginning
// bytes. With an error it returns what was read before. Endless bodies are many where a target is sick, so each
// costs as little memory as possible.
func ReadLimited(r io.Reader) (body []byte, more bool, err error) {
	var read bytes.Buffer // grows by doubling, which leaves less garbage than io.ReadAll
	if _, err = read.ReadFrom(io.LimitReader(r, MaxBeginning)); err != nil || read.Len() < MaxBeginning {
		return read.Bytes(), false, err
	}
	_, err = read.ReadFrom(io.LimitReader(r, MaxBody-MaxBeginning+1))
	if read.Len() > MaxBody {
		return bytes.Clone(read.Bytes()[:MaxBeginning]), true, nil
	}
	return read.Bytes(), false, err
}

func gzipReader(r io.Reader) (io.ReadCloser, error) { return gzip.NewReader(r) }

// deflateReader reads the zlib format, and the bare deflate format that some servers send under the same name.
func deflateReader(r io.Reader) (io.ReadCloser, error) {
	body, err := io.ReadAll(r) // from memory
	if err != nil {
		return nil, err
	}
	source := bytes.NewReader(body)
	wrapped, err := zlib.NewReader(source)
	if !errors.Is(err, zlib.ErrHeader) {
		return wrapped, err
	}
	source.Reset(body)
	return &exact{flate.NewReader(source), source}, nil
}

// exact is a reader whose source must end where its format ends. Bare deflate has neither a header nor a checksum,
// so that plain text could be read as a short deflate stream with something behind it.
type exact struct {
	io.ReadCloser
	source *bytes.Reader
}

func (e *exact) Read(p []byte) (int, error) {
	n, err := e.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) && e.source.Len() > 0 {
		return n, zlib.ErrHeader
	}
	return n, err
}

func zstdReader(r io.Reader) (io.ReadCloser, error) {
	d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		return nil, err
	}
	return d.IOReadCloser(), nil
}
