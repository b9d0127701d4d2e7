package exchange_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"acronis-conformance/suites/internal/exchange"
)

// The connections that were kept for other requests meanwhile are as dead.
func TestResendTakesAConnectionOfItsOwn(t *testing.T) {
	type answered struct{} // names whether the connection has carried an answer: its port may have been another one's
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Context().Value(answered{}).(*atomic.Bool).Swap(true) {
			panic(http.ErrAbortHandler)
		}
		time.Sleep(time.Millisecond) // the others are on their way
	}))
	s.Config.ConnContext = func(ctx context.Context, _ net.Conn) context.Context {
		return context.WithValue(ctx, answered{}, new(atomic.Bool))
	}
	s.Start()
	t.Cleanup(s.Close)
	c := newClient(t, exchange.Options{BaseURL: s.URL})
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				if _, err := c.Do(t.Context(), exchange.Request{Method: "GET", Path: "/x"}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}
