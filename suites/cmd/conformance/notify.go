package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"acronis-conformance/suites/internal/config"
	"acronis-conformance/suites/internal/redact"
	"acronis-conformance/suites/internal/report"
)

const (
	// maxNotice bounds the text of a notice, in bytes: chats cut longer ones, or refuse them.
	maxNotice = 4000

	// noticeTimeout bounds the sending of a notice.
	noticeTimeout = 10 * time.Second
)

// notify posts the verdict and the beginning of summary.md to the webhook of the configuration. That it cannot is told,
// without the address, which is a secret, and fails nothing.
func (c *cli) notify(ctx context.Context, cfg *config.File, dir string, r *report.Result) {
	if cfg.Notify.Webhook == "" || cfg.Target.Embedded {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noticeTimeout) // a stopped run is told, too
	defer cancel()
	if err := post(ctx, string(cfg.Notify.Webhook), notice(cfg, dir, r)); err != nil {
		fmt.Fprintf(c.stderr, "conformance: the webhook was not told: %v\n", err)
	}
}

// notice is the text of a notice. It is redacted as the summary is; what is left of the configured secrets is, too.
func notice(cfg *config.File, dir string, r *report.Result) string {
	text := verdictLine(r)
	if summary, err := os.ReadFile(filepath.Join(dir, "summary.md")); err == nil {
		text += "\n\n" + string(summary)
	}
	redactor := redact.New()
	redactor.Learn("ACRONIS_CLIENT_SECRET", string(cfg.Target.ClientSecret))
	redactor.Learn("ACRONIS_EXPIRED_TOKEN", string(cfg.Target.ExpiredToken))
	redactor.Learn("ACRONIS_WEBHOOK", string(cfg.Notify.Webhook))
	return bounded(redactor.String(text), maxNotice)
}

// bounded cuts a text at the end of a line.
func bounded(text string, most int) string {
	const more = "\n..."
	if len(text) <= most {
		return text
	}
	text = text[:most-len(more)]
	if end := strings.LastIndexByte(text, '\n'); end > 0 {
		text = text[:end]
	}
	return strings.ToValidUTF8(text, "") + more
}

// post sends the text. It follows no redirect, which could lead elsewhere.
func post(ctx context.Context, address, text string) error {
	body, err := json.Marshal(map[string]string{"text": text})
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return errors.New("its address is not a URL")
	}
	request.Header.Set("Content-Type", "application/json")
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(request)
	if err != nil {
		if at := new(url.Error); errors.As(err, &at) { // which quotes the address
			err = at.Err
		}
		return fmt.Errorf("it cannot be reached (%s)", strings.ReplaceAll(err.Error(), request.URL.Hostname(),
			"its host"))
	}
	defer func() { _ = answer.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 1<<16))
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("it answered with %d", answer.StatusCode)
	}
	return nil
}
