# Everything a person or CI runs. `make help` lists it.
SHELL := /bin/sh
NODE := ./.tools/node_modules/.bin/node
RUN := PATH="$(CURDIR)/.tools/node_modules/.bin:$$PATH"
.DEFAULT_GOAL := help
.PHONY: help setup build dev check test test-unit test-chaos bench fmt setup-claude-creds clean

help: ## what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 22

setup: ## bring Node, pnpm and the packages
	@./tools/bootstrap.sh

build: setup ## build what changed
	@$(RUN) node tools/build.ts

dev: build ## start everything on this machine and print one address; Ctrl-C stops it
	@exec ./apps/cli/mainloop up

check: setup ## format, lint, types, unused code, import boundaries
	@$(RUN) node tools/check.ts

test: build ## all tests; ends with one line for all suites
	@$(RUN) node tools/test.ts

test-unit: build ## only what needs no servers
	@$(RUN) node tools/test.ts unit

test-chaos: build ## the kill matrix at length: SEED=n KILLS=n
	@$(RUN) node tools/chaos.ts

bench: build ## speed and memory next to the bare thing: ONLY=name
	@$(RUN) node bench/main.ts

fmt: setup ## format the tree
	@$(RUN) pnpm exec prettier --write . --log-level warn

setup-claude-creds: setup ## store a Claude subscription token in .env
	@$(RUN) node tools/claude-creds.ts

clean: ## remove builds; data folders stay
	rm -rf node_modules apps/*/node_modules packages/*/node_modules apps/*/dist apps/*/build .tools
