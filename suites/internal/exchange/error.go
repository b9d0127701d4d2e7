package exchange

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"syscall"
)

// TargetError says that the target gave no complete HTTP answer: nothing about the contract, but that the run cannot
// go on like this.
type TargetError struct {
	Op    string // what could not be done: "connect to", "read the answer of"
	URL   string // redacted
	Cause error  // redacted
	Hint  string // what to do about it
}

func (e *TargetError) Error() string {
	return fmt.Sprintf("cannot %s %s: %v (%s)", e.Op, e.URL, e.Cause, e.Hint)
}

func (e *TargetError) Unwrap() error { return e.Cause }

// targetError says what failed, and who: the sending knows how far the request came.
func (c *Client) targetError(op string, e *Exchange, s *sending, err error) error {
	target := &TargetError{Op: op, URL: c.options.Redactor.URL(e.URL), Cause: c.options.Redactor.Error(err)}
	switch {
	case c.proxy.url != nil && op == opAnswer && !s.hasReached():
		target.Op, target.Hint = fmt.Sprintf("go through the proxy %s to", c.proxy.host()), c.proxy.hint(err)
		return target
	case op == opAnswer:
		target.Op = connecting(err)
	}
	target.Hint = hint(target.Op, err, c.certificateAsked.Load())
	return target
}

// hint says what to do about a proxy that fails.
func (p *proxy) hint(err error) string {
	around := fmt.Sprintf("or name the target's host in NO_PROXY to go without the proxy, which %s names", p.variable)
	var refused connectError
	switch {
	case errors.As(err, &refused) && refused == http.StatusProxyAuthRequired:
		return fmt.Sprintf("put user and password into the URL in %s, %s", p.variable, around)
	case errors.As(err, &refused):
		return "ask the proxy's administrator to let the target's host through, " + around
	}
	return fmt.Sprintf("check that the proxy runs and that %s is right, %s", p.variable, around)
}

// dropped reports whether the connection broke before an answer came.
func dropped(err error) bool {
	var target *TargetError
	return errors.As(err, &target) && target.Op == opAnswer && broken(err)
}

// broken reports whether the other end closed the connection.
func broken(err error) bool {
	ends := []error{io.EOF, io.ErrUnexpectedEOF, syscall.ECONNRESET, syscall.EPIPE}
	return slices.ContainsFunc(ends, func(end error) bool { return errors.Is(err, end) })
}

const (
	opFind    = "find the host of"
	opConnect = "connect to"
	opTLS     = "agree on TLS with"
)

// connecting says how far the client came without an answer.
func connecting(err error) string {
	var dns *net.DNSError
	var op *net.OpError
	switch {
	case errors.As(err, &dns):
		return opFind
	case isTLS(err):
		return opTLS
	case errors.As(err, &op) && op.Op == "dial":
		return opConnect
	}
	return opAnswer
}

func isTLS(err error) bool {
	var verification *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	var remote *net.OpError
	return errors.As(err, &verification) || errors.As(err, &record) || errors.As(err, &alert) ||
		errors.As(err, &remote) && remote.Op == "remote error" // an alert of the server
}

// hint says what to do about an error. The target may have asked for a client certificate.
func hint(op string, err error, certificateAsked bool) string {
	var record tls.RecordHeaderError
	var unknown x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	switch {
	case op == opFind:
		return "check the host in the target's URL, and DNS"
	case errors.As(err, &record) && string(record.RecordHeader[:]) == "HTTP/":
		return "the target speaks plain HTTP there: check scheme and port of the target's URL"
	case errors.As(err, &unknown):
		return "the target's certificate is signed by an authority that is not trusted here: name its CA file, " +
			"if you " +
			"trust it"
	case errors.As(err, &host):
		return "the target's certificate is for another host: check the host in the target's URL"
	case errors.As(err, &invalid):
		return "the target's certificate is not valid: check its dates, and the clock of this machine"
	case certificateAsked && (op == opTLS || op == opAnswer && !errors.Is(err, errTimeout)):
		// With TLS 1.3 the refusal comes after the handshake, and may look like any broken connection.
		return "the target demands a client certificate, and the suite has none: use an address that demands none"
	case op == opTLS:
		return "check scheme and port of the target's URL, and the TLS versions of the target"
	case errors.Is(err, errTimeout):
		return "the target is slow or stuck: check it, or give an attempt more time"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing listens there: check that the target runs, and host and port of its URL"
	case op == opConnect:
		return "check the network between here and the target"
	case op == opDecode:
		return "the target, or a gateway before it, sends a body that is not what its headers say"
	case errors.Is(err, errUnprocessed):
		return "the target, or a gateway before it, takes no requests: check their logs"
	case op == opRead, errors.Is(err, syscall.ECONNRESET), errors.Is(err, io.EOF):
		return "the target, or a gateway before it, broke the answer off: check their logs"
	}
	return "what came is no HTTP answer: check host and port of the target's URL, and the target's logs"
}
