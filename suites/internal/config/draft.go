package config

import (
	"cmp"
	"crypto/x509"
	"math"
	"os"
	"regexp"
	"strings"
	"time"
)

// draft is a target as it is written: its variables are not resolved yet.
type draft struct {
	*mapping
	name    string
	target  Target
	written map[string]string // texts that may hold variables, by key
}

// connection are the keys that tell where a live target is and how to get in, with what each is for.
var connection = []struct {
	name, purpose string
	needed        bool
}{
	{"url", "scheme and host of the data center", true},
	{"client_id", "the id of an API client", true},
	{"client_secret", "the secret of that API client", true},
	{"expired_token", "", false},
	{"fault_header", "", false},
	{"ca_file", "", false},
}

func newDraft(m *mapping, name string) *draft {
	t := &draft{mapping: m, name: name, written: map[string]string{}}
	t.target = Target{
		Name:        name,
		Embedded:    m.flag("embedded"),
		Allow:       m.permissions("allow"),
		Production:  m.flag("production"),
		Rate:        m.rate("rate"),
		Concurrency: m.integer("concurrency", 0, 1, math.MaxInt32),
		Budget:      m.integer("budget", 0, 1, math.MaxInt32),
		Strict:      m.flag("strict"),
		Assumed:     m.assumed("assumed"),
		Known:       m.knownDeviations("known_deviations"),
	}
	if !t.target.Embedded {
		t.target.spare()
	}
	for _, key := range connection {
		t.written[key.name] = m.text(key.name)
		checkVariables(m.document, m.entries[key.name], t.written[key.name])
	}
	m.done() // before what is missing, since a misspelt key is both
	t.checkKind()
	return t
}

// spare gives a live target what is not set: limits, since it serves others too, and that known deviations are
// reported.
func (t *Target) spare() {
	if t.Known == "" {
		t.Known = ReportKnown
	}
	if !t.Rate.Limited() {
		t.Rate = Rate{Requests: 10, Per: time.Second}
	}
	t.Concurrency = cmp.Or(t.Concurrency, 4)
	t.Budget = cmp.Or(t.Budget, 20000)
}

// checkKind demands what a live target needs, and refuses what an embedded one has no use for.
func (t *draft) checkKind() {
	for _, key := range connection {
		e, given := t.entries[key.name]
		switch {
		case given && t.target.Embedded:
			t.document.fail(e, embeddedNeedsNone)
		case !given && key.needed && !t.target.Embedded:
			t.document.fail(t.entry, "lacks %s: add %s, or embedded: true to be served in process", key.name,
				key.purpose)
		}
	}
	if t.target.Embedded && t.target.Production {
		t.document.fail(t.entries["production"], embeddedNeedsNone)
	}
	if e, given := t.entries["known_deviations"]; given && t.target.Embedded {
		t.document.fail(e, embeddedNeedsNone)
	}
}

const embeddedNeedsNone = "has no meaning for an embedded target, which is served in process: remove it"

// resolve returns the target with its variables resolved and its values checked.
func (t *draft) resolve(env func(string) (string, bool)) Target {
	target := t.target
	if target.Embedded {
		return target
	}
	values := map[string]string{}
	for _, key := range connection {
		values[key.name] = t.value(key.name, key.needed, env)
	}
	target.URL = t.url(values["url"])
	target.ClientID = values["client_id"]
	target.ClientSecret = Secret(values["client_secret"])
	target.ExpiredToken = Secret(values["expired_token"])
	target.FaultHeader = t.header(values["fault_header"])
	target.CAFile, target.RootCAs = t.authorities(values["ca_file"])
	return target
}

// value resolves one text of the target. Its errors name the variable and never what the variable holds.
func (t *draft) value(name string, needed bool, env func(string) (string, bool)) string {
	value, missing := expand(t.written[name], env)
	switch {
	case missing != "" && needed:
		t.document.fail(t.entries[name],
			"the variable %s is not set, and the target %s needs it: set it, or select another target",
			missing, printable(t.name))
	case missing != "":
		return ""
	case strings.Contains(value, "-----BEGIN"):
		t.document.fail(t.entries[name], "%s is the content of a file: write it into a file, and give the path of that",
			t.origin(name))
	case value != strings.TrimSpace(value):
		t.document.fail(t.entries[name], "%s begins or ends with white space: remove it", t.origin(name))
	case strings.ContainsFunc(value, isControl):
		t.document.fail(t.entries[name], "%s holds a control character: remove it", t.origin(name))
	}
	return value
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// origin says where a value comes from, in place of the value.
func (t *draft) origin(name string) string {
	if reference := variable.FindString(t.written[name]); reference != "" {
		return "the value of " + strings.Trim(reference, "${}")
	}
	return "the value"
}

// file names a file in a message: by its path, or by the variable that holds the path, or what was put there in the
// place of one.
func (t *draft) file(name, path string) string {
	if reference := variable.FindString(t.written[name]); reference != "" {
		return "the file that " + strings.Trim(reference, "${}") + " names"
	}
	return printable(path)
}

var headerName = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")

func (t *draft) header(name string) string {
	if name != "" && !headerName.MatchString(name) {
		t.document.fail(t.entries["fault_header"],
			"%s is not the name of an HTTP header: write the name alone, such as x-envoy-fault-abort-request",
			t.origin("fault_header"))
	}
	return name
}

// authorities reads the certificates that the target is trusted by, besides the system's.
func (t *draft) authorities(file string) (string, *x509.CertPool) {
	if file == "" || t.document.err != nil {
		return "", nil
	}
	path := t.document.resolvePath(file)
	pem, err := os.ReadFile(path)
	if err != nil {
		t.document.fail(t.entries["ca_file"],
			"%s %v: name a readable PEM file, or leave it unset for the system's certificates",
			t.file("ca_file", path), reason(err))
		return path, nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		t.document.fail(t.entries["ca_file"],
			"%s holds no certificate in PEM form: name a file with -----BEGIN CERTIFICATE----- in it",
			t.file("ca_file", path))
	}
	return path, pool
}
