package exchange

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// apiPath is where the API begins on every data center.
const apiPath = "/api/2"

// check returns the URL of a request, or why the request cannot be sent as it is. Sent in another way it would be no
// evidence.
func (c *Client) check(r Request) (string, error) {
	switch {
	case !isToken(r.Method):
		return "", errors.New("the method is no HTTP token")
	case r.Method == http.MethodConnect:
		return "", errors.New("CONNECT is for proxies")
	case !strings.HasPrefix(r.Path, "/"):
		return "", errors.New(`the path must begin with "/"`)
	case strings.ContainsAny(r.Path, "?#"):
		return "", errors.New("the path must hold neither query nor fragment: escape ? and #, and use Query")
	}
	for name, values := range r.Header {
		if !isToken(name) {
			return "", fmt.Errorf("%q is not a header name", name)
		}
		if slices.Contains(ownedHeaders, http.CanonicalHeaderKey(name)) {
			return "", fmt.Errorf("header %s is set from the body and would be dropped in silence", name)
		}
		if slices.ContainsFunc(values, badValue) {
			return "", fmt.Errorf("header %s has a control character in its value", name)
		}
	}
	target := c.base
	if !r.Root {
		target += apiPath
	}
	target += r.Path
	if len(r.Query) > 0 {
		target += "?" + r.Query.Encode()
	}
	u, err := url.Parse(target)
	if err != nil {
		return "", c.options.Redactor.Error(err)
	}
	if sent := u.EscapedPath(); !strings.HasSuffix(sent, r.Path) {
		return "", fmt.Errorf("the path is not escaped: it would be sent as %s", c.options.Redactor.String(sent))
	}
	return target, nil
}

// harmless reports whether it changes nothing to send the request twice.
func (r Request) harmless() bool {
	return len(r.Body) == 0 && slices.Contains([]string{http.MethodGet, http.MethodHead, http.MethodOptions,
		http.MethodTrace}, r.Method)
}

// ownedHeaders are those that net/http sets by itself whatever a request holds.
var ownedHeaders = []string{"Content-Length", "Transfer-Encoding", "Trailer"}

func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(c rune) bool {
		return c <= ' ' || c >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, c)
	})
}

func badValue(s string) bool {
	return strings.ContainsFunc(s, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f })
}

// build makes the net/http request of an attempt, counted from 1.
func (c *Client) build(ctx context.Context, e *Exchange, attempt int) (*http.Request, error) {
	r := e.Request
	request, err := http.NewRequestWithContext(ctx, r.Method, e.URL, nil)
	if err != nil {
		return nil, err
	}
	if len(r.Body) > 0 {
		// A reader that net/http knows, so that Content-Length is set. Without a body it sends Content-Length: 0 where
		// the method usually has one.
		if request, err = http.NewRequestWithContext(ctx, r.Method, e.URL, bytes.NewReader(r.Body)); err != nil {
			return nil, err
		}
	}
	request.Header = r.sent(attempt)
	if host := request.Header.Get("Host"); host != "" {
		request.Host = host
		request.Header.Del("Host")
	}
	if _, ok := request.Header["User-Agent"]; !ok {
		request.Header.Set("User-Agent", c.userAgent(e.Serial))
	}
	return request, nil
}

// sent returns the headers of an attempt as the suite means them.
func (r Request) sent(attempt int) http.Header {
	header := r.Header.Clone()
	if header == nil {
		header = http.Header{}
	}
	if r.Fault.on(attempt) {
		header.Set(r.Fault.Header, strconv.Itoa(r.Fault.Status))
	}
	return header
}

// userAgent names the suite, the run and the exchange, so that a request can be found in the logs of the target and
// then in the report. It does not name the spec: a target must not be able to tell what is expected of it.
func (c *Client) userAgent(serial string) string {
	agent := "acronis-conformance"
	if c.options.Version != "" {
		agent += "/" + comment(c.options.Version)
	}
	if c.options.Run != "" {
		serial = "run " + comment(c.options.Run) + "; " + serial
	}
	return agent + " (" + serial + ")"
}

// comment leaves out of a text what would end the comment of a User-Agent.
func comment(s string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' || c == '(' || c == ')' || c == '\\' {
			return '_'
		}
		return c
	}, s)
}
