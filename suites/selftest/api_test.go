package selftest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// administrator looks at a mock as the configured client, without the suite in between.
type administrator struct {
	root   string
	token  string
	Tenant string
	web    *http.Client
}

func logIn(environment map[string]string) *administrator {
	GinkgoHelper()
	a := &administrator{root: environment["ACRONIS_DATACENTER_URL"] + "/api/2",
		web: &http.Client{Timeout: 10 * time.Second}}
	DeferCleanup(a.web.CloseIdleConnections)
	request, err := http.NewRequest(http.MethodPost, a.root+"/idp/token",
		strings.NewReader(url.Values{"grant_type": {"client_credentials"}}.Encode()))
	Expect(err).NotTo(HaveOccurred())
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.SetBasicAuth(environment["ACRONIS_CLIENT_ID"], environment["ACRONIS_CLIENT_SECRET"])
	a.token = a.send(request)["access_token"].(string)
	a.Tenant = a.call(http.MethodGet, "/clients/"+environment["ACRONIS_CLIENT_ID"], nil)["tenant_id"].(string)
	return a
}

// call returns the object that a good answer holds.
func (a *administrator) call(method, path string, body any) map[string]any {
	GinkgoHelper()
	var content io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		Expect(err).NotTo(HaveOccurred())
		content = bytes.NewReader(encoded)
	}
	request, err := http.NewRequest(method, a.root+path, content)
	Expect(err).NotTo(HaveOccurred())
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	request.Header.Set("Authorization", "Bearer "+a.token)
	return a.send(request)
}

func (a *administrator) send(request *http.Request) map[string]any {
	GinkgoHelper()
	answer, err := a.web.Do(request)
	Expect(err).NotTo(HaveOccurred())
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	Expect(err).NotTo(HaveOccurred())
	Expect(answer.StatusCode/100).To(Equal(2), "%s %s: %s", request.Method, request.URL.Path, content)
	var object map[string]any
	Expect(json.Unmarshal(content, &object)).To(Succeed())
	return object
}

// children lists the tenants right below the client's own.
func (a *administrator) children() []any {
	GinkgoHelper()
	children, isList := a.call(http.MethodGet, "/tenants/"+a.Tenant+"/children", nil)["items"].([]any)
	Expect(isList).To(BeTrue())
	return children
}
