# Every target is one command; `make help` lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
GINKGO := go tool ginkgo
# FILTER selects specs by label (code, probe, resource, operation, read or write), FOCUS by id.
SELECT := $(if $(FILTER),--label-filter='$(FILTER)') $(if $(FOCUS),--focus='$(FOCUS)')

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: ## the suite on the embedded mock; FILTER='409 && tenants' and FOCUS=401/expired-token select
	@$(GINKGO) run -p $(SELECT) ./suites/contract -- -target=mock

.PHONY: staging
staging: ## the suite on the target staging of ginkgo.yml, with ACRONIS_DATACENTER_URL, ACRONIS_CLIENT_ID, ACRONIS_CLIENT_SECRET
	@$(GINKGO) run -p $(SELECT) ./suites/contract -- -target=staging

.PHONY: mock
mock: ## serve the mock alone on 127.0.0.1:8080 and print what the target staging needs
	@go run ./fixtures/mock/cmd/mock -listen 127.0.0.1:8080

.PHONY: build
build: ## bin/conformance
	go build -o bin/conformance ./suites/cmd/conformance

.PHONY: test
test: ## everything that the project tests about itself, and the suite on the mock
	@unformatted=$$(gofmt -l fixtures schemas suites); test -z "$$unformatted" || { echo "not gofmt'ed: $$unformatted"; exit 1; }
	go vet ./...
	go test -race -count=1 $$(go list ./... | grep -v '/suites/contract$$')
	$(MAKE) run
