package replay

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"

	"acronis-conformance/fixtures/mock"
)

// Outcome is what a loop took.
type Outcome struct {
	Requests int
	Same     int           // of them were answered with the status of the run
	Spent    time.Duration // between a request and the end of its answer, all together
}

// loop sends requests, one after the other.
type loop struct {
	running *mock.Running
	web     *http.Client
	token   string            // of the configured client
	spare   string            // of the configured client too, for bodies: one of them revokes it
	alien   string            // of a client that has no right to anything of the run
	ids     map[string]string // what the run's ids are now
}

// Loop starts a mock and sends it the requests. Ids are put in the place of those of the run, and each request comes
// with credentials that are as good as those that it had, so that the mock does the same work again.
func Loop(ctx context.Context, requests []Request) (out Outcome, err error) {
	running, err := mock.Start(mock.Options{})
	if err != nil {
		return Outcome{}, err
	}
	transport := &http.Transport{}
	defer func() {
		transport.CloseIdleConnections()
		if closed := running.Close(); err == nil {
			err = closed
		}
	}()
	l := &loop{running: running, web: &http.Client{Transport: transport, Timeout: time.Minute},
		ids: map[string]string{}}
	if err := l.prepare(ctx, requests); err != nil {
		return Outcome{}, fmt.Errorf("the bare loop's own set-up: %w", err)
	}
	for _, r := range requests {
		path, header, body := l.now(r.Path), l.headerOf(r), []byte(l.now(string(r.Body)))
		begin := time.Now()
		status, answer, err := l.send(ctx, r.Method, path, header, body)
		out.Spent += time.Since(begin)
		if err != nil {
			return out, err
		}
		out.Requests++
		if status == r.Status {
			out.Same++
			l.learn(decode(r.answer), decode(answer))
		}
	}
	return out, nil
}

// prepare logs in, makes a client that has no right to anything of the run, and finds the ids that are there before
// the run begins.
func (l *loop) prepare(ctx context.Context, requests []Request) error {
	var err error
	if l.token, err = l.logIn(ctx, l.running.ClientID, l.running.ClientSecret); err != nil {
		return err
	}
	if l.spare, err = l.logIn(ctx, l.running.ClientID, l.running.ClientSecret); err != nil {
		return err
	}
	own, err := l.call(ctx, http.MethodGet, "/api/2/clients/"+l.running.ClientID, "")
	if err != nil {
		return err
	}
	for _, r := range requests {
		if r.own {
			l.learn(decode(r.answer), own)
		}
	}
	tenant, err := l.call(ctx, http.MethodPost, "/api/2/tenants",
		fmt.Sprintf(`{"kind":"partner","name":"Aliens","parent_id":%q}`, own["tenant_id"]))
	if err != nil {
		return err
	}
	client, err := l.call(ctx, http.MethodPost, "/api/2/clients",
		fmt.Sprintf(`{"type":"api_client","token_endpoint_auth_method":"client_secret_basic","tenant_id":%q}`,
			tenant["id"]))
	if err != nil {
		return err
	}
	l.alien, err = l.logIn(ctx, fmt.Sprint(client["client_id"]), fmt.Sprint(client["client_secret"]))
	return err
}

func (l *loop) logIn(ctx context.Context, id, secret string) (string, error) {
	header := http.Header{"Authorization": {basic(id, secret)}, "Content-Type": {"application/x-www-form-urlencoded"}}
	issued, err := l.object(ctx, http.MethodPost, "/api/2/idp/token", header, "grant_type=client_credentials")
	return fmt.Sprint(issued["access_token"]), err
}

func (l *loop) call(ctx context.Context, method, path, body string) (map[string]any, error) {
	return l.object(ctx, method, path, http.Header{"Authorization": {"Bearer " + l.token},
		"Content-Type": {"application/json"}}, body)
}

func (l *loop) object(ctx context.Context, method, path string, header http.Header, body string) (map[string]any,
	error) {
	status, answer, err := l.send(ctx, method, path, header, []byte(body))
	object, is := decode(answer).(map[string]any)
	if err == nil && (!is || status/100 != 2) {
		err = fmt.Errorf("%s %s was answered with %d: %s", method, path, status, answer)
	}
	return object, err
}

func basic(id, secret string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+secret))
}

func (l *loop) send(ctx context.Context, method, path string, header http.Header, body []byte) (int, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, l.running.URL+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	request.Header = header
	response, err := l.web.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = response.Body.Close() }() // what was read is what counts
	answer, err := io.ReadAll(response.Body)
	return response.StatusCode, answer, err
}

// headerOf gives a request credentials. What the run sent is a stand-in; the answer that it got tells how good it was.
func (l *loop) headerOf(r Request) http.Header {
	header := r.Header.Clone()
	sent := header.Get("Authorization")
	switch {
	case strings.HasPrefix(sent, "Basic ") && r.Status/100 == 2:
		header.Set("Authorization", basic(l.running.ClientID, l.running.ClientSecret))
	case !strings.HasPrefix(sent, "Bearer $"):
	case r.Status == http.StatusUnauthorized:
		header.Set("Authorization", "Bearer "+l.running.ExpiredToken)
	case r.Status == http.StatusForbidden:
		header.Set("Authorization", "Bearer "+l.alien)
	default:
		header.Set("Authorization", "Bearer "+l.token)
	}
	return header
}

var uuid = regexp.MustCompile(`[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// now writes a text of the run with the ids of now, and a token that is good now.
func (l *loop) now(text string) string {
	text = uuid.ReplaceAllStringFunc(text, func(id string) string {
		if current, known := l.ids[id]; known {
			return current
		}
		return id
	})
	return strings.NewReplacer("$ACRONIS_TOKEN", l.spare).Replace(text)
}

// learn compares the answer of the run with the one of now: where one has an id, the other has the same object's.
func (l *loop) learn(then, now any) {
	switch then := then.(type) {
	case map[string]any:
		now, _ := now.(map[string]any)
		for key, value := range then {
			l.learn(value, now[key])
		}
	case []any:
		now, _ := now.([]any)
		for i := range min(len(then), len(now)) {
			l.learn(then[i], now[i])
		}
	case string:
		current, is := now.(string)
		_, known := l.ids[then] // an object shows its own id first; who made it may be someone else now
		if is && !known && current != then && then != "" && uuid.FindString(then) == then {
			l.ids[then] = current
		}
	}
}
