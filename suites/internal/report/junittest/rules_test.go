package junittest

import (
	"strings"
	"testing"

	. "github.com/onsi/gomega"
)

const sound = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="a" tests="4" failures="1" errors="1" time="1.5">
 <testsuite name="a" tests="4" failures="1" errors="1" skipped="1" time="1.500" timestamp="2026-03-01T12:00:00">
  <properties><property name="run" value=""></property></properties>
  <testcase name="1" classname="401" time="0.100" group="tenants"></testcase>
  <testcase name="2" classname="401" time="0.100"><failure type="violation" message="m">text</failure></testcase>
  <testcase name="3" classname="401" time="0.100"><error type="error" message="m"></error></testcase>
  <testcase name="4" classname="401" time="0.100"><skipped type="inconclusive" message="m"></skipped></testcase>
 </testsuite>
</testsuites>
`

// Each rule is broken once.
func TestRules(t *testing.T) {
	_, err := Read(strings.NewReader(sound))
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	for name, c := range map[string]struct{ old, with, says string }{
		"no XML":      {`</testsuites>`, ``, "unexpected EOF"},
		"another top": {`testsuites`, `suites`, "the file is not one <testsuites>"},
		"two tops": {"</testsuites>\n", "</testsuites><testsuites></testsuites>",
			"the file is not one <testsuites>"},
		"unknown element":   {`<property name="run" value=""></property>`, `<entry></entry>`, "it cannot hold <entry>"},
		"namespace":         {`<testsuites `, `<testsuites xmlns="urn:x" `, "has the namespace"},
		"unknown attribute": {`group="tenants"`, `file="x"`, "there is no attribute file"},
		"missing attribute": {`<testcase name="1" `, `<testcase `, "the attribute name is missing"},
		"missing classname": {`name="1" classname="401"`, `name="1"`, "the attribute classname is missing"},
		"missing type":      {`<failure type="violation"`, `<failure`, "the attribute type is missing"},
		"missing value":     {` value=""`, ``, "the attribute value is missing"},
		"empty name":        {`name="1"`, `name=" "`, `name=" " is not of the form`},
		"a count that is none": {`tests="4" failures="1" errors="1" skipped`,
			`tests="4.0" failures="1" errors="1" skipped`, `tests="4.0" is not of the form`},
		"a negative time":  {`time="1.500"`, `time="-1.500"`, `time="-1.500" is not of the form`},
		"time with a unit": {`time="0.100" group`, `time="100ms" group`, `time="100ms" is not of the form`},
		"a zone":           {`12:00:00"`, `12:00:00Z"`, `is not of the form`},
		"properties at the end": {` </testsuite>`,
			`<properties><property name="a" value="b"></property></properties></testsuite>`,
			"<properties> comes after <testcase>"},
		"properties twice": {`<properties>`,
			`<properties><property name="a" value="b"></property></properties><properties>`,
			"more than one <properties>"},
		"no properties inside": {`<property name="run" value=""></property>`, ``, "it holds 0 elements"},
		"two outcomes": {`<error type="error" message="m"></error>`,
			`<error type="error"></error><failure type="x"></failure>`, "it holds 2 elements"},
		"failure and skipped": {`<skipped type="inconclusive" message="m"></skipped>`,
			`<skipped></skipped><failure type="x"></failure>`, "it holds 2 elements"},
		"an outcome in the suite": {` </testsuite>`, `<failure type="x"></failure></testsuite>`,
			"it cannot hold <failure>"},
		"text in a case": {`<error type="error" message="m"></error>`,
			`oops<error type="error" message="m"></error>`, "it holds text"},
		"too few tests": {`<testsuite name="a" tests="4"`, `<testsuite name="a" tests="3"`,
			`tests="3", and there are 4 <testcase>`},
		"too many failures": {`<testsuites name="a" tests="4" failures="1"`,
			`<testsuites name="a" tests="4" failures="2"`, `failures="2", and there are 1 <failure>`},
		"too few skipped": {`skipped="1"`, `skipped="0"`, `skipped="0", and there are 1 <skipped>`},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			broken := strings.ReplaceAll(sound, c.old, c.with)
			g.Expect(broken).NotTo(Equal(sound))
			_, err := Read(strings.NewReader(broken))
			g.Expect(err).To(MatchError(ContainSubstring(c.says)))
		})
	}
}
