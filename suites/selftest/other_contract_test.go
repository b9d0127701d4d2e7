package selftest_test

import (
	"os"
	"path/filepath"
	"time"

	"acronis-conformance/schemas"
	"acronis-conformance/suites/internal/report"

	"github.com/goccy/go-yaml"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// The contract may be another document than the built-in one, a newer one above all.
var _ = Describe("another contract", func() {
	// Each is a whole path of the reference with one operation, so that the mock, which serves it, answers nothing that
	// it should not.
	lesser := map[string]string{
		"CheckPassword": "/users/check_password",
		// shows whether a refused creation of a user took effect
		"FetchTenantUsers":           "/tenants/{tenant_id}/users",
		"RequestDeviceAuthorization": "/idp/device_authorization", // makes an object that others need
		"SendActivationEmail":        "/users/{user_id}/send-activation-email",
	}

	It("is judged as far as calls of its operations are known", long, func(ctx SpecContext) {
		config := withContract(func(paths map[string]any) {
			for _, path := range lesser {
				Expect(paths).To(HaveKey(path))
				delete(paths, path)
			}
			paths["/tenants/{tenant_id}"].(map[string]any)["patch"] = newOperation("PatchTenant", nil)
			paths["/tenants/{tenant_id}/pets"] = map[string]any{
				"post": newOperation("CreatePet",
					map[string]any{"content": map[string]any{"application/json": map[string]any{
						"schema": map[string]any{
							"type": "object", "required": []any{"name"},
							"properties": map[string]any{"name": map[string]any{"type": "string"}}}}}}),
			}
		})
		o := runSuite(ctx, nil, "run", "-config="+config, "-target=mock", "-filter=!waiting")
		Expect(o.code).To(Equal(0), o.output)
		Expect(o.result.Problems).To(BeEmpty())
		Expect(o.result.Leftovers).To(BeEmpty())
		Expect(withVerdict(o.result, report.Violation)).To(BeEmpty())
		Expect(withVerdict(o.result, report.Error)).To(BeEmpty())
		for _, s := range o.result.Specs {
			Expect(lesser).NotTo(HaveKey(s.Operation), s.ID)
			if s.Operation == "PatchTenant" || s.Operation == "CreatePet" {
				Expect(s.Requests).To(BeZero(), s.ID)
				Expect(s.Verdict).To(Equal(report.Inconclusive), s.ID)
				Expect(s.Reason).To(ContainSubstring("no call of "+s.Operation+" is known"), s.ID)
			}
		}
		Expect(withVerdict(o.result, report.Inconclusive)).
			To(ContainElements(HavePrefix("20x/valid-token/PatchTenant:"),
				HavePrefix("401/no-token/CreatePet:"),
				ContainSubstring("no call of RequestDeviceAuthorization is known")))
		Expect(o.result.Totals.Reference.Asserted).To(BeNumerically(">", 340))
	}, SpecTimeout(5*time.Minute))

	It("that is none is one clear error", func(ctx SpecContext) {
		config := withContract(func(paths map[string]any) { clear(paths) })
		o := runSuite(ctx, nil, "run", "-config="+config, "-target=mock")
		Expect(o.code).To(Equal(2), o.output)
		Expect(o.output).To(ContainSubstring("other.yaml: OpenAPI document: it has no paths"))
	}, SpecTimeout(time.Minute))
})

// withContract writes a ginkgo.yml that names an edited copy of the reference, and returns its path.
func withContract(edit func(paths map[string]any)) string {
	GinkgoHelper()
	folder := GinkgoT().TempDir()
	var document map[string]any
	Expect(yaml.Unmarshal(schemas.Reference(), &document)).To(Succeed())
	edit(document["paths"].(map[string]any))
	edited, err := yaml.Marshal(document)
	Expect(err).NotTo(HaveOccurred())
	Expect(os.WriteFile(filepath.Join(folder, "other.yaml"), edited, 0o600)).To(Succeed())
	path := filepath.Join(folder, "ginkgo.yml")
	Expect(os.WriteFile(path, []byte(unpaced()+"\ncontract: other.yaml\n"), 0o600)).To(Succeed())
	return path
}

// newOperation is an operation on a tenant that the reference does not have.
func newOperation(id string, body any) map[string]any {
	operation := map[string]any{"operationId": id, "tags": []any{"pets"},
		"parameters": []any{map[string]any{"name": "tenant_id", "in": "path", "required": true,
			"schema": map[string]any{"type": "string"}}},
		"security": []any{map[string]any{"oauth2": []any{}}},
		"responses": map[string]any{"200": map[string]any{"description": "ok"},
			"401": map[string]any{"description": "no"}}}
	if body != nil {
		operation["requestBody"] = body
	}
	return operation
}
