package selftest_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"acronis-conformance/fixtures"
	"acronis-conformance/fixtures/mock"
	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/report"

	"github.com/goccy/go-yaml"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// sandbox are the operations that a run calls before it makes the first object for a spec, in the order of the first
// call of each: the builder of the world is let loose on a healthy mock.
var sandbox = sync.OnceValue(func() []string {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	called, err := build(ctx)
	if err != nil {
		panic(err) // the tree of specs needs them
	}
	var operations []string
	for _, operation := range called {
		if !slices.Contains(operations, operation) {
			operations = append(operations, operation)
		}
	}
	return operations
})

func inSandbox(d defect) bool { return slices.Contains(sandbox(), subject(d.Defect)) }

// sandboxDefects are ways in which a call of the sandbox can fail whenever it is called rightly: with 500, with 404,
// and with a success that says nothing.
var sandboxDefects = sync.OnceValue(func() []defect {
	contract, err := schemas.Load()
	if err != nil {
		panic(err)
	}
	var defects []defect
	for _, operation := range sandbox() {
		success := contract.Operation(operation).Success()
		for _, instead := range []int{http.StatusInternalServerError, http.StatusNotFound, http.StatusNoContent} {
			if success == instead {
				continue
			}
			d, err := mock.DefectNamed(fmt.Sprintf("%s.%d-as-%d", operation, success, instead))
			if err != nil {
				panic(err)
			}
			defects = append(defects, expecting([]mock.Defect{d})...)
		}
	}
	return defects
})

// possible reports whether there is a world on a mock with the defect. It is looked at without the suite: the defect
// has to change the success of a call of the sandbox, and then the sandbox is made once.
func possible(ctx context.Context, d defect) bool {
	GinkgoHelper()
	parts := generatedName.FindStringSubmatch(d.Name)
	if parts == nil || !inSandbox(d) || parts[2][0] != '2' {
		return true
	}
	_, err := build(ctx, d.Name)
	return err == nil
}

// build makes the sandbox on a mock with those defects, and returns the operations that were called.
func build(ctx context.Context, defects ...string) (called []string, err error) {
	running, err := mock.Start(mock.Options{Defects: defects})
	if err != nil {
		return nil, err
	}
	defer func() { _ = running.Close() }()
	catalogue := calls()
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	do := func(ctx context.Context, r fixtures.Request) (fixtures.Answer, error) {
		called = append(called, r.Operation)
		return send(ctx, client, running.URL+"/api/2", r)
	}
	builder := fixtures.NewBuilder(catalogue, "proof", do)
	if err := builder.Login(ctx, fixtures.Credentials{ClientID: running.ClientID,
		ClientSecret: running.ClientSecret}); err != nil {
		return called, err
	}
	// A run looks at its own tenant first, which shows that it may be there at all.
	own, err := catalogue.Request("FetchTenant", fixtures.Vars{"tenant_id": builder.Sandbox.Tenant})
	if err != nil {
		return called, err
	}
	own.As = fixtures.Configured
	if err := builder.Sandbox.Authorize(&own); err != nil {
		return called, err
	}
	answer, err := do(ctx, own)
	switch {
	case err != nil:
		return called, err
	case !answer.Good():
		return called, &fixtures.StepError{Operation: own.Operation, Purpose: "its own tenant", Status: answer.Status}
	}
	return called, builder.Build(ctx)
}

