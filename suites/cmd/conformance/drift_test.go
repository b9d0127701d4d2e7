package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"acronis-conformance/schemas"

	. "github.com/onsi/gomega"
)

func TestDrift(t *testing.T) {
	reference := string(schemas.Reference())
	for name, c := range map[string]struct {
		document       string // empty for no file at all
		code           int
		stdout, stderr string
	}{
		"no difference": {reference, 0, "no difference\n", ""},
		"another type": {strings.Replace(reference, "show_skus: {type: boolean}", "show_skus: {type: string}", 1), 1,
			"the `parameters/show_skus` request property `type` changed from `boolean` to `string` " +
				"[request-property-type-changed]", ""},
		"no document": {"<html></html>", 2, "", "it is no OpenAPI document"},
		"no file":     {"", 2, "", "openapi.yaml: the file cannot be opened: no such file or directory\n"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			file := filepath.Join(t.TempDir(), "openapi.yaml")
			if c.document != "" {
				g.Expect(os.WriteFile(file, []byte(c.document), 0o600)).To(Succeed())
			}
			var stdout, stderr bytes.Buffer
			program := &cli{stdout: &stdout, stderr: &stderr, env: os.LookupEnv}
			g.Expect(program.main(t.Context(), []string{"drift", "-openapi", file})).To(Equal(c.code), stderr.String())
			g.Expect(stdout.String()).To(ContainSubstring(c.stdout))
			g.Expect(stderr.String()).To(ContainSubstring(c.stderr))
		})
	}
}

func TestDriftNeedsADocument(t *testing.T) {
	g := NewWithT(t)
	var stdout, stderr bytes.Buffer
	program := &cli{stdout: &stdout, stderr: &stderr, env: os.LookupEnv}
	g.Expect(program.main(t.Context(), []string{"drift"})).To(Equal(2))
	g.Expect(stderr.String()).To(
		Equal("conformance: drift needs a document to compare with: name its file or URL with -openapi\n"))
	g.Expect(stdout.String()).To(BeEmpty())
}

func TestDriftLint(t *testing.T) {
	g := NewWithT(t)
	file := filepath.Join(t.TempDir(), "openapi.yaml")
	clean := "openapi: 3.0.3\ninfo: {title: Pets, version: '1'}\npaths: {/pets: {get: {operationId: FetchPets, " +
		"responses: {'200': {description: ok}}}}}\n"
	g.Expect(os.WriteFile(file, []byte(clean), 0o600)).To(Succeed())
	for arguments, want := range map[string]struct {
		code int
		says string
	}{
		"-lint":                              {1, "userBasic/properties/delivery_channel\n"},
		"-lint -openapi " + file:             {0, "Pets 1: nothing that generators or validators stumble over\n"},
		"-lint -openapi " + file + ".absent": {2, ""},
	} {
		var stdout, stderr bytes.Buffer
		program := &cli{stdout: &stdout, stderr: &stderr, env: os.LookupEnv}
		g.Expect(program.main(t.Context(), append([]string{"drift"}, strings.Fields(arguments)...))).
			To(Equal(want.code),
				stderr.String())
		g.Expect(stdout.String()).To(ContainSubstring(want.says))
	}
}
