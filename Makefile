# Every target is one command; `make help` lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
# TARGET names a target of ginkgo.yml; without it ACRONIS_TARGET does, and without both the file's own. FILTER selects specs by label
# (code, probe, resource, operation, read or write), FOCUS by id.
ON = $(if $(TARGET),-target=$(TARGET))
SELECT = $(if $(FILTER),-filter='$(FILTER)') $(if $(FOCUS),-focus='$(FOCUS)')

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: build ## the suite, on the mock unless TARGET or ACRONIS_TARGET names another target; FILTER='409 && tenants' and FOCUS=401/expired-token/FetchTenant select, DEFECT=list breaks it
	@bin/conformance run $(ON) $(SELECT) $(if $(DEFECT),-defect=$(DEFECT))

.PHONY: staging
staging: build ## the suite on the target staging: ACRONIS_DATACENTER_URL, ACRONIS_CLIENT_ID, ACRONIS_CLIENT_SECRET
	@bin/conformance run -target=staging $(SELECT)

.PHONY: doctor
doctor: build ## look at a target, and say what is wrong and what to do about it; TARGET=staging
	@bin/conformance doctor $(ON)

.PHONY: plan
plan: build ## every request that a run would send, without sending any; TARGET=staging
	@bin/conformance plan $(ON) $(SELECT)

.PHONY: sweep
sweep: build ## list what runs left on a target that began over AGE=6h ago, or what RUN=id left; CONFIRM=yes deletes it; TARGET=staging
	@bin/conformance sweep $(ON)$(if $(AGE), -age=$(AGE))$(if $(RUN), -run=$(RUN))

.PHONY: gate
gate: build ## everything, and one line at the end: PASS or FAIL, and why; TARGET=staging or ACRONIS_TARGET, BASELINE=last/conformance.json
	@bin/conformance gate $(ON) $(if $(BASELINE),-baseline=$(BASELINE))

.PHONY: report
report: build ## every view of a result again; FROM=reports/conformance.json
	@bin/conformance report -from=$(or $(FROM),reports/conformance.json) $(if $(BASELINE),-baseline=$(BASELINE))

.PHONY: compare
compare: build ## where two results differ; A=... B=...
	@bin/conformance compare $(A) $(B)

.PHONY: merge
merge: build ## the results of several targets as one; REPORTS='a/conformance.json b/conformance.json'
	@bin/conformance merge $(REPORTS)

.PHONY: drift
drift: build ## what a published OpenAPI document promises otherwise: OPENAPI=file or URL; LINT=yes: what tools stumble over in it
	@bin/conformance drift $(if $(LINT),-lint) -openapi='$(OPENAPI)'

.PHONY: bench
bench: ## what a run on the mock costs (time and memory, against the same requests in a bare loop), ten targets, and a plan
	@go test -count=1 -run='^$$' -bench='Run|Plan' -benchtime=5x -timeout=30m ./suites/selftest
	@go test -count=1 -run='^$$' -bench=TenTargets -benchtime=1x -timeout=30m ./suites/selftest

.PHONY: proof
proof: ## every defect is caught, by just the specs that it declares, and no variation turns red: reports/proof.html
	@go tool ginkgo run --procs=$$(($$(nproc) + 4)) --label-filter='defect || variation' --silence-skips --timeout=60m ./suites/selftest -- -full

.PHONY: system
system: ## the program on servers that lie, stall and break, killed midway, and with each key of ginkgo.yml: the long tests of which `make test` runs a few
	@go tool ginkgo run --procs=$(PROCESSES) --label-filter='long' --silence-skips --timeout=60m ./suites/selftest
	@go test -race -count=1 ./fixtures/mock/e2e

AXE := axe-core-4.14.1

.PHONY: test-browser
test-browser: bin/$(AXE)/package/axe.min.js ## the report's page in headless Chromium, which it installs, as it does npm; PICTURES=directory keeps pictures
	@command -v chromium >/dev/null || { apt-get update -qq && apt-get install -y -qq chromium; }
	CONFORMANCE_BROWSER="$$(command -v chromium)" CONFORMANCE_AXE=$(CURDIR)/$< CONFORMANCE_SCREENSHOTS=$(if $(PICTURES),$(abspath $(PICTURES))) \
		go test -count=1 -run Browser ./suites/internal/render

bin/$(AXE)/package/axe.min.js:
	@mkdir -p $(@D)
	@command -v npm >/dev/null || { apt-get update -qq && apt-get install -y -qq npm; }
	@cd bin/$(AXE) && npm pack --silent axe-core@$(AXE:axe-core-%=%) >/dev/null && tar xzf $(AXE).tgz && touch -c package/axe.min.js

