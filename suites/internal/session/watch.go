package session

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
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
}

// aimedAt reports whether the object is one that refusals are aimed at: they name its version. That of a control's
// object is the one before its change.
func (w Watch) aimedAt() bool { return !strings.HasPrefix(w.Key, fixtures.Twin("")) }

func (w Watch) key() string { return w.Key + " by " + w.Witness }

// volatile are properties that change without a write.
var volatile = []string{"timestamp", "paging", "updated_at", "last_access_at", "last_access_from_ip"}

// baseline looks at everything that is watched, after all controls, and twice where the target may take its time to
// show what was written: what still changes by itself is looked at again until it is steady. What never is shows
// nothing: then it is the reading operation that is at fault, and its own specs say so.
func (s *Session) baseline(ctx context.Context, watches []Watch) error {
	seen := map[string]string{}
	versions := map[string]any{} // a service may have gone on with what was made, and have raised its version
	defer func() {
		for key, version := range versions {
			s.Sandbox.Objects[key]["version"] = version
		}
	}()
	for begin, round := time.Now(), 0; len(watches) > 0; round++ {
		var mu sync.Mutex
		var unsteady []Watch
		err := forEach(ctx, s.Concurrency(), watches, func(ctx context.Context, w Watch) error {
			shown, e, err := s.witness(ctx, string(report.PhaseWorld), w)
			if err != nil {
				return fmt.Errorf("%s before the specs: %w", w.key(), err)
			}
			mu.Lock()
			defer mu.Unlock()
			if version := versionOf(e); version != nil && s.ConsistencyTimeout() > 0 && w.aimedAt() &&
				s.Sandbox.Objects[w.Key]["version"] != nil {
				versions[w.Key] = version
			}
			if s.ConsistencyTimeout() == 0 || round > 0 && shown == seen[w.key()] {
				if shown != "" {
					s.Baselines[w.key()] = shown
				}
				return nil
			}
			seen[w.key()] = shown
			unsteady = append(unsteady, w)
			return nil
		})
		if err != nil {
			return err
		}
		if watches = unsteady; round > 0 && time.Since(begin) >= s.ConsistencyTimeout() {
			return nil
		}
		if len(watches) > 0 {
			if err := fixtures.Pause(ctx, min(s.ConsistencyTimeout(), 2*time.Second)-time.Since(begin)); err != nil {
				return err
			}
		}
	}
	return nil
}

// ConsistencyTimeout is how long the target may take until reads show what was written. The embedded mock shows it at
// once; that a data center does is promised nowhere.
func (s *Session) ConsistencyTimeout() time.Duration {
	if s.config.Target.Embedded {
		return 0
	}
	return s.config.Timeouts.Settle
}

// ByTurns is how often a look is repeated where it shows a property less, or one more: servers of two versions that
// answer by turns may differ in what need not be shown.
const ByTurns = 24

// Changed looks again and tells where the object is another one than before the specs: at "$.enabled", with both
// values. It is empty where nothing changed, and where the look shows nothing that could be compared: what is wrong
// with its answer is left to the reading operation's own specs. The exchange is nil where the object could not be
// looked at in the first place.
func (s *Session) Changed(ctx context.Context, spec string, w Watch) (where string, e *exchange.Exchange, err error) {
	before, known := s.Baselines[w.key()]
	if !known {
		return "", nil, nil
	}
	for turn := 0; ; turn++ {
		var now string
		now, e, err = s.witness(ctx, spec, w)
		if err == nil && e != nil && (e.Status()/100 == 5 || e.Status() == http.StatusTooManyRequests) {
			err = fmt.Errorf("whether the request took effect cannot be told: the look at %s was answered with %s",
				w.Key, statusText(e.Status()))
		}
		if err != nil || now == "" || now == before {
			return "", e, err
		}
		if where = differs(before, now, false); where == "" || turn == ByTurns || !alike(before, now) {
			return where, e, nil
		}
	}
}

// alike reports whether two looks show the same in what both show.
func alike(before, now string) bool {
	return before == now || before != "" && now != "" && differs(before, now, true) == ""
}

// differs tells where two looks differ first: in what both show, or in what one of them shows as well.
func differs(before, now string, both bool) string {
	oldStatus, oldBody, _ := strings.Cut(before, " ")
	newStatus, newBody, _ := strings.Cut(now, " ")
	if oldStatus != newStatus {
		return fmt.Sprintf("it was read with %s before, and with %s now", oldStatus, newStatus)
	}
	was, err := schemas.ReadJSON([]byte(oldBody))
	is, unread := schemas.ReadJSON([]byte(newBody))
	if err != nil || unread != nil {
		return "its body was another one before"
	}
	return firstDifference("$", was, is, both)
}

