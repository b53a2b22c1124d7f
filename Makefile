# Parvis. `make` alone lists the targets.
.DEFAULT_GOAL := help
.PHONY: help run demo demo-budget test build generate assets lint bench torture vuln clean tools tools-test
SHELL := /bin/bash
GO ?= go
VERSION := $(shell git describe --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -X main.version=$(VERSION)
# A run of the tests: one private PostgreSQL for all packages.
TESTRUN := $(GO) run ./app/testkit/testpg --

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: tools build ## the demonstration site: database, towns, accounts, addresses
	@PARVIS_DEMO=1 PARVIS_DEVELOPMENT=1 bin/parvis serve

demo: tools build ## the same on the local network, with 150 simulated voters
	@PARVIS_DEMO=1 PARVIS_DEVELOPMENT=1 bin/parvis serve --lan --crowd 150

demo-budget: tools build ## a published election in the demonstration: make demo-budget FILE=Poland_Wroclaw_2023.pb
	@test -n "$(FILE)" || { echo "usage : make demo-budget FILE=élection.pb (format Pabulib, https://pabulib.org)" >&2; exit 2; }
	@PARVIS_DEMO=1 PARVIS_DEVELOPMENT=1 bin/parvis import-pb "$(FILE)"
	@PARVIS_DEMO=1 PARVIS_DEVELOPMENT=1 bin/parvis serve

test: tools tools-test ## everything: unit, database, HTTP, sockets, browser, accessibility
	@.ci/checks
	@$(TESTRUN) $(GO) test -race -timeout 20m $(TESTFLAGS) ./...

build: ## the program, bin/parvis
	@echo "» go build (une minute la première fois)"
	@mkdir -p bin && $(GO) build -ldflags '$(LDFLAGS)' -o bin/parvis ./app

generate: ## templates to Go
	@$(GO) tool templ generate

assets: ## styles and scripts, bundled and minified
	@$(GO) run ./app/ui/assets

lint: ## gofmt, vet, staticcheck, generated files
	@.ci/checks

bench: tools build ## what the machine can do: votes, live screens, counting
	@bin/parvis bench vote --clients 64 --voters 20000
	@bin/parvis bench live --screens 500
	@$(GO) test -run '^$$' -bench . -benchtime 1x ./app/voting/counting/...

torture: tools tools-test ## the long fault tests and the complete accessibility matrix
	@PARVIS_LONG=1 $(TESTRUN) $(GO) test -timeout 6h $(TESTFLAGS) ./...

vuln: ## known vulnerabilities (needs the network)
	@$(GO) run golang.org/x/vuln/cmd/govulncheck@latest ./...

clean: ## what was built; never the data under var/
	@rm -rf bin && $(GO) clean -testcache

tools:
	@.ci/tools postgresql

tools-test:
	@.ci/tools chromium gcc
