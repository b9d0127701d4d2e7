package encoding

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
	. "github.com/onsi/gomega"
)

// plain is an error body, as most bodies with a wrong Content-Encoding are.
const plain = `{"error":{"code":401,"message":"no","domain":"x","details":{"info":"no"},"context":{}}}`

// pack applies a coding.
func pack(t *testing.T, name string, body []byte) []byte {
	t.Helper()
	var packed bytes.Buffer
	var w io.WriteCloser
	var err error
	switch name {
	case "gzip":
		w = gzip.NewWriter(&packed)
	case "deflate":
		w = zlib.NewWriter(&packed)
	case "bare deflate":
		w, err = flate.NewWriter(&packed, flate.DefaultCompression)
	case "br":
		w = brotli.NewWriterLevel(&packed, brotli.BestSpeed)
	case "zstd":
		w, err = zstd.NewWriter(&packed, zstd.WithEncoderConcurrency(1))
	}
	g := NewWithT(t)
	g.Expect(err).NotTo(HaveOccurred())
	_, err = w.Write(body)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(w.Close()).To(Succeed())
	return packed.Bytes()
}

func header(values ...string) http.Header { return http.Header{"Content-Encoding": values} }

func TestDecode(t *testing.T) {
	packed := func(name string) []byte { return pack(t, name, []byte(plain)) }
	for name, c := range map[string]struct {
		header http.Header
		body   []byte
	}{
		"none":           {nil, []byte(plain)},
		"identity":       {header("identity"), []byte(plain)},
		"gzip":           {header("GZip "), packed("gzip")},
		"x-gzip":         {header("x-gzip"), packed("gzip")},
		"gzip, identity": {header("gzip, identity"), packed("gzip")},
		"gzip in two members": {header("gzip"), append(pack(t, "gzip", []byte(plain[:9])), pack(t, "gzip",
			[]byte(plain[9:]))...)},
		"gzip in gzip":           {header("gzip, gzip"), pack(t, "gzip", packed("gzip"))},
		"gzip in gzip, two rows": {header("gzip", "gzip"), pack(t, "gzip", packed("gzip"))},
		"deflate":                {header("deflate"), packed("deflate")},
		"bare deflate":           {header("deflate"), packed("bare deflate")},
		"br":                     {header("br"), packed("br")},
		"zstd":                   {header("zstd"), packed("zstd")},
		"br, then gzip":          {header("br, gzip"), pack(t, "gzip", packed("br"))},
		"empty items":            {header(", gzip,,"), packed("gzip")},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			decoded, more, err := Decode(c.header, c.body)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(more).To(BeFalse())
			g.Expect(string(decoded)).To(Equal(plain))
		})
	}
}

func TestEmptyBodyHasNoCoding(t *testing.T) {
	g := NewWithT(t)
	for _, name := range []string{"gzip", "br", "unknown"} {
		decoded, more, err := Decode(header(name), nil)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(decoded).To(BeEmpty())
		g.Expect(more).To(BeFalse())
	}
	decoded, _, err := Decode(header("gzip, gzip"), pack(t, "gzip", nil))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(decoded).To(BeEmpty())
}

func TestBodyWithoutItsCoding(t *testing.T) {
	for _, name := range []string{"gzip", "deflate", "br", "zstd"} {
		for _, body := range []string{plain, "{}", "[]", "null", "no", "<html><body>no</body></html>", "\x00",
			"\x03\x00" +
				plain, strings.Repeat("x", 1000)} {
			t.Run(name+" "+body[:min(len(body), 9)], func(t *testing.T) {
				g := NewWithT(t)
				decoded, _, err := Decode(header(name), []byte(body))
				g.Expect(err).To(MatchError(HavePrefix(name+": ")), "%q", decoded)
			})
		}
	}
}

func TestBodyThatEndsEarly(t *testing.T) {
	for _, name := range []string{"gzip", "deflate", "br", "zstd"} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			packed := pack(t, name, []byte(plain))
			for _, size := range []int{1, 2, 5, len(packed) - 1} {
				_, _, err := Decode(header(name), packed[:size])
				g.Expect(errors.Is(err, io.ErrUnexpectedEOF)).To(BeTrue(), "%d bytes: %v", size, err)
			}
		})
	}
	g := NewWithT(t)
	noise := make([]byte, 3000)
	for i := range noise {
		noise[i] = byte(i * i >> 3)
	}
	twice := pack(t, "gzip", pack(t, "gzip", noise))
	decoded, _, err := Decode(header("gzip, gzip"), twice[:len(twice)/2])
	g.Expect(errors.Is(err, io.ErrUnexpectedEOF)).To(BeTrue(), "%v", err)
	g.Expect(decoded).NotTo(BeEmpty(), "what is there is decoded")
	g.Expect(bytes.HasPrefix(noise, decoded)).To(BeTrue())
}

func TestUnsupportedCodings(t *testing.T) {
	g := NewWithT(t)
	for _, h := range []http.Header{header("compress"), header("utf-8"), header("gzip, x"),
		header(strings.Repeat("gzip,", 6))} {
		_, _, err := Decode(h, []byte(plain))
		g.Expect(err).To(MatchError(ErrUnsupported))
		g.Expect(errors.Is(err, ErrUnknown)).To(Equal(h.Get("Content-Encoding") == "utf-8" ||
			h.Get("Content-Encoding") == "gzip, x"))
	}
	g.Expect(List(header("GZIP , identity,br", "Identity"))).To(Equal([]string{"gzip", "br"}))
}

// A small body that unpacks to a large one costs neither much memory nor much time.
func TestBombs(t *testing.T) {
	zeros := make([]byte, MaxBody+1)
	large := make([]byte, 2*MaxBody)
	gzipTwice := pack(t, "gzip", pack(t, "gzip", large))
	members := bytes.Repeat(pack(t, "gzip", nil), MaxBody/40)
	// a window of 8 MiB each
	frames := bytes.Repeat(append([]byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x68}, 0x01, 0x00, 0x00), MaxBody/40)
	for name, c := range map[string]struct {
		header http.Header
		body   []byte
		more   bool
	}{
		"gzip":                   {header("gzip"), pack(t, "gzip", make([]byte, 10*MaxBody)), true},
		"deflate":                {header("deflate"), pack(t, "deflate", large), true},
		"br":                     {header("br"), pack(t, "br", large), true},
		"zstd":                   {header("zstd"), pack(t, "zstd", large), true},
		"one byte too many":      {header("gzip"), pack(t, "gzip", zeros), true},
		"the largest":            {header("gzip"), pack(t, "gzip", zeros[1:]), false},
		"gzip in gzip":           {header("gzip, gzip"), gzipTwice, true},
		"empty members":          {header("gzip"), members, false},
		"empty members, packed":  {header("gzip, gzip"), pack(t, "gzip", bytes.Repeat(members, 2)), true},
		"empty frames":           {header("zstd"), frames, false},
		"a window that is large": {header("zstd"), []byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x70, 0x01, 0x00, 0x00}, false},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			decoded, more, err := Decode(c.header, c.body)
			runtime.ReadMemStats(&after)
			if name == "a window that is large" {
				g.Expect(err).To(HaveOccurred())
			} else {
				g.Expect(err).NotTo(HaveOccurred())
			}
			g.Expect(more).To(Equal(c.more))
			g.Expect(len(decoded)).To(BeNumerically("<=", MaxBody))
			if more {
				g.Expect(len(decoded)).To(BeNumerically("<=", MaxBeginning))
			}
			g.Expect(after.TotalAlloc-before.TotalAlloc).To(BeNumerically("<", 128<<20), "bytes allocated")
		})
	}
}
