package selftest_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// stalls sends a text and then nothing until the suite hangs up.
func stalls(text string) wire {
	return func(g *gateway, conn net.Conn, _ *http.Request) {
		_, _ = io.WriteString(conn, g.named(text))
		_, _ = io.Copy(io.Discard, conn)
	}
}

// drips sends a text and then a byte per second.
func drips(text string) wire {
	return func(g *gateway, conn net.Conn, _ *http.Request) {
		_, err := io.WriteString(conn, g.named(text))
		for err == nil {
			time.Sleep(time.Second)
			_, err = io.WriteString(conn, "x")
		}
	}
}

// resets sends a text and resets the connection.
func resets(text string) wire {
	return func(g *gateway, conn net.Conn, _ *http.Request) {
		_, _ = io.WriteString(conn, g.named(text))
		time.Sleep(100 * time.Millisecond) // the suite reads the head
		reset(conn)
	}
}

// bomb is half a gigabyte of body in half a megabyte: equal members in a row (RFC 1952, section 2.2). To pack it as one
// would take seconds, in every process.
func bomb(head string) wire {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = w.Write(make([]byte, 1<<20)) // into memory
	_ = w.Close()
	body := bytes.Repeat(packed.Bytes(), 1<<9)
	return says("%sContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s", head, len(body), body)
}

// relays sends the mock's own answer behind a text and in that version of HTTP.
func relays(text, version string) wire {
	return func(g *gateway, conn net.Conn, r *http.Request) {
		status, header, body := g.upstream(r)
		var answer bytes.Buffer
		fmt.Fprintf(&answer, "%sHTTP/%s %d %s\r\n", text, version, status, http.StatusText(status))
		header.Del("Content-Length")
		header.Set("Connection", "close")
		_ = header.Write(&answer) // into memory
		answer.WriteString("\r\n")
		answer.Write(body)
		_, _ = conn.Write(answer.Bytes())
	}
}