func send(ctx context.Context, client *http.Client, base string, r fixtures.Request) (fixtures.Answer, error) {
	request, err := http.NewRequestWithContext(ctx, r.Method, base+r.Path, bytes.NewReader(r.Body))
	if err != nil {
		return fixtures.Answer{}, err
	}
	request.URL.RawQuery = r.Query.Encode()
	request.Header = r.Header
	response, err := client.Do(request)
	if err != nil {
		return fixtures.Answer{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return fixtures.Answer{Status: response.StatusCode, Header: response.Header, Body: body}, err
}

// dependent reports whether the spec is of an operation that cannot do without another one: its object is made with
// that one, or that one shows what a refused call has done. An operation needs what it made itself.
func dependent(s report.Spec, on string) bool {
	GinkgoHelper()
	call := calls().Call(s.Operation)
	return s.Operation == on || call.Witness == on || readerOf(contract(), contract().Operation(s.Operation)) == on ||
		slices.Contains(makers(call.Object), on)
}

var calls = sync.OnceValue(func() *fixtures.Catalogue {
	contract, err := schemas.Load()
	if err != nil {
		panic(err)
	}
	catalogue, err := fixtures.LoadCatalogue(contract)
	if err != nil {
		panic(err)
	}
	return catalogue
})

// makers are the operations that make an object, as fixtures/objects.yml tells.
func makers(object string) []string {
	var operations []string
	for ; object != ""; object = recipes()[object].From {
		for _, step := range recipes()[object].Steps {
			operations = append(operations, step.Call)
		}
	}
	return operations
}

// recipes are those of fixtures/objects.yml.
var recipes = sync.OnceValue(func() (all map[string]fixtures.Recipe) {
	content, err := os.ReadFile(filepath.Join("..", "..", "fixtures", "objects.yml"))
	if err == nil {
		err = yaml.Unmarshal(content, &all)
	}
	if err != nil {
		panic(err) // the tree of specs needs them
	}
	return all
})

// denies reports whether a defect takes away what objects are made with: the answer to a call on the way to one, or
// what is kept of it.
func denies(d defect) bool {
	parts := generatedName.FindStringSubmatch(d.Name)
	if parts == nil || parts[2][0] != '2' {
		return false
	}
	for _, recipe := range recipes() {
		for _, step := range recipe.Steps {
			if step.Call != parts[1] {
				continue
			}
			switch parts[3] {
			case "as":
				// 200, 201 and 202 are successes with a body too
				return parts[4] != "200" && parts[4] != "201" && parts[4] != "202"
			case "bodiless", "names":
				return true
			case "without", "mistyped":
				if slices.ContainsFunc(keptBy(step), func(kept string) bool {
					return strings.HasPrefix(kept+".", parts[4]+".")
				}) {
					return true
				}
			case "differing": // a property of the items of a list
				if slices.Contains(keptBy(step), "items."+parts[4]) {
					return true
				}
			case "drops":
				if slices.Contains(refusedWithout[parts[1]], parts[4]) {
					return true
				}
			}
		}
	}
	return false
}

// refusedWithout are the properties of creations that the mock refuses to do without, though the reference does not
// require them.
var refusedWithout = map[string][]string{"CreateUser": {"contact", "login"}}

// chosenItem is a property of an item that is chosen by others.
var chosenItem = regexp.MustCompile(`^(\w+)\.([\w+!]+)\.\d+\.(.+)$`)

// keptBy are the properties that a step keeps or chooses an item by: of items.edition+!infra_id.0.name, items.edition,
// items.infra_id and items.name.
func keptBy(step fixtures.Step) (all []string) {
	for _, kept := range step.Keep {
		parts := chosenItem.FindStringSubmatch(kept)
		if parts == nil {
			all = append(all, kept)
			continue
		}
		list, filter, property := parts[1], parts[2], parts[3]
		for name := range strings.SplitSeq(filter, "+") {
			all = append(all, list+"."+strings.TrimPrefix(name, "!"))
		}
		all = append(all, list+"."+property)
	}
	return all
}

var _ = Describe("what the kill matrix rests on", func() {
	It("knows the calls of the sandbox", Label("defect"), SpecTimeout(time.Minute), func(SpecContext) {
		Expect(sandbox()).To(ContainElements("RequestTokens", "FetchClient", "FetchTenant", "CreateTenant",
			"CreateClient", "CreateUser", "SetUserPassword"))
	})
	It("knows by what items are chosen", Label("defect"), SpecTimeout(time.Minute), func(SpecContext) {
		Expect(keptBy(fixtures.Step{Keep: map[string]string{"name": "items.edition+!infra_id.1.name",
			"version": "items.0.quota.version"}})).To(ConsistOf("items.edition", "items.infra_id", "items.name",
			"items.0.quota.version"))
	})
})