// firstDifference leaves out what is shown once, where it looks at both alone, and what is empty: that need not be
// shown.
func firstDifference(path string, was, is any, both bool) string {
	switch w := was.(type) {
	case map[string]any:
		i, same := is.(map[string]any)
		if !same {
			break
		}
		for _, name := range slices.Sorted(maps.Keys(w)) {
			_, still := i[name]
			switch {
			case !still && !both && !Blank(w[name]):
				return fmt.Sprintf("%s.%s was there before", path, name)
			case still:
				if d := firstDifference(path+"."+name, w[name], i[name], both); d != "" {
					return d
				}
			}
		}
		for _, name := range slices.Sorted(maps.Keys(i)) {
			if _, had := w[name]; !had && !both && !Blank(i[name]) {
				return fmt.Sprintf("%s.%s was not there before", path, name)
			}
		}
		return ""
	case []any:
		i, same := is.([]any)
		if !same {
			break
		}
		if len(w) != len(i) {
			return fmt.Sprintf("%s held %d items before, and holds %d now", path, len(w), len(i))
		}
		left, unlike := slices.Clone(i), -1
		for n := range w {
			like := slices.IndexFunc(left, func(other any) bool {
				return firstDifference(path, w[n], other, both) == ""
			})
			switch {
			case like >= 0:
				left = slices.Delete(left, like, like+1)
			case unlike < 0:
				unlike = n
			}
		}
		if unlike < 0 {
			return ""
		}
		return firstDifference(fmt.Sprintf("%s[%d]", path, unlike), w[unlike], left[0], both)
	}
	if fmt.Sprint(was) == fmt.Sprint(is) {
		return ""
	}
	before, err := json.Marshal(was)
	now, unwritten := json.Marshal(is)
	if err != nil || unwritten != nil {
		return path + " was another before"
	}
	return fmt.Sprintf("%s was %s before, and is %s now", path, before, now)
}

// witness returns what the witness shows.
func (s *Session) witness(ctx context.Context, spec string, w Watch) (string, *exchange.Exchange, error) {
	vars, err := s.Vars(w.Key, "watch")
	if err != nil {
		return "", nil, nil // what could not be made is nothing to look at
	}
	r, err := s.Catalogue.Request(w.Witness, vars)
	if err != nil {
		return "", nil, err
	}
	r.As = w.As
	if err := s.Sandbox.Authorize(&r); err != nil {
		return "", nil, nil
	}
	phase := phaseSpec
	if spec == string(report.PhaseWorld) {
		phase = report.PhaseWorld
	}
	e, err := s.send(ctx, phase, spec, equalTo(r), r, nil)
	if phase == report.PhaseWorld && e != nil {
		s.record(phase, "", r.Operation, e, err)
	}
	if err != nil {
		return "", e, err
	}
	return look{op: s.contract.Operation(w.Witness), where: w.Where, only: vars[w.Where]}.shows(e), e, nil
}

// Blank reports whether a value of JSON is empty, so that it need not be shown.
func Blank(value any) bool {
	list, isList := value.([]any)
	return value == nil || value == "" || isList && len(list) == 0
}

// Same reports whether two answers of the operation show the same state, as far as the contract documents what they
// both show.
func Same(op *schemas.Operation, a, b *exchange.Exchange) bool {
	return alike(look{op: op}.shows(a), look{op: op}.shows(b))
}

// look reads what an answer of an operation shows of an object.
type look struct {
	op    *schemas.Operation
	where string // only items whose property of that name has the value count
	only  any
}

// shows returns what can be compared with another look: the status alone where the look is refused, since what an
// error says is free, and else what the contract documents for the operation and code, without what changes by itself
// and in an order of its own. It is empty where the answer cannot be read.
func (l look) shows(e *exchange.Exchange) string {
	status := fmt.Sprint(e.Status())
	if e.Status()/100 != 2 || len(e.Last().Body) == 0 {
		return status
	}
	decoded, err := e.Last().JSON()
	if err != nil {
		return ""
	}
	if object, ok := decoded.(map[string]any); ok && l.where != "" {
		items, _ := object["items"].([]any)
		object["items"] = slices.DeleteFunc(items, func(item any) bool {
			fields, _ := item.(map[string]any)
			return fields[l.where] != l.only
		})
	}
	documented, known := l.op.Documented(e.Status(), e.Request.Query.Get("lod"), decoded)
	if !known {
		return status
	}
	stable, err := json.Marshal(steady(documented))
	if err != nil {
		return ""
	}
	return status + " " + string(stable)
}

// moments are the documented forms of a timestamp, of which a service may mix several. Without a zone it is UTC; a
// fraction may follow the seconds.
var moments = [...]string{time.RFC3339, "2006-01-02T15:04:05"}

// steady drops what changes by itself and sorts lists, whose order nothing promises.
func steady(value any) any {
	switch v := value.(type) {
	case string:
		if !strings.Contains(v, "T") { // a moment has one, and few other values do
			return v
		}
		for _, form := range moments {
			if at, err := time.Parse(form, v); err == nil {
				return at.UTC().Format("2006-01-02T15:04:05")
			}
		}
	case map[string]any:
		for _, name := range volatile {
			delete(v, name)
		}
		for name, field := range v {
			v[name] = steady(field)
		}
	case []any:
		v = slices.DeleteFunc(v, isIdleStorage)
		for i := range v {
			v[i] = steady(v[i])
		}
		sortByText(v)
		return v
	}
	return value
}

// isIdleStorage reports whether it is an offering item, or what is used of one, that is of a storage and off. It comes
// and goes for every tenant that could have it, as storages are registered and removed.
func isIdleStorage(item any) bool {
	fields, _ := item.(map[string]any)
	if fields["infra_id"] == nil || fields["usage_name"] == nil {
		return false
	}
	if used, shown := fields["value"]; shown && fmt.Sprint(used) != "0" {
		return false
	}
	if offered, isUsage := fields["offering_item"].(map[string]any); isUsage {
		fields = offered
	}
	status, shown := fields["status"]
	return !shown || fmt.Sprint(status) == "0"
}

// sortByText sorts a list by what its items are as JSON.
func sortByText(list []any) {
	if len(list) < 2 {
		return
	}
	type item struct {
		text  string
		value any
	}
	items := make([]item, len(list))
	for i, value := range list {
		text, _ := json.Marshal(value)
		items[i] = item{string(text), value}
	}
	slices.SortFunc(items, func(a, b item) int { return strings.Compare(a.text, b.text) })
	for i := range items {
		list[i] = items[i].value
	}
}
