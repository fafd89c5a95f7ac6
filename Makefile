# Everything a person or CI runs. `make help` lists it.
SHELL := /bin/sh
NODE := ./.tools/node_modules/.bin/node
RUN := PATH="$(CURDIR)/.tools/node_modules/.bin:$$PATH"
REGISTRY ?= localhost
TAG ?= latest
.DEFAULT_GOAL := help
.PHONY: help setup build dev check style test test-unit test-chaos test-walk shots test-mutation test-cluster corpus bench bench-cluster bench-web cluster-up cluster-down images print-events print-k8s print-openapi print-rooms sbom fmt setup-claude-creds clean

help: ## what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 22

setup: ## bring Node, pnpm and the packages
	@./tools/bootstrap.sh

build: setup ## build what changed
	@$(RUN) node tools/build.ts

dev: build ## start everything on this machine and print one address; Ctrl-C stops it
	@exec ./apps/cli/mainloop up

check: setup ## the quick gate: format, lint, types, unused code, imports, and that the docs are true
	@$(RUN) node tools/check.ts

style: setup ## how our code reads, in figures, next to code that others hold up: WHERE=figure lists the places
	@$(RUN) node tools/style.ts

test: build ## all tests; ends with one line for all suites
	@$(RUN) node tools/test.ts

test-unit: build ## only what needs no servers
	@$(RUN) node tools/test.ts unit

test-chaos: build ## the kill matrix at length: SEED=n KILLS=n MINUTES=n STORIES=n
	@$(RUN) node tools/chaos.ts

test-walk: build ## walk the pages by chance in a real browser, at length: STEPS=n SEED=n MINUTES=n for each size
	@$(RUN) STEPS=$${STEPS:-10000} MINUTES=$${MINUTES:-60} node tools/test.ts e2e/walk

shots: build ## a picture of every state of every page in e2e/shots/states, and what none may do: TALL=1 for whole pages too, STATES=part of a name
	@$(RUN) SHOTS=1 node tools/test.ts e2e/states

test-mutation: build ## change each decision in every small way and count what the tests notice: FILE=part of a path
	@$(RUN) node --disable-warning=ExperimentalWarning tools/mutation/run.ts

test-cluster: build ## only the suites on a real cluster; the sandbox's contract on yours: MAINLOOP_TEST_KUBECONFIG, MAINLOOP_TEST_AGENT_IMAGE
	@$(RUN) node tools/test.ts 'e2e/(sandbox|cluster|incluster|scale)'

cluster-up: setup ## start a one-node Kubernetes in namespaces of its own (root, Linux, Go)
	@$(RUN) node tools/cluster/main.ts up

cluster-down: setup ## end it and leave the machine as it was
	@$(RUN) node tools/cluster/main.ts down

images: ## build the two images with docker, podman or buildah: REGISTRY=where they are pushed, TAG=version
	@for tool in docker podman buildah; do command -v $$tool >/dev/null 2>&1 && break; tool=; done; \
	[ -n "$$tool" ] || { echo "make images needs docker, podman or buildah. Install one of them." >&2; exit 1; }; \
	$$tool build -f docker/Dockerfile --target mainloop -t $(REGISTRY)/mainloop:$(TAG) . && \
	$$tool build -f docker/Dockerfile --target agent -t $(REGISTRY)/mainloop-agent:$(TAG) .

print-events: setup ## print the event types into docs/events.md
	@$(RUN) node tools/events.ts --write

print-openapi: setup ## print the table of the api's routes into docs/openapi.json
	@$(RUN) node tools/openapi.ts --write

print-rooms: setup ## print the rooms and their imports into docs/architecture.md
	@$(RUN) node tools/rooms.ts --write

print-k8s: setup ## print what code says about the cluster into k8s/
	@$(RUN) node --disable-warning=ExperimentalWarning tools/print-k8s.ts

sbom: setup ## print what is shipped and downloaded, as CycloneDX
	@$(RUN) node tools/sbom.ts

corpus: build ## real projects out of registries, from adding to pulling back (needs the network): ONLY=name,name
	@$(RUN) node --disable-warning=ExperimentalWarning tools/corpus.ts

bench: build ## speed and memory next to the bare thing: ONLY=name
	@$(RUN) node bench/main.ts

bench-cluster: build ## tasks in pods next to bare pods
	@$(RUN) node --disable-warning=ExperimentalWarning bench/cluster.ts

bench-web: build ## what a person feels on a slow phone
	@$(RUN) node --disable-warning=ExperimentalWarning bench/web.ts

fmt: setup ## format the tree
	@$(RUN) pnpm exec prettier --write . --log-level warn

setup-claude-creds: setup ## store a Claude subscription token in .env
	@$(RUN) node tools/claude-creds.ts

clean: ## remove builds; data folders stay
	rm -rf node_modules apps/*/node_modules packages/*/node_modules apps/*/dist apps/*/build .tools
