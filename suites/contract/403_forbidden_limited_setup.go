package contract

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"time"

	"acronis-conformance/fixtures"
	"acronis-conformance/suites/internal/session"
	"acronis-conformance/suites/internal/spec"

	. "github.com/onsi/ginkgo/v2"
)

// begin lets the customer's own administrator limit access, and waits until that is shown.
func (l *limitation) begin(ctx context.Context) {
	l.failed = errors.New("access to the tenant could not be limited")
	s := spec.Session()
	if s == nil {
		return
	}
	if may, reason := s.MayWrite(); !may {
		l.failed = errors.New(reason)
		return
	}
	vars, err := s.Vars(limited.Key, "limited")
	if err != nil {
		l.failed = err
		return
	}
	if _, l.failed = limiting(vars, false).make(ctx, s); l.failed != nil {
		return
	}
	l.failed = untilShown(ctx, s, vars, false)
}

// limiting is the change by which the customer's own administrator limits access, or gives it back.
func limiting(vars fixtures.Vars, access bool) tenantChange {
	return tenantChange{limitationSpec, vars, vars["access_token"], map[string]any{"ancestral_access": access}}
}

// untilShown waits until a read of a tenant as home shows that access is limited, or is not, as long as the target may
// need for it.
func untilShown(ctx context.Context, s *session.Session, vars fixtures.Vars, access bool) error {
	for begin := time.Now(); ; {
		r, err := s.Catalogue.Request("FetchTenant", vars)
		if err != nil {
			return err
		}
		e, err := s.Send(ctx, limitationSpec, r, nil)
		if err != nil {
			return err
		}
		shown := spec.Object(e)["ancestral_access"]
		switch {
		case shown == access:
			return nil
		case time.Since(begin) < s.ConsistencyTimeout():
		case shown == !access:
			return errors.New("access was limited, which no read shows: see 20x/limited-access/FetchTenant")
		default:
			return nil // the spec of that read says what is wrong with it
		}
		if err := fixtures.Pause(ctx, time.Second); err != nil {
			return err
		}
	}
}

// end gives access back, also where the run is being ended.
func (l *limitation) end(ctx context.Context) {
	s := spec.Session()
	if s == nil {
		return
	}
	vars, err := s.Vars(limited.Key, "limited")
	if err != nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.Timeouts().Spec)
	defer cancel()
	if _, err := limiting(vars, true).make(ctx, s); err != nil {
		AddReportEntry("limited access", "access to the tenant is still limited: "+s.Redactor.String(err.Error()))
		return
	}
	// Clean-up reads what lies in the tenant: a unit of it has access, and shows that as soon as it is shown itself.
	inside := maps.Clone(vars)
	inside["tenant_id"] = vars["unit_id"]
	_ = untilShown(ctx, s, inside, true)
}

// tenantChange changes a tenant at its newest version, with a token or as home.
type tenantChange struct {
	spec  string
	vars  fixtures.Vars
	token any // nil for that of home
	set   map[string]any
}

// make returns the tenant as the answer shows it. A version may be out of date where reads lag: then it is read again,
// as long as the target may need to show the newest one.
func (c tenantChange) make(ctx context.Context, s *session.Session) (map[string]any, error) {
	for begin := time.Now(); ; {
		changed, err := c.attempt(ctx, s)
		if err == nil || time.Since(begin) >= s.ConsistencyTimeout() {
			return changed, err
		}
		if err := fixtures.Pause(ctx, time.Second); err != nil {
			return nil, err
		}
	}
}

func (c tenantChange) attempt(ctx context.Context, s *session.Session) (map[string]any, error) {
	send := func(operation string, body map[string]any) (map[string]any, error) {
		r, err := s.Catalogue.Request(operation, c.vars)
		if err != nil {
			return nil, err
		}
		if c.token != nil {
			r.Header.Set("Authorization", fmt.Sprint("Bearer ", c.token))
		}
		if body != nil {
			if err := r.SetBody("application/json", body); err != nil {
				return nil, err
			}
		}
		e, err := s.Send(ctx, c.spec, r, nil)
		if err != nil {
			return nil, err
		}
		shown := spec.Object(e)
		if e.Status() != http.StatusOK || shown["version"] == nil {
			return nil, fmt.Errorf("%s of the tenant was answered with %d: see 20x/valid-token/%[1]s", operation,
				e.Status())
		}
		return shown, nil
	}
	shown, err := send("FetchTenant", nil)
	if err != nil {
		return nil, err
	}
	body := map[string]any{"version": shown["version"]}
	maps.Copy(body, c.set)
	return send("UpdateTenant", body)
}