# A count, because a time that ends while an input still runs is reported as a failure of the target (context deadline exceeded).
FUZZTIME ?= 50000x
.PHONY: fuzz
fuzz: ## feed what reads foreign bytes with made-up ones; FUZZTIME=50000x each
	@set -e; for f in schemas:FuzzReadJSON schemas:FuzzCheckEnvelope fixtures:FuzzRoles suites/internal/config:FuzzLoad suites/internal/waiver:FuzzLoad \
	  suites/internal/judge:FuzzExamine suites/internal/redact:FuzzBodyStaysJSON suites/internal/report:FuzzRead suites/internal/render:FuzzComparison; do \
	  go test -count=1 -run='^$$' -fuzz="^$${f#*:}$$" -fuzztime=$(FUZZTIME) -fuzzminimizetime=10x ./$${f%%:*}; done

.PHONY: mock
mock: ## serve the mock alone on 127.0.0.1:8080 and print what the target staging needs; ARGS="-state mock.json" and the like
	@go run ./fixtures/mock/cmd/mock -listen 127.0.0.1:8080 $(ARGS)

.PHONY: specs
specs: ## write the list of specs, suites/contract/testdata/specs.txt, for a review of what a change adds and loses
	@cp ginkgo.yml suites/internal/config/builtin.yml
	@go test -count=1 -run EveryCell ./suites/contract -account -specs

.PHONY: reference
reference: ## write .github/REFERENCE.md: every command, flag, key and variable
	@go test -count=1 -run Reference ./suites/cmd/conformance -reference

.PHONY: build
build: ## bin/conformance, which needs no other file
	@test -e bin/conformance || echo 'building bin/conformance: the first time takes about a minute'
	@go build -o bin/conformance ./suites/cmd/conformance

PLATFORMS := linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64

.PHONY: release
release: ## the program for Linux, macOS and Windows on amd64 and arm64, with checksums: bin/release
	@rm -rf bin/release && mkdir -p bin/release
	@set -e; for p in $(PLATFORMS); do os=$${p%/*} arch=$${p#*/}; file=conformance-$$os-$$arch; test $$os = windows && file=$$file.exe; \
	  echo $$file; CGO_ENABLED=0 GOOS=$$os GOARCH=$$arch go build -trimpath -ldflags='-s -w' -o bin/release/$$file ./suites/cmd/conformance; done
	@cd bin/release && sha256sum conformance-* > SHA256SUMS

.PHONY: lint
lint: ## no focus left in the code, go vet, staticcheck, and actionlint on the workflows
	@focused=$$(grep -rnE '\bF(It|Specify|Describe|Context|When|DescribeTable|DescribeTableSubtree|Entry)\(|[(,][[:space:]]*Focus[[:space:]]*[,)]' --include='*.go' suites fixtures schemas); \
	  test -z "$$focused" || { echo "focus is left in the code, so that other specs do not run; take the F or the decorator Focus away:"; echo "$$focused"; exit 1; }
	@named=$$(grep -rnE '\b(20x|40[0-9]|415|50x)/[a-z*]' --include='*.go' fixtures); \
	  test -z "$$named" || { echo "sandbox and mock name specs, which they must not know: put them into suites"; echo "$$named"; exit 1; }
	@unformatted=$$(gofmt -l fixtures schemas suites); test -z "$$unformatted" || { echo "not gofmt'ed: $$unformatted"; exit 1; }
	@.ci/words
	go vet ./...
	go tool staticcheck ./...
	go tool actionlint

# More than there are processors, since tests wait for each other's programs too.
PROCESSES = $$(($$(nproc) + 2))

# Packages that do one thing at a time, or things that have nothing in common: there is no race to detect, and the detector makes them many
# times slower. Where some tests of a package do several things at a time, AT_ONCE selects these. `make lint` has vetted what is tested.
SEQUENTIAL := schemas suites/internal/encoding suites/internal/config suites/internal/judge suites/internal/waiver suites/internal/redact \
  suites/internal/render suites/internal/report suites/internal/drift fixtures/mock
AT_ONCE := AtTheSameTime|Processes|WriteAll$$

.PHONY: test
test: lint ## what the project tests about itself, of what `make system` and `make proof` do a fixed sample, and the suite on the mock
	go test -vet=off -race -count=1 -p=$(PROCESSES) $$(go list ./... | grep -v -e '/suites/contract$$' -e '/suites/selftest$$' -e '/mock/e2e$$' $(patsubst %,-e '/%$$',$(SEQUENTIAL)))
	go test -vet=off -count=1 $(patsubst %,./%,$(SEQUENTIAL))
	go test -vet=off -race -count=1 -run '$(AT_ONCE)' ./schemas ./suites/internal/redact ./suites/internal/render ./suites/internal/report ./fixtures/mock
	go test -count=1 -run EveryCell ./suites/contract -account -target=mock
	go tool ginkgo run --procs=$(PROCESSES) --silence-skips --timeout=60m --label-filter='sample || (!defect && !variation && !long)' ./suites/selftest
	$(MAKE) run TARGET=mock
