package selftest_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"acronis-conformance/fixtures/mock"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/report"
)

// looped is what a loop took.
type looped struct {
	Requests int
	Alike    int           // were answered with the status of the run
	Spent    time.Duration // between a request and the end of its answer, all together
}

// loop sends the requests of a run once more, one after the other, to a mock of its own: what is left of the run's time
// without the suite around it.
type loop struct {
	running *mock.Running
	web     *http.Client
	token   string            // of the configured client
	spare   string            // of the configured client too, for bodies: one of them revokes it
	foreign string            // of a client that has no right to anything of the run
	ids     map[string]string // that stand for those of the run
}

// bareLoop sends the requests of a result to a new mock. Ids are put in the place of those of the run, and each request
// comes with credentials that are as good as those that it had, so that the mock does the same work again.
func bareLoop(ctx context.Context, path string) (out looped, err error) {
	result, err := report.Read(path)
	if err != nil {
		return looped{}, err
	}
	requests, err := sentBy(result)
	if err != nil {
		return looped{}, err
	}
	running, err := mock.Start(mock.Options{})
	if err != nil {
		return looped{}, err
	}
	l := &loop{running: running, web: &http.Client{Transport: &http.Transport{}, Timeout: time.Minute},
		ids: map[string]string{}}
	defer func() {
		l.web.CloseIdleConnections()
		if closed := running.Close(); err == nil {
			err = closed
		}
	}()
	if err := l.prepare(ctx, requests); err != nil {
		return looped{}, fmt.Errorf("the bare loop's own set-up: %w", err)
	}
	for _, r := range requests {
		path, header, body := l.now(r.path), l.headerOf(r), []byte(l.now(string(r.body)))
		begin := time.Now()
		status, answer, err := l.send(ctx, r.method, path, header, body)
		out.Spent += time.Since(begin)
		if err != nil {
			return out, err
		}
		out.Requests++
		if status == r.status {
			out.Alike++
			l.learn(decode(r.answer), decode(answer))
		}
	}
	return out, nil
}

// prepare logs in, makes a client that has no right to anything of the run, and finds the ids that are there before
// the run begins.
func (l *loop) prepare(ctx context.Context, requests []sentRequest) error {
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
	// The run reads its own client first; later reads of clients are of those that it made.
	first := slices.IndexFunc(requests, func(r sentRequest) bool {
		return r.method == http.MethodGet && strings.HasPrefix(r.path, "/api/2/clients/")
	})
	if first >= 0 {
		l.learn(decode(requests[first].answer), own)
	}
	tenant, err := l.call(ctx, http.MethodPost, "/api/2/tenants",
		fmt.Sprintf(`{"kind":"partner","name":"Foreign","parent_id":%q}`, own["tenant_id"]))
	if err != nil {
		return err
	}
	client, err := l.call(ctx, http.MethodPost, "/api/2/clients",
		fmt.Sprintf(`{"type":"api_client","token_endpoint_auth_method":"client_secret_basic","tenant_id":%q}`,
			tenant["id"]))
	if err != nil {
		return err
	}
	l.foreign, err = l.logIn(ctx, fmt.Sprint(client["client_id"]), fmt.Sprint(client["client_secret"]))
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
func (l *loop) headerOf(r sentRequest) http.Header {
	header := r.header.Clone()
	sent := header.Get("Authorization")
	switch {
	case strings.HasPrefix(sent, "Basic ") && r.status/100 == 2:
		header.Set("Authorization", basic(l.running.ClientID, l.running.ClientSecret))
	case !strings.HasPrefix(sent, "Bearer $"):
	case r.status == http.StatusUnauthorized:
		header.Set("Authorization", "Bearer "+l.running.ExpiredToken)
	case r.status == http.StatusForbidden:
		header.Set("Authorization", "Bearer "+l.foreign)
	default:
		header.Set("Authorization", "Bearer "+l.token)
	}
	return header
}

var anyUUID = regexp.MustCompile(`[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// now writes a text of the run with the ids of now, and a token that is good now.
func (l *loop) now(text string) string {
	text = anyUUID.ReplaceAllStringFunc(text, func(id string) string {
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
		if is && !known && current != then && then != "" && anyUUID.FindString(then) == then {
			l.ids[then] = current
		}
	}
}

// sentRequest is one request of a run, and how it was answered. Secrets in it are stand-ins, as in every report.
type sentRequest struct {
	method string
	path   string // with the query, below the host
	header http.Header
	body   []byte
	status int

	answer  []byte // the body that came, where it is known in full
	started time.Time
}

// sentBy lists what a run sent, in the order of sending.
func sentBy(r *report.Result) ([]sentRequest, error) {
	var all []sentRequest
	for _, step := range r.World {
		for _, e := range step.Exchanges {
			request, err := newSentRequest(e)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", step.ID, err)
			}
			all = append(all, request)
		}
	}
	for _, spec := range r.Specs {
		for _, e := range spec.Own() {
			request, err := newSentRequest(e)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", spec.ID, err)
			}
			all = append(all, request)
		}
	}
	slices.SortStableFunc(all, func(a, b sentRequest) int { return a.started.Compare(b.started) })
	return all, nil
}

func newSentRequest(e exchange.Evidence) (sentRequest, error) {
	address, err := url.Parse(e.URL)
	if err != nil {
		return sentRequest{}, err
	}
	if len(e.Attempts) == 0 {
		return sentRequest{}, fmt.Errorf("%s %s: nothing was sent", e.Method, address.Path)
	}
	r := sentRequest{method: e.Method, path: address.RequestURI(), header: e.Headers.Clone(),
		status:  e.Attempts[0].Status,
		started: e.Attempts[0].Start}
	if r.header == nil {
		r.header = http.Header{}
	}
	if r.body, err = whole(e.Body); err != nil {
		return sentRequest{}, err
	}
	if answer := e.Attempts[0].Body; answer != nil && !answer.Truncated && !answer.Base64 {
		r.answer = []byte(answer.Text)
	}
	return r, nil
}

func whole(t *exchange.Text) ([]byte, error) {
	switch {
	case t == nil:
		return nil, nil
	case t.Base64:
		return base64.StdEncoding.DecodeString(t.Text)
	default:
		return []byte(t.Text), nil
	}
}

// decode reads a JSON body, nil where it is none.
func decode(body []byte) any {
	var value any
	if json.Unmarshal(body, &value) != nil {
		return nil
	}
	return value
}
