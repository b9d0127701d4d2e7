package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"acronis-conformance/fixtures"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/exchange"
	"acronis-conformance/suites/internal/report"
)

// Watch is a look at an object that shows whether a refused write took effect.
type Watch struct {
	Key     string         // of the object
	As      fixtures.Actor // who may look
	Witness string         // the reading operation
	Where   string         // only items with the object's value of that property count
	Vars    fixtures.Vars  // names that differ from the object's
}

func (w Watch) key() string { return w.Key + " by " + w.Witness }

// volatile are properties that change without a write.
var volatile = []string{"timestamp", "paging", "updated_at", "last_access_at", "last_access_from_ip"}

// baseline looks at everything that is watched, after all controls. A witness that shows something else at once shows nothing: then it
// is the reading operation that is at fault, and its own specs say so.
func (s *Session) baseline(ctx context.Context, needs Needs) error {
	for _, key := range slices.Sorted(maps.Keys(needs.Watches)) {
		watch := needs.Watches[key]
		seen, _, err := s.witness(ctx, string(report.PhaseWorld), watch)
		again := ""
		if err == nil {
			again, _, err = s.witness(ctx, string(report.PhaseWorld), watch)
		}
		if err != nil {
			return fmt.Errorf("%s before the specs: %w", watch.key(), err)
		}
		if seen != "" && seen == again {
			s.Baselines[watch.key()] = seen
		}
	}
	return nil
}

// Unchanged looks again and tells whether the object is as it was before the specs. The exchange is nil where the object could not
// be looked at in the first place.
func (s *Session) Unchanged(ctx context.Context, spec string, w Watch) (unchanged bool, e *exchange.Exchange, err error) {
	before, known := s.Baselines[w.key()]
	if !known {
		return true, nil, nil
	}
	now, e, err := s.witness(ctx, spec, w)
	if err == nil && e != nil && (e.Status()/100 == 5 || e.Status() == http.StatusTooManyRequests) {
		err = fmt.Errorf("whether the request took effect cannot be told: the look at %s was answered with %s", w.Key, statusText(e.Status()))
	}
	return now == before, e, err
}

// witness returns what the witness shows, without what changes by itself and in an order of its own.
func (s *Session) witness(ctx context.Context, spec string, w Watch) (string, *exchange.Exchange, error) {
	vars, err := s.Vars(w.Key, "watch")
	if err != nil {
		return "", nil, nil // what could not be made is nothing to look at
	}
	maps.Copy(vars, w.Vars)
	r, err := s.Catalogue.Request(w.Witness, vars)
	if err != nil {
		return "", nil, err
	}
	r.As = w.As
	if err := s.World.Authorize(&r); err != nil {
		return "", nil, nil
	}
	phase := phaseSpec
	if spec == string(report.PhaseWorld) {
		phase = report.PhaseWorld
	}
	e, err := s.send(ctx, phase, spec, r, nil)
	if phase == report.PhaseWorld && e != nil {
		s.record(phase, s.stepID(phase), r.Operation, e, err)
	}
	if err != nil {
		return "", e, err
	}
	return fmt.Sprint(e.Status()) + " " + fingerprint(e.Last().Body, w.Where, vars[w.Where]), e, nil
}

// Same tells whether two answers show the same state.
func Same(a, b *exchange.Exchange) bool {
	return fingerprint(a.Last().Body, "", nil) == fingerprint(b.Last().Body, "", nil)
}

func fingerprint(body []byte, where string, only any) string {
	decoded, err := schemas.ReadJSON(body)
	if err != nil {
		return string(body)
	}
	if object, ok := decoded.(map[string]any); ok && where != "" {
		items, _ := object["items"].([]any)
		object["items"] = slices.DeleteFunc(items, func(item any) bool {
			fields, _ := item.(map[string]any)
			return fields[where] != only
		})
	}
	stable, err := json.Marshal(steady(decoded))
	if err != nil {
		return string(body)
	}
	return string(stable)
}

// moment is a timestamp in one of the documented forms, of which a service may mix several: what counts is the part that they share.
var moment = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}`)

// steady drops what changes by itself and sorts lists, whose order nothing promises.
func steady(value any) any {
	switch v := value.(type) {
	case string:
		if second := moment.FindString(v); second != "" {
			return second
		}
	case map[string]any:
		for _, name := range volatile {
			delete(v, name)
		}
		for name, field := range v {
			v[name] = steady(field)
		}
	case []any:
		for i := range v {
			v[i] = steady(v[i])
		}
		slices.SortFunc(v, func(a, b any) int {
			x, _ := json.Marshal(a)
			y, _ := json.Marshal(b)
			return strings.Compare(string(x), string(y))
		})
	}
	return value
}

// heldPoll is how often a spec that waits for an object looks whether it is free: the system tells nobody who could stop waiting.
const heldPoll = 5 * time.Millisecond

// Hold keeps the object for one spec at a time, over all processes, and returns the id of the spec that spoilt it, if one did. Let
// go with the function that it returns. What it waits for an object ends with the context.
func (s *Session) Hold(ctx context.Context, key string) (spoiltBy string, release func(), err error) {
	file, err := os.OpenFile(s.mark(key), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return "", nil, fmt.Errorf("lock of %s: %w", key, err)
	}
	release = func() { _ = file.Close() } // closing unlocks
	for {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			break
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			release()
			return "", nil, fmt.Errorf("lock of %s: %w", key, err)
		}
		select {
		case <-ctx.Done():
			release()
			return "", nil, fmt.Errorf("another spec holds %s: %w", key, context.Cause(ctx))
		case <-time.After(heldPoll):
		}
	}
	mark, err := io.ReadAll(file)
	if err != nil {
		release()
		return "", nil, fmt.Errorf("mark of %s: %w", key, err)
	}
	return string(mark), release, nil
}

// Spoil marks the object, which the caller holds, as changed by a refused write: what later specs would find there says nothing.
func (s *Session) Spoil(key, spec string) error {
	return os.WriteFile(s.mark(key), []byte(spec), 0o600)
}

// mark is the file that is locked while the object is held, and holds the id of the spec that spoilt it.
func (s *Session) mark(key string) string { return filepath.Join(s.Dir, "object-"+url.PathEscape(key)) }
