package render

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"acronis-conformance/suites/internal/report"

	. "github.com/onsi/gomega"
)

// payloads are what a hostile target may answer. Each would leave a trace if anything ran, loaded or drew it.
var payloads = []string{
	`<script>window.pwned=1;alert(1)</script>`,
	`</script><script>window.pwned=1</script>`,
	`</pre></code></td></title></style></textarea></template><img src=x onerror="window.pwned=1">`,
	`" onmouseover="window.pwned=1" autofocus onfocus="window.pwned=1" x="`,
	`' onclick='window.pwned=1' `,
	`<svg onload=window.pwned=1><iframe src="https://evil.example.com/"></iframe><link rel=stylesheet ` +
		`href=https://evil.example.com/x.css>`,
	`javascript:window.pwned=1//https://evil.example.com/`,
	`<!--<script>window.pwned=1</script>-->]]>`,
	`{{.Data}}{{"x"}}${window.pwned=1}`,
	"\x1b[31mred\x1b[0m\x1b]0;title\x07\x9b2J\r\nHTTP/1.1 200 OK\b\b",
	"\u202eevil\u202c\u2028\u2029\u200b\ufeff\x00\xff\xfe",
	"| a | b |\n| --- | --- |\n\n# heading\n\n- [link](https://evil.example.com) " +
		"![image](https://evil.example.com/x.png) <https://evil.example.com> www.evil.example.com\n" +
		"@someone `code` ``` " +
		"**bold** ~~gone~~ $x$",
	"``` ` `` \n```\n<details open ontoggle=window.pwned=1>",
	`1. list`,
	`{"error":{"code":"<img src=x onerror=window.pwned=1>","</script>":[1,2,{"a":null}]}}`,
	strings.Repeat("[", 9000),
	strings.Repeat("<b>", 500),
}

// kinds are the texts that a reader of conformance.json checks: only known values get this far.
var kinds = map[string]bool{"Verdict": true, "Source": true, "Basis": true, "Phase": true, "CheckState": true}

// hostile is a sample with payloads in every text. The places where they stand in turn are shuffled by salt, so that
// a few samples put every payload nearly everywhere.
func hostile(t testing.TB, salt int) *report.Result {
	t.Helper()
	g := NewWithT(t)
	encoded, err := thinned()
	g.Expect(err).NotTo(HaveOccurred())
	r := new(report.Result)
	g.Expect(json.Unmarshal(encoded, r)).To(Succeed())
	n := salt
	poison(reflect.ValueOf(r), func() string { n++; return payloads[n%len(payloads)] })
	for i := range r.Specs { // ids are unique in every result
		r.Specs[i].ID = fmt.Sprintf("%d%s", i, r.Specs[i].ID)
	}
	for i := range r.Cells {
		r.Cells[i].Specs = []string{r.Specs[i%len(r.Specs)].ID}
	}
	for i := range r.World {
		r.World[i].ID = fmt.Sprintf("w%d%s", i, r.World[i].ID)
	}
	r.Specs[0].Control = r.World[0].ID
	r.Faults = report.Faults(r.Specs) // as who reads a file finds them again
	return r
}

// thinned is a small part of the sample, encoded, so that every test has its own copy.
var thinned = sync.OnceValues(func() ([]byte, error) {
	r := sample(new(testing.T))
	r.Specs, r.Cells, r.World = thin(r.Specs, 60), thin(r.Cells, 40), thin(r.World, 40)
	r.Problems = []string{"", ""}
	return json.Marshal(r)
})

// thin keeps every so manieth.
func thin[T any](list []T, every int) []T {
	var kept []T
	for i := 0; i < len(list); i += every {
		kept = append(kept, list[i])
	}
	return kept
}

func poison(v reflect.Value, next func() string) {
	if v.Type() == reflect.TypeFor[time.Time]() || kinds[v.Type().Name()] {
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			poison(v.Elem(), next)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			poison(v.Field(i), next)
		}
	case reflect.Slice:
		for i := range v.Len() {
			poison(v.Index(i), next)
		}
	case reflect.Map:
		poisoned := reflect.MakeMap(v.Type())
		for range v.Len() {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			key.SetString(next())
			value.Set(reflect.ValueOf([]string{next(), next()}).Convert(v.Type().Elem()))
			poisoned.SetMapIndex(key, value)
		}
		if !v.IsNil() {
			v.Set(poisoned)
		}
	case reflect.String:
		v.SetString(next())
	}
}

func TestHostileSample(t *testing.T) {
	g := NewWithT(t)
	r := hostile(t, 0)
	g.Expect(r.Target.URL).To(BeElementOf(payloads))
	g.Expect(r.Specs[0].Verdict).To(Equal(report.Pass))
	g.Expect(r.Specs[0].Exchanges[0].Headers).NotTo(BeEmpty())
}
